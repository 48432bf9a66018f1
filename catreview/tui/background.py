"""What goes on beside the reviewer: jobs in other processes, and what they write."""

from __future__ import annotations

import shlex
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from catreview.errors import ExitCode
from catreview.jobs.project import Project
from catreview.jobs.review.lookups import Freshness
from catreview.jobs.status import Status, project_status
from catreview.tui.jobs import Ended, JobName, JobRunner
from catreview.tui.keymap import Keymap
from catreview.tui.news import WORK, News, news_of, stopping
from catreview.tui.options import Options

MOST_SAID = 200
STATUS_SECONDS = 2.0
"""At most this often the counts of the whole project are read."""
RESTS = 10.0
"""How many times as long as it took is waited before they are read again."""
KEPT_SECONDS = 5.0
"""How often it is looked whether others still keep what they had."""
COMMANDS = {
    JobName.LABEL: "label",
    JobName.TRAIN: "retrain",
    JobName.VOTE: "dashboard_vote",
    JobName.FORECAST: "dashboard_forecast",
    JobName.TUNE: "jobs_tune",
}


WARNING = "warning: "
"""So begins what a job says that the reviewer must know."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Something that a job said or was told, and when (UTC)."""

    at: datetime
    job: JobName
    words: str


class Background:
    """The jobs and the counts of a project. `changed` is called when there is something to show."""

    def __init__(
        self,
        project: Project,
        keys: Keymap,
        options: Options,
        clock: Callable[[], float],
        changed: Callable[[], None],
        tell: Callable[[News], None],
    ) -> None:
        self._project = project
        self.options = options
        self.log: deque[LogEntry] = deque(maxlen=MOST_SAID)
        """What the jobs said in this session, oldest first."""
        self._keys = keys
        self._clock = clock
        self._tell = tell
        self._version = project.store.version()
        self._stale = True
        self._read_at = float("-inf")
        self._rest = STATUS_SECONDS
        self._retrained_at = float("-inf")
        self._vote_again = False
        self.status: Status | None = None
        self.ended: dict[JobName, Ended] = {}
        """How each job ended last, of those that ran."""
        self._order: str | None = None
        self._to_order: str | None = None
        self._queue = ("", Freshness.NEW)
        self._ordered = False
        self._looked_at = 0.0
        self.runner = JobRunner(self._command_line, changed, self._ended, self._said)

    def others_wrote(self, kept: bool) -> bool:
        """Whether another process or thread has committed since the last time this was asked.

        Now and then also where what others have `kept` shows: that ends without a commit when
        their app is killed.
        """
        version, now = self._project.store.version(), time.monotonic()
        wrote, self._version = version != self._version, version
        self._stale = self._stale or wrote
        looks = wrote or (kept and now - self._looked_at >= KEPT_SECONDS)
        self._looked_at = now if looks else self._looked_at
        return looks

    def touch(self) -> None:
        """The reviewer wrote something: the counts are old."""
        self._stale = True

    def counts_due(self) -> bool:
        """Whether to call `count` now, in a thread."""
        if not self._stale or self._clock() - self._read_at < self._rest:
            return False
        self._stale, self._read_at = False, self._clock()
        return True

    def count(self) -> Status:
        """Read the counts of the whole project, then rest ten times as long as that took.

        Here too, because both are slow, what was committed goes into the database file.
        """
        began = time.perf_counter()
        status = project_status(self._project)
        self._project.store.checkpoint()
        self._rest = max(STATUS_SECONDS, RESTS * (time.perf_counter() - began))
        return status

    def retrain_if_due(self) -> None:
        """Start training where so many reviews were made since the last one as the settings say.

        A training that fails before it began is not tried again before as many more.
        """
        every, status = self._project.settings.review.retrain_every, self.status
        if not every or status is None or JobName.TRAIN in self.runner.running:
            return
        if status.since_training >= every and status.reviewed - self._retrained_at >= every:
            self._retrained_at = status.reviewed
            self.toggle(JobName.TRAIN)

    def opened(self, queue: str, freshness: Freshness) -> None:
        """A queue was opened: one whose order is not new is put in order, in another process."""
        self._queue, self._ordered = (queue, freshness), False
        self._to_order = None if freshness is Freshness.NEW else queue
        self._start_ordering()

    def _start_ordering(self) -> None:
        if self._to_order is not None and JobName.ORDER not in self.runner.running:
            self._order, self._to_order = self._to_order, None
            self.runner.start(JobName.ORDER)

    def _command_line(self, name: JobName) -> Sequence[str]:
        line = self.options.line(name)
        return (*line, self._order) if name is JobName.ORDER and self._order else line

    @property
    def order_note(self) -> str:
        """A few words on the order of the open queue, empty where it was new when it was opened."""
        queue, freshness = self._queue
        if self._ordered:
            return f"newer order: {self._keys['renew']}"
        if self._order != queue or JobName.ORDER not in self.runner.running:
            return ""
        sample = freshness is Freshness.SAMPLE
        return "a sample; all are being ordered…" if sample else "being ordered anew…"

    def toggle(self, name: JobName) -> None:
        """Start a job, or ask it to stop."""
        if name in self.runner.running:
            self.runner.stop(name)
            self._said(name, "asked to stop")
            self._tell(stopping(name))
        else:
            self.ended.pop(name, None)
            self._said(name, self.options.command(name))
            self.runner.start(name)
            options = shlex.join(self.options.arguments(name))
            work = f"{WORK[name]} with {options}" if options else WORK[name]
            self._tell(News(f"{work} in the background: go on; {self.key(name)} stops it."))

    def pause(self) -> str:
        """Let labelling pause, or go on; says what happens. The other jobs can only be stopped."""
        job = self.runner.running.get(JobName.LABEL)
        if job is None:
            training = JobName.TRAIN in self.runner.running
            stops = f"; {self.key(JobName.TRAIN)} stops training" if training else ""
            return f"Only labelling can be paused, and it is not running{stops}."
        if job.stopping:
            return "Labelling is stopping already."
        self.runner.pause(JobName.LABEL, paused=not job.paused)
        self._said(JobName.LABEL, "asked to pause" if job.paused else "goes on")
        if not job.paused:
            return "Labelling goes on."
        return "Pausing: what is in flight is finished and saved, then it waits."

    def vote(self, only: str = "") -> None:
        """Let all functions vote, or one alone; where some vote already, all do when they end."""
        if JobName.VOTE in self.runner.running:
            self._vote_again = True
            return
        self.ended.pop(JobName.VOTE, None)
        self.runner.start(JobName.VOTE, *(("--only", only) if only else ()))

    def key(self, name: JobName) -> str:
        """The key that starts and stops a job."""
        return self._keys[COMMANDS[name]]

    @property
    def labels(self) -> dict[str, str]:
        """Other words in the footer while jobs run."""
        words = {
            JobName.LABEL: ("label", "stop labelling"),
            JobName.TRAIN: ("retrain", "stop training"),
            JobName.VOTE: ("vote", "stop voting"),
            JobName.FORECAST: ("forecast", "stop the forecast"),
            JobName.TUNE: ("tune", "stop tuning"),
        }
        running = self.runner.running
        job = running.get(JobName.LABEL)
        pause = {"pause": "resume"} if job is not None and job.paused else {}
        return {**dict(words[name] for name in running if name in words), **pause}

    def _said(self, name: JobName, words: str) -> None:
        self.log.append(LogEntry(datetime.now(UTC), name, words))
        if words.startswith(WARNING):
            hint = f"{self.key(name)} stops it; {self._keys['dashboard']} has the pilot's figures."
            self._tell(News(words.removeprefix(WARNING), hint))

    def _ended(self, ended: Ended) -> None:
        self._stale, self._read_at = True, float("-inf")
        self.ended[ended.name] = ended
        self._said(ended.name, _how(ended.code))
        if ended.name is JobName.ORDER:
            self._ordered = ended.code == ExitCode.DONE and self._order == self._queue[0]
            self._start_ordering()
        if ended.name is JobName.VOTE and self._vote_again:
            self._vote_again = False
            self.vote()
        if ended.name is not JobName.ORDER or ended.error:
            self._tell(news_of(ended, self._keys))


def _how(code: int) -> str:
    if code < 0:
        return "was cut off"
    return f"ended with exit code {code}" if code else "done"
