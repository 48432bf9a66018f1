"""Labels by source over time: a stacked bar for each job that changed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from catreview.jobs.labels.summary import SourcesSummary
from catreview.records import Basis
from catreview.store import LabelCount
from catreview.tui.inert import fit
from catreview.tui.widgets.lines import BuiltLines
from catreview.tui.widgets.works import local

LOOKS = {
    Basis.HUMAN: ("people", "people", "█", "$focus"),
    Basis.TOGETHER: ("together", "tog.", "▞", "$cat-0"),
    Basis.LLM: ("LLM", "LLM", "▓", "$cat-3"),
    Basis.CONFIDENT: ("confident", "conf.", "▒", "$cat-1"),
    Basis.WEAK: ("weak", "weak", "░", "$cat-5"),
}
"""Word, short word, sign and colour of each source of labels; the signs differ in density too."""
WHEN, AFTER = 14, 10
WIDE = 100
"""Cells of the pane from which on words are not shortened."""
LEAST_BAR, LONGEST_BAR = 10, 80
"""Cells that the bar needs beside the times, and most cells of it."""
NAMES = {"functions": "lf run"}
NO_LABELS = "No labels yet: catreview lf run lets the functions vote."


class GrowthPane(BuiltLines):
    """How many labels came from people, LLMs and the heuristic after each job, and now."""

    FIXED = 1

    def __init__(self) -> None:
        super().__init__(id="growth")
        self._counts: Sequence[LabelCount] = ()
        self._now: SourcesSummary | None = None

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Labels by source, after each job"

    def show(self, counts: Sequence[LabelCount], now: SourcesSummary) -> None:
        """Show counts, oldest first; `now` is the last line."""
        self._counts, self._now = counts, now
        self.rebuild()

    def build(self, width: int, height: int) -> tuple[list[Content], int]:
        """A heading and the counts; the newest are in view."""
        if self._now is None:
            return [], 0
        labels: Mapping[str, int] = {b: sum(self._now.labels.get(b, {}).values()) for b in Basis}
        rows: list[tuple[str, str, Mapping[str, int]]] = [
            (local(c.at), NAMES.get(c.kind, c.kind), c.labels) for c in self._counts
        ]
        if not any(labels.values()) and not rows:
            return Content.styled(NO_LABELS, "$muted").wrap(width), 0
        rows.append(("", "now", labels))
        most = max(sum(counts.values()) for _, _, counts in rows)
        bases = shown([counts for _, _, counts in rows])
        looks = [
            (word if width >= WIDE else short, sign)
            for word, short, sign, _ in map(LOOKS.__getitem__, bases)
        ]
        cell = max(len(f"{most:,}"), 2 + max(len(word) for word, _ in looks)) + 2
        dated = WHEN if width >= WHEN + AFTER + LEAST_BAR + len(bases) * cell else 0
        cells = min(max(width - dated - AFTER - len(bases) * cell, 0), LONGEST_BAR)
        heads = "".join(f"{sign} {word}".rjust(cell) for word, sign in looks)
        heading = f"{fit('when', dated)}{'job':<{AFTER}}{'':<{cells}}{heads}"
        lines = [Content.styled(heading, "$faint")]
        for i, (when, after, counts) in enumerate(rows):
            ink = "$bright" if i == len(rows) - 1 else "$muted"
            numbers = "".join(f"{counts.get(b, 0):{cell},}" for b in bases)
            lines.append(
                Content.assemble(
                    (fit(when, dated) + fit(after, AFTER), ink),
                    *stacked(counts, most, cells), (numbers, ink),
                )
            )  # fmt: skip
        return lines, max(len(lines) - height, 0)


def shown(counts: Sequence[Mapping[str, object]]) -> list[Basis]:
    """The sources to show: all, but those of the rule that weighs them only where it is used."""
    used = any(count.get(Basis.TOGETHER) for count in counts)
    return [basis for basis in LOOKS if used or basis is not Basis.TOGETHER]


def stacked(counts: Mapping[str, int], most: int, cells: int) -> list[tuple[str, str]]:
    """A bar of `cells`, in parts; `most` fills it, and what there is at all gets a cell."""
    parts, used, before = [], 0, 0
    for basis, (_, _, sign, tint) in LOOKS.items():
        before += counts.get(basis, 0)
        end = round(before / max(most, 1) * cells)
        if counts.get(basis, 0):
            end = max(end, used + 1)
        end = min(max(end, used), cells)
        parts.append((sign * (end - used), tint))
        used = end
    return [*parts, (" " * (cells - used), "")]
