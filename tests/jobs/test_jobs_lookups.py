"""Queues that the dashboard opens, and the opening of any: what they find, and what they read."""

from __future__ import annotations

import random

import numpy as np
import pytest

from catreview.jobs.project import Project, open_project
from catreview.jobs.review import lookups, orders
from catreview.jobs.review.lookups import cell_queue, conflict_queue
from catreview.jobs.review.orders import put_in_order
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import ABSTAIN, Example, Source, SourceKind

N = 300


@pytest.fixture
def voted(project: Project) -> Project:
    """Random votes of three functions and two models, random labels, some gold and decisions."""
    rng, store, names = random.Random(5), project.store, project.schema.names
    store.examples.add([Example(f"m{i}", f"message {i}") for i in range(N)])
    store.examples.mark_gold({f"m{i}": names[0] for i in range(0, N, 17)})
    free = sorted(set(store.examples.all_numbers().tolist()) - store.examples.gold().keys())
    for kind, name in (
        (SourceKind.FUNCTION, "f"), (SourceKind.FUNCTION, "g"), (SourceKind.FUNCTION, "h"),
        (SourceKind.MODEL, "svm #1"), (SourceKind.MODEL, "svm #2"),
    ):  # fmt: skip
        source = store.votes.source(Source(kind, name))
        chosen = rng.sample(range(1, N + 1), 2 * N // 3)
        said = [(n, rng.choice(names[:3]), rng.choice([0.25, 0.5, 0.75])) for n in chosen]
        store.votes.put(source.id, [*said[:-3], *((n, "gone", 1.0) for n, _, _ in said[-3:])])
    source = store.votes.source(Source(SourceKind.HEURISTIC, "heuristic")).id
    rows = [(n, rng.choice(names[:3]), 0.5, "weak", source) for n in free]
    store.labels.put(np.array(free), rows)
    session = ReviewSession(project, "coverage", "rita")
    for number in rng.sample(free, 40):
        session.decide(session.card(number), rng.choice(names[:3]))
    session.undo()
    for number in rng.sample(free, 20):
        session.skip(session.card(number))
    return project


def test_a_cell_has_what_is_labelled_so_and_called_so_the_surest_or_least_sure_first(
    voted: Project,
) -> None:
    store, names = voted.store, voted.schema.names
    model = store.votes.sources(SourceKind.MODEL)[-1]
    said = {n: vote for n in range(1, N + 1) for vote in store.votes.of(n) if vote.source == model}
    skipped = store.reviews.skipped()
    for true in names[:3]:
        for predicted in names[:3]:
            queue = cell_queue(voted, true, predicted)
            sign = 1 if true == predicted else -1
            found = [
                number
                for number, label, _, basis in store.labels.all()
                if (label, basis) == (true, "weak") and number in said
                and said[number].category == predicted
            ]  # fmt: skip
            assert found
            assert queue.numbers.tolist() == sorted(
                found, key=lambda n: (n in skipped, sign * (said[n].confidence or 0), n)
            )
            assert queue.reason(found[0]) == (
                f"labelled {true} (by the heuristic), the model says {predicted}"
                f" ({said[found[0]].confidence:.2f})"
            )


def test_conflicts_are_the_open_examples_on_which_another_function_says_otherwise(
    voted: Project,
) -> None:
    store, names = voted.store, voted.schema.names
    numbers = store.examples.all_numbers()
    sources = store.votes.sources(SourceKind.FUNCTION)
    codes = store.votes.matrix(numbers, sources, names).codes
    closed = store.reviews.decided().keys() | store.examples.gold().keys()
    skipped = store.reviews.skipped()
    for column, source in enumerate(sources):
        own = codes[:, [column]]
        against = ((codes != own) & (codes != ABSTAIN) & (own != ABSTAIN)).any(axis=1)
        found = [n for n in numbers[against].tolist() if n not in closed]
        queue = conflict_queue(voted, source.name)
        assert queue.numbers.tolist() == sorted(found, key=lambda n: (n in skipped, n))
        says = {vote.source.name: vote.category for vote in store.votes.of(found[0])}
        assert queue.reason(found[0]).startswith(f"{source.name} says {says[source.name]}, ")
        assert not queue.reason(int(numbers[~against][0]))


def test_no_more_than_somebody_could_review_is_looked_up(
    voted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_it = cell_queue(voted, "closing", "request").numbers.tolist()
    monkeypatch.setattr(lookups, "MOST", 3)
    assert len(cell_queue(voted, "closing", "request").numbers) == 3
    assert set(cell_queue(voted, "closing", "request").numbers.tolist()) <= set(all_of_it)
    assert len(conflict_queue(voted, "f").numbers) == 3


@pytest.mark.parametrize("overlap", [0.0, 0.5])
def test_nothing_is_read_from_beginning_to_end_to_open_a_queue(
    voted: Project, monkeypatch: pytest.MonkeyPatch, overlap: float
) -> None:
    monkeypatch.setattr(orders, "SMALL", 0)
    put_in_order(voted, "disagreement")
    with open_project(voted.folder, {"review": {"overlap": overlap}}) as project:
        db, asked = project.store._connections.db, list[str]()
        db.set_trace_callback(asked.append)
        session = ReviewSession(project, "disagreement", "ana", "here:1:ana")
        session.next_open(0)
        for name in ("closing called request", "closing called closing", "conflicts of f"):
            session.open(name)
            session.next_open(0)
        db.set_trace_callback(None)
        plans = [
            (row[3], sql)
            for sql in dict.fromkeys(asked)
            if sql.startswith("SELECT")
            for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")
        ]
    assert len(plans) > 20
    grow = {"example", "review", "label", "vote", "own", "other", "lease", "example_fts"}
    assert [
        plan for plan in plans if plan[0].split()[0] == "SCAN" and grow & {*plan[0].split()}
    ] == []


@pytest.mark.parametrize("overlap", [0.0, 0.5])
def test_what_is_closed_is_the_same_asked_for_all_or_one_by_one(
    voted: Project, overlap: float
) -> None:
    numbers = voted.store.examples.all_numbers().tolist()
    with open_project(voted.folder, {"review": {"overlap": overlap}}) as project:
        other = ReviewSession(project, "coverage", "bo")
        for number in sorted(project.store.reviews.decided())[:9]:
            other.decide(other.card(number), "emotion")
        again = ReviewSession(project, "again", "bo")
        again.decide(again.card(numbers[4]), "emotion")
        for reviewer in ("rita", "bo", "ana"):
            colleagues = ReviewSession(project, "coverage", reviewer)._colleagues
            for queue in ("coverage", "again", "adjudicate"):
                one_by_one = colleagues.closed(queue, numbers) & set(
                    project.store.reviews.decided()
                )
                assert colleagues.closed(queue) == one_by_one
