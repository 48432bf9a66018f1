"""The votes pane: what every source says, grouped by kind, and what they come to together."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import groupby

from textual.app import ComposeResult
from textual.content import Content

from catreview.jobs.review.cards import Card, VoteRow
from catreview.records import Basis, Label, SourceKind
from catreview.schema import Schema
from catreview.tui.inert import fit, one_line, one_name, widest
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import RebuiltLines
from catreview.tui.widgets.painted import Pane, Words

HEADINGS = {
    SourceKind.LLM: "language models",
    SourceKind.HEURISTIC: "heuristic",
    SourceKind.FUNCTION: "functions",
    SourceKind.GIVEN: "given labels",
    SourceKind.MODEL: "model",
    SourceKind.REVIEWER: "reviewers",
}
REASONS = {
    Basis.HUMAN: "human, outranks all others",
    Basis.TOGETHER: "all weighed by their errors",
    Basis.LLM: "LLM, outranks the heuristic",
    Basis.CONFIDENT: "heuristic, confident",
    Basis.WEAK: "heuristic, weak: only a guess",
}
BARS = ((44, 5), (36, 3), (0, 0))
"""Cells of a confidence bar in a pane that is at least so wide."""


class Columns:
    """How the cells of a vote fall into a width: mark, source, key and category, bar, number."""

    def __init__(self, schema: Schema, width: int) -> None:
        self._looks = {c.name: (c.key, colour(i)) for i, c in enumerate(schema.categories)}
        self._bar = next(cells for least, cells in BARS if width >= least)
        longest = widest(schema.names)
        fixed = 2 + 1 + 2 + 1 + 3 + (self._bar + 1 if self._bar else 0)
        self._category = min(longest, max(width - fixed - 10, 6))
        self._source = max(width - fixed - self._category, 4)

    def vote(self, vote: VoteRow, *, differs: bool) -> Content:
        """One vote; it stands out where it is not what the sources come to together."""
        return self._line(
            ("≠ " if differs else "  ", "bold $focus"),
            vote.source,
            vote.category,
            vote.confidence,
            "$bright" if differs else "$muted",
        )

    def together(self, label: Label) -> Content:
        """The label, as the last line."""
        return self._line(
            ("▸ ", "bold $bright"), "together", label.category, label.confidence, "bold $bright"
        )

    def _line(
        self, mark: tuple[str, str], source: str, category: str, confidence: float | None, ink: str
    ) -> Content:
        key, tint = self._looks.get(category, ("", "$muted"))
        strong = "bright" in ink
        parts: list[str | tuple[str, str]] = [
            mark,
            (one_name(source, self._source), ink),
            " ",
            (fit(key, 1) + " ", tint),
            (
                one_line(category, self._category),
                f"bold {tint}" if "bold" in ink else tint if strong else ink,
            ),
        ]
        if self._bar:
            parts += [" ", *bar(confidence, self._bar, tint if strong else "$muted")]
        return Content.assemble(*parts, " ", (number(confidence), ink))


def number(confidence: float | None) -> str:
    """A confidence of 0..1 with two digits in three cells: `.93`, or `1.0`."""
    if confidence is None:
        return "   "
    return "1.0" if confidence >= 0.995 else f"{confidence:.2f}"[1:]


def bar(share: float | None, cells: int, tint: str) -> list[tuple[str, str]]:
    """A share of 0..1 as a thin bar, in half cells; blank where unknown."""
    if share is None:
        return [(" " * cells, tint)]
    halves = round(min(max(share, 0.0), 1.0) * cells * 2)
    full = "━" * (halves // 2) + "╸" * (halves % 2)
    return [(full, tint), ("─" * (cells - len(full)), "$line")]


class VoteList(RebuiltLines[str | tuple[VoteRow, bool]]):
    """The votes by kind of source; every kind keeps its place in the order.

    A line is made from words, or from a vote and whether it differs from the label.
    """

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="vote-list")
        self._schema = schema
        self._votes: tuple[VoteRow, ...] = ()
        self._abstaining = 0
        self._together: str | None = None
        self._columns = Columns(schema, 0)

    def show(self, card: Card, *, same: bool) -> None:
        """Show the votes on an example; `same`: it is on screen already, so don't scroll."""
        self._votes, self._abstaining = card.votes, card.abstaining
        self._together = card.label.category if card.label else None
        self.rebuild(stay=same)

    def clear(self) -> None:
        """Show nothing."""
        self._votes, self._abstaining = (), 0
        self.rebuild()

    def build(
        self,
        width: int,
        height: int,  # noqa: ARG002 - Lines'
    ) -> tuple[list[str | tuple[VoteRow, bool]], int]:
        """A heading and the votes for each kind of source that says something."""
        self._columns, label = Columns(self._schema, width), self._together
        groups = {kind: list(votes) for kind, votes in groupby(self._votes, lambda v: v.kind)}
        lines: list[str | tuple[VoteRow, bool]] = []
        for kind, heading in HEADINGS.items():
            votes = groups.get(kind, [])
            silent = self._abstaining if kind is SourceKind.FUNCTION else 0
            if votes or silent:
                lines.append(heading)
                lines += [(v, label is not None and v.category != label) for v in votes]
            if silent:
                lines.append(f"  {silent} abstain")
        return lines, 0

    def made_from(self, at: int) -> Hashable:
        """All that the line depends on."""
        return self.built[at]

    def line(self, at: int) -> Content:
        """A heading, or a vote in its columns."""
        made_from = self.built[at]
        if isinstance(made_from, str):
            return Content.styled(made_from, "$faint")
        vote, differs = made_from
        return self._columns.vote(vote, differs=differs)


class Together(Words):
    """What the votes come to, and why, at a fixed place."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="together")
        self._schema = schema
        self._card: Card | None = None

    def show(self, card: Card | None) -> None:
        """Show an example's label, or that it has none."""
        self._card = card
        self.refresh()

    def render(self) -> Content:
        """The label in the columns of the votes, then its basis in words."""
        if self._card is None:
            return Content()
        label = self._card.label
        if self._card.hidden:
            return Content.styled("▸ together  hidden\n  until you have decided", "$muted")
        if self._card.set_aside:
            return Content.styled("▸ together  gold\n  it measures and never trains", "$muted")
        if label is None:
            words = "press a category key" if self._card.votes else "no source has voted on it"
            return Content.assemble(("▸ together  no label yet\n  ", "$muted"), (words, "$faint"))
        line = Columns(self._schema, self.size.width).together(label)
        return Content.assemble(line, "\n", (f"  {self._why(self._card, label)}", "$muted"))

    @staticmethod
    def _why(card: Card, label: Label) -> str:
        """Why the label is what it is; between reviewers, who has the last word."""
        if card.contested:
            return "contested: the newest counts"
        ruling = next((o.reviewer for o in reversed(card.opinions) if o.ruling), None)
        return REASONS[label.basis] if ruling is None else f"adjudicated by {one_line(ruling, 20)}"


class VotesPane(Pane):
    """All votes on the example under review."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="votes")
        self._schema = schema

    def on_mount(self) -> None:
        """The title stays as it is."""
        self.border_title = "Votes"

    def compose(self) -> ComposeResult:
        """The list above, the sum at a fixed place below."""
        yield VoteList(self._schema)
        yield Together(self._schema)

    def show(self, card: Card | None, *, same: bool = False) -> None:
        """Show the votes on an example, or none."""
        self.query_one(Together).show(card)
        if card is None:
            self.query_one(VoteList).clear()
        else:
            self.query_one(VoteList).show(card, same=same)
