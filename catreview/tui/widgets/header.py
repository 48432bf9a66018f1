"""The header line: where the reviewer is, and how far."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from catreview.jobs.review.reviewing import Pace
from catreview.tui.inert import one_line, widest
from catreview.tui.widgets.painted import Words

NARROW, NARROWEST = 90, 76
"""In fewer cells agreement is but a letter and a number; in still fewer it goes."""

NO_PLACE = "—"
"""In the place of the number: what is in view came from another queue."""


class Header(Words):
    """Project and queue on the left; place, pace and today's count on the right."""

    def __init__(self, project: str) -> None:
        super().__init__(id="header")
        self._project = project
        self._queue = ""
        self._pace: Pace | None = None
        self._note = ""

    def show(self, queue: str, pace: Pace | None, note: str = "") -> None:
        """Show the queue, the pace (None while it is being opened), and a note."""
        self._queue = queue if pace is not None else f"{queue} …"
        self._pace, self._note = pace, note
        self.refresh()

    def render(self) -> Content:
        """One line."""
        width = self.size.width
        right = self._progress(width)
        room = max(width - right.cell_length - 17, 8)
        project = one_line(self._project, min(widest([self._project]), room // 2))
        queue = one_line(self._queue, max(room - cell_len(project), 4)).rstrip()
        left = Content.assemble(
            ("catreview", "bold $focus"), "  ", (project, "$bright"), ("  \u203a  ", "$faint"),
            (queue, "$bright"),
        )  # fmt: skip
        if self._note and left.cell_length + len(self._note) + right.cell_length + 4 <= width:
            left = Content.assemble(left, ("  ", ""), (self._note, "$muted"))
        gap = max(width - left.cell_length - right.cell_length, 1)
        return left + " " * gap + right

    def _progress(self, width: int) -> Content:
        pace = self._pace
        if pace is None or not pace.total:
            return Content()
        # Numbers are padded to the total's width, so that nothing shifts while they grow.
        total = f"{pace.total:,}"
        at = NO_PLACE if pace.place is None else f"{min(pace.place, pace.total):,}"
        place = at.rjust(len(total))
        seconds = "   " if pace.seconds is None else f"{min(pace.seconds, 999):3.0f}"
        narrow = width < NARROW
        gap = "  " if narrow else "   "
        each = f" s each{gap}" if pace.seconds is not None else ""
        return Content.assemble(
            (place, "$bright"), (f" of {total}{gap}", "$muted"),
            (seconds, "$bright"), (each.ljust(7 + len(gap)), "$muted"),
            (f"{pace.today:3,}", "$bright"), (" today", "$muted"),
            *self._agreement(
                None if width < NARROWEST else pace.kappa, "" if narrow else "you\u2013LLM ", gap
            ),
        )  # fmt: skip

    @staticmethod
    def _agreement(kappa: float | None, who: str, gap: str) -> list[str | tuple[str, str]]:
        """Cohen's kappa between the reviewer and the LLM, once there is enough to tell."""
        if kappa is None:
            return []
        return [gap, (f"{who}\u03ba ", "$muted"), (f"{kappa:.2f}", "$bright")]
