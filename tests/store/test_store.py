"""The database: what is stored stays, two workers don't meet, newer files are refused."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from catreview.errors import ProjectError, StoreError
from catreview.records import ABSTAIN, Example, Source, SourceKind
from catreview.store import Action, Review, Store
from catreview.store.migrations import migrations

NAMES = ("yes", "no")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "catreview.db") as opened:
        opened.examples.add([Example(f"e{i}", f"text number {i}") for i in range(5)])
        yield opened


def test_the_file_is_private_and_in_wal_mode(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_adding_again_adds_nothing_and_keeps_the_first_text(store: Store) -> None:
    added = store.examples.add([Example("e1", "text number 1"), Example("e2", "changed")])
    assert (added.new, added.known, added.differing) == ((), (0,), (1,))
    assert store.examples.texts(["e2"]) == {"e2": "text number 2"}


def test_reviews_can_be_neither_changed_nor_deleted(store: Store, tmp_path: Path) -> None:
    store.reviews.append(Review(1, "me", Action.ACCEPT, "yes"))
    other = sqlite3.connect(tmp_path / "catreview.db", isolation_level=None)
    for statement in ("UPDATE review SET category = 'no'", "DELETE FROM review"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
    other.close()


def test_an_undone_decision_gives_way_to_the_one_before(store: Store) -> None:
    store.reviews.append(Review(1, "me", Action.ACCEPT, "yes"))
    second = store.reviews.append(Review(1, "me", Action.FIX, "no"))
    assert store.reviews.decided()[1].category == "no"
    store.reviews.append(Review(1, "me", Action.UNDO, undoes=second.id))
    assert store.reviews.decided()[1].category == "yes"


def test_an_act_can_be_undone_only_once(store: Store) -> None:
    first = store.reviews.append(Review(1, "me", Action.SKIP))
    store.reviews.append(Review(1, "me", Action.UNDO, undoes=first.id))
    with pytest.raises(sqlite3.IntegrityError):
        store.reviews.append(Review(1, "me", Action.UNDO, undoes=first.id))


def test_a_matrix_has_the_votes_of_its_sources_and_abstains_elsewhere(store: Store) -> None:
    one = store.votes.source(Source(SourceKind.LLM, "one"))
    two = store.votes.source(Source(SourceKind.LLM, "two"))
    store.votes.put(one.id, [(1, "yes", 0.5), (3, "no", None)])
    store.votes.put(two.id, [(3, "left the schema", 0.9)])
    matrix = store.votes.matrix(np.array([1, 2, 3]), [two, one], NAMES)
    assert matrix.codes.tolist() == [[ABSTAIN, 0], [ABSTAIN, ABSTAIN], [ABSTAIN, 1]]
    assert matrix.confidence[0, 1] == 0.5
    assert np.isnan(matrix.confidence[2, 1])


def test_few_and_many_examples_are_read_alike(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = store.votes.source(Source(SourceKind.LLM, "one"))
    store.votes.put(source.id, [(n, "no", 0.25) for n in (1, 2, 5)])
    store.votes.put_tally(np.array([2, 5]), np.array([3, 1], np.int16), np.array([2, 1], np.int16))
    numbers = np.array([1, 2, 4, 5])
    few = store.votes.matrix(numbers, [source], NAMES), store.votes.tally(numbers)
    monkeypatch.setattr("catreview.store.votes.FEW", 0)
    many = store.votes.matrix(numbers, [source], NAMES), store.votes.tally(numbers)
    assert few[0].codes.tolist() == many[0].codes.tolist() == [[1], [1], [-1], [1]]
    expected = [[0, 3, 0, 1], [0, 2, 0, 1]]
    assert [x.tolist() for x in few[1]] == [x.tolist() for x in many[1]] == expected


def test_two_holders_never_claim_the_same_example(store: Store) -> None:
    source = store.votes.source(Source(SourceKind.LLM, "one")).id
    first = store.leases.claim(source, [1, 2, 3], "a", most=2, seconds=60)
    second = store.leases.claim(source, [1, 2, 3], "b", most=5, seconds=60)
    assert (first, second) == ([1, 2], [3])
    store.leases.drop(["a"])
    assert store.leases.claim(source, [1, 2, 3], "b", most=5, seconds=60) == [1, 2]


def test_what_has_a_vote_or_was_set_aside_is_not_claimed(store: Store) -> None:
    source = store.votes.source(Source(SourceKind.LLM, "one")).id
    store.votes.put(source, [(1, "yes", None)])
    store.requests.set_aside(source, {2: "no category in the reply"})
    assert store.leases.claim(source, [1, 2, 3], "a", most=5, seconds=60) == [3]


def test_an_expired_lease_is_free_again(store: Store) -> None:
    source = store.votes.source(Source(SourceKind.LLM, "one")).id
    store.leases.claim(source, [1], "gone", most=1, seconds=-1)
    assert store.leases.claim(source, [1], "new", most=1, seconds=60) == [1]


def test_a_failed_transaction_stores_nothing(store: Store) -> None:
    def fail_half_way() -> None:
        with store.transaction():
            store.examples.add([Example("new", "x")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert store.examples.numbers(["new"]) == {}


def test_a_database_that_another_program_holds_is_a_clear_error(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catreview.store.database.BUSY_SECONDS", 0.01)
    other = sqlite3.connect(tmp_path / "catreview.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.close()
    with pytest.raises(StoreError, match=r"catreview\.db cannot be written: database is locked"):
        store.examples.add([Example("new", "x")])
    other.execute("ROLLBACK")
    other.close()
    assert store.examples.add([Example("new", "x")]).new == (0,)


def test_threads_write_side_by_side(store: Store) -> None:
    def write(part: int) -> None:
        for i in range(20):
            store.examples.add([Example(f"t{part}-{i}", "x")])

    threads = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.examples.count() == 5 + 80


def test_version_changes_when_another_process_commits(store: Store, tmp_path: Path) -> None:
    before = store.version()
    with Store(tmp_path / "catreview.db") as other:
        other.examples.add([Example("z", "z")])
    assert store.version() != before


@pytest.mark.parametrize("words", ["number 3", "NUMBER 3", "numb", '"number', "number*"])
def test_search_finds_all_words_in_any_case_and_takes_no_query_language(
    store: Store, words: str
) -> None:
    assert 4 in store.examples.search(words, 10)


@pytest.mark.parametrize("words", ["", "   ", '"', "NOT number", "number OR", "(", "text:number x"])
def test_search_survives_any_input(store: Store, words: str) -> None:
    assert store.examples.search(words, 10) == []


def test_a_file_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    Store(path).close()
    db = Database(path)
    db["_sqlite_migrations"].insert(
        {"migration_set": "catreview", "name": "from_the_future", "applied_at": "2099"}
    )
    db.close()
    with pytest.raises(ProjectError, match=r"newer catreview.*from_the_future"):
        Store(path)


def test_something_else_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    path.write_text("these are my notes, not a database" * 100)
    with pytest.raises(ProjectError, match="cannot be opened"):
        Store(path)
    assert path.read_text().startswith("these are my notes")


def test_migrating_keeps_a_copy_of_the_file_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "catreview.db"
    with Store(path) as store:
        store.examples.add([Example("kept", "x")])

    def second_step(db: Database) -> None:
        db["example"].add_column("extra", str)

    registered = list(migrations._migrations)
    migrations(name="second_step")(second_step)
    monkeypatch.setattr("catreview.store.database._ALL", {"first_tables", "second_step"})
    try:
        with Store(path) as store:
            assert store.examples.count() == 1
    finally:
        migrations._migrations[:] = registered
    (copy,) = tmp_path.glob("catreview.db.before-*")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    before = Database(copy)
    assert "extra" not in before["example"].columns_dict
    assert before["example"].count == 1
    before.close()


def test_many_votes_of_a_source_are_replaced_not_doubled(store: Store) -> None:
    source = store.votes.source(Source(SourceKind.LLM, "one"))
    store.votes.put(source.id, [(1, "yes", 0.5)])
    store.votes.put(source.id, [(1, "no", 0.7)])
    assert [(v.category, v.confidence) for v in store.votes.of(1)] == [("no", 0.7)]


def test_retired_sources_lose_their_votes_and_their_say(store: Store) -> None:
    old = store.votes.source(Source(SourceKind.FUNCTION, "f", "v1"))
    new = store.votes.source(Source(SourceKind.FUNCTION, "f", "v2"))
    for source in (old, new):
        store.votes.put(source.id, [(1, "yes", None)])
    store.votes.retire(SourceKind.FUNCTION, [new.id])
    assert [s.fingerprint for s in store.votes.sources(SourceKind.FUNCTION)] == ["v2"]
    assert len(store.votes.of(1)) == 1
