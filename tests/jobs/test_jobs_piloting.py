"""The pilot against a scripted server: which candidate is good enough, and what `label` says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.llm_server import LLMServer, Reply, Request, completion, error
from helpers.projects import Command, write_jsonl

from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages
from catreview.jobs.llm.candidates import _position, _swallowing
from catreview.jobs.llm.labelling import LabellingJob
from catreview.jobs.llm.piloting import PilotResult, run_pilot
from catreview.jobs.llm.planning import plan_labelling
from catreview.jobs.llm.voters import configured_voter
from catreview.jobs.project import PILOT_FILE, VOTES_FILE, Project, open_project
from catreview.jobs.review.queueing import build_queue
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.works import works
from catreview.schema import DEFAULT_SCHEMA
from catreview.store import Request as StoreRequest

NAMES = DEFAULT_SCHEMA.names
N, GOLD = 150, 120


def truth(text: str) -> str:
    """No function understands `zq17 k3`; its last digit is its category."""
    return NAMES[int(text[-1])]


def number(text: str) -> int:
    return int(text.split(maxsplit=1)[0][2:])


def hurried(text: str) -> str:
    """Wrong on every fourth message, always in the same way."""
    return NAMES[(int(text[-1]) + 1) % 6] if number(text) % 4 == 0 else truth(text)


def swallower(text: str) -> str:
    return truth(text) if number(text) % 5 == 0 else "statement"


MODELS: dict[str, Callable[[str], str]] = {
    "good": truth,
    "hurried": hurried,
    "swallower": swallower,
}


def by_model(request: Request) -> Reply | None:
    label = MODELS[request.body["model"]]
    return completion(json.dumps({k: label(m["message"]) for k, m in request.messages.items()}))


@pytest.fixture
def server() -> Iterator[LLMServer]:
    with LLMServer(guard=by_model) as running:
        yield running


def fill(project: Project, folder: Path, count: int, gold: int) -> Project:
    rows = [{"id": f"m{i:03}", "text": f"zq{i} k{i % 6}"} for i in range(count)]
    import_messages(project, write_jsonl(folder / "many.jsonl", rows), Columns())
    if gold:
        known = [{"id": f"m{i:03}", "label": NAMES[i % 6]} for i in range(gold)]
        import_messages(project, write_jsonl(folder / "gold.jsonl", known), Columns(), gold=True)
    run_functions(project)
    return project


@pytest.fixture
def many(project: Project, tmp_path: Path) -> Project:
    """150 messages of six categories that no function understands; 120 of them are gold."""
    return fill(project, tmp_path, N, GOLD)


def using(project: Project, server: LLMServer, size: int = GOLD, **llm: object) -> Project:
    settings = {"provider": "custom", "base_url": server.base_url, "model": "good", "rpm": 100_000}
    return open_project(project.folder, {"llm": {**settings, **llm}, "pilot": {"size": size}})


async def pilot(project: Project, server: LLMServer, *models: str, **options: Any) -> PilotResult:
    size = options.pop("size", GOLD)
    with using(project, server, size) as opened:
        return await run_pilot(opened, models=models, **options)


def asked(server: LLMServer) -> Counter[tuple[str, str]]:
    return Counter(
        (request.body["model"], m["message"])
        for request in server.requests
        for m in request.messages.values()
    )


async def test_it_says_how_much_it_asks_before_the_first_reply(
    many: Project, server: LLMServer
) -> None:
    steps: list[tuple[int, int | None, int]] = []
    await pilot(
        many, server, "good", report=lambda s: steps.append((s.done, s.total, len(server.requests)))
    )
    assert steps[0] == (0, 6, 0)


async def test_the_better_model_comes_first_and_the_difference_is_tested(
    many: Project, server: LLMServer
) -> None:
    result = await pilot(many, server, "hurried", "good")
    good, hurried_ = result.candidates
    assert (good.model, good.accuracy.k, good.accuracy.n) == ("good", 120, 120)
    assert (hurried_.model, hurried_.accuracy.k) == ("hurried", 90)
    assert (good.passed, hurried_.passed, result.exit_code) == (True, False, 0)
    (comparison,) = result.comparisons
    assert (comparison.first, comparison.second) == (0, 1)
    assert (comparison.first_only_right, comparison.second_only_right) == (30, 0)
    assert comparison.p == pytest.approx(2**-30)
    assert (result.against, result.people) == ("people", 120)


async def test_every_combination_is_asked_once_and_a_second_pilot_asks_nothing(
    many: Project, server: LLMServer
) -> None:
    (many.folder / "mine.txt").write_text("Sort these.\n{{categories}}\n{{messages}}\n")
    options = {"prompts": ["classify-v1", "mine.txt"], "batch_sizes": [5, 20]}
    result = await pilot(many, server, "good", "hurried", **options)
    assert len({(c.model, c.template, c.batch_size) for c in result.candidates}) == 8
    assert len(result.comparisons) == 28
    assert set(asked(server).values()) == {4}
    assert len(server.requests) == 4 * (120 // 5 + 120 // 20)
    again = await pilot(many, server, "good", "hurried", **options)
    assert len(server.requests) == 120
    assert again.as_json() == result.as_json()


async def test_the_result_file_has_the_candidates_best_first(
    many: Project, server: LLMServer
) -> None:
    result = await pilot(many, server, "hurried", "good")
    written = json.loads((many.folder / PILOT_FILE).read_text())
    assert written == json.loads(json.dumps(result.as_json()))
    assert [c["model"] for c in written["candidates"]] == ["good", "hurried"]
    low, high = (written["candidates"][1]["accuracy"][end] for end in ("low", "high"))
    assert low < 0.75 < high < 0.9
    assert sum(written["expected"].values()) == pytest.approx(1)
    last = many.store.runs.latest("pilot")
    assert last is not None
    assert (last.status, last.results) == ("done", written)


async def test_a_model_that_calls_everything_statement_is_told_to_swallow(
    many: Project, server: LLMServer
) -> None:
    result = await pilot(many, server, "swallower", "good")
    good, swallows = result.candidates
    assert good.swallowing == ()
    (found,) = swallows.swallowing
    assert (found.category, found.expected) == ("statement", pytest.approx(1 / 6))
    assert found.given == pytest.approx(5 / 6, abs=0.02)
    assert found.swallowed == NAMES[:-1]


async def test_a_published_confusion_is_below_the_gate_and_swallows_emotion(
    project: Project, tmp_path: Path, shared_data: Path
) -> None:
    """What llama-3.3-70b gave on 240 messages in the project that this one grew out of."""
    reports = json.loads((shared_data / "pilot_reports.json").read_text())
    run = next(r for r in reports["runs"] if "confusion_rows_true_columns_given" in r)
    order = reports["categories_assumed_order"]
    rows: dict[str, list[str]] = {
        name: [given for given, n in zip(order, counts, strict=True) for _ in range(n)]
        for name, counts in zip(order, run["confusion_rows_true_columns_given"], strict=True)
    }

    def llama(text: str) -> str:
        return rows[truth(text)][number(text) // 6]

    fill(project, tmp_path, 240, 240)
    with LLMServer(label=llama) as server:
        result = await pilot(project, server, size=240)
    (candidate,) = result.candidates
    assert candidate.accuracy.value == pytest.approx(run["accuracy"], abs=0.001)
    assert result.exit_code == 1
    (found,) = candidate.swallowing
    assert (found.category, found.swallowed) == ("statement", ("emotion",))
    assert found.given == pytest.approx(77 / 240)


async def test_replies_that_cannot_be_read_are_counted_and_count_as_wrong(many: Project) -> None:
    def rambling(request: Request) -> Reply:
        """Reasons instead of answering wherever a message of the last category is in the batch."""
        last = any(m["message"].endswith("5") for m in request.messages.values())
        labels = {k: truth(m["message"]) for k, m in request.messages.items()}
        return completion("Let me think about each of these." if last else json.dumps(labels))

    with LLMServer(guard=rambling) as server:
        (candidate,) = (await pilot(many, server, batch_sizes=[5])).candidates
    assert candidate.labelled == candidate.accuracy.k == 100
    assert candidate.effort.unreadable.value > 0.2
    assert len(candidate.set_aside) == 20
    assert candidate.effort.requests == len(server.requests) > 30


async def test_a_model_that_tires_within_a_request_is_found_out(many: Project) -> None:
    def tires(request: Request) -> Reply:
        labels = {k: truth(m["message"]) for k, m in request.messages.items()}
        for key in list(labels)[14:]:
            labels[key] = "closing"
        return completion(json.dumps(labels))

    with LLMServer(guard=tires) as server:
        (candidate,) = (await pilot(many, server)).candidates
    position = candidate.position
    assert position is not None
    assert [third.n for third in position.thirds] == [42, 42, 36]
    assert position.thirds[0].value == position.thirds[1].value == 1
    assert position.thirds[2].value < 0.4
    assert position.matters


async def test_errors_spread_over_a_request_are_no_effect_of_the_place(
    many: Project, server: LLMServer
) -> None:
    (candidate,) = (await pilot(many, server, "hurried")).candidates
    assert candidate.position is not None
    assert candidate.position.p > 0.05


def test_an_example_asked_again_stands_where_it_was_asked_last() -> None:
    """Of thirty in requests of three, what came third is asked again alone."""

    def asked_for(*examples: str) -> StoreRequest:
        return StoreRequest(1, 1, "m", "p", examples)

    ids = [f"m{i:02}" for i in range(30)]
    requests = [asked_for(*ids[start : start + 3]) for start in range(0, 30, 3)]
    right = {example: place % 3 != 2 for place, example in enumerate(ids)}
    found = _position(requests, right)
    assert found is not None
    assert [(third.k, third.n) for third in found.thirds] == [(10, 10), (10, 10), (0, 10)]
    assert found.matters
    assert _position([*requests, *map(asked_for, ids[2::3])], right) is None


@pytest.mark.parametrize(("n", "swallows"), [(10, False), (200, True)])
def test_what_chance_may_have_done_is_not_called_swallowing(n: int, swallows: bool) -> None:
    truth = np.arange(n, dtype=np.int16) % 5
    votes = np.where(truth == 4, 0, truth).astype(np.int16)  # a fifth of all, at any size
    assert bool(_swallowing(votes, truth, NAMES)) is swallows


async def test_requests_of_one_have_no_place(many: Project, server: LLMServer) -> None:
    (candidate,) = (await pilot(many, server, batch_sizes=[1])).candidates
    assert candidate.position is None


async def test_tokens_minutes_and_prices_are_for_what_was_asked(
    many: Project, server: LLMServer
) -> None:
    (candidate,) = (await pilot(many, server)).candidates
    assert (candidate.effort.requests, candidate.effort.prompt_tokens) == (6, 600)
    assert candidate.effort.cost is None
    many.store._connections.db.execute("UPDATE request SET cost = 0.002")
    with using(many, server, GOLD, rpm=10) as slow:
        (candidate,) = (await run_pilot(slow)).candidates
    assert candidate.effort.cost == pytest.approx(1000 * 6 * 0.002 / 120)
    assert candidate.effort.minutes == pytest.approx(1000 * 6 / 10 / 120)


async def test_a_pilot_votes_on_no_label_and_stands_in_no_queue(
    many: Project, server: LLMServer
) -> None:
    await pilot(many, server, "good", "hurried", size=N)
    assert "llm" not in many.store.labels.counts()
    assert "llm" not in {source.kind for source, _ in many.store.votes.counts()}
    assert build_queue(many, "disagreement", "rita").numbers.tolist() == []
    assert not (many.folder / VOTES_FILE).exists()


async def label(project: Project) -> int:
    voter = configured_voter(project)
    plan = plan_labelling(project, voter)
    result = await LabellingJob(project, voter, plan).run()
    return result.labelled


async def test_labelling_takes_over_the_votes_of_its_pilot_and_pays_for_the_others(
    many: Project, server: LLMServer
) -> None:
    await pilot(many, server, "good", "hurried", batch_sizes=[5, 20], size=N - 10)
    before = len(server.requests)
    with using(many, server, batch_size=5) as project:
        assert await label(project) == 10
        votes = dict(project.store.votes.by_id(configured_voter(project).source.id))
    assert len(server.requests) == before + 2
    assert len(votes) == N
    assert many.store.labels.counts()["llm"] == dict.fromkeys(NAMES, 5)
    lines = [json.loads(line) for line in (many.folder / VOTES_FILE).read_text().splitlines()]
    assert Counter(line["id"] for line in lines) == Counter(list(votes))


async def test_a_pilot_of_another_batch_size_is_not_taken_over(
    many: Project, server: LLMServer
) -> None:
    await pilot(many, server, batch_sizes=[5], size=N)
    with using(many, server) as project:
        assert await label(project) == N - GOLD


async def test_against_the_heuristic_it_says_so(
    project: Project, tmp_path: Path, server: LLMServer
) -> None:
    fill(project, tmp_path, 30, 29)
    result = await pilot(project, server)
    assert (result.against, result.people, result.compared) == ("heuristic", 29, 30)


async def test_a_small_sample_that_people_labelled_whole_is_compared_with_them(
    many: Project, server: LLMServer
) -> None:
    result = await pilot(many, server, size=12)
    assert (result.against, result.compared, result.exit_code) == ("people", 12, 0)


async def test_reviewing_a_part_of_the_sample_leaves_most_of_it_paid_for(
    project: Project, tmp_path: Path, server: LLMServer
) -> None:
    fill(project, tmp_path, 600, 0)
    await pilot(project, server)
    session = ReviewSession(project, "pilot", "me")
    for position in range(60):
        card = session.card(session.number(position))
        session.decide(card, truth(card.example.text))
    result = await pilot(project, server)
    assert (result.against, result.people, result.compared) == ("people", 60, 60)
    assert sum(asked(server).values()) <= GOLD + 12


def options(server: LLMServer) -> tuple[str, ...]:
    return ("--provider", "custom", "--base-url", server.base_url, "--rpm", "100000")


def test_the_command_prints_table_warnings_and_the_way_on(
    many: Project, server: LLMServer, catreview: Command
) -> None:
    models = ("--model", "good", "--model", "swallower", "--batch-size", "20", "--size", GOLD)
    ran = catreview("pilot", "--project", many.folder, *models, *options(server))
    assert ran.code == 0
    assert "2  swallower  classify-v1     20" in ran.out
    assert "2   33.3 %" in ran.out
    assert "statement; people gave 16.7 %; it swallows closing, acknowledge" in ran.out
    assert "#1 is better than #2: it alone is right on 80" in ran.out
    assert "--model good --prompt classify-v1 --batch-size 20" in ran.err


@pytest.mark.parametrize(("models", "code"), [(("hurried",), 1), (("hurried", "good"), 0)])
def test_the_gate_needs_one_candidate(
    many: Project, server: LLMServer, catreview: Command, models: tuple[str, ...], code: int
) -> None:
    named = [word for model in models for word in ("--model", model)]
    ran = catreview("pilot", "--project", many.folder, *named, *options(server), "--json")
    assert (ran.code, ran.json()["passed"]) == (code, code == 0)


def test_without_labels_from_people_it_names_the_queue_to_label(
    project: Project, tmp_path: Path, server: LLMServer, catreview: Command
) -> None:
    fill(project, tmp_path, 30, 0)
    ran = catreview("pilot", "--project", project.folder, "--model", "good", *options(server))
    assert ran.code == 1
    assert "the heuristic, not people" in ran.out
    assert "People have labelled 0 of the 30 sampled; a real gate wants 30: " in ran.err
    assert "--queue gold" in ran.err


def test_label_warns_until_its_candidate_has_passed(
    many: Project, server: LLMServer, catreview: Command
) -> None:
    def talk(*which: object) -> str:
        ran = catreview("label", "--dry-run", "--project", many.folder, *which, *options(server))
        assert ran.code == 0
        return ran.err

    good = ("--model", "good", "--batch-size", "10")
    chosen = "--model good --prompt classify-v1 --batch-size 10"
    assert f"hint: catreview pilot --project {many.folder} {chosen}\n" in talk(*good)
    tried = ("--model", "good", "--model", "hurried", "--batch-size", "10", "--size", GOLD)
    catreview("pilot", "--project", many.folder, *tried, *options(server))
    assert "warning" not in talk(*good)
    assert "not been tried" in talk("--model", "good", "--batch-size", "20")
    warned = talk("--model", "hurried", "--batch-size", "10")
    assert "did not pass its pilot: 75.0 % right of 120, gate 80.0 %" in warned
    assert f"hint: catreview pilot --project {many.folder} --model OTHER\n" in warned


def test_a_pilot_holds_and_is_not_paid_for_again_where_a_category_has_another_name(
    many: Project, server: LLMServer, catreview: Command
) -> None:
    def categories(*names: str) -> None:
        lines = (f'[[category]]\nname = "{name}"\ndefinition = "d"\n' for name in names)
        (many.folder / "catreview.toml").write_text("".join(lines))

    (many.folder / "mine.txt").write_text("{{categories}}\n{{messages}}\n")
    categories(*NAMES)
    chosen = ("--model", "good", "--prompt", "mine.txt", "--project", many.folder)
    tried = ("pilot", *chosen, "--size", GOLD, *options(server))
    assert catreview(*tried).code == 0
    asked_before = len(server.requests)
    categories(*(name.replace("request", "ask") for name in NAMES))
    assert catreview("rename", "request", "ask", "--project", many.folder).code == 0
    assert "warning" not in catreview("label", "--dry-run", *chosen, *options(server)).err
    assert catreview(*tried).code == 0
    assert len(server.requests) == asked_before


def test_a_wrong_candidate_is_refused_before_anything_is_asked(
    many: Project, server: LLMServer, catreview: Command
) -> None:
    base = ("pilot", "--project", many.folder, "--model", "good", *options(server))
    for wrong in (("--prompt", "classify-v1,nope"), ("--batch-size", "20,0"), ("--prompt", "a,")):
        assert catreview(*base, *wrong).code == 2
    assert server.requests == []


def test_a_result_file_that_cannot_be_written_loses_nothing(
    many: Project, server: LLMServer, catreview: Command, tmp_path: Path
) -> None:
    base = ("pilot", "--project", many.folder, "--model", "good", *options(server))
    ran = catreview(*base, "-o", tmp_path / "no" / "such.json")
    assert (ran.code, "such.json cannot be written" in ran.err) == (2, True)
    before = len(server.requests)
    assert catreview(*base, "-o", tmp_path / "such.json").code == 0
    assert len(server.requests) == before


def test_an_interrupt_stops_all_candidates_and_the_same_command_asks_what_is_missing(
    many: Project, server: LLMServer
) -> None:
    many.store.close()
    server.latency = 0.05
    command = [sys.executable, "-m", "catreview", "pilot", "--project", str(many.folder)]
    command += ["--model", "good", "--model", "hurried", "--batch-size", "5", "--size", str(GOLD)]
    command += [*options(server), "--concurrency", "2"]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[2],
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    first = start()
    deadline = time.monotonic() + 20
    while len(server.requests) < 6:
        assert time.monotonic() < deadline, "the pilot sent nothing"
        time.sleep(0.01)
    first.send_signal(signal.SIGINT)
    out, talk = first.communicate(timeout=30)
    assert (first.returncode, out) == (130, b"")
    assert b"Go on with: catreview pilot" in talk
    assert {model for model, _ in asked(server)} == {"good"}
    assert not (many.folder / PILOT_FILE).exists()
    second = start()
    _, talk = second.communicate(timeout=60)
    assert second.returncode == 0, talk
    assert set(asked(server).values()) == {1}
    assert len(asked(server)) == 2 * GOLD


async def test_a_pilot_that_was_stopped_stands_among_the_runs_without_a_result(
    many: Project, server: LLMServer
) -> None:
    result = await pilot(many, server, on_start=lambda job: job.stop())
    assert (result.stopped, result.candidates) == ("interrupted", ())
    run = next(run for run in works(many).runs if run.kind == "pilot")
    assert (run.status, run.result) == ("interrupted", "")


@pytest.fixture
def moody() -> Iterator[LLMServer]:
    """A server that has `good`, and neither of the models whose name begins with `gone`."""

    def answer(request: Request) -> Reply | None:
        if request.body["model"].startswith("gone"):
            return error(404, "no such model", code="model_not_found")
        return by_model(request)

    with LLMServer(guard=answer) as running:
        yield running


async def test_a_candidate_that_fails_is_reported_and_the_others_go_on(
    many: Project, moody: LLMServer
) -> None:
    result = await pilot(many, moody, "gone", "good", "hurried")
    assert [candidate.model for candidate in result.candidates] == ["good", "hurried"]
    assert [(failed.model, failed.batch_size) for failed in result.failed] == [("gone", 20)]
    assert "gone" in result.failed[0].error
    # One did pass, and still the pilot is not what was asked for.
    assert (result.passed, result.exit_code) == (True, 1)
    (comparison,) = result.comparisons
    assert (comparison.first, comparison.second) == (0, 1)


def test_the_command_names_the_candidate_that_failed(
    many: Project, moody: LLMServer, catreview: Command
) -> None:
    llm = ("--provider", "custom", "--base-url", moody.base_url, "--rpm", "100000")
    models = ("--model", "good", "--model", "gone")
    ran = catreview("pilot", *models, "--size", 30, "--project", many.folder, *llm)
    assert ran.code == 1
    assert "failed: gone, classify-v1, 20 a request: " in ran.out
    found = json.loads((many.folder / "llm_pilot_results.json").read_text())
    assert [row["model"] for row in found["failed"]] == ["gone"]
    assert [row["model"] for row in found["candidates"]] == ["good"]


def test_where_all_candidates_fail_the_provider_is_to_blame(
    many: Project, moody: LLMServer, catreview: Command
) -> None:
    llm = ("--provider", "custom", "--base-url", moody.base_url, "--rpm", "100000")
    models = ("--model", "gone", "--model", "gone too")
    ran = catreview("pilot", *models, "--size", 30, "--project", many.folder, *llm)
    assert ran.code == 3
    assert "All 2 candidates failed:" in ran.err
    assert "gone too, classify-v1, 20 a request: " in ran.err
    assert not (many.folder / "llm_pilot_results.json").exists()
