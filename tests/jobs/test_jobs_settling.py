"""Labels derived anew in parts: whoever writes between, whoever is killed, however many at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers.forks import Forks
from helpers.projects import write_jsonl

from catreview.importers import Columns
from catreview.jobs import alone as parts
from catreview.jobs.alone import alone
from catreview.jobs.functions.solo import vote_alone
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.sampling import sampled_truth
from catreview.jobs.labels.settling import settle, settle_if_learned
from catreview.jobs.project import DATABASE, Project, open_project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import SourceKind
from catreview.store import Stale, Store
from catreview.store.reviews import Reviews

TEXTS = ("can you call me?", "ok", "zq xk", "bye, see you", "please come", "I'm so happy!!")
N = 48
MINE = """from catreview.functions import labelling_function

@labelling_function("closing")
def mine(message):
    return {test}
"""


class Killed(BaseException):
    """A signal that comes between two transactions."""


@pytest.fixture
def talked(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Messages with votes of functions and an LLM; two rows are a part."""
    monkeypatch.setattr(parts, "PART", 2)
    pause(monkeypatch, lambda: None)
    rows = [{"id": f"m{i}", "text": TEXTS[i % len(TEXTS)]} for i in range(N)]
    import_messages(project, write_jsonl(tmp_path / "m.jsonl", rows), Columns())
    gold = [{"id": "m1", "label": "acknowledge"}]
    import_messages(project, write_jsonl(tmp_path / "gold.jsonl", gold), Columns(), gold=True)
    project.functions_file.write_text(MINE.format(test="'zq' in message.text"))
    run_functions(project)
    import_votes(project, llm_votes(tmp_path))
    settle(project)
    return project


def llm_votes(folder: Path) -> Path:
    said = [{"id": f"m{i}", "label": ("question", "emotion")[i % 2]} for i in range(0, N, 3)]
    return write_jsonl(folder / "llm.jsonl", said)


def pause(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something each time that others get their turn to write."""
    clock = SimpleNamespace(perf_counter=time.perf_counter, sleep=lambda _: act())
    monkeypatch.setattr(parts, "time", clock)


def labels(project: Project) -> list[Any]:
    return project.store._connections.rows("SELECT * FROM label ORDER BY example")


def everything(project: Project) -> list[Any]:
    """All votes, tallies and labels, by name."""
    rows = project.store._connections.rows
    return [
        rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3")
        for table in ("labels_by_name", "votes_by_name", "tally")
    ]


def unsettle(project: Project) -> None:
    """Let every label be wrong, and known to be."""
    store = project.store
    llm = store.votes.sources(SourceKind.LLM)[0].id
    numbers = store.examples.all_numbers()
    with store.transaction():
        store.labels.put(numbers, [(n, "closing", 0.5, "llm", llm) for n in numbers.tolist()])
        store.unsettled.mark(Stale.LABELS)


def test_others_can_write_between_any_two_parts(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(talked.folder / DATABASE, timeout=0.0, isolation_level=None)
    other.execute("CREATE TABLE mark (x)")
    pause(monkeypatch, lambda: other.execute("INSERT INTO mark VALUES (1)"))

    def turns(act: Callable[[], object]) -> int:
        other.execute("DELETE FROM mark")
        act()
        return int(other.execute("SELECT count(*) FROM mark").fetchone()[0])

    unsettle(talked)
    assert turns(lambda: settle_if_learned(talked)) >= N // 2
    talked.functions_file.write_text(MINE.format(test="'a' in message.text"))
    assert turns(lambda: run_functions(talked)) >= N // 4
    talked.functions_file.write_text(MINE.format(test="True"))
    assert turns(lambda: vote_alone(talked, "mine")) >= N // 2
    other.close()


def test_what_does_not_change_is_not_written(talked: Project, tmp_path: Path) -> None:
    before = everything(talked)
    db = talked.store._connections.db
    for table in ("label", "vote", "tally"):
        for what in ("INSERT", "UPDATE", "DELETE"):
            db.execute(
                f"CREATE TRIGGER {table}_{what} BEFORE {what} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'written'); END"
            )
    settle(talked)
    run_functions(talked)
    vote_alone(talked, "mine")
    assert everything(talked) == before
    with pytest.raises(sqlite3.IntegrityError, match="written"):
        import_votes(talked, llm_votes(tmp_path))


def test_a_decision_between_two_parts_stays(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ReviewSession(talked, "ambiguous", "rita")
    numbers = iter(talked.store.examples.all_numbers().tolist()[2:])

    def decide() -> None:
        for number in (next(numbers, None), next(numbers, None)):
            if number is not None:
                session.decide(session.card(number), "closing")

    unsettle(talked)
    pause(monkeypatch, decide)
    settle_if_learned(talked)
    decided = talked.store.reviews.decided()
    assert len(decided) > N // 2
    assert {row[0] for row in labels(talked) if row[3] == "human"} == decided.keys()
    after = labels(talked)
    settle(talked)
    assert labels(talked) == after


def killed_after(monkeypatch: pytest.MonkeyPatch, turns: int, act: Callable[[], object]) -> bool:
    """Whether `act` was killed after so many turns of the others; it may be over before."""
    left = iter(range(turns))

    def kill() -> None:
        if next(left, None) is None:
            raise Killed

    pause(monkeypatch, kill)
    with suppress(Killed):
        act()
        return False
    return True


def test_killed_between_any_two_parts_the_next_job_settles_the_rest(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = labels(talked)
    kills = 0
    for turns in range(N):
        unsettle(talked)
        kills += killed_after(monkeypatch, turns, lambda: settle_if_learned(talked))
        pause(monkeypatch, lambda: None)
        settle_if_learned(talked)
        assert labels(talked) == right
        assert talked.store.unsettled.marks() == {}
    assert kills > N // 3


@pytest.mark.parametrize("run", [run_functions, lambda p: vote_alone(p, "mine")])
def test_functions_killed_while_they_vote_leave_nothing_wrong_that_lasts(
    talked: Project, monkeypatch: pytest.MonkeyPatch, run: Callable[[Project], object]
) -> None:
    tests = ("'zq' in message.text", "'a' in message.text", "len(message.text) < 6")
    right = {}
    for test in tests:
        talked.functions_file.write_text(MINE.format(test=test))
        run(talked)
        right[test] = everything(talked)
    kills = 0
    for turns in range(60):
        test = tests[turns % 2]
        talked.functions_file.write_text(MINE.format(test=test))
        kills += killed_after(monkeypatch, turns, lambda: run(talked))
        pause(monkeypatch, lambda: None)
        # Any other job makes heuristic and labels of the votes that count ...
        settle_if_learned(talked)
        settled = everything(talked)
        assert talked.store.unsettled.marks() == {}
        assert settled[0] in [right[t][0] for t in tests]
        # ... and the same one again does all of it.
        run(talked)
        assert everything(talked) == right[test]
    assert kills > 20


def test_killed_by_a_signal_nothing_is_lost_and_the_next_command_is_right(talked: Project) -> None:
    right = everything(talked)
    folder = talked.folder
    with Forks({}) as forks:
        killed = 0
        for delay in (0.0, 0.001, 0.004, 0.008):
            unsettle(talked)
            child = forks.start("prepare", "--project", folder)
            until = time.monotonic() + 30
            while len(talked.store.unsettled.marks()) == 1 and time.monotonic() < until:
                time.sleep(0.001)
            time.sleep(delay)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            killed += forks.ended() == -signal.SIGKILL
            assert talked.store.check() == ""
        assert killed
        forks.start("lf", "run", "--project", folder)
        assert forks.ended() == 0
    assert everything(talked) == right
    assert talked.store.unsettled.marks() == {}


def test_two_jobs_at_once_end_with_what_both_learned(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "time", time)
    session = ReviewSession(talked, "audit", "rita")
    for place in range(12):
        session.decide(session.card(session.number(place)), "statement")
    unsettle(talked)
    jobs = [threading.Thread(target=settle_if_learned, args=[talked]) for _ in range(2)]
    jobs.append(threading.Thread(target=run_functions, args=[talked]))
    for job in jobs:
        job.start()
    for place in range(12, 24):
        session.decide(session.card(session.number(place)), "statement")
    for job in jobs:
        job.join()
    # What was decided last is learned from by the next job.
    settle_if_learned(talked)
    assert talked.store.unsettled.marks() == {}
    after = labels(talked)
    settle(talked)
    assert labels(talked) == after


def test_what_is_done_alone_waits_until_the_other_is_done_or_dead(talked: Project) -> None:
    entered, over = threading.Event(), []

    def wait() -> None:
        entered.set()
        with alone(talked):
            over.append("second")

    with alone(talked):
        second = threading.Thread(target=wait)
        second.start()
        entered.wait()
        second.join(0.05)
        over.append("first")
    second.join()
    assert over == ["first", "second"]


def test_a_reviewer_never_waits_for_what_is_done_alone(talked: Project) -> None:
    with alone(talked):
        session = ReviewSession(talked, "ambiguous", "rita")
        number = session.number(0)
        session.decide(session.card(number), "closing")
        session.undo()
    assert len(talked.store.reviews.history(number)) == 2


def test_only_labels_of_llms_are_compared_where_only_those_can_change(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    voted = set(talked.store.votes.voted_by(SourceKind.LLM).tolist())
    unsettle(talked)
    talked.store.unsettled.clear(talked.store.unsettled.marks())
    talked.store.unsettled.mark(Stale.LLM_LABELS)
    settle_if_learned(talked)
    wrong = {row[0] for row in labels(talked) if row[1:4] == ("closing", 0.5, "llm")}
    numbers = set(talked.store.examples.all_numbers().tolist())
    assert wrong == numbers - voted
    with open_project(talked.folder, {"labels": {"rule": "dawid-skene"}}) as weighing:
        settle_if_learned(weighing)
        assert not [row for row in labels(weighing) if row[1:4] == ("closing", 0.5, "llm")]


def test_the_mark_is_set_with_what_makes_labels_stale(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ReviewSession(talked, "ambiguous", "rita")
    for number in talked.store.votes.voted_by(SourceKind.LLM).tolist():
        session.decide(session.card(number), "statement")
    seen = []
    monkeypatch.setattr(
        "catreview.jobs.labels.settling._known",
        lambda project, numbers: seen.append(project.store.unsettled.marks()) or 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        settle_if_learned(talked)
    monkeypatch.undo()
    (marks,) = seen
    with Store(talked.folder / DATABASE) as store:
        assert store.unsettled.marks() == marks
        assert list(marks.values()) == [Stale.LLM_LABELS]


def test_what_becomes_stale_while_labels_are_derived_stays_marked(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsettle(talked)
    waiting = [Stale.LLM_LABELS]
    pause(monkeypatch, lambda: waiting and talked.store.unsettled.mark(waiting.pop()))
    settle_if_learned(talked)
    assert list(talked.store.unsettled.marks().values()) == [Stale.LLM_LABELS]


def interrupt(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something once, right after people's decisions were read for the labels."""
    read, waiting = Reviews.decided, [act]

    def decided(self: Reviews, *numbers: Any, **how: Any) -> Any:
        found = read(self, *numbers, **how)
        if found and not how and waiting:
            waiting.pop()()
        return found

    monkeypatch.setattr(Reviews, "decided", decided)


def test_an_undo_between_two_looks_at_the_log_stops_no_job(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ReviewSession(talked, "audit", "me")
    number = session.number(0)
    before = talked.store.labels.get(number)
    session.decide(session.card(number), "emotion")
    talked.store.unsettled.mark(Stale.LABELS)
    interrupt(monkeypatch, session.undo)
    settle_if_learned(talked)
    assert talked.store.reviews.decided() == {}
    assert talked.store.labels.get(number) == before


def test_what_is_decided_while_a_job_learns_is_no_other_examples_truth(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ReviewSession(talked, "audit", "me")
    first, *others = sorted(session.number(place) for place in range(5))[::-1]
    session.decide(session.card(first), "emotion")
    numbers = np.array([first])
    for other in others:
        session.decide(session.card(other), "closing")
    # Asked as by somebody who read the log before the others were decided.
    assert sampled_truth(talked, numbers).tolist() == [talked.schema.index["emotion"]]
    assert sampled_truth(talked, numbers[:0]).tolist() == []
