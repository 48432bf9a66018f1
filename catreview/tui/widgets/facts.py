"""Labels by source, the models so far, the pilot's gate."""

from __future__ import annotations

from textual.content import Content

from catreview.jobs.overview import Gate, Overview
from catreview.jobs.status import ModelScore
from catreview.jobs.summary import SourcesSummary
from catreview.records import Basis
from catreview.schema import Schema
from catreview.tui.inert import fit, one_line
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import BuiltLines
from catreview.tui.widgets.strip import sparkline

BY = {
    Basis.HUMAN: "human",
    Basis.TOGETHER: "together",
    Basis.LLM: "LLM",
    Basis.CONFIDENT: "confident",
    Basis.WEAK: "weak",
}
NEWEST = 3
"""Models listed with their figures; the line shows more."""


class Facts(BuiltLines):
    """Three short lists, one under the other."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="facts")
        self._schema = schema
        self._overview: Overview | None = None

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Labels, models, pilot"

    def show(self, overview: Overview) -> None:
        """Show where the project stands."""
        self._overview = overview
        self.rebuild(stay=True)

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """Labels, models, pilot."""
        if self._overview is None:
            return [], 0
        lines = labels(self._overview.sources, self._schema, width)
        lines += [Content(), *models(self._overview.models)]
        lines += [Content(), *gate(self._overview.gate, width)]
        return lines, 0


def labels(summary: SourcesSummary, schema: Schema, width: int) -> list[Content]:
    """What decided the labels, by category; the categories are named by their keys."""
    rows = [
        (basis, summary.labels.get(basis, {}))
        for basis in Basis
        # Only one rule gives labels of this kind.
        if basis is not Basis.TOGETHER or basis in summary.labels
    ]
    sums = [sum(counts.get(name, 0) for _, counts in rows) for name in schema.names]
    cell = max(len(f"{max(sums):,}") + 1, 4)
    fits = (width - 10 - 7) // cell
    shown = list(enumerate(schema.categories))[:fits]
    heads = [((category.key or "•").rjust(cell), f"bold {colour(i)}") for i, category in shown]
    lines = [Content.assemble((fit("labels by", 10), "$faint"), *heads, ("    all", "$faint"))]
    for basis, counts in rows:
        cells = [
            (f"{counts.get(c.name, 0) or '·':>{cell},}" if counts.get(c.name) else "·".rjust(cell))
            for _, c in shown
        ]
        lines.append(
            Content.assemble(
                (fit(BY[basis], 10), "$plain"), ("".join(cells), "$muted"),
                (f"{sum(counts.values()):7,}", "$bright"),
            )
        )  # fmt: skip
    every = "".join(f"{sums[i]:{cell},}" for i, _ in shown)
    lines.append(
        Content.assemble(
            (fit("all", 10), "$plain"), (every, "$bright"), (f"{sum(sums):7,}", "bold $bright")
        )
    )
    rest = f"{summary.gold:,} gold, {summary.unlabelled:,} without a label"
    lines.append(Content.styled(rest, "$faint"))
    return lines


def models(scores: tuple[ModelScore, ...]) -> list[Content]:
    """The newest models with their macro F1, and a line through those measured alike."""
    if not scores:
        return [Content.styled("no model yet", "$faint")]
    lines = []
    for i, score in enumerate(scores[:NEWEST]):
        figures = f"{score.macro_f1:.3f}  {score.low:.3f} to {score.high:.3f}"
        on = "gold" if score.against == "gold" else "labels"
        lines.append(
            Content.assemble(
                (fit(one_line(score.model, 9), 10), "$plain" if i == 0 else "$muted"),
                (figures, "$bright" if i == 0 else "$muted"),
                (f" on {score.n:,} {on}", "$faint"),
            )
        )
    line = sparkline([s.macro_f1 for s in reversed(scores) if s.against == scores[0].against])
    if line:
        lines[0] += Content.styled(f" {line}", "$focus")
    return lines


def gate(last: Gate | None, width: int) -> list[Content]:
    """The last pilot in two lines."""
    if last is None:
        return [Content.styled("no pilot yet: catreview pilot tries the LLM", "$faint")]
    mark = ("✓ passed", "bold $success") if last.passed else ("✗ not passed", "bold $error")
    against = "people" if last.against == "people" else f"the {last.against}, not people"
    return [
        Content.assemble(
            ("pilot     ", "$plain"), mark, (f" (gate {100 * last.gate:.0f} %)  ", "$faint"),
            (one_line(last.model, max(width - 36, 8)).rstrip(), "$muted"),
        ),
        Content.assemble(
            (f"          {100 * last.accuracy:.1f} %", "$bright"),
            (f" ({100 * last.low:.1f} to {100 * last.high:.1f})", "$muted"),
            (f" on {last.n:,}, against {against}", "$faint"),
        ),
    ]  # fmt: skip
