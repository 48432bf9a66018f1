"""The queue pane: a list of any length of which only the lines on screen are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message

from catreview.jobs.review.cards import QueueRow, State
from catreview.schema import Schema
from catreview.tui.inert import fit, one_line, widest
from catreview.tui.signs import signs
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import Lines

MARKS = {
    State.OPEN: " ",
    State.DECIDED: "✓",
    State.SKIPPED: "·",
    State.CONTESTED: "≠",
    State.ELSEWHERE: "○",
}
INKS = {State.DECIDED: "$success", State.CONTESTED: "$focus"}


class QueuePane(Lines, can_focus=False):
    """The queue with a cursor; rows come from `fetch(start, stop)`."""

    @dataclass
    class Picked(Message):
        """Someone clicked a row."""

        position: int

    def __init__(self, schema: Schema, subtitle: str) -> None:
        super().__init__(id="queue")
        self._subtitle = subtitle
        self._looks = {
            name: (sign, colour(i)) for i, (name, sign) in enumerate(signs(schema).items())
        }
        self._sign = widest(sign for sign, _ in self._looks.values())
        self._fetch: Callable[[int, int], list[QueueRow]] = lambda _start, _stop: []
        self._read: list[QueueRow] = []
        self._read_from = 0
        self._rows = 0
        self._cursor: int | None = None

    def on_mount(self) -> None:
        """The title stays as it is."""
        self.border_title = "Queue"
        self.border_subtitle = Content(self._subtitle)

    def show(
        self, count: int, cursor: int | None, fetch: Callable[[int, int], list[QueueRow]]
    ) -> None:
        """Show a queue of `count` rows with the cursor at a position, None for no cursor."""
        self._fetch = fetch
        self._rows, self._cursor = count, cursor
        self.fit()
        self.reread()

    def reread(self) -> None:
        """Read the rows on screen again, at once: their paint has enough to do."""
        self._read = []
        if self._rows and self.fitted.height:
            self._row(self.top)
        self.refresh()

    @property
    def kept(self) -> bool:
        """Whether a row on screen is said to be kept for another reviewer."""
        return any(row.state is State.ELSEWHERE for row in self._read)

    def fit(self) -> None:
        """The cursor keeps its place on screen while the list moves under it."""
        if self._cursor is not None:
            self.place(self._cursor - self.size.height // 3)

    def on_click(self, event: events.Click) -> None:
        """Go to the row under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y + self.top < self.count:
            self.post_message(self.Picked(offset.y + self.top))

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._rows

    def _row(self, position: int) -> QueueRow:
        if not 0 <= position - self._read_from < len(self._read):
            self._read_from = self.top
            self._read = self._fetch(self.top, self.top + self.fitted.height)
        return self._read[position - self._read_from]

    def made_from(self, at: int) -> tuple[QueueRow, bool]:
        """The row, and whether the cursor is on it."""
        return self._row(at), at == self._cursor

    def line(self, at: int) -> Content:
        """One row: cursor, category, text, state."""
        row, here = self._row(at), at == self._cursor
        sign, tint = self._looks.get(row.category or "", (" ", "$muted"))
        text = one_line(row.text, max(self.text_width - 4 - self._sign, 1))
        ink = "bold $bright" if here else "$faint" if row.state is State.DECIDED else "$muted"
        return Content.assemble(
            ("▌" if here else " ", "$focus"),
            (fit(sign, self._sign), tint),
            (f" {text} ", ink),
            (MARKS[row.state], INKS.get(row.state, "$muted")),
        )
