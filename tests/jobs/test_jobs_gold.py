"""Gold is for measuring: changing it changes scores and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.projects import Command

from catreview.jobs.demo import make_demo
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.labels.sampling import sampled_truth
from catreview.jobs.llm.planning import plan_labelling
from catreview.jobs.llm.voters import configured_voter
from catreview.jobs.project import Project
from catreview.jobs.review.queueing import QUEUES, build_queue
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.training import modelling
from catreview.jobs.training.classifying import latest_model
from catreview.jobs.training.modelling import train, training_set
from catreview.jobs.training.reporting import last_report
from catreview.llm.prompt import load_prompt
from catreview.records import ABSTAIN, Example, Source, SourceKind


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Project]:
    with make_demo(tmp_path / "demo") as project:
        yield project


def spoil(project: Project) -> None:
    """Give every gold example another category."""
    names = project.schema.names
    numbers = project.store.examples.gold()
    examples = project.store.examples.get(list(numbers))
    project.store.examples.mark_gold(
        {
            example.id: names[(names.index(category) + 1) % len(names)]
            for example, category in zip(examples, numbers.values(), strict=True)
        }
    )


def test_what_becomes_gold_while_a_model_learns_from_it_does_not_measure_it(
    demo: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = demo.store.examples.gold()
    number = int(training_set(demo).numbers[0])
    (example,) = demo.store.examples.get([number])
    learning = modelling.fit_classifier

    def fit(*of: Any, **how: Any) -> Any:
        demo.store.examples.mark_gold({example.id: "emotion"})
        return learning(*of, **how)

    monkeypatch.setattr(modelling, "fit_classifier", fit)
    result = train(demo)
    assert demo.store.examples.gold().keys() - before.keys() == {number}
    assert number in result.trained_on.numbers
    assert result.evaluation.macro_f1.n == len(before)
    predicted = demo.store.runs.finished("train")[0].results[modelling.PREDICTED]
    assert predicted.keys() == set(map(str, before))
    assert last_report(demo)["stale"]
    # The next model has more gold; the two are compared on what both predicted.
    assert train(demo).evaluation.macro_f1.n == len(before) + 1
    assert last_report(demo)["paired"]["n"] == len(before)


def test_the_gold_queue_ends_where_there_is_gold_enough(
    filled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catreview.jobs.review.ordering.GOLD_WANTED", 5)
    assert len(build_queue(filled, "gold", "me").numbers) == 5
    filled.store.examples.mark_gold({"a0": "request", "b3": "statement"})
    assert len(build_queue(filled, "gold", "me").numbers) == 3


@pytest.mark.parametrize("given", ["closing", "request"])
@pytest.mark.parametrize("file_first", [True, False])
def test_gold_from_a_file_stays_when_a_decision_in_the_gold_queue_is_undone(
    filled: Project, given: str, file_first: bool
) -> None:
    session = ReviewSession(filled, "gold", "me")
    card = session.card(session.number(0))
    if file_first:
        filled.store.examples.mark_gold({card.example.id: given})
    session.decide(card, "closing")
    assert filled.store.examples.gold() == {card.number: "closing"}
    if not file_first:
        filled.store.examples.mark_gold({card.example.id: given})
    session.undo()
    assert filled.store.examples.gold() == {card.number: given}
    assert card.number not in {row[0] for row in filled.store.labels.all()}
    session.redo()
    assert filled.store.examples.gold() == {card.number: "closing"}


def test_few_trusted_labels_of_one_category_call_for_weaker_ones(project: Project) -> None:
    project.store.examples.add([Example(f"e{i}", f"text {i}") for i in range(80)])
    llm = project.store.votes.source(Source(SourceKind.LLM, "llm")).id
    trusted = [(n, "statement", 0.9, "llm", llm) for n in range(1, 41)]
    weaker = [(n, "question", 0.9, "confident", llm) for n in range(41, 81)]
    project.store.labels.put(np.arange(1, 81), [*trusted, *weaker])
    assert training_set(project).by_basis == {"llm": 40, "confident": 40}


def test_gold_enters_neither_training_nor_calibration_nor_votes(demo: Project) -> None:
    gold = set(demo.store.examples.gold())
    assert gold.isdisjoint(training_set(demo).numbers.tolist())
    honest = train(demo)
    before = latest_model(demo)
    votes = list(demo.store.votes.by_id(demo.store.votes.sources("model")[-1].id))
    spoil(demo)
    run_functions(demo)
    spoiled = train(demo)
    after = latest_model(demo)
    np.testing.assert_array_equal(before.model.weights, after.model.weights)
    assert before.model.temperature == after.model.temperature
    assert votes == list(demo.store.votes.by_id(demo.store.votes.sources("model")[-1].id))
    assert honest.cross_validated.macro_f1 == spoiled.cross_validated.macro_f1
    assert spoiled.evaluation.macro_f1.value < 0.2 < honest.evaluation.macro_f1.value


def test_what_becomes_gold_after_its_review_teaches_nothing_any_more(filled: Project) -> None:
    session = ReviewSession(filled, "audit", "me")
    card = session.card(session.number(0))
    session.decide(card, "closing")
    numbers = filled.store.examples.all_numbers()
    assert (sampled_truth(filled, numbers) != ABSTAIN).sum() == 1
    filled.store.examples.mark_gold({card.example.id: "closing"})
    assert (sampled_truth(filled, numbers) == ABSTAIN).all()


def test_messages_beside_gold_do_not_train(demo: Project) -> None:
    data = training_set(demo)
    assert {e.conversation for e in data.examples}.isdisjoint(
        demo.store.examples.gold_conversations()
    )
    example = data.examples[0]
    beside = [e.id for e in data.examples if e.conversation == example.conversation]
    demo.store.examples.mark_gold({example.id: "closing"})
    left = training_set(demo)
    assert {e.id for e in data.examples} - {e.id for e in left.examples} == set(beside)
    assert left.left_out == data.left_out + len(beside) - 1


def test_gold_is_in_no_queue_whose_order_it_could_sway(demo: Project) -> None:
    train(demo)
    gold = set(demo.store.examples.gold())
    before = {
        name: build_queue(demo, name, "rita").numbers.tolist() for name in QUEUES if name != "pilot"
    }
    spoil(demo)
    for name, numbers in before.items():
        assert gold.isdisjoint(numbers)
        assert build_queue(demo, name, "rita").numbers.tolist() == numbers


def test_prompts_and_the_labelling_plan_know_nothing_of_gold(demo: Project) -> None:
    voter = configured_voter(demo)
    plan = plan_labelling(demo, voter)
    prompt = load_prompt(demo.settings.llm.prompt, demo.schema, demo.folder)
    batch = demo.store.examples.get(plan.numbers[:20])
    asked = prompt.render(batch)
    assert set(demo.store.examples.gold()).isdisjoint(plan.numbers)
    spoil(demo)
    assert plan_labelling(demo, voter).numbers == plan.numbers
    assert prompt.render(demo.store.examples.get(plan.numbers[:20])) == asked


def test_the_change_is_tested_on_the_gold_that_both_models_saw(demo: Project) -> None:
    train(demo)
    assert last_report(demo)["paired"] is None
    train(demo)
    report = last_report(demo)
    gold = len(demo.store.examples.gold())
    assert (report["delta"], report["before"]) == (0.0, "svm #1")
    assert report["paired"] == {"low": 0.0, "high": 0.0, "p": 1.0, "n": gold}
    assert "predicted_on_gold" not in report


def test_a_report_says_whether_the_change_is_more_than_chance(
    catreview: Command, demo: Project
) -> None:
    train(demo)
    run = train(demo).run
    results = demo.store.runs.finished("train")[0].results
    worse = {**results, "predicted_on_gold": dict.fromkeys(results["predicted_on_gold"], "closing")}
    demo.store.runs.finish(run, "done", worse)
    ran = catreview("report", "--project", demo.folder)
    assert ": a real change\n" in ran.out
    assert f"paired on {len(demo.store.examples.gold()):,} gold\n" in ran.out
    found = catreview("report", "--json", "--project", demo.folder).json()
    assert found["delta"] < found["paired"]["high"] < 0
    assert found["paired"]["p"] < 0.01
    json.dumps(found, allow_nan=False)
