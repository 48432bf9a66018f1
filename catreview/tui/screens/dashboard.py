"""The dashboard: how good the model is, what more work would bring, and whom to trust."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

from textual import on, work
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import ContentSwitcher
from textual.worker import get_current_worker

from catreview.errors import CatreviewError, in_sentences
from catreview.jobs.apart import is_read_apart, read
from catreview.jobs.functions.weak import switch_function
from catreview.jobs.labels.agreeing import Agreement
from catreview.jobs.overview import FunctionLine, Overview
from catreview.jobs.project import Project
from catreview.tui.background import Background
from catreview.tui.jobs import JobName
from catreview.tui.keymap import Keymap
from catreview.tui.keys import PAGES
from catreview.tui.messages import Failed
from catreview.tui.news import news_of
from catreview.tui.readings import Part, Reading, Readings
from catreview.tui.screens.sheet import Sheet
from catreview.tui.widgets.agreement import AgreementPane, ReviewerPane
from catreview.tui.widgets.functions import FunctionTable
from catreview.tui.widgets.growth import GrowthPane
from catreview.tui.widgets.intervals import short
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.labels import LabelPane
from catreview.tui.widgets.learning import LearningPane
from catreview.tui.widgets.matrix import Matrix, MatrixPane
from catreview.tui.widgets.models import ModelList
from catreview.tui.widgets.pages import PageLine, Pages
from catreview.tui.widgets.pilot import PilotPane
from catreview.tui.widgets.scores import ScoreBars

LOOK_SECONDS = 1.0
WAITING = "Reading all votes, in another process…"


@dataclass(frozen=True, slots=True)
class Page:
    """The panes that tab goes through, what is read besides the overview, and its own keys."""

    cycle: tuple[type[Widget], ...]
    part: Part | None
    keys: frozenset[str]


WALKED = ("left", "up", "down", "right")
SHOWN = {
    "page_scores": Page(
        (Matrix, ModelList, ScoreBars), None, frozenset({*WALKED, "open", "retrain"}),
    ),
    "page_learning": Page((GrowthPane,), None, frozenset({"forecast", "retrain"})),
    "page_functions": Page(
        (FunctionTable, LabelPane), Part.FUNCTIONS,
        frozenset({*WALKED, "open", "sort", "switch", "vote"}),
    ),
    "page_trust": Page((AgreementPane, PilotPane, ReviewerPane), Part.AGREEMENT, frozenset()),
}  # fmt: skip
"""By the id of the page's command."""
EVERYWHERE = {"help", "close"}
STARTED = {
    JobName.VOTE: "The labels follow when the functions have voted.",
    JobName.TRAIN: "Training in the background; the figures follow.",
    JobName.FORECAST: "Training models on parts of your reviews; the curve follows.",
}


class DashboardScreen(Sheet):
    """Reads a project in threads, again whenever something was written; opens cells as queues.

    It starts with what `readings` keeps, and on the cell that `queue` belongs to, if any.
    """

    @dataclass
    class Read(Message):
        """A part was read."""

        reading: Reading

    @dataclass
    class Switched(Message):
        """A function was switched off, or on again."""

        name: str
        on: bool

    def __init__(
        self,
        project: Project,
        keys: Keymap,
        background: Background,
        readings: Readings,
        queue: str,
    ) -> None:
        super().__init__(project.name, "dashboard", keys, "dashboard")
        self._project = project
        self._background = background
        self._readings = readings
        self._queue = queue
        self._page = PAGES[0].id
        self._under_way: set[Part] = set()
        self._switching = False
        self._ended = dict(background.ended)

    def panes(self) -> Widget:
        """The pages."""
        return Pages(self._keys, [c for c in self._keys.own("dashboard") if c.id in SHOWN])

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """What the keys do that no pane answers; on a page, only its own."""
        acts: dict[str, Callable[[], object]] = {
            "sort": self._sort,
            "switch": self._switch,
            "vote": partial(self._toggle, JobName.VOTE),
            "forecast": partial(self._toggle, JobName.FORECAST),
            "retrain": partial(self._toggle, JobName.TRAIN),
        }
        here = SHOWN[self._page].keys
        return {
            **super().acts(),
            **{name: act for name, act in acts.items() if name in here},
            **{page.id: partial(self._turn_to, page.id) for page in PAGES},
        }

    def on_mount(self) -> None:
        """Show what is known, read what is not, then look whether somebody writes."""
        self.query_one(Matrix).start = self._queue
        if is_read_apart(self._project, Part.AGREEMENT):
            self.query_one(FunctionTable).show_words(WAITING)
            self.query_one(AgreementPane).show_words(WAITING)
        for part in Part:
            if kept := self._readings.of(part):
                self._show(kept)
        self._turn_to(self._page)
        self.set_interval(LOOK_SECONDS, self._look)

    def go_to_pane(self, step: int) -> None:
        """Go to another pane of the page."""
        panes = [self.query_one(kind) for kind in SHOWN[self._page].cycle]
        here = next((i for i, pane in enumerate(panes) if pane.has_focus), 0)
        panes[(here + step) % len(panes)].focus()

    def _turn_to(self, page: str) -> None:
        self._page = page
        self.query_one(ContentSwitcher).current = page
        self.query_one(PageLine).show(page)
        several = {"other"} if len(SHOWN[page].cycle) > 1 else set()
        own = SHOWN[page].keys | EVERYWHERE | several
        self.query_one(KeyLine).offer([c for c in self.commands if c.id in own])
        self.query_one(SHOWN[page].cycle[0]).focus()
        self.tell(Content())
        # After the page is painted: a thread that reads would hold its drawing up.
        self.call_after_refresh(self._look)

    @on(PageLine.Picked)
    def _pick(self, event: PageLine.Picked) -> None:
        self._turn_to(event.command)

    def _look(self) -> None:
        self.query_one(KeyLine).show(self._background.labels)
        for name in STARTED:
            ended = self._background.ended.get(name)
            if ended is not None and self._ended.get(name) is not ended:
                self._ended[name] = ended
                news = news_of(ended, self._keys)
                sign = ("✗ ", "bold $error") if news.problem else ""
                self.tell(Content.assemble(sign, in_sentences(news.text, news.hint)))
        job = self._background.runner.running.get(JobName.FORECAST)
        self.query_one(LearningPane).show_job(job is not None, job.progress if job else None)
        version = self._project.store.changes()
        for part in (Part.OVERVIEW, SHOWN[self._page].part):
            if part and part not in self._under_way and self._readings.due(part, version):
                self._under_way.add(part)
                self.run_worker(partial(self._read, part, version), thread=True, group=part)

    def _read(self, part: Part, version: int) -> None:
        started = time.monotonic()
        worker = get_current_worker()
        with self._project.store.reading():
            found = read(self._project, part, lambda: worker.is_cancelled)
        seconds = time.monotonic() - started
        self.post_message(self.Read(Reading(part, found, version, seconds)))

    @on(Read)
    def _keep(self, event: Read) -> None:
        self._under_way.discard(event.reading.part)
        self._readings.keep(event.reading)
        self._show(event.reading)

    def _show(self, reading: Reading) -> None:
        match reading.found:
            case CatreviewError() as error:
                words = f"✗ {in_sentences(error.message, error.hint)}"
                if reading.part is Part.AGREEMENT:
                    self.query_one(AgreementPane).show_words(words)
                else:
                    self.query_one(FunctionTable).show_words(words)
            case Overview() as seen:
                self._show_overview(seen)
            case Agreement() as found:
                self.query_one(AgreementPane).show(found)
                self.query_one(ReviewerPane).show_agreement(found)
            case functions:
                self.query_one(FunctionTable).show(cast(tuple[FunctionLine, ...], functions))

    def _show_overview(self, seen: Overview) -> None:
        self.query_one(ScoreBars).show(seen.model, seen.target, seen.sources.gold)
        self.query_one(MatrixPane).show(seen.model)
        self.query_one(ModelList).show(seen.model, seen.target)
        self.query_one(LearningPane).show(seen)
        self.query_one(GrowthPane).show(seen.counts, seen.sources)
        self.query_one(LabelPane).show(seen)
        chosen = self._background.options.values().get("--model", "")
        self.query_one(PilotPane).show(seen.pilot, chosen)
        self.query_one(ReviewerPane).show(seen.reviewers)
        if seen.model is not None:
            score = seen.model.score
            on = "gold" if seen.model.against_gold else "held-out labels"
            self._title.show([
                Content.assemble(("F1 ", "$muted"), (short(score.macro_f1, 3), "bold $bright")),
                Content.styled(score.model, "$muted"),
                Content.styled(f"{short(score.low, 3)} to {short(score.high, 3)}", "$muted"),
                Content.styled(f"on {score.n:,} {on}", "$muted"),
            ])  # fmt: skip

    @on(Matrix.Moved)
    def _follow_cell(self) -> None:
        matrix = self.query_one(Matrix)
        if matrix.report is not None:
            self.query_one(ModelList).show_cell(matrix.cell, *matrix.names)

    @on(Matrix.Opened)
    @on(FunctionTable.Opened)
    def _open(self, event: Matrix.Opened | FunctionTable.Opened) -> None:
        self.dismiss(event.queue)

    @on(FunctionTable.SortAsked)
    def _sort_by(self, event: FunctionTable.SortAsked) -> None:
        self._sort(event.column)

    def _sort(self, chosen: int | None = None) -> None:
        column = self.query_one(FunctionTable).sort(chosen)
        self.tell(Content.styled(f"Functions sorted by: {column}", "$muted"))

    def _switch(self) -> None:
        function = self.query_one(FunctionTable).current
        if function is not None and not self._switching:
            self._switching = True
            self._switch_in_thread(function.name)

    # functions.py is run for that, which takes as long as its author likes.

    @work(thread=True, group="switching")
    def _switch_in_thread(self, name: str) -> None:
        try:
            self.post_message(self.Switched(name, switch_function(self._project, name)))
        except CatreviewError as error:
            self.post_message(Failed(error))

    @on(Failed)
    def _not_switched(self, event: Failed) -> None:
        self._switching = False
        self.tell(Content.assemble(("✗ ", "bold $error"), event.error.message))

    @on(Switched)
    def _switched(self, event: Switched) -> None:
        self._switching = False
        state, vote = "on again" if event.on else "off", self._keys["dashboard_vote"]
        self.tell(
            Content.assemble(
                (f"{event.name} is {state}", "$bright"),
                (f" for the next vote: {vote} lets the functions vote again", "$muted"),
            )
        )
        self._readings.hurry(Part.FUNCTIONS)
        self._look()

    def _toggle(self, name: JobName) -> None:
        stops = name in self._background.runner.running
        self._background.toggle(name)
        self.tell(Content.styled("Stopping…" if stops else STARTED[name], "$muted"))
        self._look()
