"""F1 of each category as a bar against its target."""

from __future__ import annotations

from textual.content import Content

from catreview.jobs.overview import CLASS_TARGET, CategoryScore, ModelReport
from catreview.jobs.status import GOLD_TO_START
from catreview.tui.inert import fit, widest
from catreview.tui.keymap import Keymap
from catreview.tui.theme import colour
from catreview.tui.widgets.intervals import short
from catreview.tui.widgets.lines import BuiltLines

WIDE_ENOUGH_FOR_INTERVALS = 36
WIDE_ENOUGH_FOR_NUMBERS = 22
NARROW = 20
"""Below this many cells a category is named by its key alone."""
LONGEST_BAR = 60


class ScoreBars(BuiltLines):
    """One line for each category and one for their mean."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="scores")
        self._no_model = (
            f"No model has been trained yet: press {keys['retrain']}. It learns from the labels and"
            " is measured on gold."
        )
        self._looks = {
            c.name: (c.key or "•", colour(i)) for i, c in enumerate(keys.schema.categories)
        }
        self._report: ModelReport | None = None
        self._target = 0.0
        self._gold = 0

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "F1"

    def show(self, report: ModelReport | None, target: float, gold: int) -> None:
        """Show a model's scores, None where nothing is trained; `target` is the mean's.

        `gold` is how many gold examples there are by now.
        """
        self._report, self._target, self._gold = report, target, gold
        self.rebuild()

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """Categories, the mean, the legend."""
        report = self._report
        if report is None:
            words = self._no_model if self._gold else f"{self._no_model} {NO_GOLD_YET}"
            return [Content(), *Content.styled(words, "$muted").wrap(width)], 0
        longest = widest(row.category for row in report.categories)
        named = min(longest, 16, width * 3 // 8) if width >= NARROW else 0
        lines = []
        for score in report.categories:
            key, tint = self._looks.get(score.category, ("•", "$muted"))
            left = Content.assemble((f"{key} ", f"bold {tint}"), (fit(score.category, named), ""))
            lines.append(left + _figures(score, CLASS_TARGET, tint, width - named - 2))
        macro = report.score
        mean = CategoryScore("mean", macro.macro_f1, macro.low, macro.high, macro.n)
        left = Content.styled(fit("  mean", named + 2), "$bright")
        lines.append(left + _figures(mean, self._target, "$bright", width - named - 2))
        legend = (
            f"┃ target {short(CLASS_TARGET)}, of the mean {short(self._target)}   ╌ 95 % interval"
        )
        lines += [Content(), *Content.styled(legend, "$faint").wrap(width)]
        if not report.against_gold:
            lines += Content.styled(f"{NO_GOLD} {NO_GOLD_YET}", "$focus").wrap(width)
        elif report.score.n < GOLD_TO_START:
            few = f"{report.score.n:,} gold are few: {GOLD_TO_START} are a start, 600 are good."
            lines += Content.styled(few, "$focus").wrap(width)
        return lines, 0


NO_GOLD = "Measured on held-out labels, not on gold: it says how well the model copies the labels."
NO_GOLD_YET = f"Gold is what people labelled and nothing trains on: {GOLD_TO_START} are a start \
(the queue gold, or catreview import FILE --gold)."


def _figures(score: CategoryScore, target: float, tint: str, width: int) -> Content:
    """A score's bar, value, interval and number, as many of them as fit."""
    if score.f1 is None:
        return Content.styled(" no gold of this category", "$faint")
    known = width >= WIDE_ENOUGH_FOR_INTERVALS and score.low is not None
    bounds = f"{short(score.low)} to {short(score.high)}".rjust(12) if known else ""
    examples = f" {score.n:5,}" if width >= WIDE_ENOUGH_FOR_NUMBERS else ""
    cells = min(width - len(bounds) - len(examples) - 9, LONGEST_BAR)
    drawn = [(" ", ""), *bar(score, target, cells, tint)] if cells > 4 else []
    reached = score.f1 >= target
    return Content.assemble(
        *drawn, (f" {short(score.f1, 3)}", "bold $bright"), (bounds, "$muted"),
        (examples, "$muted"),
        (" ✓" if reached else " ✗", "bold $success" if reached else "bold $error"),
    )  # fmt: skip


def bar(score: CategoryScore, target: float, cells: int, tint: str) -> list[tuple[str, str]]:
    """A score in `cells`: thick to the value, dashed to the interval's end, ┃ at the target."""
    value = score.f1 or 0.0
    full = round(value * cells)
    known = score.low is not None and score.high is not None
    ends = ((score.low or 0.0) * cells, (score.high or 0.0) * cells) if known else (full, full)
    mark = min(int(target * cells), cells - 1)
    parts = []
    for i in range(cells):
        if i == mark:
            parts.append(("┃", "bold $focus"))
        elif i < full:
            parts.append(("━", tint if i < ends[0] else f"{tint} 75%"))
        else:
            parts.append(("╌", tint) if i < ends[1] else ("─", "$line"))
    return parts
