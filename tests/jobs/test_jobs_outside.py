"""What lies on the desk from outside the open queue belongs to the queue it came from."""

from __future__ import annotations

import pytest

from catreview.jobs.project import Project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Basis
from catreview.store import ADJUDICATE, Review

FROM = "find: is:open"


@pytest.fixture
def decided(filled: Project) -> Review:
    """A decision in one queue; another one is opened afterwards."""
    return decide(filled, FROM, "me", "emotion")


def decide(project: Project, queue: str, reviewer: str, category: str) -> Review:
    session = ReviewSession(project, queue, reviewer)
    return session.decide(session.card(session.number(0)), category)


def anew(project: Project, queue: str, category: str = "closing") -> Review:
    """In another queue take back what was done last, and decide that anew."""
    session = ReviewSession(project, queue, "me")
    undone = session.undo()
    assert undone is not None
    assert session.position(undone.review.example) is None
    return session.decide(session.card(undone.review.example), category)


@pytest.mark.parametrize("queue", ["gold", "audit", "pilot", "again"])
def test_decided_anew_it_is_neither_gold_nor_part_of_a_random_sample(
    filled: Project, decided: Review, queue: str
) -> None:
    review = anew(filled, queue)
    assert (review.queue, review.reason) == (FROM, decided.reason)
    assert filled.store.examples.gold() == {}
    assert filled.store.reviews.decided_in(queue) == set()
    label = filled.store.labels.get(review.example)
    assert label is not None
    assert (label[0], label[2]) == ("closing", Basis.HUMAN)


def test_it_says_from_which_queue_it_is_and_why_it_was_there(
    filled: Project, decided: Review
) -> None:
    session = ReviewSession(filled, "gold", "me")
    session.undo()
    card = session.card(decided.example)
    assert card.reason == f"from {FROM}: {decided.reason}"
    assert not card.hidden


def test_gold_taken_back_from_another_queue_is_hidden_again_and_stays_gold(filled: Project) -> None:
    gold = decide(filled, "gold", "me", "emotion")
    session = ReviewSession(filled, FROM, "me")
    session.undo()
    card = session.card(gold.example)
    assert card.hidden
    assert (card.votes, card.label) == ((), None)
    assert card.reason.startswith("from gold: say yourself")
    review = session.decide(card, "closing")
    assert review.queue == "gold"
    assert list(filled.store.examples.gold().values()) == ["closing"]


def test_between_reviewers_who_differ_it_settles_nothing(filled: Project, decided: Review) -> None:
    filled.store.reviews.append(
        Review(decided.example, "other", decided.action, category="question", queue=FROM)
    )
    session = ReviewSession(filled, ADJUDICATE, "me")
    assert session.position(decided.example) == 0
    mine = decide(filled, FROM, "me", "statement")
    assert mine.example != decided.example
    anew(filled, ADJUDICATE)
    card = session.card(mine.example)
    assert [(o.category, o.ruling) for o in card.opinions] == [("closing", False)]
