"""The panes of the jobs screen: a job at work, the runs so far, what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from catreview.jobs.works import AsideLine, RunLine
from catreview.tui.inert import fit, inert, one_line
from catreview.tui.jobs import Ended, Job, JobName
from catreview.tui.news import kept
from catreview.tui.widgets.lines import BuiltLines, Lines
from catreview.tui.widgets.strip import duration

LONGEST_BAR = 60
MOST_TALK = 2
TALL = 10
"""From so many lines on a command is shown in full, on several lines where it needs them."""
SHORT = 3
"""Up to so many lines none is left blank; with fewer there is no bar."""
NOTHING_ASIDE = "Nothing. Messages whose replies don't fit come here, each with the reason; \
catreview label --retry-failed asks for them again."
SIGNS = {
    "done": ("✓", "bold $success"),
    "failed": ("✗", "bold $error"),
    "killed": ("✗", "bold $error"),
    "running": ("▸", "bold $focus"),
}


class JobPane(BuiltLines, can_focus=False):
    """One job: how far it is, or how it ended, and what to do.

    It takes the focus where it has more lines than fit, so that keys scroll it. `lacks` says what
    it would need, where it cannot be started.
    """

    def __init__(self, title: str, key: str, pause: str, *, id: str, lacks: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.border_title = title
        self._key = key
        self._pause = pause
        self._lacks = lacks
        self.set_class(bool(lacks), "-lacking")
        self._job: Job | None = None
        self._ended: Ended | None = None
        self._facts: Sequence[str] = ()

    def show(self, job: Job | None, ended: Ended | None, facts: Sequence[str]) -> None:
        """Show the job at work, or how it ended last in this session.

        `facts` stand below, the first is the command that starts it.
        """
        same = job is self._job and ended is self._ended
        self._job, self._ended, self._facts = job, ended, facts
        self.rebuild(stay=same)

    def _make(self, *, stay: bool) -> None:
        super()._make(stay=stay)
        self.can_focus = self.has_focus or self.count > self.size.height

    def build(self, width: int, height: int) -> tuple[list[Content], int]:
        """State, progress, then the command and the facts."""
        if self._lacks:
            return list(Content.styled(self._lacks, "$muted").wrap(width)), 0
        if self._job is not None:
            lines = _running(self._job, self._keys_of(self._job), width, bar=height >= SHORT)
        elif self._ended is not None and self._ended.error:
            lines = _problem(self._ended, self._key, width)
        else:
            words = f"   {self._key} "
            lines = [
                Content.assemble(
                    ("not running", "$plain"), (words, "bold $focus"), ("starts it", "$muted")
                )
            ]
        if height > SHORT and (self._job is None or self._job.progress is None):
            lines.append(Content())
        command, *facts = self._facts or [""]
        told = [line for fact in facts for line in Content.styled(fact, "$muted").wrap(width)]
        typed = inert(command) if height >= TALL else one_line(command, width - 2).rstrip()
        shell = Content.assemble(("$ ", "$faint"), (typed, "$plain")).wrap(width)
        return [*lines, *shell, *told] if height >= TALL else [*lines, *told, *shell], 0

    def _keys_of(self, job: Job) -> list[tuple[str, str]]:
        """What can be done to a running job."""
        if job.stopping:
            return []
        stops = [(f"   {self._key} ", "bold $focus"), ("stops it", "$muted")]
        if not self._pause:
            return stops
        word = "goes on" if job.paused else "pauses it"
        return [*stops, (f"   {self._pause} ", "bold $focus"), (word, "$muted")]


STATES = {
    "stopping": ": what is in flight is saved",
    "pausing": ": what is in flight is saved",
    "paused": ": nothing is in flight",
}


def _running(job: Job, keys: Sequence[tuple[str, str]], width: int, *, bar: bool) -> list[Content]:
    saves = job.name is not JobName.TUNE
    more = STATES.get(job.state, "") if saves else ""
    does = Content.assemble(*keys)
    fits = len(job.state) + len(more) + does.cell_length <= width
    lines = [Content.styled(job.state + (more if fits else ""), "bold $bright") + does]
    progress = job.progress
    if progress is not None and progress.total:
        cells = min(width, LONGEST_BAR)
        full = round(min(progress.done / progress.total, 1.0) * cells)
        if bar:
            lines.append(Content.assemble(("━" * full, "$focus"), ("╌" * (cells - full), "$faint")))
        words = [f"{progress.done:,} of {progress.total:,} {progress.unit}"]
        rate, left = progress.rate, progress.seconds_left
        if job.paused:
            words += [f"{progress.in_flight:,} in flight"] if progress.in_flight else []
        else:
            words += [f"{rate:,.0f}/min"] if rate is not None else []
            words += [f"{duration(left)} left"] if left is not None else []
        gap = "   " if sum(map(len, words)) + 3 * (len(words) - 1) <= width else "  "
        lines.append(Content.styled(gap.join(words), "$bright"))
        for words_of in (progress.note, progress.budget):
            if words_of:
                lines += Content.styled(inert(words_of), "$muted").wrap(width)
    talk = list(job.talk)[-MOST_TALK:]
    return lines + [Content.styled(one_line(line, width).rstrip(), "$faint") for line in talk]


def _problem(ended: Ended, key: str, width: int) -> list[Content]:
    error = Content.assemble(
        ("✗ ", "bold $error"), (one_line(ended.error, 300).rstrip(), "$bright")
    )
    lines = [*error.wrap(width)]
    if ended.hint:
        lines += Content.styled(one_line(ended.hint, 300).rstrip(), "$plain").wrap(width)
    saved = f"{kept(ended.name)} "
    lines.append(
        Content.assemble((saved, "$muted"), (key, "bold $focus"), (" starts it again", "$muted"))
    )
    return lines


class RunList(Lines):
    """The runs so far, the newest first."""

    FIXED = 1

    def __init__(self) -> None:
        super().__init__(id="runs")
        self._runs: Sequence[RunLine] = ()

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Runs"

    def show(self, runs: Sequence[RunLine]) -> None:
        """Show these runs."""
        self._runs = runs
        self.scroll_lines_to(self.top)

    @property
    def count(self) -> int:
        """The heading and the runs."""
        return len(self._runs) + 1

    def line(self, at: int) -> Content:
        """One run: kind, start, status, result."""
        if at == 0:
            words = f"{'run':<11}{'started':<14}{'status':<14}result"
            return Content.styled(words if self._runs else "No job has run yet.", "$faint")
        run = self._runs[at - 1]
        sign, ink = SIGNS.get(run.status, ("·", "bold $focus"))
        return Content.assemble(
            (fit(run.kind, 11), "$plain"), (fit(local(run.started), 14), "$muted"),
            (f"{sign} ", ink), (fit(run.status, 12), "$muted"),
            (one_line(run.result, max(self.text_width - 39, 8)), "$plain"),
        )  # fmt: skip


class AsideList(BuiltLines):
    """Examples that an LLM could not label, the newest first, each with the reason."""

    def __init__(self) -> None:
        super().__init__(id="aside")
        self._aside: Sequence[AsideLine] = ()

    def show(self, count: int, aside: Sequence[AsideLine]) -> None:
        """Show these; `count` is the number of all."""
        self.border_title = f"Set aside: {count:,}" if count else "Set aside"
        self._aside = aside
        self.rebuild(stay=True)

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """A line for the message, then the reason."""
        lines = []
        for aside in self._aside:
            lines.append(Content.styled(one_line(aside.text, width), "$plain"))
            why = one_line(f"{aside.source}: {aside.reason}", 300).rstrip()
            lines += [
                Content("  ") + line for line in Content.styled(why, "$muted").wrap(width - 2)
            ]
        if not self._aside:
            lines += Content.styled(NOTHING_ASIDE, "$faint").wrap(width)
        return lines, 0


def local(at: str) -> str:
    """A stored time (UTC, ISO 8601) as day and minute where the reviewer is."""
    return datetime.fromisoformat(at).astimezone().strftime("%d %b %H:%M")
