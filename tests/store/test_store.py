"""The database: what is stored stays, two workers don't meet, newer files are refused."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from catreview.errors import ProjectError, StoreError
from catreview.records import ABSTAIN, Example, Pace, Source, SourceKind
from catreview.store import (
    Action,
    ErrorRate,
    Review,
    Stale,
    Store,
    StoredOrder,
    StoredReliability,
)
from catreview.store.database import STEPS
from catreview.store.finding import Holds
from catreview.store.migrations import migrations

NAMES = ("yes", "no")
ROOT = Path(__file__).resolve().parents[2]


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


def test_a_conversation_is_shown_around_an_example_also_where_turns_are_doubled(
    store: Store,
) -> None:
    turns = (0, 1, 1, 2, 3)
    store.examples.add([Example(f"c{i}", f"{i}", "", "c", turn) for i, turn in enumerate(turns)])
    numbers = store.examples.numbers([f"c{i}" for i in range(5)])

    def around(limit: int, of: str = "c2") -> list[str]:
        return [n.text for n in store.examples.conversation(numbers[of], limit).messages]

    assert around(9) == ["0", "1", "2", "3", "4"]
    assert around(4) == ["0", "1", "2", "3"]
    assert around(3) == ["1", "2", "3"]
    assert around(2) == ["1", "2"]
    assert around(1) == ["2"]
    assert (around(3, "c0"), around(3, "c4")) == (["0", "1", "2"], ["2", "3", "4"])


@pytest.mark.parametrize("first", [0, 1, 40])
def test_a_place_in_a_conversation_counts_from_its_first_turn(store: Store, first: int) -> None:
    store.examples.add([Example(f"c{i}", "x", "", "c", first + i) for i in range(4)])
    store.examples.add([Example("alone", "x", "", "", 7)])
    number = store.examples.numbers(["c0", "c3", "alone"])
    seen = [store.examples.conversation(number[i], 9) for i in ("c0", "c3", "alone")]
    assert [(each.place, each.total) for each in seen] == [(1, 4), (4, 4), (1, 1)]


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


def say(store: Store, action: Action, act: Review) -> None:
    store.reviews.append(Review(act.example, act.reviewer, action, undoes=act.id))


def test_the_last_word_on_an_act_says_whether_it_stands(store: Store) -> None:
    act = store.reviews.append(Review(1, "me", Action.FIX, category="yes"))
    for word, stands in (("undo", False), ("redo", True), ("undo", False), ("redo", True)):
        say(store, Action(word), act)
        assert (store.reviews.last_standing("me") == act) is stands
        assert (store.reviews.last_undone("me") is None) is stands
        assert bool(store.reviews.decided()) is stands
        assert bool(store.reviews.of(1)) is stands
    assert [r.action for r in store.reviews.history(1)] == ["fix", *["undo", "redo"] * 2]


def test_acts_are_redone_in_the_order_in_which_they_were_undone_last(store: Store) -> None:
    one, two = (store.reviews.append(Review(n, "me", Action.FIX, category="yes")) for n in (1, 2))
    say(store, Action.UNDO, two)
    say(store, Action.UNDO, one)
    assert store.reviews.last_undone("me") == one
    say(store, Action.REDO, one)
    assert store.reviews.last_undone("me") == two
    store.reviews.append(Review(3, "you", Action.SKIP))
    assert store.reviews.last_undone("me") == two
    store.reviews.append(Review(3, "me", Action.SKIP))
    assert store.reviews.last_undone("me") is None


def test_a_file_from_before_redo_keeps_its_log_and_can_redo(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    migrations.apply(old, stop_before="switches_and_redo")
    old.execute("INSERT INTO example VALUES (1, 'a', '', 0, '', '', 'x', NULL)")
    for row in ((1, "fix", "yes", None), (2, "undo", None, 1)):
        old.execute(
            "INSERT INTO review (id, example, reviewer, action, category, undoes, at)"
            " VALUES (?, 1, 'me', ?, ?, ?, '2026')",
            row,
        )
    old.conn.commit()
    old.close()
    with Store(path) as store:
        act = store.reviews.last_undone("me")
        assert act is not None
        say(store, Action.REDO, act)
        say(store, Action.UNDO, act)
        assert store.reviews.decided() == {}
        store.switches.turn("f", on=False)
        assert store.switches.off() == {"f"}


def test_a_file_from_before_has_the_beginnings_of_words_in_its_index(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    migrations.apply(old, stop_before="words_by_their_beginnings")
    insert = "INSERT INTO example VALUES (?, ?, '', 0, '', '', ?, NULL)"
    for number, text in enumerate(("The theory", "this", "gone", "other"), 1):
        old.execute(insert, (number, str(number), text))
    old.execute("DELETE FROM example WHERE number = 3")
    old.conn.commit()
    old.close()
    with Store(path) as store:
        store.examples.add([Example("5", "thanks")])
        found = {
            begun: store.finding.find([Holds((begun,), prefix=True)], 9)
            for begun in ("t", "th", "the", "theo", "g")
        }
    assert found == {"t": [1, 2, 5], "th": [1, 2, 5], "the": [1], "theo": [1], "g": []}
    file = Database(path)
    assert "prefix='1 2 3'" in file["example_fts"].schema
    # Fails where the index does not say what the messages do.
    file.execute("INSERT INTO example_fts (example_fts, rank) VALUES ('integrity-check', 1)")
    file.close()


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
    store.tallies.put(np.array([2, 5]), np.array([3, 1], np.int16), np.array([2, 1], np.int16))
    numbers = np.array([1, 2, 4, 5])
    few = store.votes.matrix(numbers, [source], NAMES), store.tallies.of(numbers)
    monkeypatch.setattr("catreview.store.selecting.FEW", 0)
    many = store.votes.matrix(numbers, [source], NAMES), store.tallies.of(numbers)
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


def test_a_thread_that_waits_for_another_program_is_told_to_stop_waiting(
    store: Store, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "catreview.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(store.examples.add, [Example("new", "x")])
            with pytest.raises(TimeoutError):
                waiting.result(0.3)
            store.stop_waiting()
            with pytest.raises(StoreError, match="database is locked"):
                waiting.result(5)


LONG = """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)
SELECT count(*) FROM n"""


def test_a_read_that_nobody_waits_for_any_more_ends_in_the_middle_of_a_statement(
    store: Store,
) -> None:
    said = []

    def read() -> None:
        with store.reading():
            for _ in range(2):  # nor is anything read after it
                with pytest.raises(StoreError, match="was not read to the end") as failed:
                    store._connections.value(LONG)
                said.append(failed.value)
        with store.reading():  # what is begun later is read, as by another app on the same store
            assert store._connections.value("SELECT 1") == 1

    with ThreadPoolExecutor() as threads:
        reading = threads.submit(read)
        with pytest.raises(TimeoutError):
            reading.result(0.2)
        store.stop_waiting()
        reading.result(5)
    assert len(said) == 2


def test_what_is_being_written_is_written_whatever_is_read_no_more(store: Store) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def write() -> None:
        with store.reading(), store.transaction():
            begun.set()
            assert stopped.wait(5)
            store.examples.add([Example("new", "x")])

    with ThreadPoolExecutor() as threads:
        writing = threads.submit(write)
        assert begun.wait(5)
        store.stop_waiting()
        stopped.set()
        writing.result(5)
    assert store.examples.last()


CLOSING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

from catreview.store import Store

store = Store(Path(sys.argv[1]))
with ThreadPoolExecutor() as threads:
    reading = [threads.submit(store._connections.value, sys.argv[2]) for _ in range(2)]
    sleep(0.2)
    store.close()
    print([one.result() for one in reading], store.examples.last())
"""


def test_closing_under_a_statement_of_another_thread_lets_it_end(tmp_path: Path) -> None:
    some = LONG.replace("100000000", "5000000")
    done = subprocess.run(
        [sys.executable, "-c", CLOSING, str(tmp_path / "some.db"), some],
        check=False, capture_output=True, text=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "[5000000, 5000000] 0\n"), done.stderr


def test_closing_leaves_no_connection_of_a_thread_that_has_ended(
    store: Store, tmp_path: Path
) -> None:
    with ThreadPoolExecutor() as threads:
        threads.submit(store.examples.last).result()
    store.close()
    assert not (tmp_path / "catreview.db-wal").exists()  # gone with the last connection


def test_a_file_that_breaks_is_a_clear_error_for_who_reads_and_who_writes(
    store: Store, tmp_path: Path
) -> None:
    store.examples.add([Example(str(i), "x" * 500) for i in range(100)])
    store.close()
    path = tmp_path / "catreview.db"
    assert store.examples.last()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError, match=r"catreview\.db cannot be read: .*malformed"):
        store.examples.get(list(range(1, 100)))
    with pytest.raises(StoreError, match=r"catreview\.db cannot be read: .*malformed"):
        list(store.labels.export())
    with pytest.raises(StoreError, match=r"catreview\.db cannot be .*malformed"):
        store.examples.add([Example("new", "x")])
    store.close()
    with pytest.raises(ProjectError, match=r"catreview\.db cannot be opened"):
        store.examples.last()


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


def test_a_file_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    Store(path).close()
    db = Database(path)
    db["_sqlite_migrations"].insert(
        {"migration_set": "catreview", "name": "from_the_future", "applied_at": "2099"}
    )
    db.execute(f"PRAGMA user_version = {STEPS + 1}")
    db.close()
    with pytest.raises(ProjectError, match=r"newer catreview.*from_the_future"):
        Store(path)


def test_every_migration_is_counted() -> None:
    """A file that says it had so many is opened without looking for more."""
    assert len(migrations._migrations) == STEPS


def test_something_else_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    path.write_text("these are my notes, not a database" * 100)
    with pytest.raises(ProjectError, match="cannot be opened as a catreview database"):
        Store(path)
    assert path.read_text().startswith("these are my notes")


def test_a_file_that_may_not_be_written_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as nobody:
        nobody.setattr("catreview.store.database.os.open", refuse)
        with pytest.raises(ProjectError, match="Permission denied") as refused:
            Store(tmp_path / "new.db")
    assert "Nothing is wrong with what is stored" in refused.value.hint
    (tmp_path / "catreview.db").mkdir()
    with pytest.raises(ProjectError, match="unable to open database file") as error:
        Store(tmp_path / "catreview.db")
    assert "Nothing is wrong with what is stored" in error.value.hint


def test_migrating_keeps_a_copy_of_the_file_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "catreview.db"
    with Store(path) as store:
        store.examples.add([Example("kept", "x")])

    def next_step(db: Database) -> None:
        db["example"].add_column("extra", str)

    registered = list(migrations._migrations)
    migrations(name="next_step")(next_step)
    monkeypatch.setattr("catreview.store.database.STEPS", STEPS + 1)
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


def test_a_file_of_the_first_version_keeps_its_rows_and_gets_the_new_tables(
    tmp_path: Path,
) -> None:
    path = tmp_path / "catreview.db"
    first = Database(path)
    migrations.apply(first, stop_before="endpoints_and_batches")
    first.execute("INSERT INTO source VALUES (1, 'llm', 'm', 'f', 1, '2026')")
    first.execute(
        """INSERT INTO request VALUES
        (1, NULL, 1, 'm', 'p', '["e"]', 1, 1, 'ok', 10, 2, NULL, 0.5, NULL, '2026')"""
    )
    first.conn.commit()
    first.close()
    with Store(path) as store:
        rows = store._connections.rows("SELECT id, status, error_class FROM request")
        assert rows == [(1, "ok", None)]
        with store.endpoints.pacing("http://x/v1 m") as pace:
            pace.used = 3
        assert store.endpoints.pace("http://x/v1 m").used == 3
    assert len(list(tmp_path.glob("catreview.db.before-*"))) == 1


def test_limits_that_stay_as_they_are_are_not_written(store: Store) -> None:
    with store.endpoints.pacing("m") as pace:
        pace.used = 3
    before = store.changes()
    with store.endpoints.pacing("m") as pace:
        assert pace.used == 3
    assert store.changes() == before


def test_a_bulk_is_those_of_its_rows_that_stand_as_the_one_asked_for_does(store: Store) -> None:
    store.reviews.append_all([Review(n, "me", Action.ACCEPT, "yes", bulk=1) for n in (1, 2, 3)])
    first, second, third = store.reviews.decisions(bulk=True)
    say(store, Action.UNDO, second)
    assert [row.example for row in store.bulks.whole(first)] == [1, 3]
    assert store.bulks.whole(second) == [second]
    assert store.bulks.whole(third)[1] == third


def test_of_runs_that_ended_so_the_one_that_ended_last_is_found(store: Store) -> None:
    first, second = (store.runs.start("written", {}) for _ in range(2))
    store.runs.finish(second, "taken back")
    time.sleep(0.002)  # ends are told apart by milliseconds
    store.runs.finish(first, "taken back")
    found = store.runs.last_ended("written", "taken back")
    assert found is not None
    assert found.id == first


def test_a_file_from_before_reliabilities_keeps_its_votes_and_can_learn(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    before = Database(path)
    migrations.apply(before, stop_before="reliability_of_llms")
    before.execute("INSERT INTO source VALUES (1, 'llm', 'm', 'f', 1, '2026')")
    before.execute("INSERT INTO example VALUES (1, 'e', '', 0, '', '', 'hello', NULL)")
    before.execute("INSERT INTO vote VALUES (1, 1, 'yes', 0.5)")
    before.conn.commit()
    before.close()
    learned = StoredReliability(1, 30, 0.8, {"yes": 0.9}, "sample", 25, 0.4, {"yes": 0.1})
    with Store(path) as store:
        assert dict(store.votes.by_id(1)) == {"e": ("yes", 0.5)}
        assert store.reliabilities.all() == {}
        store.reliabilities.replace([learned])
        assert store.reliabilities.all() == {1: learned}
    assert len(list(tmp_path.glob("catreview.db.before-*"))) == 1


def test_what_an_endpoint_takes_is_forgotten_after_a_week(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.endpoints.remember("http://x/v1 m", "plain")
    now = time.time()
    for days, known in ((6.9, "plain"), (7.1, None)):
        monkeypatch.setattr(time, "time", lambda days=days: now + days * 86_400)
        assert store.endpoints.features("http://x/v1 m") == known


def test_what_an_endpoint_took_before_ages_were_known_is_found_out_anew(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    before = Database(path)
    migrations.apply(before, stop_before="memory_of_endpoints_fades")
    before.execute("INSERT INTO endpoint (name, features, used) VALUES ('m', 'plain', 4)")
    before.conn.commit()
    before.close()
    with Store(path) as store:
        assert store.endpoints.features("m") is None
        assert store.endpoints.pace("m").used == 4
        store.endpoints.remember("m", "all")
        assert store.endpoints.features("m") == "all"


def test_a_reliability_from_before_says_what_it_rests_on(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    before = Database(path)
    migrations.apply(before, stop_before="what_reliabilities_rest_on")
    for number, reviews in ((1, 20), (2, 19)):
        before.execute("INSERT INTO source VALUES (?, 'llm', ?, '', 1, '2026')", [number, number])
        before.execute(
            "INSERT INTO reliability VALUES (?, ?, 0.9, '{}', 0, 1.0, NULL)", [number, reviews]
        )
    before.conn.commit()
    before.close()
    with Store(path) as store:
        known = store.reliabilities.all()
    assert {i: row.learned_from for i, row in known.items()} == {1: "reviews", 2: "prior"}


def test_a_file_from_before_label_rules_learn_gets_empty_tables(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    before = Database(path)
    migrations.apply(before, stop_before="errors_of_all_sources")
    before.execute("INSERT INTO source VALUES (1, 'llm', 'm', 'f', 1, '2026')")
    before.conn.commit()
    before.close()
    rate = ErrorRate(1, "yes", False, "no", 0.25)
    with Store(path) as store:
        assert (store.error_rates.rates(), store.error_rates.shares()) == ([], {})
        store.error_rates.replace([rate], {"no": 1.0})
        assert (store.error_rates.rates(), store.error_rates.shares()) == ([rate], {"no": 1.0})
        store.error_rates.replace([], {})
        assert (store.error_rates.rates(), store.error_rates.shares()) == ([], {})


def test_the_votes_of_a_trial_count_for_nothing_until_they_are_adopted(store: Store) -> None:
    number, other = store.examples.all_numbers()[:2].tolist()
    trial = store.votes.source(Source(SourceKind.LLM, "m, 5 a request", "f"), active=False)
    store.votes.put(trial.id, [(number, "yes", 0.7), (other, "no", None)])
    assert store.votes.sources(SourceKind.LLM) == []
    assert store.votes.of(number) == []
    assert store.votes.find(Source(SourceKind.LLM, "m, 5 a request", "f")) == trial
    source = store.votes.source(Source(SourceKind.LLM, "m", "f"))
    store.votes.put(source.id, [(other, "yes", 0.9)])
    assert store.votes.adopt(source.id, trial.id) == [number]
    assert store.votes.adopt(source.id, trial.id) == []
    assert dict(store.votes.by_id(source.id)) == {"e0": ("yes", 0.7), "e1": ("yes", 0.9)}
    assert len(store.votes.voted(trial.id)) == 2


def test_many_votes_of_a_source_are_replaced_not_doubled(store: Store) -> None:
    source = store.votes.source(Source(SourceKind.LLM, "one"))
    store.votes.put(source.id, [(1, "yes", 0.5)])
    store.votes.put(source.id, [(1, "no", 0.7)])
    assert [(v.category, v.confidence) for v in store.votes.of(1)] == [("no", 0.7)]


def test_of_a_matrix_of_votes_only_what_differs_is_to_be_written(store: Store) -> None:
    one, two = (store.votes.source(Source(SourceKind.FUNCTION, name)) for name in ("one", "two"))
    store.votes.put(one.id, [(1, "yes", 0.5), (2, "yes", 0.5), (3, "left the schema", None)])
    store.votes.put(two.id, [(1, "no", None), (4, "no", None)])
    numbers = np.array([1, 2, 3, 4])
    codes = np.array([[0, 1], [1, ABSTAIN], [ABSTAIN, ABSTAIN], [ABSTAIN, ABSTAIN]], np.int16)
    sure = np.array([[0.75, np.nan], [0.5, np.nan], [0.0, 0.0], [0.0, 0.0]])
    rows = store.votes.differing(numbers, [one, two], codes, NAMES, sure)
    assert sorted(rows) == [
        (1, one.id, "yes", 0.75), (2, one.id, "no", 0.5), (3, one.id, None, 0.0),
        (4, two.id, None, 0.0),
    ]  # fmt: skip
    store.votes.put_rows(rows)
    assert store.votes.differing(numbers, [one, two], codes, NAMES, sure) == []
    assert dict(store.votes.by_id(one.id)) == {"e0": ("yes", 0.75), "e1": ("no", 0.5)}
    assert dict(store.votes.by_id(two.id)) == {"e0": ("no", None)}


def test_only_labels_that_differ_are_written(store: Store) -> None:
    source = store.votes.source(Source(SourceKind.LLM, "one")).id
    rows = [(n, "yes", 0.5, "llm", source) for n in (1, 2, 3)]
    store.labels.put(np.array([1, 2, 3]), rows)
    written = store.changes()
    store.labels.put(np.array([1, 2, 3]), rows)
    assert store.changes() == written
    numbers, wanted = np.array([1, 2, 4]), [rows[0], (4, "no", 0.25, "llm", source)]
    assert store.labels.differing(numbers, wanted).tolist() == [2, 4]
    store.labels.put(numbers, wanted)
    assert store.changes() == written + 2
    assert [row[:2] for row in store.labels.all()] == [(1, "yes"), (3, "yes"), (4, "no")]


def test_a_file_from_before_marks_has_nothing_that_is_stale(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    old = Database(path)
    migrations.apply(old, stop_before="marks_of_what_is_stale")
    old.execute("INSERT INTO source (kind, name, fingerprint, created) VALUES ('llm', 'm', '', '')")
    old.conn.commit()
    old.close()
    with Store(path) as store:
        assert len(store.votes.sources(SourceKind.LLM)) == 1
        assert store.unsettled.marks() == {}
        store.unsettled.mark(Stale.LABELS)
        (mark,) = store.unsettled.marks()
        store.unsettled.mark(Stale.HEURISTIC)
        store.unsettled.clear([mark])
        assert list(store.unsettled.marks().values()) == [Stale.HEURISTIC]


def test_a_file_from_before_acts_and_labels_were_indexed_keeps_both(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    old = Database(path)
    migrations.apply(old, stop_before="acts_and_labels_by_what_they_say")
    for sql in (
        "INSERT INTO example (id, conversation, turn, speaker, previous, text)"
        " VALUES ('a', '', 0, '', '', 'ok')",
        "INSERT INTO source (kind, name, fingerprint, created) VALUES ('reviewer', 'me', '', '')",
        "INSERT INTO review (example, reviewer, action, category, at)"
        " VALUES (1, 'me', 'fix', 'x', '')",
        "INSERT INTO label VALUES (1, 'x', 1.0, 'human', 1)",
    ):
        old.execute(sql)
    old.conn.commit()
    old.close()
    with Store(path) as store:
        assert store.reviews.decided_examples() == {1}
        assert store.labels.counts() == {"human": {"x": 1}}
        indexes = {row[0] for row in store._connections.rows("SELECT name FROM sqlite_master")}
        assert {"review_act", "label_category"} <= indexes


def test_reviews_from_before_blind_mode_and_bulks_are_kept_as_neither(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    old = Database(path)
    migrations.apply(old, stop_before="blind_reviews")
    old.execute("INSERT INTO example VALUES (1, 'e', '', 0, '', '', 'x', NULL)")
    old.execute(
        "INSERT INTO review (example, reviewer, action, at) VALUES (1, 'me', 'flag', '2026')"
    )
    old.conn.commit()
    old.close()
    with Store(path) as store:
        assert [(act.blind, act.bulk) for act in store.reviews.of(1)] == [(False, None)]
        assert store.reviews.append(Review(1, "me", Action.FIX, "no", blind=True)).blind
        assert store.bulks.next() == 1
        store.reviews.append_all([Review(1, "me", Action.FIX, "no", bulk=1)])
        assert store.bulks.next() == 2
        names = store._connections.rows("SELECT example, bulk FROM reviews_by_name ORDER BY id")
        assert names == [("e", None), ("e", None), ("e", 1)]
    other = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute("DELETE FROM review")
    other.close()


def test_a_file_from_before_stored_orders_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    migrations.apply(old, stop_before="queue_orders")
    old.conn.commit()
    old.close()
    with Store(path) as store:
        assert store.orders.get("audit") is None
        numbers, why = np.array([7, 3]), np.array([1, 0], dtype=np.uint32)
        store.orders.put("audit", StoredOrder(numbers, why, ("a", "b"), "now", 5))
        found = store.orders.get("audit")
    assert found is not None
    assert (found.numbers.tolist(), found.why.tolist()) == ([7, 3], [1, 0])
    assert (found.reasons, found.basis, found.reviews) == (["a", "b"], "now", 5)


def test_a_file_from_before_label_counts_keeps_its_runs_and_counts_from_now_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    migrations.apply(old, stop_before="labels_beside_runs")
    old.execute(
        "INSERT INTO run (kind, parameters, started, ended, status, results)"
        " VALUES ('train', '{}', '2026', '2026', 'done', '{}')"
    )
    old.execute("INSERT INTO example VALUES (1, 'e', '', 0, '', '', 'hello', NULL)")
    old.execute("INSERT INTO source VALUES (1, 'llm', 'm', 'f', 1, '2026')")
    old.execute("INSERT INTO label VALUES (1, 'yes', 0.9, 'llm', 1)")
    old.conn.commit()
    old.close()
    with Store(path) as store:
        assert len(store.runs.finished("train")) == 1
        assert store.runs.label_counts(10) == []
        store.runs.finish(store.runs.start("label", {}), "interrupted")
        (count,) = store.runs.label_counts(10)
        assert (count.kind, count.labels) == ("label", {"llm": 1})


def test_a_file_from_before_knows_which_gold_is_not_of_a_decision(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    migrations.apply(old, stop_before="gold_that_files_give")
    for number in (1, 2):
        old.execute(f"INSERT INTO example VALUES ({number}, 'e{number}', '', 0, '', '', 'x', 'a')")
    old.execute(
        "INSERT INTO review (example, reviewer, action, category, queue, at)"
        " VALUES (1, 'me', 'fix', 'a', 'gold', '2026')"
    )
    old.conn.commit()
    old.close()
    with Store(path) as store:
        for number in (1, 2):
            store.examples.set_gold(number, None)
        assert store.examples.gold() == {2: "a"}


def test_changes_counts_commits_of_this_connection_and_of_others(tmp_path: Path) -> None:
    with Store(tmp_path / "one.db") as store, Store(tmp_path / "one.db") as other:
        before = store.changes()
        assert store.changes() == before
        store.runs.start("train", {})
        own = store.changes()
        assert own > before
        other.runs.start("train", {})
        assert store.changes() > own


def test_votes_put_aside_are_hidden_at_once_and_forgotten_in_parts(store: Store) -> None:
    old, new = (store.votes.source(Source(SourceKind.MODEL, name)) for name in ("old", "new"))
    numbers = store.examples.all_numbers()
    for source in (old, new):
        store.votes.put(source.id, [(int(n), "yes", 0.5) for n in numbers])
    store.votes.put_aside(SourceKind.MODEL, [new.id])
    assert store.votes.sources(SourceKind.MODEL) == [new]
    assert [line.source for line in store.votes.of(1)] == [new]
    left = [store.votes.forgettable(SourceKind.MODEL)]
    while left[-1]:
        store.votes.forget(SourceKind.MODEL, 2)
        left.append(store.votes.forgettable(SourceKind.MODEL))
    assert left == [5, 3, 1, 0]
    assert store.votes.voted(old.id).size == 0
    assert store.votes.voted(new.id).size == len(numbers)


def test_another_transaction_is_seen_without_waiting_for_it(store: Store, tmp_path: Path) -> None:
    assert not store.busy()
    other = sqlite3.connect(tmp_path / "catreview.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.busy()
    other.execute("COMMIT")
    assert not store.busy()
    other.close()
    with store.transaction():
        assert not store.busy()


def test_what_was_committed_is_checkpointed_when_asked(store: Store, tmp_path: Path) -> None:
    store.leave_checkpoints()
    store.examples.add([Example("later", "text")])
    store.checkpoint()
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"catreview.db{suffix}").rename(tmp_path / f"aside{suffix}")
    alone = sqlite3.connect(f"file:{tmp_path / 'catreview.db'}?mode=ro&immutable=1", uri=True)
    assert alone.execute("SELECT count(*) FROM example WHERE id = 'later'").fetchone() == (1,)
    alone.close()


def test_a_full_disk_is_called_that_and_leaves_everything_as_it_was(store: Store) -> None:
    connection = store.finding._c
    connection.db.execute(f"PRAGMA max_page_count = {connection.value('PRAGMA page_count')}")
    with pytest.raises(StoreError, match="full") as error:
        store.examples.add([Example("new", "x" * 1_000_000)])
    assert error.value.hint.startswith("Make room on the disk")
    assert store.examples.numbers(["new"]) == {}


def test_a_file_from_before_encoders_keeps_vectors_of_the_one_that_read_last(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    migrations.apply(old, stop_before="vectors_of_an_encoder")
    old["example"].insert_all(
        [
            {
                "number": 1,
                "id": "e",
                "text": "hi",
                "conversation": "c",
                "previous": "",
                "turn": 0,
                "speaker": "",
            },
            {
                "number": 2,
                "id": "f",
                "text": "ho",
                "conversation": "c",
                "previous": "",
                "turn": 1,
                "speaker": "",
            },
        ]
    )
    old.conn.commit()
    old.close()
    numbers = np.array([2, 1])
    with Store(path) as store:
        found, there = store.vectors.get("x", numbers, 2)
        assert (found.tolist(), there.tolist()) == ([[0, 0], [0, 0]], [False, False])
        store.vectors.put("x", numbers, np.array([[1, 2], [3, 4]], dtype=np.float16))
        store.vectors.put("y", numbers[:1], np.array([[5, 6]], dtype=np.float16))
        found, there = store.vectors.get("x", numbers, 2)
        assert (found.tolist(), there.tolist()) == ([[0, 0], [3, 4]], [False, True])
        found, _ = store.vectors.get("y", numbers, 2)
        assert found.tolist() == [[5, 6], [0, 0]]


def test_asking_for_a_source_that_is_there_waits_for_no_writer(store: Store) -> None:
    rita, on_trial = Source(SourceKind.REVIEWER, "rita"), Source(SourceKind.LLM, "llm", "p")
    first, tried = store.votes.source(rita), store.votes.source(on_trial, active=False)
    changes = store.changes()
    assert store.votes.source(rita) == first
    assert store.votes.source(on_trial, active=False) == tried
    assert store.changes() == changes
    assert store.votes.source(on_trial) == tried
    assert tried in store.votes.sources()


def test_a_lease_from_before_the_clock_was_set_back_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr("catreview.store.leases.time.time", lambda: clock[0])
    with Store(tmp_path / "catreview.db") as store:
        store.examples.add([Example(i, "ok") for i in "abc"])
        llm = store.votes.source(Source(SourceKind.LLM, "m")).id
        ana = store.votes.source(Source(SourceKind.REVIEWER, "ana")).id
        leases = store.leases
        assert leases.claim(llm, [1], "here:1:x", most=1, seconds=600) == [1]
        assert leases.claim(llm, [2], "batch:0:x", most=1, seconds=30 * 86_400) == [2]
        leases.seat(ana, [3], "here:2:x", 600)
        clock[0] -= 30  # a jolt
        assert leases.claim(llm, [1, 2], "here:3:x", most=2, seconds=600) == []
        assert len(leases.desks([3], "other")) == 1
        clock[0] -= 86_400
        assert leases.desks([3], "other") == []
        assert leases.claim(llm, [1, 2], "here:3:x", most=2, seconds=600) == [1]
        assert leases.holders() == {"here:3:x", "batch:0:x"}
        clock[0] += 30
        leases.renew("here:3:x", 600)
        clock[0] += 599
        assert leases.claim(llm, [1], "here:4:x", most=2, seconds=600) == []


def test_a_file_from_before_leases_knew_when_they_were_taken_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    old = Database(path)
    migrations.apply(old, stop_before="clocks_that_are_set_back")
    for sql in (
        "INSERT INTO example (id, conversation, turn, speaker, previous, text)"
        " VALUES ('a', '', 0, '', '', 'ok')",
        "INSERT INTO source (kind, name, fingerprint, created) VALUES ('llm', 'm', '', '')",
        "INSERT INTO lease (example, source, holder, expires) VALUES (1, 1, 'batch:0:x', 9e9)",
        "INSERT INTO endpoint (name, held, day, used) VALUES ('there', 5.0, '2026-03-04', 7)",
    ):
        old.execute(sql)
    old.conn.commit()
    old.close()
    with Store(path) as store:
        assert store.leases.claim(1, [1], "here:1:x", most=1, seconds=60) == []
        assert store.leases.holders() == {"batch:0:x"}
        assert store.endpoints.pace("there") == Pace(held=5.0, day="2026-03-04", used=7, at=0.0)
