"""A pane of lines that scrolls; only the lines on screen are made, and nothing is laid out anew.

Textual's own scroll views lay the whole screen out again whenever their length changes, which
here is at every key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from catreview.tui.widgets.painted import Painted, looks

Built = TypeVar("Built")

WHEEL = 3
"""Lines that one notch of the wheel moves."""


class Lines(Painted, can_focus=True):
    """Lines of text, with a thumb in the last column where there are more than fit."""

    FIXED = 0
    """Lines at the top that don't scroll."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.top = 0

    @property
    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line(self, at: int) -> Content:
        """One of them."""
        raise NotImplementedError

    def made_from(self, at: int) -> Hashable | None:  # noqa: ARG002 - for those that override it
        """What a line is made from, if it may be kept for the next one made from the same."""
        return None

    @property
    def here(self) -> int | None:
        """The line that stays on screen, None where any may leave it."""
        return None

    @property
    def text_width(self) -> int:
        """Cells of a line: all but the thumb's column."""
        return max(self.size.width - 1, 1)

    def scroll_lines_to(self, top: int) -> None:
        """Show the lines from `top` on, as far as there are any."""
        self.place(top)
        self.refresh()

    def place(self, top: int) -> None:
        """Let the lines from `top` on be those that are painted next, as far as there are any."""
        self.top = max(min(top, self.count - self.size.height), 0)

    def follow(self) -> None:
        """Let `here` be on screen at the next paint, in the middle where it was not."""
        height, here = self.size.height, self.here
        # Without a height there is no screen yet to be on.
        if height and here is not None and not self.top + self.FIXED <= here < self.top + height:
            self.place(here - height // 2)

    def fit(self) -> None:
        """In another size other lines are on screen."""
        self.follow()

    def turn(self, pages: int) -> None:
        """Scroll by pages."""
        self.scroll_lines_to(self.top + pages * max(self.size.height - 1, 1))

    def walk(self, down: int, right: int = 0) -> None:  # noqa: ARG002 - for those with columns
        """Go to a neighbour; where there is no cursor, scroll."""
        self.scroll_lines_to(self.top + down)

    def open(self) -> None:
        """Open what is under the cursor, where something is."""

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Wheel down."""
        event.stop()
        self.scroll_lines_to(self.top + WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Wheel up."""
        event.stop()
        self.scroll_lines_to(self.top - WHEEL)

    def looks(self, y: int) -> Hashable | None:
        """What the line in a row is made from, and the thumb beside it."""
        at = self._at(y)
        made_from = self.made_from(at) if at < self.count else ""
        return None if made_from is None else (made_from, self._thumb(y))

    def row(self, y: int) -> Content:
        """The line in a row."""
        at = self._at(y)
        return self.line(at) if at < self.count else Content()

    def render_line(self, y: int) -> Strip:
        """The line in a row, and the thumb beside it."""
        width, thumb = max(self.fitted.width - 1, 1), self._thumb(y)
        line = super().render_line(y).adjust_cell_length(width, self.visual_style.rich_style)
        beside = self._strips.get(thumb)
        if beside is None:
            beside = self._strips[thumb] = self.drawn(Content.styled(thumb, "$line"))
        return Strip.join([line, beside])

    def _at(self, y: int) -> int:
        return y if y < self.FIXED else y + self.top

    def _thumb(self, y: int) -> str:
        height, count = self.fitted.height, self.count
        if count <= height:
            return " "
        length = max(height * height // count, 1)
        start = round(self.top / (count - height) * (height - length))
        return "▐" if start <= y < start + length else " "


class CursorLines(Lines):
    """Below the lines that don't scroll one for each row; the cursor is on a row."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.cursor = 0

    @property
    def rows(self) -> int:
        """How many rows the cursor can be on."""
        raise NotImplementedError

    @property
    def here(self) -> int:
        """The line of the cursor."""
        return self.FIXED + self.cursor

    def walk(self, down: int, right: int = 0) -> None:  # noqa: ARG002 - one column
        """Go to a neighbour; stops at the ends."""
        self.cursor = min(max(self.cursor + down, 0), max(self.rows - 1, 0))
        self.follow()
        self.refresh()


class RebuiltLines(Lines, Generic[Built]):
    """Lines for which `build` makes something whenever the size or the data change."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.built: list[Built] = []

    @property
    def count(self) -> int:
        """How many were made."""
        return len(self.built)

    def build(self, width: int, height: int) -> tuple[list[Built], int]:
        """What the lines are made from for this size, and the one to show first."""
        raise NotImplementedError

    def rebuild(self, *, stay: bool = False) -> None:
        """Make them again and scroll to where `build` says, or stay."""
        self._make(stay=stay)
        self.refresh()

    def fit(self) -> None:
        """They depend on the width."""
        self._make(stay=False)

    def _make(self, *, stay: bool) -> None:
        if self.size.width and self.size.height:
            self.built, top = self.build(self.text_width, self.size.height)
            self.place(self.top if stay else top)


class BuiltLines(RebuiltLines[Content]):
    """Lines that `build` makes as they are painted."""

    def line(self, at: int) -> Content:
        """One of those made."""
        return self.built[at]

    def made_from(self, at: int) -> Hashable:
        """Its text and styles."""
        return looks(self.built[at])


MOVES: Mapping[str, Callable[[Lines], None]] = {
    "up": lambda pane: pane.walk(-1),
    "down": lambda pane: pane.walk(1),
    "left": lambda pane: pane.walk(0, -1),
    "right": lambda pane: pane.walk(0, 1),
    "open": lambda pane: pane.open(),
    "page_up": lambda pane: pane.turn(-1),
    "page_down": lambda pane: pane.turn(1),
    "top": lambda pane: pane.scroll_lines_to(0),
    "bottom": lambda pane: pane.scroll_lines_to(pane.count),
}
"""What the pane in focus does, by the id of the command."""


def move(pane: Widget | None, command: str) -> None:
    """Let the pane in focus do what a command says, if it is one that lists know."""
    if isinstance(pane, Lines) and command in MOVES:
        MOVES[command](pane)
