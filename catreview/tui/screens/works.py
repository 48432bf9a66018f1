"""The jobs screen: labelling and retraining side by side, their runs, what was set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget

from catreview.jobs.project import Project
from catreview.jobs.works import Works, works
from catreview.tui.background import Background
from catreview.tui.jobs import JobName
from catreview.tui.keymap import Keymap
from catreview.tui.screens.sheet import Sheet
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.works import AsideList, JobPane, RunList

LOOK_SECONDS = 0.5


class Panes(Vertical):
    """The jobs above, runs and set-aside examples below."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="works")
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The four panes."""
        with Horizontal(id="upper"):
            yield JobPane("Labelling", self._keys["label"], id="labelling")
            yield JobPane("Retraining", self._keys["retrain"], id="retraining")
        with Horizontal(id="lower"):
            yield RunList()
            yield AsideList()


class WorksScreen(Sheet):
    """Shows the jobs twice a second while it is open; what they wrote is read in a thread."""

    CYCLE = (RunList, AsideList)

    class Read(Message):
        """What the jobs did was read."""

        def __init__(self, done: Works) -> None:
            super().__init__()
            self.done = done

    def __init__(self, project: Project, keys: Keymap, background: Background) -> None:
        super().__init__(project.name, "jobs", keys, keys.screen("works"))
        self._project = project
        self._background = background
        self._version = -1
        self._done: Works | None = None

    def panes(self) -> Widget:
        """The four panes."""
        return Panes(self._keys)

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """What the keys do."""
        return {
            **super().acts(),
            "label": lambda: self._toggle(JobName.LABEL),
            "retrain": lambda: self._toggle(JobName.TRAIN),
            "vote": lambda: self._toggle(JobName.VOTE),
        }

    def on_mount(self) -> None:
        """Show what is known, then look twice a second."""
        self.query_one(RunList).focus()
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)

    def _toggle(self, name: JobName) -> None:
        self._background.toggle(name)
        self._show_jobs()

    def _look(self) -> None:
        version = self._project.store.version()
        if version != self._version:
            self._version = version
            self._read()
        self._show_jobs()

    @work(thread=True, exclusive=True, group="reading")
    def _read(self) -> None:
        self.post_message(self.Read(works(self._project)))

    @on(Read)
    def _show(self, event: Read) -> None:
        self._done = event.done
        self.query_one(RunList).show(event.done.runs)
        self.query_one(AsideList).show(event.done.aside_count, event.done.aside)
        self._show_jobs()

    def _show_jobs(self) -> None:
        background = self._background
        for pane, name, facts in (
            ("#labelling", JobName.LABEL, self._of_labelling()),
            ("#retraining", JobName.TRAIN, self._of_training()),
        ):
            job, ended = background.runner.running.get(name), background.ended.get(name)
            self.query_one(pane, JobPane).show(job, ended, facts)
        self.query_one(KeyLine).show(background.labels)

    def _of_labelling(self) -> list[str]:
        if self._done is None:
            return []
        today = f"{self._done.requests_today:,} of {self._done.daily_limit:,} requests today (UTC)"
        llm = self._project.settings.llm
        if llm.provider == "replay":
            return ["A replay of recorded votes: no request leaves this machine.", today]
        return [today, f"at most {llm.rpm:,} a minute, {llm.batch_size} messages each"]

    def _of_training(self) -> list[str]:
        every, status = self._project.settings.review.retrain_every, self._background.status
        since = f"{status.since_training:,} decided since the last training" if status else ""
        if every:
            return [since, f"It starts by itself after every {every:,} reviews."]
        return [since, "By itself after n reviews: retrain_every = n under [review]."]
