"""Queries and queues of one reviewer tell nothing of what others decided, where that is hidden."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catreview.jobs.holders import new_holder
from catreview.jobs.project import Project
from catreview.jobs.review.counting import count_queue
from catreview.jobs.review.finding import helped
from catreview.jobs.review.reviewing import ReviewSession


def sharing(project: Project) -> Project:
    """Every message goes to two reviewers, and comes again after one more decision."""
    review = replace(project.settings.review, overlap=1.0, reviewers=2, again_after=1)
    return replace(project, settings=replace(project.settings, review=review))


def found(project: Project, who: str, query: str) -> list[int]:
    session = ReviewSession(project, f"find: {query}", who)
    return [session.number(i) for i in range(len(session))]


def act(project: Project, who: str, number: int, category: str) -> None:
    """Decide, flag and note a message, and skip the next one."""
    session = ReviewSession(project, "audit", who)
    session.decide(session.card(number), category)
    session.toggle_flag(session.card(number))
    session.note(session.card(number), "hm")
    session.skip(session.card(number + 1))


@pytest.mark.parametrize(
    "query",
    ["label:emotion", "-label:emotion", "label:none", "by:human", "-by:human", "conf:1-1",
     "conf:<0.9", "reviewer:emotion", "rita:emotion", "rita:none", "is:decided", "is:open",
     "is:flagged", "-is:flagged", "is:noted", "-is:noted", "function:none", "is:open by:human"],
)  # fmt: skip
def test_what_another_reviewer_did_changes_no_answer_while_it_is_hidden_from_me(
    filled: Project, query: str
) -> None:
    project = sharing(filled)
    for who in ("rita", "bo"):
        ReviewSession(project, "audit", who)  # both names are known from now on
    before = found(project, "bo", query)
    act(project, "rita", 1, "emotion")
    assert found(project, "bo", query) == before
    assert count_queue(project, f"find: {query}", "bo").waiting == len(before)


def test_once_i_have_decided_all_is_found(filled: Project) -> None:
    project = sharing(filled)
    act(project, "rita", 1, "emotion")
    assert found(project, "rita", "is:flagged") == [1]
    assert found(project, "bo", "rita:emotion") == []
    session = ReviewSession(project, "audit", "bo")
    session.decide(session.card(1), "closing")
    for query in ("rita:emotion", "bo:closing", "is:flagged", "label:closing by:human"):
        assert found(project, "bo", query) == [1]


def test_my_own_marks_are_found_also_where_others_decided(filled: Project) -> None:
    project = sharing(filled)
    act(project, "rita", 1, "emotion")
    session = ReviewSession(project, "audit", "bo")
    session.skip(session.card(1))
    session.toggle_flag(session.card(1))
    assert found(project, "bo", "is:flagged") == [1]
    assert 1 in found(project, "bo", "is:skipped")
    session.toggle_flag(session.card(1))
    assert found(project, "bo", "is:flagged") == []


def test_without_overlap_everybody_finds_what_anybody_did(filled: Project) -> None:
    act(filled, "rita", 1, "emotion")
    assert found(filled, "bo", "rita:emotion") == found(filled, "bo", "is:flagged") == [1]


def test_each_reviewer_gets_their_own_old_decisions_again(filled: Project) -> None:
    project = sharing(filled)
    for who, numbers in (("rita", (1, 2, 3)), ("bo", (2, 4, 5))):
        session = ReviewSession(project, "audit", who)
        for number in numbers:
            session.decide(session.card(number), "statement")
    rita, bo = (ReviewSession(project, "again", who) for who in ("rita", "bo"))
    assert {rita.number(i) for i in range(len(rita))} == {1, 2}
    assert {bo.number(i) for i in range(len(bo))} == {2, 4}
    rita.decide(rita.card(2), "emotion")
    assert rita.next_open(0) == rita.position(1)
    assert bo.card(2).hidden
    now = ReviewSession(project, "again", "rita")
    assert {now.number(i) for i in range(len(now))} == {1, 3}
    assert count_queue(project, "again", "bo").waiting == 2


def test_two_may_have_the_same_message_again_at_once(filled: Project) -> None:
    project = sharing(filled)
    for who in ("rita", "bo"):
        session = ReviewSession(project, "audit", who)
        for number in (1, 2):
            session.decide(session.card(number), "statement")
    sessions = [ReviewSession(project, "again", who, new_holder()) for who in ("rita", "bo")]
    assert [session.next_open(0) for session in sessions] == [0, 0]


@pytest.mark.parametrize("query", ["label:request", "conf:<0.5", "-rita:request", "by:human"])
def test_who_is_blind_cannot_ask_for_what_is_hidden(filled: Project, query: str) -> None:
    session = ReviewSession(filled, "audit", "rita")
    session.blind = True
    told = helped(session.vocabulary(), query)
    assert told.problem
    assert "is hidden in blind mode" in told.words
    assert not helped(session.vocabulary(), "milk is:open").problem
    assert "label:" not in helped(session.vocabulary(), "").words
    session.blind = False
    assert not helped(session.vocabulary(), query).problem
