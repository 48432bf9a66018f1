"""Deciding blind, and picking a queue."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from catreview.jobs.project import DATABASE, Project
from catreview.jobs.review.counting import LISTED, count_queue
from catreview.jobs.review.queueing import QUEUES
from catreview.store import Action
from catreview.tui.widgets.votes import VoteList


async def test_b_hides_votes_label_and_reason_and_the_decision_is_logged_as_blind(
    project: Project, review: Any
) -> None:
    async with review(project, queue="ambiguous") as opened:
        session = opened.desk.session
        await opened.press("b", "j")
        card = opened.desk.card
        assert "blind · ambiguous" in opened.lines[0]
        assert "why  hidden until you decide" in opened.text
        assert opened.app.screen.query_one(VoteList).count == 0
        assert {row.category for row in session.rows(0, 20)} == {None}
        together = project.store.labels.get(card.number)
        await opened.press("1")
        decision = project.store.reviews.decision(card.number, "rita")
        assert decision is not None
        assert decision.proposed == together[0]
        assert f"you: closing; together: {together[0]}" in opened.text
        # What one has decided shows again.
        await opened.press("k")
        assert opened.desk.card.votes


async def test_only_what_was_never_seen_is_decided_blind(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("b", "1", "2")
        rows = project.store.reviews.decisions()
        # The first lay there with its votes before b was pressed.
        assert [row.blind for row in rows] == [False, True]
        await opened.press("b", "3")
        assert [row.blind for row in project.store.reviews.decisions()] == [False, True, False]


async def test_blind_lasts_over_queues_until_b_ends_it(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("b", "]")
        await opened.settle()
        assert opened.desk.card.hidden
        assert "blind · " in opened.lines[0]
        await opened.press("b")
        assert not opened.desk.card.hidden
        assert "blind" not in opened.lines[0]
        assert "Votes and label show again." in opened.text


async def test_accepting_blind_is_not_possible_and_votes_cannot_be_asked_for(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("b", "enter")
        assert project.store.reviews.decided() == {}
        for key in ("v", "g"):
            await opened.press(key)
            assert opened.app.screen is opened.app.review
            assert "Votes and labels are hidden until you have decided." in opened.text


async def test_p_lists_all_queues_with_their_counts_and_opens_one(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        flagged = opened.desk.card.number
        await opened.press("f", "j", "space", "p")
        await opened.settle()
        for queue in QUEUES:
            line = next(line for line in opened.lines if f" {queue} " in line)
            assert f"{count_queue(project, queue, 'rita').waiting:,}" in line
        line = next(line for line in opened.lines if " flagged " in line)
        assert " 1 " in line
        at = [queue.name for queue in LISTED].index("find: is:flagged")
        await opened.press(*["down"] * at, "enter")
        await opened.settle()
        assert opened.desk.session.queue == "find: is:flagged"
        assert [opened.desk.session.number(0), len(opened.desk.session)] == [flagged, 1]
        await opened.press("escape")
        await opened.settle()
        assert opened.desk.session.queue == "disagreement"


async def test_escape_and_the_key_itself_close_the_list_of_queues(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        for key in ("escape", "p", "q"):
            await opened.press("p", "3", key)
            assert opened.app.screen is opened.app.review
        assert project.store.reviews.decided() == {}
        assert opened.desk.session.queue == "disagreement"


async def test_every_queue_says_what_it_is(project: Project) -> None:
    assert all(queue.about for queue in LISTED)


async def test_the_log_of_a_message_names_blind_and_undone_acts(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("j", "b", "k", "u")
        await opened.press("b", "b", "j", "1", "u", "b")
        number = opened.desk.card.number
        acts = [(act.action, act.blind) for act in project.store.reviews.history(number)]
        assert [act for act, _ in acts] == [Action.FIX, Action.UNDO]
        await opened.press("v")
        await opened.until(lambda: "what was done to it" in opened.text)
        await opened.press("end")
        assert "(taken back)" in opened.text


@pytest.mark.parametrize("key", ["g", "+"])
async def test_blind_mode_opens_nothing_that_shows_the_labels_of_other_messages(
    project: Project, review: Any, key: str
) -> None:
    async with review(project) as opened:
        await opened.press("b", "3", "k")
        assert opened.desk.card.decided == "request"
        await opened.press(key)
        assert opened.app.screen is opened.app.review
        assert "Votes and labels are hidden in blind mode." in opened.text
        await opened.press("b", key)
        assert opened.app.screen is not opened.app.review


async def test_blind_mode_finds_nothing_by_votes_and_labels(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("b", "/", *"label:request", "enter")
        assert "✗ label: is hidden in blind mode." in opened.text
        assert opened.desk.session.queue == "disagreement"
        await opened.press("escape", "/", *"is:open", "enter")
        await opened.settle()
        assert opened.desk.session.queue == "find: is:open"


async def test_gold_is_decided_blind_and_nothing_is_made_of_it(
    demo_without_gold: Project, review: Any
) -> None:
    project = demo_without_gold
    async with review(project, queue="gold", size=(120, 36)) as opened:
        card = opened.desk.card
        await opened.press("enter")
        assert "The proposal is hidden here: press a category key." in opened.text
        await opened.press("4")
        assert project.store.examples.gold() == {card.number: "question"}
        assert project.store.labels.get(card.number) is None
        await opened.press("k")
        assert "it measures and never trains" in opened.text
        for key in ("g", "+"):
            await opened.press(key)
            assert opened.app.screen is opened.app.review
            assert "It is gold: it measures, and nothing is made of it." in opened.text
        await opened.press("u")
        assert project.store.examples.gold() == {}


@pytest.fixture
def demo_without_gold(project: Project) -> Project:
    """The demonstration's messages, of which nothing is gold yet."""
    with closing(sqlite3.connect(project.folder / DATABASE)) as db, db:
        db.execute("UPDATE example SET gold = NULL, gold_given = NULL")
    return project
