"""The confusion matrix: its cells can be walked through and opened."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from catreview.jobs.overview import ModelReport
from catreview.schema import Schema
from catreview.tui.inert import fit, one_line, widest
from catreview.tui.keymap import Keymap
from catreview.tui.signs import signs
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import Lines

MANY = 0.05
"""From this share of its row on, a confusion stands out."""
LEAST, WIDEST = 4, 12
"""Cells of a column."""
SHORTEST, LONGEST = 8, 14
"""Cells of a category's name, as far as it has so many."""
NOTHING = "What the model takes for what is shown here when the first one is trained."


class Matrix(Lines):
    """A row for each true category, a column for each that the model gave."""

    FIXED = 1

    class Moved(Message):
        """The cursor went to another cell, or the figures changed."""

    @dataclass
    class Opened(Message):
        """A cell is to be opened: `queue` is its name."""

        queue: str

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="matrix")
        self._looks = {
            name: (sign, colour(i)) for i, (name, sign) in enumerate(signs(schema).items())
        }
        self._sign = widest(sign for sign, _ in self._looks.values())
        self._names: tuple[str, ...] = ()
        self._words = ""
        self.report: ModelReport | None = None
        self.cell = (0, 0)
        self._left = 0
        """The first column in view."""
        self.start = ""
        """The queue of a cell to start on; the worst one where there is no such cell."""

    def show(self, report: ModelReport | None) -> None:
        """Show a model's confusion; the cursor starts on the worst one and stays where it is."""
        first = self.report is None
        self.report, self._words = report, "" if report else NOTHING
        self._names = tuple(row.category for row in report.categories) if report else ()
        if first and report is not None:
            true, _, called = self.start.partition(" called ")
            known = {true, called} <= set(self._names)
            at = (self._names.index(true), self._names.index(called)) if known else None
            self.cell = at or worst(report.confusion)
        self.follow()
        self.post_message(self.Moved())
        self.refresh()

    @property
    def names(self) -> tuple[str, str]:
        """The true and the given category under the cursor."""
        return self._names[self.cell[0]], self._names[self.cell[1]]

    @property
    def queue(self) -> str:
        """The name of the queue that the cell under the cursor opens."""
        return " called ".join(self.names)

    @property
    def count(self) -> int:
        """The heading and a line for each category."""
        return len(self._names) + 1 if self._names else len(self._told())

    def _told(self) -> list[Content]:
        return list(Content.styled(self._words, "$muted").wrap(self.text_width))

    def line(self, at: int) -> Content:
        """The heading, or one row with its sum; words where there is no model."""
        if not self._names:
            return self._told()[at]
        named, cell, shown = self._columns()
        if at == 0:
            words = "is \\ called" if named > 8 else "is\\called"
            before, after = self._left > 0, self._left + shown < len(self._names)
            heads = [(fit(words, named + self._sign) + ("\u2039" if before else " "), "$faint")]
            for name in self._names[self._left : self._left + shown]:
                key, tint = self._looks.get(name, ("•", "$muted"))
                word = fit(name, cell - 1).rstrip() if cell > 9 else key
                heads.append((word.rjust(cell - 1) + " ", f"bold {tint}"))
            return Content.assemble(*heads, ("\u203a    n" if after else "     n", "$faint"))
        return self._row(at - 1, named, cell, shown)

    def _columns(self) -> tuple[int, int, int]:
        """The cells of a category's name and of a number, and how many numbers fit."""
        spare, n = self.text_width - self._sign - 1 - 6, len(self._names)
        named = min(widest(self._names), LONGEST, max(spare - LEAST * n, SHORTEST))
        cell = max(min((spare - named) // n, WIDEST), LEAST)
        return named, cell, min(max((spare - named) // cell, 1), n)

    def _row(self, row: int, named: int, cell: int, shown: int) -> Content:
        counts = self.report.confusion[row] if self.report else ()
        total = sum(counts)
        key, tint = self._looks.get(self._names[row], ("•", "$muted"))
        parts = [
            (f"{fit(key, self._sign)} ", f"bold {tint}"),
            (fit(self._names[row], named), "$plain"),
        ]
        for column in range(self._left, min(self._left + shown, len(counts))):
            count = counts[column]
            number = f"{count:,}" if count else "·"
            if (row, column) == self.cell:
                ink = "bold reverse $focus" if self.has_focus else "bold $focus"
                parts += [(" " * (cell - len(number) - 2), ""), (f"[{number}]", ink)]
                continue
            many = total and count / total >= MANY
            ink = f"bold {tint}" if row == column else "$bright" if many else "$faint"
            parts.append((number.rjust(cell - 1) + " ", ink))
        return Content.assemble(*parts, (f"{total:6,}", "$muted"))

    def walk(self, down: int, right: int = 0) -> None:
        """Go to a neighbour; stops at the edge."""
        last = len(self._names) - 1
        if last >= 0:
            row, column = self.cell
            self.cell = (min(max(row + down, 0), last), min(max(column + right, 0), last))
            self.follow()
            self.post_message(self.Moved())
            self.refresh()

    @property
    def here(self) -> int:
        """The line of the cursor."""
        return self.cell[0] + 1

    def follow(self) -> None:
        """Let the cell under the cursor be on screen at the next paint."""
        super().follow()
        if self._names:
            *_, shown = self._columns()
            column = self.cell[1]
            self._left = min(max(self._left, column - shown + 1), column, len(self._names) - shown)

    def open(self) -> None:
        """Open the cell under the cursor."""
        if self._names:
            self.post_message(self.Opened(self.queue))

    def on_click(self, event: events.Click) -> None:
        """Go to the cell under the mouse; a double click opens it."""
        offset = event.get_content_offset(self)
        if offset is None or not self._names:
            return
        named, cell, shown = self._columns()
        row, column = offset.y + self.top - 1, (offset.x - named - self._sign - 1) // cell
        if offset.y >= self.FIXED and row < len(self._names) and 0 <= column < shown:
            self.walk(row - self.cell[0], self._left + column - self.cell[1])
            if event.chain > 1:
                self.open()


def worst(confusion: tuple[tuple[int, ...], ...]) -> tuple[int, int]:
    """The cell off the diagonal with the most examples in it."""
    cells = [(r, c) for r in range(len(confusion)) for c in range(len(confusion)) if r != c]
    return max(cells, key=lambda cell: confusion[cell[0]][cell[1]])


class MatrixPane(Vertical):
    """The matrix over a few words on the cell under the cursor."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="confusion")
        self.matrix = Matrix(keys.schema)
        self._retrain, self._open = keys["dashboard_retrain"], keys["dashboard_open"]

    def compose(self) -> ComposeResult:
        """The matrix above, the words at a fixed place below."""
        yield self.matrix
        yield Static(id="cell", markup=False)

    def show(self, report: ModelReport | None) -> None:
        """Show a model's confusion."""
        on = "gold" if report and report.against_gold else "held-out labels"
        n = f" on {report.score.n:,} {on}" if report else ""
        self.border_title = Content(f"Confusion{n}")
        self.matrix.show(report)

    def on_matrix_moved(self) -> None:
        """Say what the cell under the cursor is, was, and opens."""
        report = self.matrix.report
        if report is None:
            return
        (row, column), queue = self.matrix.cell, self.matrix.queue
        count, total = report.confusion[row][column], sum(report.confusion[row])
        since = report.since.get(queue, 0)
        words = Content.assemble(
            (f"{count:,} of {total:,}", "bold $bright"), (f" {queue}\n", "$plain"),
            (f"{_before(report, row, column, queue)}\n", "$muted"), (self._open, "bold $focus"),
            *(
                [(" more   ", "$muted"), (f"{since:,} reviewed since: ", "$plain"),
                 (self._retrain, "bold $focus"), (" retrains", "$muted")]
                if since
                else [(" opens machine-labelled ones like it", "$muted")]
            ),
        )  # fmt: skip
        self.query_one("#cell", Static).update(words)


def _before(report: ModelReport, row: int, column: int, queue: str) -> str:
    """What the cell was in the model before, and how much of its queue was reviewed between."""
    if len(report.models) < 2:
        return "gold stays locked" if report.against_gold else ""
    now, before = report.models[0], report.models[1]
    if before.confusion is None:
        return "the model before was measured on others"
    was, of = before.confusion[row][column], sum(before.confusion[row])
    reviewed = now.reviewed.get(queue, 0)
    then = f", {reviewed:,} reviewed" if reviewed else ""
    return f"before: {was:,} of {of:,} ({one_line(before.score.model, 12).rstrip()}){then}"
