"""What lies on one reviewer's desk, no other app lays out; a dead or idle one keeps nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from helpers.projects import write_jsonl
from sqlite_utils import Database

from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.holders import new_holder
from catreview.jobs.importing import import_messages
from catreview.jobs.project import Project, open_project
from catreview.jobs.review import claims
from catreview.jobs.review.claims import AHEAD, leave
from catreview.jobs.review.reviewing import ReviewSession
from catreview.store import Store
from catreview.store.migrations import migrations

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def many(project: Project, tmp_path: Path) -> Project:
    """Forty messages, all of them in the queue `audit`."""
    rows = [{"id": f"m{i}", "text": f"can you bring {i} bags?"} for i in range(40)]
    import_messages(project, write_jsonl(tmp_path / "many.jsonl", rows), Columns())
    run_functions(project)
    return project


def desk_of(project: Project, name: str) -> tuple[ReviewSession, str]:
    """A session that claims, and its holder."""
    holder = new_holder()
    return ReviewSession(project, "audit", name, holder), holder


def next_of(session: ReviewSession) -> int | None:
    position = session.next_open(0)
    return None if position is None else session.number(position)


def test_the_next_few_are_kept_as_well(many: Project) -> None:
    rita, _ = desk_of(many, "rita")
    bo, _ = desk_of(many, "bo")
    assert rita.next_open(0) == 0
    assert bo.next_open(0) == 1 + AHEAD
    assert rita.next_open(1) == 1, "what she kept for herself is hers"


def test_two_apps_of_the_same_reviewer_keep_off_each_other_too(many: Project) -> None:
    one, _ = desk_of(many, "rita")
    two, _ = desk_of(many, "rita")
    assert next_of(one) != next_of(two)


def test_an_example_for_two_reviewers_is_not_for_two_apps_of_one(many: Project) -> None:
    with open_project(many.folder, {"review": {"overlap": 1.0, "reviewers": 2}}) as shared:
        one, _ = desk_of(shared, "rita")
        two, _ = desk_of(shared, "rita")
        bo, _ = desk_of(shared, "bo")
        first = next_of(one)
        assert next_of(two) != first
        assert next_of(bo) == first


def test_moving_on_gives_back_what_is_no_longer_near(many: Project) -> None:
    rita, _ = desk_of(many, "rita")
    bo, _ = desk_of(many, "bo")
    rita.next_open(0)
    rita.lay(rita.number(20))
    assert bo.next_open(0) == 0
    assert bo.next_open(20) == 21


def test_looking_at_what_another_has_says_so_and_takes_nothing_away(many: Project) -> None:
    rita, _ = desk_of(many, "rita")
    bo, _ = desk_of(many, "bo")
    number = next_of(rita)
    assert number is not None
    assert bo.lay(number).elsewhere == ("rita",)
    assert rita.card(number).elsewhere == ()
    assert next_of(rita) == number


def test_leaving_gives_everything_back(many: Project) -> None:
    rita, holder = desk_of(many, "rita")
    bo, _ = desk_of(many, "bo")
    rita.next_open(0)
    leave(many, holder)
    assert bo.next_open(0) == 0


def test_who_is_idle_keeps_nothing(many: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    rita, _ = desk_of(many, "rita")
    bo, _ = desk_of(many, "bo")
    monkeypatch.setattr(claims, "IDLE_SECONDS", -1.0)
    rita.next_open(0)
    assert bo.next_open(0) == 0


def test_when_the_rest_is_on_other_desks_there_is_no_next(many: Project) -> None:
    rita, _ = desk_of(many, "rita")
    bo, _ = desk_of(many, "bo")
    for position in range(40 - 1 - AHEAD):
        rita.decide(rita.card(rita.number(position)), "request")
    assert next_of(rita) is not None
    assert bo.next_open(0) is None


def test_what_was_decided_after_my_queue_was_opened_is_passed_over(many: Project) -> None:
    rita, _ = desk_of(many, "rita")
    bo, _ = desk_of(many, "bo")
    for position in range(5):
        rita.decide(rita.card(rita.number(position)), "request")
    assert bo.next_open(0) == 5


def test_who_looks_around_does_not_wait_for_a_process_that_writes(many: Project) -> None:
    rita, holder = desk_of(many, "rita")
    bo, _ = desk_of(many, "bo")
    with open_project(many.folder) as other:
        with other.store.transaction():
            began = time.monotonic()
            assert rita.lay(rita.number(7)).example.text
            leave(many, holder)
            assert time.monotonic() - began < 10, "it waited for the writer"
        with other.store.transaction():
            bo.lay(bo.number(20))
        assert rita.card(bo.number(20)).elsewhere == ()
        bo.lay(bo.number(20))
        assert rita.card(bo.number(20)).elsewhere == ("bo",)


REVIEWER = """
import json, sys
from pathlib import Path
from catreview.jobs.holders import new_holder
from catreview.jobs.project import open_project
from catreview.jobs.review.reviewing import ReviewSession

folder, name, most = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with open_project(folder) as project:
    session = ReviewSession(project, "audit", name, new_holder())
    done, place = [], session.next_open(0)
    print("ready", flush=True)
    sys.stdin.readline()
    while place is not None and len(done) < most:
        card = session.card(session.number(place))
        session.decide(card, "request")
        done.append(card.number)
        place = session.next_open(place + 1)
    print(json.dumps([done, place and session.number(place)]), flush=True)
    sys.stdin.readline()
"""


def start(project: Project, name: str, most: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", REVIEWER, str(project.folder), name, str(most)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_two_processes_at_full_speed_never_decide_the_same_example(many: Project) -> None:
    processes = [start(many, "rita", 100), start(many, "bo", 100)]
    for process in processes:
        assert heard(process) == "ready"
    for process in processes:
        tell(process)
    done = [json.loads(heard(process))[0] for process in processes]
    for process in processes:
        process.communicate("\n", timeout=30)
    assert all(done), "one of them had nothing to do"
    counted = Counter(d.example for d in many.store.reviews.decisions())
    assert set(counted.values()) == {1}
    # The last few that one kept for itself while it ended may be left.
    assert len(counted) >= 40 - AHEAD


def test_a_killed_app_frees_its_desk_at_once(many: Project) -> None:
    process = start(many, "rita", 2)
    assert heard(process) == "ready"
    bo, _ = desk_of(many, "bo")
    assert bo.next_open(0) == 1 + AHEAD
    assert bo.card(bo.number(0)).elsewhere == ("rita",)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert bo.card(bo.number(0)).elsewhere == ()
    assert bo.next_open(0) == 0
    process.communicate()


def test_a_file_from_before_several_reviewers_keeps_its_leases_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "catreview.db"
    before = Database(path)
    migrations.apply(before, stop_before="leases_by_holder")
    before.execute("INSERT INTO source VALUES (1, 'llm', 'm', 'f', 1, '2026')")
    before.execute("INSERT INTO example VALUES (1, 'e', '', 0, '', '', 'hello', NULL)")
    before.execute("INSERT INTO lease VALUES (1, 1, 'somebody', 9e9)")
    before.conn.commit()
    before.close()
    with Store(path) as store:
        assert store.leases.holders() == {"somebody"}
        plan = store._connections.rows("EXPLAIN QUERY PLAN DELETE FROM lease WHERE holder = 'x'")
        assert "lease_holder" in plan[0][3]


def test_a_labelling_job_s_lease_keeps_no_reviewer_off(many: Project) -> None:
    from catreview.records import Source, SourceKind

    llm = many.store.votes.source(Source(SourceKind.LLM, "m"))
    rita, _ = desk_of(many, "rita")
    many.store.leases.claim(llm.id, [rita.number(0)], new_holder(), most=1, seconds=60)
    assert rita.next_open(0) == 0


def test_a_reopened_project_sees_the_claims(many: Project) -> None:
    rita, _ = desk_of(many, "rita")
    rita.next_open(0)
    with open_project(many.folder) as other:
        assert desk_of(other, "bo")[0].next_open(0) == 1 + AHEAD
