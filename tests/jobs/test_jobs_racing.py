"""The race of the voting methods, on reviews alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.projects import Command, write_jsonl

from catreview.jobs.demo import data_folder, make_demo
from catreview.jobs.functions.racing import RULES, Contest, _Judge, all_voters, race
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.labels.trust import learn_all
from catreview.jobs.project import Project, open_project
from catreview.jobs.training.checking import check_cases
from catreview.records import ABSTAIN, Source, SourceKind
from catreview.store import Action, Codes, Review
from catreview.training.evaluation import Difference
from catreview.voting import METHODS, majority_vote

READINGS = {
    row["id"]: row["label"]
    for row in map(
        json.loads, (data_folder() / "llm_votes.jsonl").read_text(encoding="utf-8").splitlines()
    )
    if row["source"] == "reader-in-context"
}


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration in which the better reader has reviewed every sixth message."""
    folder = tmp_path_factory.mktemp("race") / "demo"
    with make_demo(folder) as project:
        gold = project.store.examples.gold()
        project.store.votes.source(Source(SourceKind.REVIEWER, "me"))
        numbers = [n for n in project.store.examples.all_numbers().tolist() if n not in gold]
        with project.store.transaction():
            for number in numbers[::6]:
                example = project.store.examples.get([number])[0]
                project.store.reviews.append(
                    Review(number, "me", Action.FIX, READINGS[example.id], queue="audit")
                )
    return folder


def test_every_method_and_the_rule_in_force_are_measured_with_their_interval(
    reviewed: Path,
) -> None:
    with open_project(reviewed) as project:
        found = race(project)
    assert [entrant.method for entrant in found.entrants] == [*METHODS]
    assert found.rules is not None
    assert found.method is not None
    assert found.rule is not None
    assert tuple(found.rules) == RULES
    intervals = [i for entrant in found.entrants for i in (entrant.weak, entrant.everyone)]
    for interval in [*intervals, *found.rules.values()]:
        assert 0.3 < interval.low < interval.value < interval.high <= 1
        assert interval.n == found.reviewed
    assert found.method.leader in METHODS
    assert found.rule.in_force == "priority"
    assert found.rule.leader in RULES


def test_gold_has_no_part_in_the_race(reviewed: Path) -> None:
    with open_project(reviewed) as project:
        before = race(project)
        gold = project.store.examples.gold()
        examples = project.store.examples.get(list(gold))
        with project.store.transaction():
            project.store.examples.mark_gold({example.id: "closing" for example in examples})
            for number in gold:
                project.store.reviews.append(Review(number, "me", Action.FIX, "closing"))
        after = race(project)
    assert after == before


def test_no_rule_has_seen_the_reviews_that_it_is_measured_on(
    reviewed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def learn(votes: object, truth: Codes, sampled: Codes, *more: Any) -> Any:
        assert not ((truth == ABSTAIN) & (sampled != ABSTAIN)).any()
        seen.append(int((sampled != ABSTAIN).sum()))
        return learn_all(votes, truth, sampled, *more)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr("catreview.jobs.functions.racing.learn_all", learn)
    with open_project(reviewed) as project:
        found = race(project)
    held_out = [found.reviewed - count for count in seen]
    assert min(held_out) > 0
    assert sum(held_out) == found.reviewed * len(RULES)


@pytest.mark.parametrize("method", METHODS)
def test_the_method_chosen_is_the_one_that_votes(reviewed: Path, method: str) -> None:
    with open_project(reviewed, {"heuristic": {"method": method}}) as project:
        run_functions(project)
        (source,) = project.store.votes.sources("heuristic")
        assert source.fingerprint == method
        found = race(project).method
        assert found is not None
        assert found.in_force == method


@pytest.mark.parametrize("method", METHODS)
def test_a_check_asks_the_heuristic_that_the_project_uses(
    reviewed: Path, tmp_path: Path, method: str
) -> None:
    with open_project(reviewed, {"heuristic": {"method": method}}) as project:
        run_functions(project)
        numbers = project.store.examples.all_numbers()
        (source,) = project.store.votes.sources("heuristic")
        functions = project.store.votes.sources("function")
        votes = project.store.votes.matrix(numbers, functions, project.schema.names).codes
        own = project.store.votes.matrix(numbers, [source], project.schema.names).codes[:, 0]
        names = project.schema.names
        learned = own != majority_vote(votes, len(names)).label
        assert (method == "majority") == (not learned.any())
        chosen = np.flatnonzero((own != ABSTAIN) & (learned | (numbers % 40 == 0)))
        examples = project.store.examples.get(numbers[chosen])
        rows = [
            {"text": e.text, "previous": e.previous, "label": names[code]}
            for e, code in zip(examples, own[chosen].tolist(), strict=True)
        ]
        cases = check_cases(project, write_jsonl(tmp_path / "cases.jsonl", rows))
    wrong = [case.text for case in cases if case.heuristic != case.expected]
    assert not wrong


def test_only_random_samples_are_raced_on_and_learned_from(reviewed: Path) -> None:
    with open_project(reviewed) as project:
        before = race(project)
        gold = project.store.examples.gold()
        others = [n for n in project.store.examples.all_numbers().tolist() if n not in gold][1::50]
        for number in others:
            project.store.reviews.append(Review(number, "me", Action.FIX, "closing", queue="value"))
        after = race(project)
    assert after == before


def test_only_what_is_better_beyond_chance_is_proposed() -> None:
    chance, better = Difference(0.02, -0.01, 0.05, 0.2), Difference(0.02, 0.01, 0.03, 0.01)
    assert Contest("majority", "dawid-skene", chance).proposed is None
    assert Contest("majority", "dawid-skene", better).proposed == "dawid-skene"
    assert Contest("majority", "majority", None).proposed is None


def test_of_equally_good_methods_the_one_in_force_leads(reviewed: Path) -> None:
    with open_project(reviewed) as project:
        voters = all_voters(project)
        entrants = dict.fromkeys(METHODS, voters.truth)
        for method in METHODS:
            contest = _Judge(project, voters).contest(method, entrants)
            assert (contest.leader, contest.gain) == (method, None)


def test_with_few_reviews_it_says_how_many_are_missing(catreview: Command, filled: Project) -> None:
    ran = catreview("lf", "race", "--project", filled.folder)
    assert (ran.code, "50 more are missing" in ran.out) == (0, True)


def test_the_race_is_printed_and_given_as_json(catreview: Command, reviewed: Path) -> None:
    ran = catreview("lf", "race", "--project", reviewed)
    assert ran.code == 0
    assert "label rule" in ran.out
    assert "rule: " in ran.out
    assert "gold has no part" in ran.out
    found = catreview("lf", "race", "--json", "--project", reviewed).json()
    assert found["method"]["proposed"] in (None, found["method"]["leader"])
    assert len(found["entrants"]) == 3
    assert found["rules"].keys() == {"priority", "dawid-skene"}
    assert found["rule"]["in_force"] == "priority"


def test_a_rule_that_weighs_wins_where_an_llm_errs_in_a_way_that_reviews_show(
    reviewed: Path, tmp_path: Path
) -> None:
    """An LLM that calls every question a request: by priority it is believed."""
    with open_project(reviewed) as project:
        copy = tmp_path / "copy"
        copy.mkdir()
        (copy / "catreview.toml").write_text((reviewed / "catreview.toml").read_text("utf-8"))
        project.store._connections.db.execute(f"VACUUM INTO '{copy / 'catreview.db'}'")
    with open_project(copy) as project:
        store = project.store
        llms = store.votes.sources(SourceKind.LLM)
        numbers = store.examples.all_numbers().tolist()
        for source in llms:
            store.votes.withdraw(numbers, source.id)
        votes = []
        for number, example in zip(numbers, store.examples.get(numbers), strict=True):
            says = READINGS.get(example.id, "statement")
            votes.append((number, {"question": "request"}.get(says, says), None))
        store.votes.put(llms[0].id, votes)
        found = race(project).rule
        assert found is not None
        assert found.proposed == "dawid-skene"
        assert found.gain is not None
        assert found.gain.value > 0.05
