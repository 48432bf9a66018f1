"""The benchmarks still run; what they measure is for people to read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from catreview.jobs.project import Project
from catreview.records import Source, SourceKind


def test_a_simulated_reviewer_works_through_a_queue(shared_data: Path) -> None:
    from bench.bench_queues import Simulation, demo, reviews_to

    curve = Simulation(demo(), seed=0, pool=1_250).run("value", budget=20, batch=20)
    assert [reviews for reviews, _, _ in curve] == [0, 20]
    assert all(0.3 < f1 < 1 for _, _, f1 in curve)
    assert reviews_to(np.array([0.5, 0.6, 0.55]), 0.55, np.array([0.0, 10, 20])) == pytest.approx(5)


def test_messages_like_one_are_timed_and_compared(filled: Project) -> None:
    from bench.bench_similar import same_votes, speed

    numbers = filled.store.examples.all_numbers().tolist()
    llm = filled.store.votes.source(Source(SourceKind.LLM, "llm"))
    filled.store.votes.put(llm.id, [(n, "request", 0.9) for n in numbers])
    ours, floor = speed(filled, numbers[:3])
    assert (ours > 0).all()
    assert (floor > 0).all()
    alike, among_all, found = same_votes(filled, numbers)
    assert among_all == 1.0
    assert alike == 1.0 or not any(found)
    assert len(found) == len(numbers)


def test_label_rules_are_raced_where_the_truth_is_known(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    from bench import bench_rules

    found = bench_rules.race(bench_rules.one_reader(), reviews=100, repeats=1)
    assert found.keys() >= {"priority", "dawid-skene"}
    assert all(0.5 < f1 < right < 1 for right, f1 in found.values())


def test_trying_out_a_function_is_timed_beside_a_plain_loop(filled: Project) -> None:
    from bench.bench_trying import DRAFTS, table

    rows = table(filled)
    assert len(rows) == len(DRAFTS) + 1
    assert all(0 < first <= every for _, first, every, _ in rows)


def test_voting_is_timed_with_or_without_its_peer(
    shared_data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench import bench_voting

    monkeypatch.setattr(bench_voting, "REPEATS", 1)
    bench_voting.main()
    assert capsys.readouterr().out.count("Dawid-Skene") == 2


def test_functions_are_timed_beside_the_bare_loop(
    shared_data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench import bench_functions

    monkeypatch.setattr(bench_functions, "REPEATS", 1)
    bench_functions.main(every=200)
    assert "votes that differ: 0 of" in capsys.readouterr().out


def test_the_forecast_is_timed_against_training_each_of_its_models(tmp_path: Path) -> None:
    from bench.bench_forecast import compare, reviewed

    from catreview.jobs.demo import data_folder, make_demo

    votes = (data_folder() / "llm_votes.jsonl").read_text(encoding="utf-8").splitlines()
    with make_demo(tmp_path / "demo") as project:
        reviewed(project, {row["id"]: row["label"] for row in map(json.loads, votes)}, 60)
        whole, one, models = compare(project)
    assert models == 13
    assert whole > 0 < one
