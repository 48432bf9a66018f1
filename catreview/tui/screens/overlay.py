"""A frame of lines over the screen, which escape closes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from catreview.tui.inert import inert
from catreview.tui.keys import key_name
from catreview.tui.widgets.lines import BuiltLines


class Overlay(ModalScreen[None]):
    """Lines in a frame; escape, the keys `closing` and a click beside it close it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(self, title: str, lines: BuiltLines, closing: Sequence[str]) -> None:
        super().__init__()
        self._closed_by = closing
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """One scrolling column."""
        with Vertical(classes="frame") as frame:
            frame.border_title = self._title
            frame.border_subtitle = "esc closes"
            yield self._lines

    def action_close(self) -> None:
        """Back to where it was opened."""
        self.dismiss()

    def on_key(self, event: events.Key) -> None:
        """The key that opened it closes it again."""
        if key_name(event.key, event.character) in self._closed_by:
            event.stop()
            self.dismiss()

    def on_click(self, event: events.Click) -> None:
        """A click beside the text closes too."""
        if event.widget is self:
            self.dismiss()


def heading(text: str) -> Content:
    """A quiet line over what belongs together."""
    return Content.styled(text, "$muted")


def beside(left: Content, words: str, width: int) -> list[Content]:
    """Words wrapped to the right of `left`, in as many lines as they need."""
    indent = left.cell_length
    lines = Content.styled(inert(words), "$plain").wrap(max(width - indent, 10))
    return [(left if i == 0 else Content(" " * indent)) + line for i, line in enumerate(lines)]
