"""The jobs screen: labelling, retraining and tuning, their runs, what was set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from catreview.jobs.project import Project
from catreview.jobs.training.encoding import can_encode
from catreview.jobs.works import Works, works
from catreview.tui.background import Background
from catreview.tui.inert import one_line
from catreview.tui.jobs import JobName
from catreview.tui.keymap import Keymap
from catreview.tui.screens.options import OptionsScreen
from catreview.tui.screens.sheet import Sheet
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.log import LogPane
from catreview.tui.widgets.works import AsideList, JobPane, RunList

LOOK_SECONDS = 0.5
NO_ENCODER = "It needs more packages: pip install 'catreview[encoder]'"
ALL_OR_NOTHING = "It takes long; stopped or killed, it loses what it has learned."


class WorksPanes(Vertical):
    """The jobs above, runs and set-aside examples below."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="works")
        self._keys = keys

    def compose(self) -> ComposeResult:
        """All panes."""
        with Horizontal(id="upper"):
            keys = self._keys
            yield JobPane("Labelling", keys["jobs_label"], keys["jobs_pause"], id="labelling")
            yield JobPane("Retraining", keys["jobs_retrain"], "", id="retraining")
        lacks = "" if can_encode() else NO_ENCODER
        yield JobPane("Tuning an encoder", keys["jobs_tune"], "", id="tuning", lacks=lacks)
        with Horizontal(id="lower"):
            yield RunList()
            with Vertical(id="side"):
                yield LogPane()
                yield AsideList()


class WorksScreen(Sheet):
    """Shows the jobs twice a second while it is open; what they wrote is read in a thread."""

    CYCLE = (RunList, LogPane, AsideList, JobPane)

    @dataclass
    class Read(Message):
        """What the jobs did was read."""

        done: Works

    def __init__(self, project: Project, keys: Keymap, background: Background) -> None:
        super().__init__(project.name, "jobs", keys, "jobs")
        self._project = project
        self._background = background
        self._version = -1
        self._done: Works | None = None
        self._stops = False
        """Whether the next press of the key stops tuning."""

    def panes(self) -> Widget:
        """All panes."""
        return WorksPanes(self._keys)

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """What the keys do."""
        return {
            **super().acts(),
            "label": lambda: self._toggle(JobName.LABEL),
            "retrain": lambda: self._toggle(JobName.TRAIN),
            "tune": self._tune,
            "vote": lambda: self._toggle(JobName.VOTE),
            "pause": self._pause,
            "options": self._ask,
            "copy": self._copy,
        }

    def on_mount(self) -> None:
        """Show what is known, then look twice a second."""
        self.query_one(RunList).focus()
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)

    def _pause(self) -> None:
        self.tell(Content.styled(self._background.pause(), "$muted"))
        self._show_jobs()

    def _ask(self) -> None:
        llm, encoder = self._project.settings.llm, self._project.settings.training.encoder
        configured = {
            "--model": f"as configured{f': {llm.model}' if llm.model else ''}",
            "--rpm": f"as configured: {llm.rpm:,}",
            "--encoder": f"as configured: {encoder}" if encoder else "a name, or a folder",
        }
        screen = OptionsScreen(self._keys, self._background.options, configured)
        self.app.push_screen(screen, self._keep)

    def _keep(self, values: Mapping[str, str] | None) -> None:
        if values is None:
            return
        options = self._background.options
        options.choose(values)
        running = "; the job at work keeps its own" if self._background.runner.running else ""
        self.tell(Content.styled(options.problem or f"Kept for the next start{running}.", "$muted"))
        self._show_jobs()

    def _copy(self) -> None:
        command = self._background.options.command(JobName.LABEL)
        self.app.copy_to_clipboard(command)
        self.tell(Content.assemble(("Copied: ", "$muted"), (one_line(command, 200).rstrip(), "")))

    def _toggle(self, name: JobName) -> None:
        self.tell(Content())
        self._background.toggle(name)
        self._show_jobs()

    def _tune(self) -> None:
        key = self._keys["jobs_tune"]
        self._stops = not self._stops and JobName.TUNE in self._background.runner.running
        if not can_encode():
            self.tell(Content.styled(NO_ENCODER, "$muted"))
        elif self._stops:
            self.tell(Content.styled(f"{key} again stops it: what it has learned is lost.", ""))
        else:
            self._toggle(JobName.TUNE)

    def _look(self) -> None:
        version = self._project.store.version()
        if version != self._version:
            self._version = version
            self._read()
        self._show_jobs()

    @work(thread=True, exclusive=True, group="reading")
    def _read(self) -> None:
        with self._project.store.reading():
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
            ("#tuning", JobName.TUNE, [ALL_OR_NOTHING]),
        ):
            job, ended = background.runner.running.get(name), background.ended.get(name)
            command = background.options.command(name)
            self.query_one(pane, JobPane).show(job, ended, [command, *facts])
        self.query_one(KeyLine).show(background.labels)
        if self._done is not None:
            self.query_one(LogPane).show(background.log, self._done.requests, self._done.errors)

    def _of_labelling(self) -> list[str]:
        if self._done is None:
            return []
        limit = self._done.daily_limit
        today = f"{self._done.requests_today:,} of {limit:,} requests today (UTC)"
        llm = self._project.settings.llm
        if llm.provider == "replay":
            return [today, "A replay of recorded votes: no request leaves this machine."]
        return [today, f"at most {llm.rpm:,}/min, {llm.batch_size} messages each"]

    def _of_training(self) -> list[str]:
        every, status = self._project.settings.review.retrain_every, self._background.status
        if status is None:
            return []
        decided = f"{status.since_training:,} decided"
        since = (
            f"{decided} since the last training" if status.models else f"No model yet; {decided}"
        )
        if not every:
            return [since, "With retrain_every under [review] it starts by itself."]
        left = max(every - status.since_training, 0)
        due = f"in {left:,} more reviews" if left else "with the next review"
        return [since, f"It starts by itself {due}, every {every:,}."]
