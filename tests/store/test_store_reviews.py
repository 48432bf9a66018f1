"""The review log: what is asked of it at every key costs the same however long it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catreview.records import Example
from catreview.store import Action, Review, Store
from catreview.store.paces import Paces

QUESTIONS: dict[str, Callable[[Store], object]] = {
    "what is decided": lambda store: store.reviews.decided([7, 9]),
    "what was looked at": lambda store: store.reviews.decided([7, 9], looked_at=True),
    "where they stand": lambda store: store.reviews.states([7, 9]),
    "who decided what": lambda store: store.reviews.decisions([7, 9], bulk=True),
    "what this queue saw": lambda store: store.reviews.decided_in("value", [7, 9], reviewer="ana"),
    "the usual pace": lambda store: store.paces.usual_seconds("ana", limit=3),
    "how many today": lambda store: store.paces.today("ana"),
}


def reviewed(folder: Path, n: int) -> Store:
    folder.mkdir()
    store = Store(folder / "catreview.db")
    store.examples.add([Example(f"e{i}", f"text number {i}") for i in range(n)])
    store.reviews.append_all(
        [
            Review(i + 1, "ana", Action.FIX, category="yes", queue="value", seconds=float(i % 7))
            for i in range(n)
        ]
    )
    return store


@pytest.mark.parametrize("name", QUESTIONS)
def test_asking_of_a_few_examples_costs_the_same_in_a_log_of_any_length(
    name: str, tmp_path: Path
) -> None:
    steps = []
    for n in (20, 2_000):
        with reviewed(tmp_path / str(n), n) as store:
            db = store.reviews._c.db
            counted = 0

            def count() -> int:
                nonlocal counted
                counted += 1
                return 0

            QUESTIONS[name](store)
            db.set_progress_handler(count, 1)
            assert QUESTIONS[name](store)
            db.set_progress_handler(None, 0)
            steps.append(counted)
    assert steps[1] <= steps[0] + 5


@pytest.mark.parametrize("among", [range(1, 6), range(1, 401)])
def test_gold_is_told_from_few_and_from_many_alike(among: range, tmp_path: Path) -> None:
    with reviewed(tmp_path / "log", 400) as store:
        for number in (2, 5, 300):
            store.examples.set_gold(number, "yes")
        numbers = np.array(among, dtype=np.int64)
        told = store.examples.is_gold(numbers)
        assert told.tolist() == [n in (2, 5, 300) for n in among]


def decided(number: int, reviewer: str = "ana", bulk: int | None = None) -> Review:
    return Review(number, reviewer, Action.FIX, category="yes", bulk=bulk)


def test_todays_count_kept_up_with_the_log_is_the_one_counted_anew(tmp_path: Path) -> None:
    with reviewed(tmp_path / "log", 8) as store:
        store.paces.today("ana")
        anew = []
        acts = [
            decided(1), decided(2, "ben"), decided(3, bulk=1), Review(4, "ana", Action.SKIP),
            Review(1, "ana", Action.UNDO, undoes=9), Review(1, "ana", Action.REDO, undoes=9),
            decided(5),
        ]  # fmt: skip
        for act in acts:
            store.reviews.append(act)
            anew.append(Paces(store.reviews._c).today("ana"))
            assert store.paces.today("ana") == anew[-1]
    assert anew == [9, 9, 9, 9, 8, 9, 10]


def test_todays_count_starts_again_at_midnight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reviewed(tmp_path / "log", 8) as store:
        assert store.paces.today("ana") == 8
        monkeypatch.setattr("catreview.store.paces.utc_now", lambda: "2999-01-01T00:00:00.000Z")
        assert store.paces.today("ana") == 0
        store.reviews.append(decided(1))  # written before midnight
        assert store.paces.today("ana") == 0
