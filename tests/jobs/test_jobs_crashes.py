"""Killed at any moment, run side by side, aborted: no vote is lost and none is doubled."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers.forks import ROOT, Forks
from helpers.llm_server import LLMServer
from helpers.projects import write_jsonl

from catreview.importers import Columns
from catreview.jobs.importing import import_messages
from catreview.jobs.project import VOTES_FILE, Project
from catreview.records import SourceKind
from catreview.store import Action, Review, Store

KILLS = int(os.environ.get("CATREVIEW_TEST_KILLS", "25"))
"""A hundred take half a minute."""
CONCURRENCY, BATCH = 4, 2
EXAMPLES = 24 * KILLS


def label(text: str) -> str:
    return "question" if "7" in text else "statement"


@pytest.fixture
def many(project: Project, tmp_path: Path) -> Path:
    """The folder of a project with messages on which no function has voted."""
    rows = [{"id": f"m{i}", "text": f"zq{i} xk"} for i in range(EXAMPLES)]
    import_messages(project, write_jsonl(tmp_path / "many.jsonl", rows), Columns())
    project.store.close()
    return project.folder


def environ(server: LLMServer) -> dict[str, str]:
    return {
        "CATREVIEW_LLM__PROVIDER": "custom",
        "CATREVIEW_LLM__BASE_URL": server.base_url,
        "CATREVIEW_LLM__MODEL": "scripted",
        "CATREVIEW_LLM__RPM": "1000000",
        "CATREVIEW_LLM__RPD": "1000000",
        "CATREVIEW_LLM__BATCH_SIZE": str(BATCH),
        "CATREVIEW_LLM__CONCURRENCY": str(CONCURRENCY),
    }


def votes(store: Store) -> dict[str, str]:
    (source,) = store.votes.sources(SourceKind.LLM) or (None,)
    return {} if source is None else {e: c for e, (c, _) in store.votes.by_id(source.id)}


def lines(folder: Path) -> list[str]:
    """The ids in the votes file, without a half-written last line."""
    file = folder / VOTES_FILE
    whole = file.read_text().rpartition("\n")[0] if file.exists() else ""
    return [json.loads(line)["id"] for line in whole.splitlines()]


def asked(server: LLMServer) -> Counter[str]:
    return Counter(m["message"] for request in server.requests for m in request.messages.values())


def answered(store: Store) -> tuple[int, int]:
    """Requests with an answer, and the votes that they brought."""
    ((requests, labelled),) = store._connections.rows(
        "SELECT count(*), coalesce(sum(labelled), 0) FROM request WHERE status = 'ok'"
    )
    return requests, labelled


def _wait_for(server: LLMServer, requests: int) -> None:
    deadline = time.monotonic() + 20
    while len(server.requests) < requests:
        assert time.monotonic() < deadline, "the job sent nothing"
        time.sleep(0.001)


def test_killed_at_random_moments_no_vote_is_lost_or_doubled(many: Path) -> None:
    rng = random.Random(11)
    command = ("label", "--project", many)
    with (
        LLMServer(label=label, latency=0.005) as server,
        Forks(environ(server)) as forks,
        Store(many / "catreview.db") as store,
    ):
        killed = 0
        for _ in range(KILLS):
            sent, stored = len(server.requests), answered(store)[0]
            pid = forks.start(*command)
            if rng.random() < 0.75:
                _wait_for(server, sent + 1)
            time.sleep(rng.uniform(0.0, 0.1))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            killed += forks.ended() == -signal.SIGKILL
            requests, labelled = answered(store)
            given = votes(store)
            assert labelled == len(given), "the ledger and the votes disagree"
            assert set(lines(many)) <= given.keys()
            repeated = len(server.requests) - sent - (requests - stored)
            assert repeated <= CONCURRENCY, "more than the requests in flight were lost"
        assert killed > 0.9 * KILLS, "the work was done before the kills were"
        assert len(given) < EXAMPLES
        forks.start(*command)
        assert forks.ended() == 0
        given = votes(store)
        assert given == {f"m{i}": label(f"zq{i}") for i in range(EXAMPLES)}
        assert answered(store)[1] == EXAMPLES
        assert Counter(lines(many)) == Counter(given.keys())
        assert len(server.requests) > EXAMPLES // BATCH, "no kill met a request in flight"
        again = sum(count - 1 for count in asked(server).values())
        assert again <= KILLS * CONCURRENCY * BATCH


def start(folder: Path, server: LLMServer, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "catreview", "label", "--project", str(folder), *more],
        env={**os.environ, **environ(server)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_two_jobs_and_the_app_share_the_work_while_somebody_reviews(many: Path) -> None:
    with (
        LLMServer(label=label, latency=0.01) as server,
        Store(many / "catreview.db") as store,
    ):
        jobs = [start(many, server), start(many, server), start(many, server, "--attached")]
        _wait_for(server, 1)
        # Read all the while: a full pipe would stop the one that writes its progress.
        with ThreadPoolExecutor() as pool:
            said = [pool.submit(job.stderr.read) for job in jobs if job.stderr]
            while not all(one.done() for one in said):
                store.reviews.append(Review(1, "me", Action.NOTE, note="on it"))
                time.sleep(0.02)
        for job, one in zip(jobs, said, strict=True):
            with job:
                assert job.wait() == 0, one.result()
        assert set(asked(server).values()) == {1}
        given = votes(store)
        assert given == {f"m{i}": label(f"zq{i}") for i in range(EXAMPLES)}
        assert Counter(lines(many)) == Counter(given.keys())
        runs = store._connections.rows("SELECT count(*) FROM request GROUP BY run")
        assert len(runs) > 1, "one of them did all the work"


def test_the_second_interrupt_aborts_at_once_and_the_command_it_names_goes_on(many: Path) -> None:
    with LLMServer(label=label, latency=60.0) as server, Store(many / "catreview.db") as store:
        job = start(many, server, "--max-examples", "20")
        _wait_for(server, CONCURRENCY)
        job.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert job.poll() is None, "the first one waits for what is in flight"
        job.send_signal(signal.SIGINT)
        _, talk = job.communicate(timeout=10)
        assert job.returncode == 130
        assert b"Go on with: catreview label --project" in talk
        assert store.leases.holders() == set()
        rows = store._connections.rows("SELECT status, error_class FROM request")
        assert rows == [("stopped", "CancelledError")] * CONCURRENCY
        server.latency = 0.0
        again = start(many, server, "--max-examples", "20")
        _, talk = again.communicate(timeout=30)
        assert again.returncode == 0, talk
        assert b"Going on with run" in talk
        assert len(votes(store)) == 20
