"""The labelling job against a scripted server on loopback: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.llm_server import LLMServer, Reply, completion, error
from helpers.llm_server import Request as Asked
from helpers.projects import Command, write_jsonl

from catreview.errors import BudgetReached, InputError, ProviderError, StoreError
from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages
from catreview.jobs.llm.estimating import estimate
from catreview.jobs.llm.labelling import LabellingJob
from catreview.jobs.llm.planning import Caps, plan_labelling
from catreview.jobs.llm.results import LabellingResult
from catreview.jobs.llm.voters import EndpointBook, Voter, configured_voter
from catreview.jobs.project import VOTES_FILE, Project, open_project
from catreview.jobs.review.queueing import build_queue
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.works import works
from catreview.llm.chat import expected_tokens
from catreview.llm.limits import Slots
from catreview.llm.providers import Endpoint
from catreview.records import Source, SourceKind
from catreview.store import Request


def label(text: str) -> str:
    return "question" if "7" in text else "statement"


@pytest.fixture
def server() -> Iterator[LLMServer]:
    with LLMServer(label=label) as running:
        yield running


@pytest.fixture
def many(project: Project, tmp_path: Path) -> Project:
    """Two hundred messages that no function understands, and three that are gold."""
    rows = [{"id": f"m{i:03}", "text": f"zq{i} xk"} for i in range(200)]
    import_messages(project, write_jsonl(tmp_path / "many.jsonl", rows), Columns())
    gold = [{"id": f"m{i:03}", "label": "statement"} for i in range(3)]
    import_messages(project, write_jsonl(tmp_path / "gold.jsonl", gold), Columns(), gold=True)
    run_functions(project)
    return project


def using(project: Project, server: LLMServer, **llm: object) -> Project:
    settings = {
        "provider": "custom",
        "base_url": server.base_url,
        "model": "scripted",
        "rpm": 100_000,
        **llm,
    }
    return open_project(project.folder, {"llm": settings})


async def run(project: Project, retry_failed: bool = False, **caps: Any) -> LabellingResult:
    voter = configured_voter(project)
    plan = plan_labelling(project, voter, Caps(**caps), retry_failed=retry_failed)
    return await LabellingJob(project, voter, plan).run()


def llm_votes(project: Project) -> dict[str, str]:
    return {e: c for e, (c, _) in project.store.votes.by_id(configured_voter(project).source.id)}


def asked(server: LLMServer) -> Counter[str]:
    return Counter(m["message"] for request in server.requests for m in request.messages.values())


async def test_every_example_that_needs_a_vote_gets_one_and_gold_is_not_sent(
    many: Project, server: LLMServer
) -> None:
    with using(many, server) as project:
        result = await run(project)
        votes = llm_votes(project)
    assert result.labelled == 197
    assert votes == {f"m{i:03}": label(f"zq{i}") for i in range(3, 200)}
    assert set(asked(server).values()) == {1}
    assert len(server.requests) == 10


async def test_what_a_person_decided_is_not_sent(many: Project, server: LLMServer) -> None:
    session = ReviewSession(many, "ambiguous", "me")
    card = session.card(session.number(0))
    session.decide(card, "closing")
    with using(many, server) as project:
        await run(project)
    assert len(asked(server)) == 196
    assert card.example.text not in asked(server)


async def test_running_again_asks_nothing(many: Project, server: LLMServer) -> None:
    with using(many, server) as project:
        await run(project)
        before = len(server.requests)
        assert (await run(project)).labelled == 0
    assert len(server.requests) == before


async def test_the_rate_that_is_told_is_never_more_than_the_limit(
    many: Project, server: LLMServer
) -> None:
    rates: list[float] = []
    with using(many, server, rpm=6) as project:
        voter = configured_voter(project)
        plan = plan_labelling(project, voter, Caps(max_requests=1))
        job = LabellingJob(
            project, voter, plan, report=lambda s: rates.append(s.rate) if s.rate else None
        )
        with pytest.raises(BudgetReached):
            await job.run()
    assert rates
    assert max(rates) == 6


async def test_votes_requests_and_lines_agree(many: Project, server: LLMServer) -> None:
    with using(many, server) as project:
        await run(project)
        votes = llm_votes(project)
        lines = [json.loads(x) for x in (many.folder / VOTES_FILE).read_text().splitlines()]
        requests = project.store._connections.rows("SELECT examples, labelled, status FROM request")
    assert {line["id"]: line["label"] for line in lines} == votes
    assert len(lines) == len(votes)
    assert sorted(e for examples, _, _ in requests for e in json.loads(examples)) == sorted(votes)
    assert {status for _, _, status in requests} == {"ok"}


async def test_labels_follow_the_llm_in_the_same_transaction(
    many: Project, server: LLMServer
) -> None:
    with using(many, server) as project:
        await run(project, max_examples=20)
        counts = project.store.labels.counts()
    assert sum(counts["llm"].values()) == 20


async def test_a_changed_prompt_is_another_source(many: Project, server: LLMServer) -> None:
    prompt = many.folder / "mine.txt"
    prompt.write_text("Sort these.\n{{categories}}\n{{messages}}\n")
    with using(many, server) as project:
        await run(project, max_examples=40)
    with using(many, server, prompt="mine.txt") as project:
        await run(project, max_examples=40)
        sources = [s for s, n in project.store.votes.counts() if s.kind == "llm" and n == 40]
    assert len({s.fingerprint for s in sources}) == 2


async def test_an_example_the_model_garbles_is_set_aside_alone_and_taken_up_again(
    many: Project,
) -> None:
    sick = {"zq55 xk"}

    def answer(text: str) -> str:
        return "no category at all" if text in sick else "statement"

    with LLMServer(label=answer) as server, using(many, server) as project:
        result = await run(project)
        assert result.labelled == 196
        assert set(result.set_aside) == {"m055"}
        assert result.exit_code == 1
        number = project.store.examples.numbers(["m055"])["m055"]
        label_of = project.store.labels.get(number)
        assert label_of is not None
        assert label_of[2:] == ("weak", "heuristic")
        before = len(server.requests)
        assert (await run(project)).planned == 0
        assert len(server.requests) == before
        sick.clear()
        assert (await run(project, retry_failed=True)).labelled == 1
        assert project.store.requests.aside(configured_voter(project).source.id) == {}


async def test_a_refused_key_stops_at_once_and_leaves_the_project_resumable(
    many: Project,
) -> None:
    with LLMServer(label=label, key="right") as server:
        with using(many, server, api_key="wrong-key-123456") as project:
            with pytest.raises(ProviderError) as problem:
                await run(project)
            assert "wrong-key-123456" not in str(problem.value.message + problem.value.hint)
            assert len(server.requests) <= 4
            last = project.store.runs.latest("label")
            assert last is not None
            assert last.status == "interrupted"
            (told, *_) = works(project).runs
            assert (
                told.result == f"0 of {last.results['planned']} labelled: {problem.value.message}"
            )
        with using(many, server, api_key="right") as project:
            assert (await run(project)).labelled == 197


async def test_a_dead_server_does_not_set_the_whole_plan_aside(many: Project) -> None:
    with (
        LLMServer(label=label, guard=lambda _: error(500, "down")) as server,
        using(many, server, max_attempts=1, concurrency=1, batch_size=2) as project,
    ):
        with pytest.raises(ProviderError, match="in a row"):
            await run(project)
        aside = project.store.requests.aside(configured_voter(project).source.id)
    assert len(aside) < 25


async def test_failures_are_counted_anew_after_a_request_that_succeeds(many: Project) -> None:
    came = count(1)
    with (
        LLMServer(
            label=label, guard=lambda _: error(500, "down") if next(came) % 8 else None
        ) as server,
        using(many, server, max_attempts=1, concurrency=1, batch_size=2) as project,
    ):
        result = await run(project)
    assert len(result.set_aside) > 100
    assert result.labelled + len(result.set_aside) == 197


async def test_the_day_limit_stops_the_job_and_counts_across_runs(
    many: Project, server: LLMServer
) -> None:
    with using(many, server, rpd=3, concurrency=1) as project:
        with pytest.raises(BudgetReached):
            await run(project)
        assert len(llm_votes(project)) == 60
        with pytest.raises(BudgetReached):
            await run(project)
    assert len(server.requests) == 3


async def test_what_was_sent_before_the_day_limit_is_in_the_ledger(many: Project) -> None:
    with (
        LLMServer(label=label, script=[error(500, "boom")]) as server,
        using(many, server, rpd=1, concurrency=1) as project,
    ):
        for _ in range(2):
            with pytest.raises(BudgetReached, match="limit of 1 LLM request is used up"):
                await run(project, max_requests=9)
        # The second run sent nothing, and has no row.
        rows = ledger(project, "status, attempts, error_class")
        first = project.store.runs.latest("label").id - 1
        assert project.store.requests.spent_in(first) == (1, 0.0)
    assert rows == [("stopped", 1, "BudgetReached")]


async def test_retries_before_the_server_is_given_up_count(many: Project) -> None:
    faults = [error(500, "boom"), error(500, "boom"), error(401, "who are you")]
    with LLMServer(label=label, script=faults) as server, using(many, server) as project:
        with pytest.raises(ProviderError):
            await run(project, max_examples=1)
        assert ledger(project, "status, attempts, error_class") == [("stopped", 3, "ProviderError")]


async def test_what_another_job_has_is_counted_and_left_to_it(
    many: Project, server: LLMServer
) -> None:
    with using(many, server) as project:
        voter = configured_voter(project)
        plan = plan_labelling(project, voter)
        taken = plan.numbers[30:60]
        project.store.leases.claim(voter.source.id, taken, "batch:0:x", most=30, seconds=60)
        result = await LabellingJob(project, voter, plan).run()
    assert (result.labelled, result.elsewhere) == (167, 30)
    assert result.as_json()["elsewhere"] == 30


async def test_stopping_finishes_what_is_in_flight(many: Project, server: LLMServer) -> None:
    server.latency = 0.05
    with using(many, server, concurrency=2) as project:
        voter = configured_voter(project)
        plan = plan_labelling(project, voter)
        job = LabellingJob(project, voter, plan, report=lambda at: job.stop() if at.done else None)
        result = await job.run()
        assert result.stopped == "interrupted"
        assert result.labelled == len(llm_votes(project)) == sum(asked(server).values())
        assert 0 < result.labelled < 197
        assert project.store.leases.holders() == set()


async def test_a_claim_is_renewed_also_after_a_try_that_somebody_else_kept_from_writing(
    many: Project, server: LLMServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.latency = 0.2
    tries: list[float] = []

    def renew(_: str, seconds: float) -> None:
        tries.append(seconds)
        if len(tries) == 1:
            raise StoreError("locked")

    monkeypatch.setattr("catreview.jobs.llm.labelling.LEASE_SECONDS", 0.06)
    with using(many, server) as project:
        monkeypatch.setattr(project.store.leases, "renew", renew)
        assert (await run(project, max_examples=20)).labelled == 20
    assert len(tries) > 2


async def test_votes_stand_beside_the_others_in_the_queue(many: Project) -> None:
    with LLMServer(label=lambda _: "emotion") as other, LLMServer(label=label) as server:
        with using(many, server) as project:
            await run(project)
        with using(many, other, model="second") as project:
            await run(project)
            queue = build_queue(project, "disagreement", "rita")
    assert len(queue.numbers) == 197
    assert "scripted says" in queue.reason(queue.numbers[0])


async def test_a_reply_for_too_few_messages_shifts_no_label(many: Project) -> None:
    def short(request: object) -> object:
        labels = {k: label(m["message"]) for k, m in list(request.messages.items())[1:]}  # type: ignore[attr-defined]
        return completion(json.dumps(labels))

    with (
        LLMServer(label=label, script=[short]) as server,
        using(many, server, concurrency=1) as project,
    ):
        result = await run(project)
        assert llm_votes(project) == {f"m{i:03}": label(f"zq{i}") for i in range(3, 200)}
        # What was left out of the first reply came with the second: it is not set aside.
        assert result.set_aside == {}
        assert project.store.requests.count_aside() == 0


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_the_replies_are_each_stored_vote_is_the_one_given_for_its_id(
    many: Project, seed: int
) -> None:
    rng = random.Random(seed)

    def garbled(request: Any) -> Any:
        """Some ids left out, some doubled, unknown ones between, in any order and format."""
        said = [(k, label(m["message"])) for k, m in request.messages.items()]
        said = [pair for pair in said if rng.random() < 0.8]
        said += [(rng.choice(said)[0], "closing") for _ in range(rng.randrange(2)) if said]
        said += [("q7zz", "emotion")] * rng.randrange(2)
        rng.shuffle(said)
        if rng.random() < 0.5:
            return completion("{" + ", ".join(f'"{k}": "{c}"' for k, c in said) + "}")
        return completion("<think>hm</think>\n" + "\n".join(f"{k}: {c}" for k, c in said))

    with LLMServer(script=[garbled] * 2000) as server, using(many, server) as project:
        await run(project)
        votes = llm_votes(project)
    assert len(votes) > 150
    assert all(category == label(f"zq{int(i[1:])}") for i, category in votes.items())


def _start(folder: Path, server: LLMServer, *more: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "CATREVIEW_LLM__BASE_URL": server.base_url}
    environ |= {"CATREVIEW_LLM__MODEL": "scripted", "CATREVIEW_LLM__PROVIDER": "custom"}
    command = [sys.executable, "-m", "catreview", "label", "--project", str(folder), "--rpm"]
    return subprocess.Popen(
        [*command, "100000", *more],
        env=environ,
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _wait_for(server: LLMServer, requests: int) -> None:
    deadline = time.monotonic() + 20
    while len(server.requests) < requests:
        assert time.monotonic() < deadline, "the job sent nothing"
        time.sleep(0.01)


def test_the_first_interrupt_drains_and_names_the_command_that_goes_on(
    many: Project, server: LLMServer
) -> None:
    many.store.close()
    server.latency = 0.1
    job = _start(many.folder, server, "--batch-size", "5")
    _wait_for(server, 6)
    job.send_signal(signal.SIGINT)
    _, talk = job.communicate(timeout=30)
    assert job.returncode == 130
    assert b"Go on with: catreview label" in talk
    with using(many, server, batch_size=5) as project:
        assert len(llm_votes(project)) == sum(asked(server).values())


async def test_a_torn_last_line_of_the_votes_file_is_mended(
    many: Project, server: LLMServer
) -> None:
    path = many.folder / VOTES_FILE
    with using(many, server) as project:
        await run(project, max_examples=20)
        path.write_bytes(path.read_bytes()[:-10])
        await run(project, max_examples=20)
        votes = llm_votes(project)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert Counter(line["id"] for line in lines) == Counter(list(votes))


@pytest.mark.parametrize(
    "content",
    [
        '{"notes": "all I know"}',
        "all I know",
        '{"id": "a", "text": "hi"}\n',
    ],
)
async def test_a_file_of_something_else_is_refused_and_left_as_it_is(
    many: Project, server: LLMServer, content: str
) -> None:
    path = many.folder / "mine.json"
    path.write_text(content)
    with using(many, server) as project:
        voter = configured_voter(project)
        plan = plan_labelling(project, voter)
        with pytest.raises(InputError, match=r"mine\.json:1: this is no line of votes"):
            LabellingJob(project, voter, plan, votes_file=path)
    assert path.read_text() == content
    assert server.requests == []


def test_dry_run_shows_the_plan_and_sends_nothing(
    many: Project, server: LLMServer, catreview: Command
) -> None:
    llm = ("--provider", "custom", "--base-url", server.base_url, "--model", "m")
    ran = catreview("label", "--dry-run", "--project", many.folder, *llm)
    assert ran.code == 0
    assert "197 in 10 requests of 20" in ran.out
    assert "not measured yet" in ran.out
    assert '"message": "zq3 xk"' in ran.out
    assert server.requests == []


PRICED = '[prices."scripted"]\ninput = 100.0\noutput = 200.0\n'
"""With the scripted server's 100 and 20 tokens a request costs 1.4 cents."""


@pytest.fixture
def priced(many: Project) -> Project:
    with (many.folder / "catreview.toml").open("a") as file:
        file.write(PRICED)
    return many


def ledger(project: Project, columns: str) -> list[tuple[Any, ...]]:
    return project.store._connections.rows(f"SELECT {columns} FROM request ORDER BY id")


async def test_every_request_is_a_row_with_tokens_cost_latency_and_error_class(
    priced: Project,
) -> None:
    with (
        LLMServer(label=label, script=[error(500, "boom")]) as server,
        using(priced, server, max_attempts=1, concurrency=1) as project,
    ):
        result = await run(project, max_examples=20)
        failed, *good = ledger(
            project, "status, error_class, error, attempts, prompt_tokens, cost, latency > 0"
        )
    assert failed == ("failed", "HTTP 500", "boom", 1, 0, 0.0, 1)
    assert set(good) == {("ok", None, None, 1, 100, 0.014, 1)}
    assert result.cost == pytest.approx(0.014 * len(good))


async def test_retries_are_counted_in_the_row_of_their_request(many: Project) -> None:
    storm = [error(429, "slow down", retry_after="0.01")] * 3
    with LLMServer(label=label, script=storm) as server, using(many, server) as project:
        await run(project, max_examples=20)
        assert ledger(project, "status, attempts") == [("ok", 4)]


def test_the_first_interrupt_ends_a_job_that_a_provider_keeps_waiting_and_loses_nothing(
    many: Project, server: LLMServer
) -> None:
    many.store.close()
    server.guard = lambda _: (
        error(429, "slow down", retry_after="600") if server.count > 2 else None
    )
    job = _start(many.folder, server, "--concurrency", "1", "--batch-size", "5")
    _wait_for(server, 3)
    time.sleep(0.5)
    job.send_signal(signal.SIGINT)
    _, talk = job.communicate(timeout=20)
    assert job.returncode == 130, talk
    assert b"Go on with: catreview label" in talk
    with using(many, server) as project:
        assert len(llm_votes(project)) == 10
        assert not project.store.requests.aside(configured_voter(project).source.id)


def test_after_a_server_that_failed_the_command_that_goes_on_takes_up_what_was_set_aside(
    many: Project, server: LLMServer
) -> None:
    many.store.close()
    server.guard = lambda _: error(500, "boom")
    (many.folder / "catreview.toml").write_text("[llm]\nmax_attempts = 1\n")
    job = _start(many.folder, server)
    _, talk = job.communicate(timeout=30)
    assert job.returncode == 3, talk
    assert talk.decode().splitlines()[-1].endswith("--retry-failed")


def test_what_was_set_aside_comes_with_what_to_do_about_it(
    many: Project, server: LLMServer, catreview: Command
) -> None:
    (many.folder / "catreview.toml").write_text("[llm]\nmax_attempts = 1\ntimeout = 0.5\n")
    late = replace(completion("late"), delay=1.0)
    server.guard = lambda request: late if "zq55" in request.prompt else None
    llm = ("--provider", "custom", "--base-url", server.base_url, "--model", "scripted")
    ran = catreview("label", "--project", many.folder, *llm, "--rpm", "6000")
    assert ran.code == 1
    remedy = "timeout: The server is slow: raise timeout or lower batch_size under [llm]"
    assert remedy in ran.err
    assert f"then catreview label --project {many.folder} --retry-failed." in ran.err


def test_a_plan_counts_the_last_and_smaller_request_too(many: Project, server: LLMServer) -> None:
    with using(many, server, batch_size=30) as project:
        voter = configured_voter(project)
        plan = plan_labelling(project, voter)
        assert len(plan.numbers) == 197
        assert estimate(project, voter, plan).requests.value == plan.requests == 7


async def test_a_wait_for_the_provider_is_reported_with_its_end(many: Project) -> None:
    notes: list[str] = []
    with (
        LLMServer(label=label, script=[error(429, "slow down", retry_after="5.2")]) as server,
        using(many, server, concurrency=1) as project,
    ):
        voter = configured_voter(project)
        plan = plan_labelling(project, voter, Caps(max_examples=20))
        await LabellingJob(project, voter, plan, report=lambda p: notes.append(p.note)).run()
    assert re.search(r"rate limit: goes on at \d\d:\d\d:\d\d UTC", notes[1])
    assert notes[-1] == "20 votes"


async def test_a_request_that_is_tried_again_says_why_until_an_answer_comes(many: Project) -> None:
    notes: list[str] = []
    with (
        LLMServer(label=label, script=[error(502, "boom"), error(503, "", retry_after="5.2")]) as s,
        using(many, s, concurrency=1) as project,
    ):
        voter = configured_voter(project)
        plan = plan_labelling(project, voter, Caps(max_examples=20))
        await LabellingJob(project, voter, plan, report=lambda p: notes.append(p.note)).run()
    assert notes[:3] == ["0 votes", "0 votes, HTTP 502: trying again",
                         "0 votes, HTTP 503: trying again"]  # fmt: skip
    assert re.fullmatch(r"0 votes, HTTP 503: goes on at \d\d:\d\d:\d\d UTC", notes[3])
    assert notes[-1] == "20 votes"


async def test_a_job_that_is_to_end_tries_nothing_again(many: Project) -> None:
    def fail(_: Asked) -> Reply:
        job.stop()
        return error(500, "boom")

    with LLMServer(label=label, guard=fail) as server, using(many, server) as project:
        voter = configured_voter(project)
        job = LabellingJob(project, voter, plan_labelling(project, voter))
        result = await job.run()
        assert result.stopped == "interrupted"
        assert 1 <= len(server.requests) <= 4
        assert project.store.leases.holders() == set()
        assert not project.store.requests.aside(voter.source.id)
        assert {(s, e) for s, e in ledger(project, "status, error_class")} == {
            ("stopped", "BrokenOff")
        }


async def test_a_cap_on_requests_counts_retries_and_is_never_passed(many: Project) -> None:
    faults = [error(429, "slow down", retry_after="0.01")] * 3
    with LLMServer(label=label, script=faults) as server, using(many, server) as project:
        with pytest.raises(BudgetReached, match="6 requests") as stop:
            await run(project, max_requests=6)
        assert len(server.requests) == 6
        assert "the same command" in stop.value.hint
        assert project.store.leases.holders() == set()
        assert "sent" not in {status for (status,) in ledger(project, "status")}


async def test_a_cap_on_cost_counts_what_is_in_flight_and_is_used_up_to_the_last_request(
    priced: Project, server: LLMServer
) -> None:
    server.latency = 0.02
    # The worst case of a request of five is a reply of 2,548 tokens: 51 cents, and its prompt.
    with using(priced, server, batch_size=5, concurrency=4) as project:
        with pytest.raises(BudgetReached, match=r"\$0\.75"):
            await run(project, max_cost=0.75)
        spent = sum(cost for (cost,) in ledger(project, "cost"))
        assert 0.1 < spent <= 0.75
        assert sum(attempts for (attempts,) in ledger(project, "attempts")) == len(server.requests)
        before = len(server.requests)
        with pytest.raises(BudgetReached):
            await run(project, max_cost=0.75)
    assert len(server.requests) > before


async def test_a_run_that_was_killed_goes_on_with_what_was_left_of_its_caps(
    priced: Project, server: LLMServer
) -> None:
    priced.store.close()
    server.latency = 0.1
    caps = ("--batch-size", "5", "--max-requests", "20", "--max-cost", "2")
    first = _start(priced.folder, server, *caps)
    _wait_for(server, 12)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    second = _start(priced.folder, server, *caps)
    _, talk = second.communicate(timeout=60)
    assert second.returncode == 5, talk
    assert b"Going on with run" in talk
    assert b"Go on with: catreview label" in talk
    # What was in flight at the kill is a row, too, and counts.
    assert len(server.requests) <= 20


def test_a_cap_counts_what_every_run_that_was_cut_short_has_used_of_it(
    priced: Project, server: LLMServer
) -> None:
    caps = Caps(max_examples=30, max_requests=50, max_cost=2.0)
    with using(priced, server) as project:
        voter, requests = configured_voter(project), project.store.requests
        for _ in range(3):
            plan = plan_labelling(project, voter, caps)
            # Of another machine one cannot tell what lives there; but an ended job does not.
            run = project.store.runs.start("label", plan.parameters(voter, "elsewhere:1:abc"))
            request = Request(run, voter.source.id, voter.model, "p", ["m003"])
            ended = replace(request, labelled=4, attempts=2, status="ok", cost=0.25)
            requests.conclude(requests.begin(request), ended)
            project.store.runs.finish(run, "interrupted")
        spent = plan_labelling(project, voter, caps).resumes
    assert spent is not None
    assert (spent.examples, spent.requests, spent.cost) == (12, 6, 0.75)


@pytest.mark.parametrize(("status", "why"), [("sent", None), ("stopped", "CancelledError")])
def test_what_was_cut_off_counts_at_the_price_of_the_dearest(
    many: Project, status: str, why: str | None
) -> None:
    store = many.store
    source, run = store.votes.source(Source(SourceKind.LLM, "m")).id, store.runs.start("label", {})
    for state, cost, reason in (("ok", 0.2, None), ("ok", 0.3, None), (status, None, why)):
        request = Request(run, source, "m", "p", ["m003"], attempts=2, status="sent")
        number = store.requests.begin(request)
        store.requests.conclude(
            number, replace(request, status=state, cost=cost, error_class=reason)
        )
    assert store.requests.spent_in(run) == (6, pytest.approx(0.8))


def test_a_cost_cap_without_a_price_is_refused_before_anything_is_sent(
    many: Project, server: LLMServer, catreview: Command
) -> None:
    llm = ("--provider", "custom", "--base-url", server.base_url, "--model", "m")
    ran = catreview("label", "--max-cost", "0.50", "--project", many.folder, *llm)
    assert ran.code == 2
    assert '[prices."m"]' in ran.err
    assert server.requests == []
    assert many.store.runs.latest("label") is None


async def test_the_estimate_comes_from_earlier_requests_with_a_range(
    priced: Project, server: LLMServer
) -> None:
    with using(priced, server, rpm=30, concurrency=2) as project:
        voter = configured_voter(project)
        fresh = estimate(project, voter, plan_labelling(project, voter))
        assert fresh.measured == 0
        project.store.runs.start("pilot", {})
        for tokens in (80, 100, 120):
            request = Request(1, voter.source.id, voter.model, "p", [f"m{i}" for i in range(20)])
            row = project.store.requests.begin(request)
            project.store.requests.conclude(
                row,
                replace(request, labelled=20, status="ok", prompt_tokens=tokens,
                        completion_tokens=20, latency=1.0),
            )  # fmt: skip
        plan = plan_labelling(project, voter)
        known = estimate(project, voter, plan)
    batches = 197 / 20
    assert known.measured == 3
    assert known.tokens.value == pytest.approx(120 * batches)
    margin = 1.96 * 20 * (batches + batches**2 / 3) ** 0.5
    assert known.tokens.high - known.tokens.value == pytest.approx(margin)
    assert known.minutes.value == pytest.approx(batches / 30)
    assert known.cost is not None
    assert known.cost.value == pytest.approx(0.014 * batches)


def measured(project: Project, voter: Voter, size: int, count: int, **took: Any) -> None:
    """Requests of `size` as a pilot leaves them."""
    project.store.runs.start("pilot", {})
    for _ in range(count):
        request = Request(1, voter.source.id, voter.model, "p", [f"m{i}" for i in range(size)])
        row = project.store.requests.begin(request)
        project.store.requests.conclude(
            row, replace(request, labelled=size, status="ok", latency=1.0, **took)
        )


async def test_requests_of_another_size_are_carried_over_and_the_estimate_says_so(
    priced: Project, server: LLMServer, catreview: Command
) -> None:
    with using(priced, server, rpm=30, concurrency=2) as project:
        voter = configured_voter(project)
        plan = plan_labelling(project, voter)
        examples = project.store.examples.get(plan.numbers[:20])
        five = expected_tokens(voter.prompt.render(examples[:5]))[0]
        twenty = expected_tokens(voter.prompt.render(examples))[0]
        # As the prompt would have it, and half as much again.
        measured(project, voter, 5, 4, prompt_tokens=round(1.5 * five), completion_tokens=50)
        known = estimate(project, voter, plan)
    assert (known.measured, known.sizes) == (4, (5,))
    assert known.tokens.value == pytest.approx((1.5 * twenty + 4 * 50) * 197 / 20, rel=0.05)
    # A small request is mostly instructions: four of them take far more than one of 20.
    assert known.tokens.value < 0.6 * (1.5 * five + 50) * 197 / 5
    llm = ("--provider", "custom", "--base-url", server.base_url, "--model", "scripted")
    dry = ("label", "--dry-run", "--project", priced.folder, *llm)
    assert "measured on 4 requests of 5, carried over to 20" in catreview(*dry).out
    assert catreview(*dry, "--json").json()["estimate"]["measured_batch_sizes"] == [5]
    with using(priced, server) as project:
        measured(project, voter, 20, 3, prompt_tokens=900, completion_tokens=100)
        known = estimate(project, voter, plan)
    assert (known.measured, known.sizes) == (3, (20,))
    assert known.tokens.value == pytest.approx(1000 * 197 / 20)
    with using(priced, server) as project:
        # A server that counts no tokens tells nothing of what the next request takes.
        measured(project, voter, 20, 5, prompt_tokens=0, completion_tokens=0)
        assert estimate(project, voter, plan).tokens == known.tokens
    words = catreview(*dry).out
    assert "measured on 3 requests of 20" in words
    assert "carried over" not in words


def test_dry_run_as_json_has_the_estimate_and_the_prompt(
    priced: Project, server: LLMServer, catreview: Command
) -> None:
    llm = ("--provider", "custom", "--base-url", server.base_url, "--model", "scripted")
    ran = catreview("label", "--dry-run", "--json", "--project", priced.folder, *llm)
    plan = ran.json()
    assert (plan["examples"], plan["batches"], plan["pools"]["ambiguous"]) == (197, 10, 197)
    assert plan["estimate"]["cost"]["value"] > 0
    assert plan["estimate"]["days"] == 1
    assert "zq3 xk" in plan["messages"][-1]["content"]


def test_a_plan_over_the_days_limit_says_on_how_many_days(
    priced: Project, server: LLMServer, catreview: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp()
    monkeypatch.setattr("catreview.jobs.llm.estimating.time", SimpleNamespace(time=lambda: noon))
    llm = ("--provider", "custom", "--base-url", server.base_url, "--model", "scripted")
    dry = ("label", "--dry-run", "--project", priced.folder, *llm, "--batch-size", "10")
    book = EndpointBook(priced, Endpoint("custom", server.base_url, "scripted"))
    slots = Slots(book, 600, 8)
    assert slots.reserve(noon, 0) == 0
    # 20 requests: 7 today, 8 tomorrow, 5 the day after.
    assert " on 3 days (8 requests a day, 7 left today)\n" in catreview(*dry, "--rpd", "8").out
    assert catreview(*dry, "--rpd", "8", "--json").json()["estimate"]["days"] == 3
    assert (
        catreview(*dry, "--rpd", "8", "--model", "other", "--json").json()["estimate"]["days"] == 3
    )
    assert " on 20 days (1 request a day, none left today)\n" in catreview(*dry, "--rpd", "1").out
    assert "left today" not in catreview(*dry, "--rpd", "21").out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("input = -1\noutput = 1", "prices.m.input"),
        ("input = 1\noutput = 2\nouput = 3", "Did you mean output"),
    ],
)
def test_a_wrong_price_is_named_with_its_line(
    catreview: Command, folder: Path, line: str, words: str
) -> None:
    with (folder / "catreview.toml").open("a") as file:
        file.write(f"[prices.m]\n{line}\n")
    ran = catreview("status", "--project", folder)
    assert ran.code == 2
    assert words in ran.err
