"""Labelling pauses between requests, says so, and goes on without losing or repeating anything."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers.llm_server import LLMServer, error
from helpers.projects import Command, write_jsonl

from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages
from catreview.jobs.llm.labelling import LabellingJob
from catreview.jobs.llm.pausing import Gate, State
from catreview.jobs.llm.planning import Caps, plan_labelling
from catreview.jobs.llm.remedies import NETWORK, SERVER, remedy
from catreview.jobs.llm.voters import configured_voter
from catreview.jobs.progress import Progress
from catreview.jobs.project import Project, open_project
from catreview.jobs.works import works


@pytest.fixture
def server() -> Iterator[LLMServer]:
    with LLMServer(latency=0.05) as running:
        yield running


@pytest.fixture
def asking(project: Project, server: LLMServer, tmp_path: Path) -> Iterator[Project]:
    """Sixty messages that no function understands, and one that two functions dispute."""
    rows = [{"id": f"m{i:02}", "text": f"zq{i} xk"} for i in range(60)]
    import_messages(project, write_jsonl(tmp_path / "many.jsonl", rows), Columns())
    run_functions(project)
    llm = {"provider": "custom", "base_url": server.base_url, "model": "scripted", "rpm": 100_000}
    more = {"batch_size": 5, "concurrency": 2}
    with open_project(project.folder, {"llm": {**llm, **more}}) as opened:
        yield opened


def job_of(project: Project) -> LabellingJob:
    voter = configured_voter(project)
    return LabellingJob(project, voter, plan_labelling(project, voter))


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("did not happen in 10 s")


def asked(server: LLMServer) -> Counter[str]:
    return Counter(m["message"] for r in server.requests for m in r.messages.values())


async def test_a_paused_job_sends_nothing_and_goes_on_where_it_was(
    asking: Project, server: LLMServer
) -> None:
    seen: list[Progress] = []
    voter = configured_voter(asking)
    job = LabellingJob(asking, voter, plan_labelling(asking, voter), report=seen.append)
    running = asyncio.create_task(job.run())
    await until(lambda: len(server.requests) >= 3)
    job.pause()
    assert seen[-1].state is State.PAUSING
    paused_at = len(seen) - 1
    assert seen[-1].in_flight >= 1
    await until(lambda: seen[-1].state is State.PAUSED)
    counts = [progress.in_flight for progress in seen[paused_at:]]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0
    sent = len(server.requests)
    assert job.result.labelled == 5 * sent
    assert len(asking.store.votes.voted(voter.source.id)) == 5 * sent
    await asyncio.sleep(0.3)
    assert len(server.requests) == sent
    job.resume()
    result = await running
    assert (result.labelled, result.stopped) == (60, "")
    assert set(asked(server).values()) == {1}
    assert seen[-1].state is State.RUNNING


async def test_a_paused_job_can_be_stopped(asking: Project, server: LLMServer) -> None:
    job = job_of(asking)
    running = asyncio.create_task(job.run())
    await until(lambda: len(server.requests) >= 1)
    job.pause()
    job.stop()
    result = await asyncio.wait_for(running, 10)
    assert result.stopped == "interrupted"
    assert result.labelled < 60
    assert asking.store.leases.holders() == set()


async def test_a_paused_job_does_not_count_the_pause_into_its_rate() -> None:
    gate = Gate()
    gate.close()
    await asyncio.sleep(0.05)
    assert gate.seconds > 0.04
    gate.open()
    waited = gate.seconds
    await asyncio.sleep(0.02)
    assert gate.seconds == waited


async def test_a_job_says_what_is_used_and_left_of_its_caps(
    asking: Project, server: LLMServer
) -> None:
    seen: list[Progress] = []
    voter = configured_voter(asking)
    caps = Caps(max_examples=20, max_requests=9)
    plan = plan_labelling(asking, voter, caps)
    await LabellingJob(asking, voter, plan, report=seen.append).run()
    assert seen[-1].budget == "4 of 9 requests, 5 left; at most 20 examples this time"


def test_orders_on_stdin_pause_and_resume_an_attached_job(
    asking: Project, server: LLMServer
) -> None:
    server.latency = 0.2
    environ = {**os.environ, "CATREVIEW_LLM__BASE_URL": server.base_url}
    environ |= {"CATREVIEW_LLM__MODEL": "scripted", "CATREVIEW_LLM__PROVIDER": "custom"}
    line = [sys.executable, "-m", "catreview", "label", "--project", str(asking.folder)]
    line += ["--rpm", "100000", "--batch-size", "5", "--json", "--attached"]
    child = subprocess.Popen(
        line, env=environ, cwd=Path(__file__).resolve().parents[2], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stderr is not None

    def wait_for(state: State) -> None:
        for said in child.stderr or ():
            if said.startswith("{") and json.loads(said)["progress"]["state"] == state:
                return
        raise AssertionError("it ended")

    wait_for(State.RUNNING)
    child.stdin.write("nonsense\npause\n")
    child.stdin.flush()
    wait_for(State.PAUSED)
    sent = len(server.requests)
    assert 0 < sent < 12
    child.stdin.write("resume\n")
    child.stdin.flush()
    # Its stdin stays open until it is done: the end of it would stop the job.
    assert child.stdout is not None
    out = child.stdout.read()
    child.communicate(timeout=30)
    assert child.returncode == 0
    assert json.loads(out)["labelled"] == 60
    assert set(asked(server).values()) == {1}


def test_pool_asks_about_one_kind_of_doubt_only(
    filled: Project, server: LLMServer, catreview: Command
) -> None:
    llm = ("--provider", "custom", "--base-url", server.base_url, "--model", "m")
    line = ("label", "--dry-run", "--json", "--project", filled.folder, *llm)
    everything = catreview(*line).json()["pools"]
    some = catreview(*line, "--pool", "ambiguous").json()
    assert some["pools"] == {"ambiguous": everything["ambiguous"]}
    assert some["examples"] == everything["ambiguous"] > 0
    assert catreview(*line, "--pool", "other").code == 2


async def test_the_errors_of_the_last_run_are_counted_by_class(
    asking: Project, server: LLMServer
) -> None:
    server.script.extend([error(400, "this content is flagged")] * 3)
    result = await job_of(asking).run()
    seen = works(asking)
    assert {e.error_class: e.count for e in seen.errors} == {"HTTP 400": 3}
    assert "flagged" in seen.errors[0].error
    assert sum(r.labelled for r in seen.requests) == result.labelled
    assert seen.requests[0].at >= seen.requests[-1].at


@pytest.mark.parametrize(
    ("error_class", "words"),
    [
        ("HTTP 429", "lower rpm"), ("HTTP 401", "in .env"), ("timeout", "raise timeout"),
        ("malformed reply", "base_url"), ("HTTP 503", SERVER), ("ReadError", NETWORK),
        ("CancelledError", "asks again"),
    ],
)  # fmt: skip
def test_every_class_of_error_has_a_remedy(error_class: str, words: str) -> None:
    assert words in remedy(error_class)
