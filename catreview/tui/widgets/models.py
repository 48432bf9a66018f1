"""The models so far, with their scores and what became of the confusion cell under the cursor."""

from __future__ import annotations

from textual.content import Content

from catreview.jobs.overview import ModelReport
from catreview.jobs.training.histories import ModelLine
from catreview.tui.inert import fit, one_line, widest
from catreview.tui.widgets.intervals import Scale, scale_of, short
from catreview.tui.widgets.lines import BuiltLines

NAMED = 9
WIDE_ENOUGH_FOR_NUMBERS = 100
LONGEST_SCALE = 60
NO_MODELS = "Every training adds a line: macro F1 with its 95 % interval, the labels it learned \
from, and how the cell under the cursor changed."


class ModelList(BuiltLines):
    """A line for each model, the newest first."""

    FIXED = 1

    def __init__(self) -> None:
        super().__init__(id="models")
        self._report: ModelReport | None = None
        self._target = 0.0
        self._cell: tuple[int, int] = (0, 0)
        self._heading = ""

    def on_mount(self) -> None:
        """The titles stay."""
        self.border_title = "Models: macro F1"

    def show(self, report: ModelReport | None, target: float) -> None:
        """Show the models that led to the last one."""
        self._report, self._target = report, target
        self.border_subtitle = "├─●─┤ 95 % interval  ┃ target" if report else ""
        self.rebuild(stay=True)

    def show_cell(self, cell: tuple[int, int], true: str, called: str) -> None:
        """Show what became of a cell of the confusion matrix."""
        self._cell, self._heading = cell, f"{true} called {called}"
        self.rebuild(stay=True)

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """A heading, then the models."""
        if self._report is None:
            return Content.styled(NO_MODELS, "$muted").wrap(width), 0
        models = self._report.models
        numbers = width >= WIDE_ENOUGH_FOR_NUMBERS
        # The same for every cell, so that nothing shifts as one walks through them.
        cell = 28 if numbers else 14
        named = one_line(self._heading if numbers else "this cell", cell).rstrip()
        cells = min(width - NAMED - 8 - 8 - 7 - 14 - 2 - cell - 15 * numbers, LONGEST_SCALE)
        shares = [s for m in models for s in (m.score.low, m.score.high)]
        scale = scale_of(shares, self._target, max(cells, 8))
        heading = (
            f"{'model':<{NAMED}}{'labels':>8}{'people':>8}{'F1':>7}{'  on':<14}"
            f"{'95 %' if numbers else '':<{15 * numbers}}{scale.heading()}"
            f"{' ' * (cell + 2 - widest([named]))}{named}"
        )
        lines = [Content.styled(heading, "$faint")]
        for i, model in enumerate(models):
            lines.append(self._line(model, scale, cell, numbers=numbers, newest=i == 0))
        return lines, 0

    def _line(
        self, model: ModelLine, scale: Scale, cell: int, *, numbers: bool, newest: bool
    ) -> Content:
        score = model.score
        ink = "$bright" if newest else "$muted"
        # Without gold n is that of the labels it copies: many, and no measure.
        on = f"  {score.n:,} gold" if score.against == "gold" else "  no gold"
        bounds = f"{short(score.low)} to {short(score.high)}" if numbers else ""
        return Content.assemble(
            (one_line(score.model, NAMED - 1) + " ", ink),
            (f"{score.labels:8,}{score.reviews:8,}", "$muted"),
            (f"{short(score.macro_f1, 3):>7}", f"bold {ink}"), (fit(on, 14), "$faint"),
            (f"{bounds:<{15 * numbers}}", "$muted"),
            *scale.row(score.macro_f1, score.low, score.high, ink),
            (f"{self._in_cell(model):>{cell + 2}}", ink),
        )  # fmt: skip

    def _in_cell(self, model: ModelLine) -> str:
        row, column = self._cell
        if model.confusion is None:
            return "-"
        return f"{model.confusion[row][column]:,} of {sum(model.confusion[row]):,}"
