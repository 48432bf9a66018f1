"""The pages of the dashboard, and the line that names them, the one in view marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import ContentSwitcher, Static

from catreview.tui.keymap import Keymap
from catreview.tui.keys import Command
from catreview.tui.widgets.agreement import AgreementPane, ReviewerPane
from catreview.tui.widgets.functions import FunctionTable
from catreview.tui.widgets.growth import GrowthPane
from catreview.tui.widgets.labels import LabelPane
from catreview.tui.widgets.learning import LearningPane
from catreview.tui.widgets.matrix import MatrixPane
from catreview.tui.widgets.models import ModelList
from catreview.tui.widgets.pilot import PilotPane
from catreview.tui.widgets.scores import ScoreBars

FEW = 8
"""Categories whose lines fit where the stylesheet has them; more get more room, if there is any."""
AROUND = 6
"""Lines of a pane besides those of the categories."""


class PageLine(Static):
    """A key and a name for each page; a click opens one too."""

    @dataclass
    class Picked(Message):
        """A page was clicked on: `command` is the id of its command."""

        command: str

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__(id="pages", markup=False)
        self._commands = commands
        self._here = commands[0].id

    def show(self, command: str) -> None:
        """Mark the page of this command."""
        self._here = command
        self.refresh()

    def render(self) -> Content:
        """One line."""
        return Content("  ").join(self._page(command) for command in self._commands)

    def _page(self, command: Command) -> Content:
        if command.id == self._here:
            return Content.styled(f"▸{command.shown} {command.label} ", "bold reverse $focus")
        return Content.assemble(
            (f" {command.shown}", "bold $focus"), (f" {command.label} ", "$muted")
        )

    def on_click(self, event: events.Click) -> None:
        """Find the page under the mouse."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        start = 0
        for command in self._commands:
            end = start + self._page(command).cell_length
            if start <= offset.x < end:
                self.post_message(self.Picked(command.id))
            start = end + 2


class Pages(Container):
    """The line of pages, and the one in view; `commands` turn to each."""

    def __init__(self, keys: Keymap, commands: Sequence[Command]) -> None:
        super().__init__(id="dashboard")
        self._keys = keys
        self._commands = commands

    def compose(self) -> ComposeResult:
        """Two or three panes a page."""
        yield PageLine(self._commands)
        with ContentSwitcher(initial="page_scores"):
            with Container(id="page_scores"):
                with Container(id="upper") as upper:
                    lines = len(self._keys.schema.categories)
                    if lines > FEW:
                        upper.styles.height = lines + AROUND
                    yield ScoreBars(self._keys)
                    yield MatrixPane(self._keys)
                yield ModelList()
            with Container(id="page_learning"):
                yield LearningPane(self._keys)
                yield GrowthPane()
            with Container(id="page_functions"):
                yield FunctionTable(self._keys.schema)
                yield LabelPane(self._keys)
            with Container(id="page_trust"):
                with Container(id="judges"):
                    yield PilotPane(self._keys)
                    yield ReviewerPane(self._keys)
                yield AgreementPane(self._keys)
