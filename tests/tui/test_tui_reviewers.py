"""Two reviewers, each at their own app on one database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from catreview.jobs.holders import retire
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.tui import background
from catreview.tui.screens.review import POLL_SECONDS
from catreview.tui.widgets.conversation import Why
from catreview.tui.widgets.opinions import OpinionsPane
from catreview.tui.widgets.queue import MARKS


@asynccontextmanager
async def two(project: Project, review: Any, **more: Any) -> AsyncIterator[tuple[Any, Any]]:
    """Rita's app and Bo's."""
    with open_project(project.folder) as hers, open_project(project.folder) as his:
        async with (
            review(hers, reviewer="rita", **more) as rita,
            review(his, reviewer="bo", **more) as bo,
        ):
            yield rita, bo


def state(opened: Any, number: int) -> str:
    """The mark at the end of an example's row in the queue list."""
    session = opened.desk.session
    position = session.position(number)
    return MARKS[session.rows(position, position + 1)[0].state]


async def test_no_two_desks_hold_the_same_example(project: Project, review: Any) -> None:
    async with two(project, review) as (rita, bo):
        assert rita.desk.card.number != bo.desk.card.number
        for _ in range(6):
            await rita.press("3")
            await bo.press("4")
            assert rita.desk.card.number != bo.desk.card.number
    by: dict[int, set[str]] = {}
    for decision in project.store.reviews.decisions():
        by.setdefault(decision.example, set()).add(decision.reviewer)
    assert len(by) == 12
    assert all(len(names) == 1 for names in by.values())
    assert project.store.leases.holders() == set()


async def test_what_the_other_decides_shows_in_my_list_within_a_second(
    project: Project, review: Any
) -> None:
    async with two(project, review) as (rita, bo):
        number = rita.desk.card.number
        row = next(line for line in bo.lines if "○" in line)
        await rita.press("3")
        await bo.until(lambda: state(bo, number) == "✓", seconds=1.0)
        mine = bo.desk.card.number
        await bo.until(lambda: not any(line == row for line in bo.lines), seconds=1.0)
        assert bo.desk.card.number == mine
        assert "Meanwhile" not in bo.text


async def test_what_an_app_kept_that_was_killed_is_soon_no_longer_said_to_be_kept(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "KEPT_SECONDS", 0.2)
    async with two(project, review) as (rita, bo):
        number = rita.desk.card.number
        bo.desk.find(number)
        bo.app.review._show()
        await bo.until(lambda: "○ kept for rita" in bo.text)
        assert any("○│" in line or "○▐" in line for line in bo.lines)
        mine = rita.desk.session._colleagues._claims._holder
        retire(mine)  # nothing is written, as where a process is killed
        await bo.until(lambda: "○" not in bo.text, seconds=5.0)
        assert bo.desk.card.number == number


async def test_i_am_told_who_decided_the_message_before_me_and_what(
    project: Project, review: Any
) -> None:
    async with two(project, review) as (rita, bo):
        number = rita.desk.card.number
        bo.desk.find(number)
        bo.app.review._show()
        await bo.pilot.pause()
        assert "○ kept for rita" in bo.text
        await rita.press("5")
        await bo.until(lambda: "Meanwhile rita decided emotion." in bo.text, seconds=1.0)
        assert bo.desk.card.number == number
        assert bo.desk.proposal == "emotion"
        await rita.press("u")
        await bo.until(lambda: "Meanwhile rita took back emotion." in bo.text, seconds=1.0)


async def test_leaving_frees_what_was_on_the_desk(project: Project, review: Any) -> None:
    with open_project(project.folder) as hers, open_project(project.folder) as his:
        async with review(hers, reviewer="rita") as rita:
            number = rita.desk.card.number
        async with review(his, reviewer="bo") as bo:
            assert bo.desk.card.number == number


@pytest.fixture
def disputed(project: Project) -> tuple[Project, int]:
    """Rita and Bo differ on a message, and say why."""
    session = ReviewSession(project, "disagreement", "rita")
    number = session.number(0)
    for name, category, note in (
        ("rita", "emotion", "[bold]sighs\x1b[31m, and that is all there is to it, a feeling"),
        ("bo", "request", "wants something"),
    ):
        own = ReviewSession(project, "disagreement", name)
        own.decide(own.card(number), category)
        own.note(own.card(number), note)
    return project, number


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
async def test_a_note_longer_than_its_place_ends_in_an_ellipsis(
    disputed: tuple[Project, int], review: Any, size: tuple[int, int]
) -> None:
    project, number = disputed
    long = "because it is rather long, as notes are where people differ, and goes on"
    rita = ReviewSession(project, "disagreement", "rita")
    rita.note(rita.card(number), long)
    async with review(project, reviewer="rita", queue="adjudicate", size=size) as opened:
        pane = opened.app.review.query_one(OpinionsPane)
        hers = [line[: pane.size.width // 2].rstrip() for line in pane.render().plain.split("\n")]
        assert hers[1] == "rita"
        assert hers[-1].endswith("…")
        other = next(n for n in map(rita.number, range(len(rita))) if n != number)
        rita.note(rita.card(other), long)
        opened.desk.find(other)
        opened.app.review._show()
        await opened.until(lambda: "✎ because" in opened.text)
        assert opened.app.review.query_one(Why).render().plain.endswith("…")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
async def test_the_adjudicator_sees_both_side_by_side_decides_and_can_take_it_back(
    disputed: tuple[Project, int], review: Any, size: tuple[int, int]
) -> None:
    project, number = disputed
    async with review(project, reviewer="ada", queue="adjudicate", size=size) as ada:
        assert ada.desk.card.number == number
        names = next(i for i, line in enumerate(ada.lines) if "rita  " in line and "bo  " in line)
        assert "emotion" in ada.lines[names + 1]
        assert "request" in ada.lines[names + 1]
        assert "[bold]sighs␛[31m" in ada.lines[names + 2]
        assert "wants something" in ada.lines[names + 2]
        await ada.press("enter")
        assert "Reviewers differ: press a category key." in ada.text
        await ada.press("4")
        assert project.store.labels.get(number) == ("question", 1.0, "human", "ada")
        assert "Nothing left to adjudicate." in ada.text
        await ada.press("u")
        assert project.store.labels.get(number) == ("request", 1.0, "human", "bo")
        assert ada.desk.card.number == number
        assert "contested: the newest counts" in ada.text
    acts = [(r.action, r.queue, r.category) for r in project.store.reviews.history(number)][-2:]
    assert acts == [("fix", "adjudicate", "question"), ("undo", None, None)]


async def test_who_decides_against_an_adjudication_is_told_that_it_stands(
    disputed: tuple[Project, int], review: Any
) -> None:
    project, number = disputed
    session = ReviewSession(project, "adjudicate", "ada")
    session.decide(session.card(number), "question")
    async with review(project, reviewer="bo") as bo:
        bo.desk.find(number)
        bo.app.review._show()
        await bo.pilot.pause()
        assert "adjudicated by ada" in bo.text
        await bo.press("1")
        assert "saved: closing, but the adjudicated question stands" in bo.text
    assert project.store.labels.get(number) == ("question", 1.0, "human", "ada")


async def test_of_the_overlap_each_decides_without_seeing_the_other(
    project: Project, review: Any
) -> None:
    shared = replace(project.settings.review, overlap=1.0)
    settings = replace(project.settings, review=shared)
    with open_project(project.folder) as his:
        async with (
            review(replace(project, settings=settings), reviewer="rita") as rita,
            review(replace(his, settings=settings), reviewer="bo") as bo,
        ):
            number = bo.desk.card.number
            assert rita.desk.card.number == number
            proposal = bo.desk.proposal
            await rita.press("1")
            await bo.pilot.pause(2 * POLL_SECONDS)
            assert "Meanwhile" not in bo.text
            assert bo.desk.proposal == proposal
            assert state(bo, number) == " "
            await bo.press("5")
    said = {r.reviewer: r.category for r in project.store.reviews.decisions([number])}
    assert said == {"rita": "closing", "bo": "emotion"}


async def test_a_queue_whose_rest_is_on_other_desks_says_so(
    disputed: tuple[Project, int], review: Any
) -> None:
    project, _ = disputed
    with open_project(project.folder) as his:
        async with (
            review(project, reviewer="ada", queue="adjudicate"),
            review(his, reviewer="bo", queue="adjudicate") as bo,
        ):
            await bo.press("k")
            bo.desk._advance()
            bo.app.review._show()
            await bo.pilot.pause()
            assert "What is left lies on other desks." in bo.text


@asynccontextmanager
async def waiting(disputed: tuple[Project, int], review: Any) -> AsyncIterator[tuple[Any, Any]]:
    """Bo's app, where all lies on Ada's desk, and what makes her go to another queue."""
    project, _ = disputed
    with open_project(project.folder) as his:
        async with (
            review(project, reviewer="ada", queue="adjudicate") as ada,
            review(his, reviewer="bo", queue="adjudicate") as bo,
        ):
            assert bo.desk.card is None
            yield bo, partial(ada.press, "[")


async def test_it_goes_on_by_itself_within_a_second_of_something_becoming_free(
    disputed: tuple[Project, int], review: Any
) -> None:
    _, number = disputed
    async with waiting(disputed, review) as (bo, leave):
        await bo.pilot.pause(2 * POLL_SECONDS)
        assert bo.desk.card is None
        assert "It goes on by itself when one is free." in bo.text
        await leave()
        await bo.until(lambda: bo.desk.card is not None, seconds=2.0)
        assert bo.desk.card.number == number
        assert "This one has become free." in bo.text
        bo.clock.step = 0.01
        bo.desk._came = bo.clock.now
        await bo.press("4", "a", "space", "f")
        assert "only just become free" in bo.text
        assert not bo.app.review._project.store.reviews.decided_in("adjudicate")
        bo.clock.now += 1
        await bo.press("3")
        assert bo.app.review._project.store.reviews.decided_in("adjudicate") == {number}


@pytest.mark.parametrize(
    ("opening", "closing"), [(("/", "m"), "escape"), (("?",), "?")], ids=["typing", "help"]
)
async def test_nothing_comes_while_an_answer_is_typed_or_another_screen_is_open(
    disputed: tuple[Project, int], review: Any, opening: tuple[str, ...], closing: str
) -> None:
    async with waiting(disputed, review) as (bo, leave):
        await bo.press(*opening)
        await leave()
        await bo.pilot.pause(3 * POLL_SECONDS)
        assert bo.desk.card is None
        await bo.press(closing)
        await bo.until(lambda: bo.desk.card is not None, seconds=2.0)
