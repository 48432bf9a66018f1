"""How the votes add up: each source's pull on the label, the functions, the example's history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isclose

from textual import on, work
from textual.content import Content
from textual.message import Message

from catreview.errors import CatreviewError, in_sentences
from catreview.jobs.project import Project
from catreview.jobs.review.adding_up import AddedUp, Level, Past, Pull, add_up
from catreview.jobs.review.cards import Card
from catreview.records import Basis, Label
from catreview.schema import Schema
from catreview.settings import Aggregator
from catreview.store import Action
from catreview.tui.inert import fit, one_line, one_name, widest
from catreview.tui.keymap import Keymap
from catreview.tui.messages import Failed
from catreview.tui.screens.overlay import Overlay, beside, heading
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import BuiltLines
from catreview.tui.widgets.votes import bar, number

BAR = 12
Word = tuple[str, str]
"""What is written and its style."""
SAYS = {
    "people": "a person's word is final",
    "language models": "each pulls with its confidence",
    "all together": "each pulls as its source has erred",
    "model": "it learns from the labels, so it has no say in them",
}
HOW: Mapping[Aggregator, str] = {
    "majority": "one vote for each function",
    "weighted-majority": "each function pulls as it has been right",
    "dawid-skene": "all functions weighed at once, by how each errs",
}
"""How the functions' votes become the heuristic."""
DID = {
    Action.ACCEPT: "accepted",
    Action.FIX: "gave",
    Action.SKIP: "skipped it",
    Action.FLAG: "flagged it",
    Action.UNFLAG: "took the flag off",
    Action.NOTE: "noted:",
    Action.UNDO: "took back",
    Action.REDO: "did again",
}


class SumText(BuiltLines):
    """Levels of the label rule from the strongest, then the log."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self._looks = {c.name: (c.key or "•", colour(i)) for i, c in enumerate(schema.categories)}
        self._longest = widest(schema.names)
        self._sum: AddedUp | None = None
        self._words = "reading…"

    def show(self, added: AddedUp) -> None:
        """Show how the votes add up."""
        self._sum = added
        self.rebuild()

    def show_problem(self, words: str) -> None:
        """Say why it cannot be shown."""
        self._words = words
        self.rebuild()

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """Levels, history."""
        if self._sum is None:
            return Content.styled(self._words, "$muted").wrap(width), 0
        lines: list[Content] = []
        for place, level in enumerate(self._sum.levels, 1):
            says = SAYS.get(level.name, HOW[self._sum.method])
            lines += self._level(place, level, says, width)
            if level.decides and self._sum.label:
                lines += self._together(level, self._sum.label, width)
            lines.append(Content())
        lines.append(heading("what was done to it"))
        if not self._sum.history:
            lines.append(Content.styled("  nothing yet", "$faint"))
        acts = {past.review.id: past for past in self._sum.history}
        for past in self._sum.history:
            lines += _past(past, acts, width)
        return lines, 0

    def _level(self, place: int, level: Level, says: str, width: int) -> list[Content]:
        head = Content.assemble(
            (f"{place}  {level.name}", "bold $bright" if level.decides else "$plain"),
            ("   ▸ decides" if level.decides else "", "bold $focus"),
            (f"   {says}", "$faint"),
        )
        lines = [head.truncate(width, ellipsis=True)]
        if not level.pulls:
            lines.append(Content.styled("   no vote", "$faint"))
        for pull in level.pulls:
            lines += self._pull(pull, width)
        if level.comes_to:
            words = ", ".join(f"{name} {100 * share:.0f} %" for name, share in level.comes_to)
            lines += beside(Content.styled("   = ", "$muted"), words, width)
        return lines

    def _together(self, level: Level, label: Label, width: int) -> list[Content]:
        lines = [
            self._line(
                (" ▸ ", "bold $focus"), ("together", "bold $bright"), label.category,
                label.confidence, width,
            )
        ]  # fmt: skip
        if label.basis is Basis.LLM and len(level.comes_to) > 1:
            first, second = (share for _, share in level.comes_to[:2])
            tie = "; of equals, that of the more accurate LLM" if isclose(first, second) else ""
            words = Content.styled(f"its strongest vote, times its share{tie}", "$muted")
            lines += [Content("     ") + line for line in words.wrap(width - 5)]
        return lines

    def _pull(self, pull: Pull, width: int) -> list[Content]:
        source = pull.source, "$plain"
        lines = [self._line(("   ", ""), source, pull.category, pull.weight, width)]
        if pull.origin:
            lines.append(Content.styled(f"     confidence: {pull.origin}", "$muted"))
        if pull.doc:
            right = "" if pull.right is None else f" Right {100 * pull.right:.0f} % of {pull.n:,}."
            unknown = " Nobody has decided what it voted on." if pull.right is None else ""
            lines += [
                Content("     ") + line
                for line in Content.styled(pull.doc + right + unknown, "$muted").wrap(width - 5)
            ]
        return lines

    def _line(
        self, mark: Word, source: Word, category: str, weight: float | None, width: int
    ) -> Content:
        key, tint = self._looks.get(category, ("•", "$muted"))
        named = max(min(24, width - BAR - 27), 8)
        called = max(min(self._longest, width - BAR - named - 11), 11)
        return Content.assemble(
            mark, (one_name(source[0], named), source[1]), " ", (f"{key} ", f"bold {tint}"),
            (f"{one_line(category, called)}  ", tint), *bar(weight, BAR, tint),
            (f" {number(weight)}", "$bright"),
        )  # fmt: skip


class SumScreen(Overlay):
    """Reads what is behind a label in a thread and shows it over the review."""

    @dataclass
    class Read(Message):
        """It was read."""

        added: AddedUp

    def __init__(self, project: Project, keys: Keymap, card: Card) -> None:
        self._text = SumText(project.schema)
        super().__init__(keys, "votes", "How the votes add up", self._text)
        self._project = project
        self._card = card

    def on_mount(self) -> None:
        """Read at once."""
        self._read()

    @work(thread=True)
    def _read(self) -> None:
        try:
            with self._project.store.reading():
                added = add_up(self._project, self._card)
        except CatreviewError as error:
            self.post_message(Failed(error))
        else:
            self.post_message(self.Read(added))

    @on(Read)
    def _show(self, event: Read) -> None:
        self._text.show(event.added)

    @on(Failed)
    def _show_problem(self, event: Failed) -> None:
        self._text.show_problem(f"✗ {in_sentences(event.error.message, event.error.hint)}")


def _past(past: Past, acts: dict[int, Past], width: int) -> list[Content]:
    review = past.review
    at = datetime.fromisoformat(review.at).astimezone().strftime("%d %b %H:%M")
    undone = acts.get(review.undoes or 0)
    what = f"“{DID[undone.review.action]} {undone.review.category or ''}”" if undone else ""
    said = " ".join(filter(None, (DID[review.action], review.category, review.note, what)))
    marks = ((review.blind, "blind"), (review.bulk, "in bulk"), (past.taken_back, "taken back"))
    back = "".join(f"  ({mark})" for is_so, mark in marks if is_so)
    left = Content.assemble(
        (f"  {at}  ", "$muted"), (fit(one_line(review.reviewer, 10), 12), "$muted")
    )
    return beside(left, one_line(said, 400).rstrip() + back, width)
