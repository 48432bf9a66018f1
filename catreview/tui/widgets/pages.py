"""The line that names the pages of a screen, the one in view marked."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from catreview.tui.keys import Command


class PageLine(Static):
    """A key and a name for each page; a click opens one too."""

    class Picked(Message):
        """A page was clicked on: `command` is the id of its command."""

        def __init__(self, command: str) -> None:
            super().__init__()
            self.command = command

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
