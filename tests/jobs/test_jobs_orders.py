"""Large projects: a queue opens in the order made last, and says when that is no longer new."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.projects import Command, write_jsonl

from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.sampling import AUDIT
from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project, open_project
from catreview.jobs.review import orders
from catreview.jobs.review.lookups import Freshness, ReviewQueue
from catreview.jobs.review.ordering import chances
from catreview.jobs.review.orders import ORDERED, ordered_queue, put_in_order
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Source, SourceKind
from catreview.store import Action, Review


@pytest.fixture
def large(filled: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Eight messages that count as too many to be ordered at once."""
    rows = [
        {"id": i, "source": source, "label": label}
        for i in ("a0", "a2", "a3", "b1", "b3")
        for source, label in (("one", "statement"), ("two", "emotion"))
    ]
    import_votes(filled, write_jsonl(tmp_path / "votes.jsonl", rows))
    model = filled.store.votes.source(Source(SourceKind.MODEL, "svm #1"))
    numbers = filled.store.examples.all_numbers().tolist()
    filled.store.votes.put(model.id, [(n, "request", n / 10) for n in numbers])
    settle(filled)
    monkeypatch.setattr(orders, "SMALL", 0)
    return filled


def told(queue: ReviewQueue) -> list[tuple[int, str]]:
    return [(n, queue.reason(n)) for n in queue.numbers.tolist()]


@pytest.mark.parametrize("name", ORDERED)
def test_the_stored_order_is_the_one_made_at_once_with_the_same_reasons(
    large: Project, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_order(large, name)
    stored = ordered_queue(large, name)
    assert stored.freshness is Freshness.NEW
    monkeypatch.setattr(orders, "SMALL", 1_000)
    assert told(stored) == told(ordered_queue(large, name))
    assert stored.numbers.size or name == "coverage"


def test_before_the_first_order_a_random_sample_is_there_to_start_with(
    large: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "SAMPLE", 5)
    sample = ordered_queue(large, "audit")
    assert sample.freshness is Freshness.SAMPLE
    assert len(sample.numbers) == 5
    put_in_order(large, "audit")
    whole = ordered_queue(large, "audit").numbers.tolist()
    assert whole[:5] == sample.numbers.tolist()


def test_what_was_decided_since_is_gone_what_was_skipped_is_last(large: Project) -> None:
    put_in_order(large, "uncertain")
    first, second, third, *rest = ordered_queue(large, "uncertain").numbers.tolist()
    session = ReviewSession(large, "uncertain", "me")
    session.decide(session.card(first), "closing")
    session.skip(session.card(second))
    large.store.examples.mark_gold({large.store.examples.get([third])[0].id: "closing"})
    queue = ordered_queue(large, "uncertain")
    assert queue.numbers.tolist() == [*rest, second]
    assert queue.done_before == 1
    assert all(queue.reason(n) for n in queue.numbers.tolist())


def test_new_messages_votes_labels_and_settings_make_an_order_old(
    large: Project, tmp_path: Path
) -> None:
    def freshness() -> Freshness:
        return ordered_queue(large, "disagreement").freshness

    more = write_jsonl(tmp_path / "more.jsonl", [{"id": "c", "text": "are you there?"}])
    for change in (
        lambda: import_messages(large, more, Columns()),
        lambda: run_functions(large),
        lambda: settle(large),
        lambda: large.store.runs.start("label", {}),
        lambda: large.store.runs.finish(large.store.runs.recent(1)[0].id, "done"),
    ):
        put_in_order(large, "disagreement")
        assert freshness() is Freshness.NEW
        change()
        assert freshness() is Freshness.OLD
    put_in_order(large, "disagreement")
    with open_project(large.folder, {"heuristic": {"confident": 0.9}}) as other:
        assert ordered_queue(other, "disagreement").freshness is Freshness.OLD


def test_a_hundred_reviews_make_an_order_old(
    large: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_order(large, "value")
    for _ in range(orders.REVIEWS):
        assert ordered_queue(large, "value").freshness is Freshness.NEW
        large.store.reviews.append(Review(1, "me", Action.SKIP))
    assert ordered_queue(large, "value").freshness is Freshness.OLD


def test_an_open_queue_passes_over_what_another_reviewer_decides(large: Project) -> None:
    put_in_order(large, "uncertain")
    mine, other = (ReviewSession(large, "uncertain", name) for name in ("me", "you"))
    assert mine.next_open(0) == 0
    with open_project(large.folder) as elsewhere:
        theirs = ReviewSession(elsewhere, "uncertain", "you")
        theirs.decide(theirs.card(theirs.number(0)), "closing")
        theirs.skip(theirs.card(theirs.number(1)))
        assert mine.next_open(0) == 2
        assert mine.next_open(len(mine)) == 2
        theirs.undo()
        theirs.undo()
    assert mine.next_open(0) == other.next_open(0) == 0


def test_only_skipped_ones_are_left_at_last(large: Project) -> None:
    session = ReviewSession(large, "uncertain", "me")
    session.skip(session.card(session.number(2)))
    for place in (0, 1, *range(3, len(session))):
        session.decide(session.card(session.number(place)), "closing")
    assert session.next_open(0) == 2
    session.decide(session.card(session.number(2)), "closing")
    assert session.next_open(0) is None


def test_the_command_makes_the_order_and_shows_its_beginning(
    large: Project, catreview: Command
) -> None:
    ran = catreview("queue", "audit", "--project", large.folder, "--json")
    queue = ordered_queue(large, "audit")
    assert queue.freshness is Freshness.NEW
    assert ran.json()["examples"] == len(queue.numbers)
    assert ran.json()["first"][0]["reason"] == queue.reason(int(queue.numbers[0]))
    assert "random sample" in catreview("queue", "audit", "--project", large.folder).out
    assert catreview("queue", "nope", "--project", large.folder).code == 2


def test_what_the_pilot_draws_tells_nothing_of_what_the_audit_draws(project: Project) -> None:
    numbers = np.arange(1, 5_001)
    pilot, audit = (set(np.argsort(chances(project, numbers, of))[:500]) for of in ("pilot", AUDIT))
    assert 30 < len(pilot & audit) < 70
    more = np.arange(1, 6_001)
    assert (
        chances(project, more, AUDIT)[:5_000].tolist() == chances(project, numbers, AUDIT).tolist()
    )
