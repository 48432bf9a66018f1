"""A frame of lines over the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from catreview.tui.inert import inert
from catreview.tui.keymap import Keymap
from catreview.tui.screens.keyed import Keyed
from catreview.tui.screens.passing import Framed
from catreview.tui.widgets.lines import BuiltLines


class Overlay(Keyed[None], Framed[None]):
    """Lines in a frame."""

    def __init__(self, keys: Keymap, screen: str, title: str, lines: BuiltLines) -> None:
        super().__init__(keys, screen)
        self._title = title
        self._lines = lines

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """All else scrolls."""
        return {"close": self.dismiss}

    def compose(self) -> ComposeResult:
        """One scrolling column."""
        with Vertical(classes="frame") as frame:
            frame.border_title = self._title
            frame.border_subtitle = f"{self._keys[f'{self.keyed}_close']} closes"
            yield self._lines


def heading(text: str) -> Content:
    """A quiet line over what belongs together."""
    return Content.styled(text, "$muted")


def beside(left: Content, words: str, width: int) -> list[Content]:
    """Words wrapped to the right of `left`, in as many lines as they need."""
    indent = left.cell_length
    lines = Content.styled(inert(words), "$plain").wrap(max(width - indent, 10))
    return [(left if i == 0 else Content(" " * indent)) + line for i, line in enumerate(lines)]
