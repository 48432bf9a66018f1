"""The message that a function is drafted from, with the words taken from it."""

from __future__ import annotations

import re
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message

from catreview.tui.inert import fit, inert
from catreview.tui.widgets.lines import BuiltLines

WORD = re.compile(r"[\w'\u2019]+|[^\w\s]+")


class Place(NamedTuple):
    """Where a word stands among the lines."""

    line: int
    start: int
    end: int


class PhrasePane(BuiltLines, can_focus=False):
    """Words side by side; those taken are marked."""

    class Taken(Message):
        """Other words were taken by mouse."""

    def __init__(self) -> None:
        super().__init__(id="phrase")
        self._text = ""
        self._words: list[re.Match[str]] = []
        self._places: list[Place] = []
        self._first = self._last = 0

    def show(self, text: str, title: str) -> None:
        """Show a message, its first word taken."""
        self.border_title = title
        self._text = text
        self._words = list(WORD.finditer(text))
        self._first = self._last = 0
        self.rebuild()

    @property
    def taken(self) -> str:
        """The words taken, as they stand in the message; empty where it has none."""
        if not self._words:
            return ""
        return self._text[self._words[self._first].start() : self._words[self._last].end()]

    @property
    def count_words(self) -> int:
        """How many words the message has."""
        return max(len(self._text.split()), 1)

    def move(self, step: int) -> None:
        """Take one word instead, some words on."""
        end = self._first if step < 0 else self._last
        self._take(end + step, end + step)

    def stretch(self, step: int) -> None:
        """Take one word more or less at the end; at least one stays."""
        self._take(self._first, max(self._last + step, self._first))

    def _take(self, first: int, last: int) -> None:
        most = max(len(self._words) - 1, 0)
        self._first, self._last = min(max(first, 0), most), min(max(last, 0), most)
        self.rebuild()

    def build(self, width: int, height: int) -> tuple[list[Content], int]:
        """The words in lines, scrolled to those taken."""
        lines, column = [Content()], 0
        self._places, end = [], 0
        for i, word in enumerate(self._words):
            gap = self._text[end : word.start()]
            shown, end = inert(word.group()), word.end()
            size = min(cell_len(shown), width)
            space = 1 if gap and column else 0
            if "\n" in gap or column + space + size > width:
                lines, column, space = [*lines, Content()], 0, 0
            taken = self._first <= i <= self._last
            ink = "bold reverse $focus" if taken else "$bright"
            if space:
                joined = taken and i > self._first
                lines[-1] += Content.styled(" ", ink if joined else "")
            lines[-1] += Content.styled(fit(shown, size), ink)
            self._places.append(Place(len(lines) - 1, column + space, column + space + size))
            column += space + size
        if not self._words:
            return [Content.styled("There are no words here.", "$muted")], 0
        seen = self._places[self._last].line
        return lines, max(min(self._places[self._first].line, seen - height + 1), 0)

    def on_click(self, event: events.Click) -> None:
        """Take the word under the mouse; with shift, all up to it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        at = next(
            (i for i, place in enumerate(self._places)
             if place.line == offset.y + self.top and place.start <= offset.x < place.end),
            None,
        )  # fmt: skip
        if at is not None:
            self._take(min(self._first, at) if event.shift else at, at)
            self.post_message(self.Taken())
