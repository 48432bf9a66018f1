"""What jobs keep in the database about their own work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from catreview.records import Example, Source, SourceKind
from catreview.store import Request, Stale, Store

LLM = Source(SourceKind.LLM, "big", "prompt 1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "catreview.db") as opened:
        opened.examples.add([Example("e1", "hello"), Example("e2", "bye")])
        yield opened


def asked(store: Store, source: Source, tokens: int | None, **more: object) -> Request:
    """A request to a source that was answered with so many tokens."""
    run = store.runs.start("label", {})
    request = Request(run, store.votes.source(source).id, source.name, "p", ["e1"])
    number = store.requests.begin(request)
    ended = replace(request, status="ok", labelled=1, prompt_tokens=tokens, completion_tokens=5,
                    latency=1.0, **more)  # fmt: skip
    store.requests.conclude(number, ended)
    return ended


def test_what_requests_took_is_that_of_the_model_until_the_source_has_some(store: Store) -> None:
    other = replace(LLM, fingerprint="prompt 2")
    asked(store, other, 70)
    asked(store, other, None)
    source = store.votes.source(LLM).id

    def measured() -> list[int]:
        return [one.prompt_tokens for one in store.requests.measured("big", source, 9)]

    assert measured() == [70]
    asked(store, LLM, 40)
    asked(store, LLM, 50)
    assert measured() == [50, 40]
    assert store.requests.measured("another", source, 9) == []


def test_a_request_of_which_nothing_came_back_counts_at_the_price_of_the_dearest(
    store: Store,
) -> None:
    request = asked(store, LLM, 40, cost=0.2, attempts=2)
    for cost, ended in ((0.3, "ok"), (None, "sent")):
        number = store.requests.begin(request)
        store.requests.conclude(number, replace(request, cost=cost, status=ended, attempts=1))
    assert store.requests.spent_in(request.run) == (4, pytest.approx(0.2 + 0.3 + 0.3))


def test_a_batch_that_another_job_took_over_is_not_looked_after_by_the_first(store: Store) -> None:
    source = store.votes.source(LLM).id
    batch = store.batches.create(source, "token", "first", [[1], [2]])
    store.batches.hold(batch.id, "second")
    for holder, seen in (("first", False), ("second", True)):
        store._connections.db.execute("UPDATE batch SET at = '2001'")
        store.batches.look_after(batch.id, holder)
        found = store.batches.under_way(source)
        assert found is not None
        assert (found.at > "2001") == seen


def test_orders_rest_on_votes_that_arrive_and_on_labels_that_are_derived(store: Store) -> None:
    source = store.votes.source(LLM).id
    bases = [store.orders.basis()]
    for change in (
        lambda: store.runs.start("label", {}),
        lambda: store.requests.begin(Request(1, source, "big", "p", ["e1"])),
        lambda: store.unsettled.mark(Stale.LABELS),
        lambda: store.unsettled.clear(store.unsettled.marks()),
        lambda: store.runs.finish(1, "done"),
    ):
        change()
        bases.append(store.orders.basis())
    assert len(set(bases)) == len(bases)
