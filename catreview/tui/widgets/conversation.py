"""The conversation pane: the message under review, what came before and after, and why."""

from __future__ import annotations

import re
from functools import cache
from textwrap import TextWrapper
from typing import NamedTuple

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from catreview.jobs.review.cards import Card, Turn
from catreview.schema import Schema
from catreview.tui.inert import fit, inert, one_line, widest
from catreview.tui.widgets.lines import RebuiltLines
from catreview.tui.widgets.opinions import OpinionsPane
from catreview.tui.widgets.painted import Titled, Words

LONGEST, LONG, ROOMY = 12, 10, 36
"""Cells of a speaker with the gap at most: in a pane of so many cells, and in a narrower one."""
AROUND = 3
"""Cells besides speaker and text: the bar on the left, air on the right."""


class Spoken(NamedTuple):
    """One line of the talk, its parts as wide as they are shown."""

    name: str = ""
    text: str = ""
    ink: str = ""
    own: bool = False
    """Whether it belongs to the message under review."""


class Talk(RebuiltLines[Spoken]):
    """The messages; the one under review stands at the same height in every conversation."""

    def __init__(self) -> None:
        super().__init__(id="talk")
        self._turns: tuple[Turn, ...] = ()

    def show(self, turns: tuple[Turn, ...]) -> None:
        """Show a conversation, the message with offset 0 brightest."""
        self._turns = turns
        self.rebuild()

    def build(self, width: int, height: int) -> tuple[list[Spoken], int]:
        """The conversation padded so that the message can stand at its place."""
        before: list[Spoken] = []
        own: list[Spoken] = []
        after: list[Spoken] = []
        named = widest({turn.speaker for turn in self._turns})
        speakers = min(named + 2, LONGEST if width >= ROOMY else LONG) if named else 0
        room = max(speakers - 2, 0)
        names = {t.speaker: fit(one_line(t.speaker, room), speakers) for t in self._turns}
        for turn in self._turns:
            lines = _turn(turn, width, names[turn.speaker])
            if turn.offset == 0:
                own = [Spoken(own=True), *lines, Spoken(own=True)]
            elif turn.offset < 0:
                before += [*lines, Spoken()]
            else:
                after += [Spoken(), *lines]
        if not own:
            return [], 0
        place = max(min(height // 3, height - len(own) - 1), 1)
        padding = [Spoken()] * max(place - len(before), 0)
        top = len(padding) + len(before) - place
        lines = [*padding, *before, *own, *after]
        return [*lines, *[Spoken()] * (top + height - len(lines))], top

    def made_from(self, at: int) -> Spoken:
        """All that the line depends on."""
        return self.built[at]

    def line(self, at: int) -> Content:
        """A line with its speaker, if it is the first of a message."""
        said = self.built[at]
        if not said.own:
            return Content.assemble("  ", (said.name + said.text, said.ink))
        text = Content(said.text).stylize("bold $bright")
        line = Content.assemble(("▌ ", "$focus"), (said.name, "$focus"), text)
        return line.pad_right(self.text_width - line.cell_length).stylize("on $band")


def _turn(turn: Turn, width: int, name: str) -> list[Spoken]:
    """The lines of a message; its speaker's name is as wide as all are."""
    own = turn.offset == 0
    ink = "$muted" if turn.offset < 0 else "$faint"
    speakers = cell_len(name)
    rows = _wrapped(inert(turn.text), max(width - speakers - AROUND, 8))
    return [
        Spoken(name if i == 0 else " " * speakers, line, ink, own) for i, line in enumerate(rows)
    ]


def _wrapped(text: str, width: int) -> list[str]:
    return [row for line in text.split("\n") for row in _rows(line, width)]


def _rows(line: str, width: int) -> list[str]:
    """Textual's wrapping, which knows how wide characters are, takes fifteen times as long."""
    if line.isascii():
        if len(line) <= width:
            return [line.rstrip()]
        long_word, rows = _patterns(width)
        if not long_word.search(line):
            return [row.rstrip() for row in rows.findall(line)]
        return _wrapper(width).wrap(line) or [""]
    return [row.plain for row in Content(line).wrap(width)]


@cache
def _patterns(width: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What the standard library is left to wrap, and the rows of all else, three times as fast."""
    return re.compile(rf"^ |\S{{{width + 1}}}"), re.compile(rf".{{1,{width}}}(?: +|$)")


@cache
def _wrapper(width: int) -> TextWrapper:
    return TextWrapper(width, expand_tabs=False, replace_whitespace=False, break_on_hyphens=False)


class Why(Words):
    """Why the example is here, and what people said of it."""

    def __init__(self) -> None:
        super().__init__(id="why")
        self._card: Card | None = None

    def show(self, card: Card) -> None:
        """Show the reason, the flag and the notes of an example."""
        self._card = card
        self.refresh()

    def render(self) -> Content:
        """The reason, then the marks, in as many lines as fit."""
        if self._card is None:
            return Content()
        room = max(self.size.width - 5, 8)
        remarks = _remarks(self._card)
        height = self.size.height - bool(remarks)
        reason = Content.styled(one_line(self._card.reason, 400).rstrip(), "$muted").wrap(room)
        if len(reason) > height > 0:
            reason[height - 1] = reason[height - 1].truncate(room - 1, pad=False) + "…"
        if remarks.cell_length > self.size.width > 0:
            remarks = remarks.truncate(self.size.width - 1, pad=False) + "…"
        lines = [
            Content.assemble(("why  " if i == 0 else "     ", "$faint"), line)
            for i, line in enumerate(reason[:height])
        ]
        return Content("\n").join([*lines, remarks] if remarks else lines)


def _remarks(card: Card) -> Content:
    """For whom it is kept, flag, notes; not those that stand beside a reviewer's decision."""
    beside = {n for opinion in card.opinions for n in opinion.notes} if card.differing else set()
    marks = [Content.styled("⚑ flagged", "bold $focus")] if card.flagged else []
    if card.elsewhere:
        names = one_line(", ".join(card.elsewhere), 40).rstrip()
        marks.insert(0, Content.assemble(("○ ", "$focus"), (f"kept for {names}", "$plain")))
    marks += [
        Content.assemble(("✎ ", "$focus"), (one_line(note, 400).rstrip(), "$plain"))
        for note in reversed(card.notes)
        if note not in beside
    ]
    return Content("  ").join(marks)


class ConversationPane(Titled):
    """One example with its conversation, or a few words where there is none."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="conversation")
        self._schema = schema

    def compose(self) -> ComposeResult:
        """The talk above, the reason at a fixed place below, between them who differs."""
        yield Talk()
        yield OpinionsPane(self._schema)
        yield Why()
        yield Static(id="empty", markup=False)

    def show(self, card: Card) -> None:
        """Show an example."""
        self.remove_class("-empty")
        self.entitle(Content(_title(card)))
        self.query_one(Talk).show(card.turns)
        self.show_remarks(card)

    def show_remarks(self, card: Card) -> None:
        """Show what people said again; the talk does not move."""
        self.query_one(OpinionsPane).show(card)
        self.query_one(Why).show(card)

    def show_empty(self, title: str, steps: list[str]) -> None:
        """Say that there is nothing here, and what to do."""
        self.add_class("-empty")
        self.border_title = ""
        parts = [Content.styled(title, "bold $bright"), Content()]
        parts += [Content.styled(step, "$muted") for step in steps]
        self.query_one("#empty", Static).update(Content("\n").join(parts))


def _title(card: Card) -> str:
    name = one_line(card.example.conversation or card.example.id, 40).rstrip()
    if card.total == 1:
        return f"{name} · single message"
    return f"{name} · message {card.place:,} of {card.total:,}"
