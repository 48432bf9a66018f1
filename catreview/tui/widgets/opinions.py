"""What each reviewer decided, side by side, where they differ."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from catreview.jobs.review.cards import Card, Opinion
from catreview.schema import Schema
from catreview.tui.inert import fit, one_line
from catreview.tui.theme import colour

LEAST = 16
"""Cells below which a column is of no use."""
HEADS, NOTE_LINES = 3, 2
"""Lines for what they differ on, names and categories; at most so many of notes below."""


class OpinionsPane(Static):
    """A column for each reviewer: name, category, notes; nothing where all agree."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="opinions", markup=False)
        self._looks = {c.name: (c.key or "•", colour(i)) for i, c in enumerate(schema.categories)}
        self._opinions: tuple[Opinion, ...] = ()

    def show(self, card: Card) -> None:
        """Show the opinions on an example."""
        if card.opinions != self._opinions:
            self._opinions = card.opinions
            self.set_class(card.differing, "-differing")
            self.refresh()

    def render(self) -> Content:
        """Columns of equal width; more reviewers than fit are counted, the newest stay."""
        if not self._opinions:
            return Content()
        width = max(self.size.width - 1, LEAST)
        shown = self._opinions[-max(width // LEAST, 1) :]
        hidden = len(self._opinions) - len(shown)
        head = "reviewers differ" + (f", {hidden} more" if hidden else "")
        column = width // len(shown)
        columns = [self._column(opinion, column - 2) for opinion in shown]
        lines = [Content("  ").join(cells) for cells in zip(*columns, strict=True)]
        return Content("\n").join([Content.styled(head, "$faint"), *lines])

    def _column(self, opinion: Opinion, width: int) -> list[Content]:
        key, tint = self._looks.get(opinion.category, ("•", "$muted"))
        name = f"{opinion.reviewer} adjudicated" if opinion.ruling else opinion.reviewer
        notes = Content(one_line("  ".join(opinion.notes), 4 * width).rstrip()).wrap(width)
        room = max(min(self.size.height - HEADS, NOTE_LINES), 1)
        lines = [line.plain for line in notes[:room]]
        if len(notes) > room:
            lines[-1] = fit(f"{lines[-1]} …", width)
        return [
            Content.styled(one_line(name, width), "$plain"),
            Content.assemble((f"{key} ", tint), (fit(opinion.category, width - 2), f"bold {tint}")),
            *(
                Content.styled(fit(line, width), "$muted")
                for line in [*lines, *[""] * (room - len(lines))]
            ),
        ]
