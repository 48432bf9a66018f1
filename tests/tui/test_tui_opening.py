"""Opening a queue takes as long as it takes; what is asked for meanwhile is not lost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from textual.css import stylesheet
from textual.css.parse import parse

from catreview.errors import CatreviewError
from catreview.jobs.project import Project
from catreview.jobs.review.agreement import ENOUGH_FOR_KAPPA
from catreview.jobs.review.reviewing import ReviewSession, queue_names
from catreview.records import SourceKind
from catreview.tui.jobs import Job, JobName


class Slow:
    """Opens the queues of an app; those in `gates` wait until theirs is open, then may fail."""

    def __init__(self, opened: Any, *slow: str, failing: bool = False) -> None:
        self._usual = opened.app.review._opening._session
        self.gates = {queue: threading.Event() for queue in slow}
        self._failing = failing
        opened.app.review._opening._session = self.open

    def open(self, queue: str) -> ReviewSession:
        if queue in self.gates:
            assert self.gates[queue].wait(10)
            if self._failing:
                raise CatreviewError("That queue cannot be read.")
        session: ReviewSession = self._usual(queue)
        return session


async def test_the_key_of_the_next_queue_goes_on_from_the_one_that_is_being_opened(
    project: Project, review: Any
) -> None:
    first, second, third, *_ = queue_names()
    async with review(project, queue=first) as opened:
        slow = Slow(opened, second)
        await opened.press("]", "]")
        await opened.until(lambda: opened.desk.session.queue == third)
        slow.gates[second].set()
        await opened.settle()
        assert opened.desk.session.queue == third


async def test_a_queue_that_fails_late_does_not_keep_the_one_asked_for_after_it_from_opening(
    project: Project, review: Any
) -> None:
    first, second, third, *_ = queue_names()
    async with review(project, queue=first) as opened:
        slow = Slow(opened, second, failing=True)
        gate = slow.gates.setdefault(third, threading.Event())
        slow._failing = True
        await opened.press("]", "]")
        slow.gates[second].set()
        await opened.pilot.pause(0.2)
        assert "cannot be read" not in opened.text
        slow._failing = False
        gate.set()
        await opened.until(lambda: opened.desk.session.queue == third)


async def test_the_header_names_the_queue_being_opened_also_while_a_job_reports(
    project: Project, review: Any
) -> None:
    first, second, *_ = queue_names()
    async with review(project, queue=first) as opened:
        slow = Slow(opened, second)
        await opened.press("]")
        opened.app.review.background.runner._running[JobName.TRAIN] = Job(JobName.TRAIN)
        opened.app.review._show_jobs()
        await opened.pilot.pause()
        assert f"{second} …" in opened.lines[0]
        opened.app.review.background.runner._running.clear()
        slow.gates[second].set()
        await opened.until(lambda: opened.desk.session.queue == second)
        assert "…" not in opened.lines[0]


async def test_a_search_that_finds_nothing_leaves_the_order_of_the_queue_as_it_is(
    project: Project, review: Any, monkeypatch: Any
) -> None:
    async with review(project) as opened:
        opened_again: list[str] = []
        background = opened.app.review.background
        monkeypatch.setattr(background, "opened", lambda queue, _: opened_again.append(queue))
        await opened.press("/", *"zzzqqq", "enter")
        await opened.until(lambda: "0 found" in opened.text)
        assert opened_again == []


async def test_agreement_with_the_llm_shows_soon_after_the_start_and_in_what_is_found(
    project: Project, review: Any, monkeypatch: Any
) -> None:
    (llm, *_) = project.store.votes.sources(SourceKind.LLM)
    session = ReviewSession(project, "disagreement", "rita")
    for number in project.store.votes.voted(llm.id).tolist()[:ENOUGH_FOR_KAPPA]:
        session.decide(session.card(number), "statement")
    assert session.pace(0).kappa is None
    async with review(project) as opened:
        await opened.until(lambda: "LLM κ 0.00" in opened.lines[0])
        monkeypatch.setattr(ReviewSession, "compare", lambda _: None)
        await opened.press("/", *"label:request", "enter")
        await opened.until(lambda: opened.desk.session.queue == "find: label:request")
        assert "LLM κ 0.00" in opened.lines[0]


async def test_the_apps_stylesheet_is_parsed_once_until_the_theme_changes(
    project: Project, review: Any, monkeypatch: Any
) -> None:
    parsed = []

    def counted(scope: str, css: str, read_from: Any, **more: Any) -> Any:
        parsed.append(Path(read_from[0]).name)
        return parse(scope, css, read_from, **more)

    monkeypatch.setattr(stylesheet, "parse", counted)
    async with review(project) as opened:
        assert parsed.count("app.tcss") == 1
        opened.app.theme = "textual-light"
        await opened.until(lambda: parsed.count("app.tcss") == 2)


async def test_a_queue_that_needs_a_model_says_so_where_there_is_none(
    project: Project, review: Any
) -> None:
    async with review(project, queue="uncertain") as opened:
        assert len(opened.desk.session) == 0
        await opened.until(lambda: "A trained model has to say what belongs here." in opened.text)
        assert "r  train a classifier" in opened.text
        assert "look at the last message again" not in opened.text
