"""A full screen over the review: a title, panes, a line of words, its keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from catreview.tui.inert import one_line
from catreview.tui.keymap import Keymap
from catreview.tui.screens.help import HelpScreen
from catreview.tui.screens.keyed import Keyed
from catreview.tui.screens.parted import Parted
from catreview.tui.widgets.keyline import KeyLine


class Title(Static):
    """Project and screen on the left, a few figures on the right."""

    def __init__(self, project: str, screen: str) -> None:
        super().__init__(id="header", markup=False)
        self._left = Content.assemble(
            ("catreview", "bold $focus"), "  ", (one_line(project, 24).rstrip(), "$bright"),
            ("  \u203a  ", "$faint"), (screen, "$bright"),
        )  # fmt: skip
        self._right: Sequence[Content] = ()

    def show(self, right: Sequence[Content]) -> None:
        """Show figures; the last ones go where they don't fit."""
        self._right = right
        self.refresh()

    def render(self) -> Content:
        """One line."""
        room = self.size.width - self._left.cell_length - 3
        for most in range(len(self._right), 0, -1):
            right = Content("   ").join(self._right[:most])
            if right.cell_length <= room:
                gap = self.size.width - self._left.cell_length - right.cell_length
                return self._left + " " * gap + right
        return self._left


class Sheet(Parted[str], Keyed[str]):
    """Dismissed with the name of a queue to open, or None to go back as it was.

    `title` is how it is called, `screen` what its keys are declared for.
    """

    ALLOW_SELECT = False
    CYCLE: ClassVar[tuple[type[Widget], ...]]
    """The panes that tab goes through, without those that take no focus now. The screen has the
    class `-pane-1` while the second one is in use, and so on: in a small window some share a place.
    """

    def __init__(self, project: str, title: str, keys: Keymap, screen: str) -> None:
        super().__init__(keys, screen)
        self._title = Title(project, title)
        self._told = Static(id="told", markup=False)

    def panes(self) -> Widget:
        """What stands between the title and the keys."""
        raise NotImplementedError

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """What each command does, by its id; one that is missing does nothing now."""
        return {
            "help": self._help,
            "close": self._close,
            "other": partial(self.go_to_pane, 1),
            "other_back": partial(self.go_to_pane, -1),
        }

    def compose(self) -> ComposeResult:
        """From the top: title, panes, words, keys."""
        yield self._title
        yield self.panes()
        yield self._told
        yield KeyLine(self.commands)
        yield Static("This window is too small for catreview: it needs 60 by 16.", id="too-small")

    def go_to_pane(self, step: int) -> None:
        """Go to the pane some steps on."""
        panes = [p for kind in self.CYCLE for p in self.query(kind) if p.can_focus]
        here = next((i for i, pane in enumerate(panes) if pane.has_focus), 0)
        at = (here + step) % len(panes)
        for i in range(len(panes)):
            self.set_class(i == at, f"-pane-{i}")
        self.set_focus(panes[at])

    @on(KeyLine.Pressed)
    def _key_clicked(self, event: KeyLine.Pressed) -> None:
        self.press(event.command)

    def tell(self, words: Content) -> None:
        """Say something in the line above the keys."""
        self._told.update(words)

    def _help(self) -> None:
        self.app.push_screen(HelpScreen(self._keys, self.keyed))

    def _close(self) -> None:
        self.dismiss(None)
