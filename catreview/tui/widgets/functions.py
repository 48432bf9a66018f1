"""The labelling functions as a table that can be sorted and walked through."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from textual import events
from textual.content import Content
from textual.message import Message

from catreview.jobs.overview import FunctionLine
from catreview.schema import Schema
from catreview.tui.inert import fit, one_line, widest
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import CursorLines

SORTS: tuple[tuple[str, Callable[[FunctionLine], Any]], ...] = (
    ("function", lambda f: f.name),
    ("category", lambda f: (f.category, f.name)),
    ("covers", lambda f: -f.covers),
    ("conflict", lambda f: -f.conflict),
    ("right", lambda f: (f.right is None, f.right, -f.n)),
    ("n", lambda f: -f.n),
)
"""Columns, and how each sorts: what wants a look comes first."""
WIDTHS = (7, 10, 7, 5)
"""Cells of those with numbers."""


class FunctionTable(CursorLines):
    """A line for each function, under one that names the columns."""

    FIXED = 1

    @dataclass
    class Opened(Message):
        """A function's conflicts are to be opened: `queue` is their name."""

        queue: str

    @dataclass
    class SortAsked(Message):
        """Someone clicked the heading of a column."""

        column: int

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="functions")
        self._looks = {c.name: (c.key or "•", colour(i)) for i, c in enumerate(schema.categories)}
        self._widest = max(widest(schema.names), len("category▾"))
        self._functions: list[FunctionLine] = []
        self._words = "counting…"
        self._sort = 0

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Labelling functions"

    def show(self, functions: Sequence[FunctionLine]) -> None:
        """Show these functions; the cursor stays on the one it is on."""
        here = self.current
        self._words = "" if functions else "There are no labelling functions: catreview lf new"
        self._functions = sorted(functions, key=SORTS[self._sort][1])
        names = [f.name for f in self._functions]
        self.cursor = names.index(here.name) if here is not None and here.name in names else 0
        self.follow()
        self.refresh()

    def show_words(self, words: str) -> None:
        """Say why there is nothing to show."""
        self._functions, self._words = [], words
        self.refresh()

    @property
    def current(self) -> FunctionLine | None:
        """The function under the cursor."""
        return self._functions[self.cursor] if self._functions else None

    def sort(self, column: int | None = None) -> str:
        """Sort by a column, or else by the next one; returns its name."""
        self._sort = (self._sort + 1) % len(SORTS) if column is None else column
        self.show(self._functions)
        return SORTS[self._sort][0]

    @property
    def rows(self) -> int:
        """The functions."""
        return len(self._functions)

    @property
    def count(self) -> int:
        """The heading and the functions, or the words in their place."""
        return len(self._functions) + 1 if self._functions else len(self._told())

    def _told(self) -> list[Content]:
        return [
            Content(" ") + line
            for line in Content.styled(self._words, "$muted").wrap(max(self.text_width - 1, 1))
        ]

    def line(self, at: int) -> Content:
        """One of them."""
        if not self._functions:
            return self._told()[at]
        named = self._named()
        if at == 0:
            return self._heading(named)
        function = self._functions[at - 1]
        here = at - 1 == self.cursor
        ink = "$muted" if function.on else "$faint"
        if here:
            ink = "bold $bright" if self.has_focus else "$bright"
        key, tint = self._looks.get(function.category, (" ", "$muted"))
        right = "   -" if function.right is None else f"{100 * function.right:3.0f}%"
        return Content.assemble(
            ("▌" if here else " ", "$focus"),
            (one_line(function.name, named), ink), " ", (f"{key} ", f"bold {tint}"),
            (fit(function.category or "several", self._widest), ink),
            (f"{100 * function.covers:6.1f}%{100 * function.conflict:9.1f}%", ink),
            (f"{right:>7}{function.n:5,}", ink), ("" if function.on else " off", "bold $focus"),
        )  # fmt: skip

    def _room(self) -> int:
        return self.text_width - (1 + 1 + 2 + self._widest + sum(WIDTHS) + 4)

    def _named(self) -> int:
        """Cells of a function's name."""
        return max(min(widest(f.name for f in self._functions), self._room()), 8)

    def _heading(self, named: int) -> Content:
        heads = [f"{name}{'▾' if i == self._sort else ''}" for i, (name, _) in enumerate(SORTS)]
        numbers = (f"{head:>{width}}" for head, width in zip(heads[2:], WIDTHS, strict=True))
        words = f" {heads[0]:<{named}}   {heads[1]:<{self._widest}}" + "".join(numbers)
        return Content.styled(words, "$faint")

    def open(self) -> None:
        """Open the conflicts of the function under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened(f"conflicts of {self.current.name}"))

    def on_click(self, event: events.Click) -> None:
        """Go to the function under the mouse, which a double click opens; a heading sorts."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < self.FIXED:
            widths = (1 + self._named() + 1, 2 + self._widest, *WIDTHS)
            column = bisect_right(list(accumulate(widths)), offset.x)
            self.post_message(self.SortAsked(min(column, len(SORTS) - 1)))
        elif offset.y + self.top - 1 < len(self._functions):
            self.walk(offset.y + self.top - 1 - self.cursor)
            if event.chain > 1:
                self.open()
