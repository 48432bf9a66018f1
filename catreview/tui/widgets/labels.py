"""Labels by source and category, and how right they are by the audit."""

from __future__ import annotations

from textual.content import Content

from catreview.jobs.labels.auditing import Audit
from catreview.jobs.labels.summary import SourcesSummary
from catreview.jobs.overview import Overview
from catreview.schema import Schema
from catreview.tui.inert import fit
from catreview.tui.keymap import Keymap
from catreview.tui.signs import signs
from catreview.tui.theme import colour
from catreview.tui.widgets.growth import LOOKS, shown
from catreview.tui.widgets.lines import BuiltLines

NAMED = 12


class LabelPane(BuiltLines):
    """A line for each source of labels, a column for each category, then the audit."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="labels")
        self._keys = keys
        self._overview: Overview | None = None

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Labels by source and category"

    def show(self, overview: Overview) -> None:
        """Show the labels there are."""
        self._overview = overview
        self.rebuild(stay=True)

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """Labels, then the audit."""
        if self._overview is None:
            return [], 0
        lines = by_category(self._overview.sources, self._keys.schema, width)
        said = audited(self._overview.audit, self._keys)
        return [*lines, *Content.styled(said, "$muted").wrap(width)], 0


def by_category(summary: SourcesSummary, schema: Schema, width: int) -> list[Content]:
    """What decided the labels, by category; the categories are named by their signs."""
    rows = [(LOOKS[b], summary.labels.get(b, {})) for b in shown([summary.labels])]
    sums = [sum(counts.get(name, 0) for _, counts in rows) for name in schema.names]
    cell = max(len(f"{max(sums):,}") + 1, 4)
    fits = max((width - NAMED - 8) // cell, 0)
    columns = list(signs(schema).items())[:fits]
    cut = "…" if len(columns) < len(schema.categories) else ""
    heads = [(sign.rjust(cell), f"bold {colour(i)}") for i, (_, sign) in enumerate(columns)]
    lines = [Content.assemble(" " * NAMED, *heads, (f"{cut:>4} all", "$faint"))]
    for (word, _, sign, tint), counts in rows:
        cells = [
            f"{counts[name]:{cell},}" if counts.get(name) else "·".rjust(cell)
            for name, _ in columns
        ]
        lines.append(
            Content.assemble(
                (f"{sign} ", tint), (fit(word, NAMED - 2), "$plain"), ("".join(cells), "$muted"),
                (f"{sum(counts.values()):8,}", "$bright"),
            )
        )  # fmt: skip
    every = "".join(f"{one:{cell},}" for one in sums[:fits])
    lines.append(
        Content.assemble(
            (fit("  all", NAMED), "$plain"), (every, "$bright"), (f"{sum(sums):8,}", "bold $bright")
        )
    )
    rest = f"{summary.gold:,} gold, {summary.unlabelled:,} without a label"
    return [*lines, Content.styled(rest, "$muted")]


def audited(audit: Audit, keys: Keymap) -> str:
    """How right the machine's labels are at least."""
    if not audit.checked:
        return f"How right are they? Check some in the queue audit (key {keys['queues']})."
    return (
        f"at least {100 * audit.bound:.1f} % right (95 % confidence, {audit.checked:,} checked in"
        " the queue audit)"
    )
