"""What the dashboard shows and opens, and functions that are switched off."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.projects import write_jsonl

from catreview.errors import ConfigError, FunctionsError
from catreview.importers import Columns
from catreview.jobs.functions.weak import function_report, run_functions, switch_function
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.settling import settle
from catreview.jobs.overview import function_lines, overview
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.queueing import build_queue
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.training.histories import ModelLine
from catreview.jobs.training.modelling import PREDICTED
from catreview.records import Source, SourceKind

LABELS = {"a0": "request", "a2": "request", "a3": "question", "b1": "request", "b3": "request"}
MODEL = {"a0": ("question", 0.6), "a2": ("statement", 0.9), "a3": ("question", 0.8),
         "b1": ("question", 0.9), "b3": ("question", 0.7)}  # fmt: skip


@pytest.fixture
def called(filled: Project, tmp_path) -> Project:
    """Labelled by an LLM; a model calls three of the four requests questions."""
    rows = [{"id": i, "source": "llm", "label": label} for i, label in LABELS.items()]
    import_votes(filled, write_jsonl(tmp_path / "votes.jsonl", rows))
    numbers = filled.store.examples.numbers(list(MODEL))
    source = filled.store.votes.source(Source(SourceKind.MODEL, "svm #1"))
    filled.store.votes.put(source.id, [(numbers[i], *vote) for i, vote in MODEL.items()])
    settle(filled)
    return filled


def ids(project: Project, name: str) -> list[str]:
    return [e.id for e in project.store.examples.get(build_queue(project, name, "rita").numbers)]


def test_a_cell_opens_the_machine_labelled_examples_like_it_the_surest_first(
    called: Project,
) -> None:
    assert ids(called, "request called question") == ["b1", "b3", "a0"]
    queue = build_queue(called, "request called question", "rita")
    assert queue.reason(queue.numbers[0]) == (
        "labelled request (by LLM), the model says question (0.90)"
    )


def test_a_cell_of_the_diagonal_starts_with_what_the_model_is_least_sure_of(
    called: Project,
) -> None:
    assert ids(called, "question called question") == ["a3"]


def test_a_cell_never_opens_gold_nor_what_a_person_decided(called: Project, tmp_path) -> None:
    gold = write_jsonl(tmp_path / "gold.jsonl", [{"id": "b1", "label": "request"}])
    import_messages(called, gold, Columns(), gold=True)
    session = ReviewSession(called, "request called question", "me")
    card = session.card(session.number(0))
    assert card.example.id == "b3"
    session.decide(card, "request")
    assert ids(called, "request called question") == ["a0"]
    again = ReviewSession(called, "request called question", "me")
    assert again.pace(0).total == 2


def test_a_functions_conflicts_are_a_queue_that_says_who_differs(called: Project) -> None:
    other = called.store.votes.source(Source(SourceKind.FUNCTION, "other"))
    number = called.store.examples.numbers(["a0"])["a0"]
    called.store.votes.put(other.id, [(number, "closing", None)])
    voted = next(f for f in function_lines(called) if f.conflict > 0)
    queue = build_queue(called, f"conflicts of {voted.name}", "rita")
    assert len(queue.numbers) == round(voted.conflict * 8)
    assert queue.reason(queue.numbers[0]).startswith(f"{voted.name} says ")


def test_conflicts_of_a_function_that_never_voted_are_an_error(called: Project) -> None:
    with pytest.raises(ConfigError, match="No function called 'nobody' has voted"):
        build_queue(called, "conflicts of nobody", "rita")


def test_a_function_switched_off_votes_no_more_until_it_is_on_again(filled: Project) -> None:
    name = "ends_on_question_mark"
    assert function_report(filled).statistics[name].votes > 0
    assert switch_function(filled, name) is False
    with open_project(filled.folder) as reopened:
        run_functions(reopened)
        assert name not in function_report(reopened).statistics
        line = next(f for f in function_lines(reopened) if f.name == name)
        assert (line.on, line.covers, line.right) == (False, 0.0, None)
        assert switch_function(reopened, name) is True
        run_functions(reopened)
        assert function_report(reopened).statistics[name].votes > 0


def test_switching_a_function_that_is_not_there_names_the_nearest(filled: Project) -> None:
    with pytest.raises(FunctionsError, match="There is no function 'ends_on_question'") as error:
        switch_function(filled, "ends_on_question")
    assert error.value.hint == "Did you mean ends_on_question_mark?"
    assert filled.store.switches.off() == set()


def test_an_overview_before_the_first_model_and_pilot_says_so(filled: Project) -> None:
    seen = overview(filled)
    assert (seen.model, seen.pilot, seen.forecast, seen.reviewers) == (None, None, None, ())
    assert seen.sources.unlabelled == 8 - sum(
        sum(row.values()) for row in seen.sources.labels.values()
    )


def finish_training(
    project: Project,
    model: str,
    rows: list[list[int]],
    n: int = 10,
    predicted: dict[str, str] | None = None,
) -> None:
    names = project.schema.names[:2]
    run = project.store.runs.start("train", {})
    per_class = [
        {"category": c, "precision": 0.5, "recall": 0.5, "f1": 0.5, "low": 0.4, "high": 0.6, "n": 5}
        for c in names
    ]
    project.store.runs.finish(run, "done", {
        "model": model, "macro_f1": {"value": 0.5, "low": 0.4, "high": 0.6, "n": n},
        "against": "gold", "per_class": per_class,
        "trained_on": {"examples": 40, "by": {"human": 3, "llm": 37}, "left_out_beside_gold": 0},
        "confusion": {"categories": list(names), "rows": rows}, PREDICTED: predicted or {},
    })  # fmt: skip


def models(project: Project) -> tuple[ModelLine, ...]:
    report = overview(project).model
    assert report is not None
    return report.models


def test_the_last_models_confusion_stands_beside_those_before(filled: Project) -> None:
    finish_training(filled, "svm #1", [[3, 2], [1, 4]])
    finish_training(filled, "svm #2", [[4, 1], [1, 4]])
    report = overview(filled).model
    assert report is not None
    assert report.score.model == "svm #2"
    assert report.confusion == ((4, 1), (1, 4))
    assert [line.confusion for line in report.models] == [((4, 1), (1, 4)), ((3, 2), (1, 4))]
    assert (report.categories[0].low, report.categories[0].high) == (0.4, 0.6)
    assert (report.score.labels, report.score.reviews) == (40, 3)


def test_models_of_before_are_counted_on_the_gold_that_both_predicted(
    filled: Project, tmp_path: Path
) -> None:
    rows = [{"id": i, "label": "request"} for i in ("a0", "a2", "b1")]
    import_messages(filled, write_jsonl(tmp_path / "g.jsonl", rows), Columns(), gold=True)
    numbers = [str(n) for n in filled.store.examples.numbers(["a0", "a2", "b1"]).values()]
    first = dict.fromkeys(numbers[:2], "question")
    finish_training(filled, "svm #1", [[0, 0], [0, 0]], n=2, predicted=first)
    then = dict.fromkeys(numbers, "request")
    finish_training(filled, "svm #2", [[0, 0], [0, 3]], n=3, predicted=then)
    before = models(filled)[1].confusion
    assert before is not None
    request, question = (filled.schema.index[name] for name in ("request", "question"))
    assert before[request][question] == 2
    assert sum(map(sum, before)) == 2


def test_a_model_measured_on_other_gold_is_not_compared(filled: Project) -> None:
    finish_training(filled, "svm #1", [[3, 2], [1, 4]], n=10)
    finish_training(filled, "svm #2", [[4, 1], [1, 4]], n=11)
    assert models(filled)[1].confusion is None


def test_reviews_of_a_cell_are_counted_for_the_training_that_learned_from_them(
    called: Project,
) -> None:
    cell = "request called question"
    session = ReviewSession(called, cell, "me")
    finish_training(called, "svm #1", [[3, 2], [1, 4]])
    time.sleep(0.005)
    session.decide(session.card(session.number(0)), "question")
    session.decide(session.card(session.number(1)), "request")
    session.undo()
    finish_training(called, "svm #2", [[4, 1], [1, 4]])
    time.sleep(0.005)  # times are stored in milliseconds
    session.decide(session.card(session.number(2)), "request")
    report = overview(called).model
    assert report is not None
    assert [line.reviewed.get(cell, 0) for line in report.models] == [1, 0]
    assert report.since == {cell: 1}


def test_labels_by_source_are_known_at_the_end_of_each_job_that_changed_them(
    filled: Project, tmp_path: Path
) -> None:
    weak = overview(filled).counts
    assert [count.kind for count in weak] == ["functions"]
    rows = [{"id": i, "source": "llm", "label": label} for i, label in LABELS.items()]
    import_votes(filled, write_jsonl(tmp_path / "votes.jsonl", rows))
    settle(filled)
    finish_training(filled, "svm #1", [[3, 2], [1, 4]])
    finish_training(filled, "svm #2", [[3, 2], [1, 4]])
    counts = overview(filled).counts
    assert [count.kind for count in counts] == ["functions", "train"]
    assert counts[-1].labels["llm"] == len(LABELS)
    assert sum(counts[-1].labels.values()) == sum(
        sum(row.values()) for row in overview(filled).sources.labels.values()
    )


def test_reviewers_are_listed_with_their_pace_and_how_often_they_changed_something(
    called: Project,
) -> None:
    for name, count, category in (("ana", 3, "request"), ("bo", 1, "closing")):
        session = ReviewSession(called, "disagreement", name)
        for place in range(count):
            session.decide(session.card(session.number(place)), category, 2.0 + place)
    ana, bo = overview(called).reviewers
    assert (ana.reviewer, ana.decided, ana.seconds) == ("ana", 3, 3.0)
    assert (bo.reviewer, bo.decided, bo.shown, bo.fixed) == ("bo", 1, 1, 1)


def test_the_pilot_has_its_candidates_and_the_gate(filled: Project) -> None:
    run = filled.store.runs.start("pilot", {})
    accuracy = {"value": 0.9, "low": 0.85, "high": 0.94, "n": 200}
    best = {
        "model": "big",
        "prompt": "classify-v1",
        "batch_size": 20,
        "passed": True,
        "accuracy": accuracy,
    }
    small = best | {"model": "small", "passed": False}
    filled.store.runs.finish(run, "done", {
        "gate": 0.8, "against": "people", "sampled": 200, "people": 200,
        "candidates": [best, small],
    })  # fmt: skip
    pilot = overview(filled).pilot
    assert pilot is not None
    assert pilot.passed
    assert pilot.on_trial() is None
    model, prompt, batch_size = pilot.configured or ("", "", 0)
    assert (model, batch_size) == ("gpt-oss-120b", 20)
    candidate = replace(pilot.candidates[1], prompt=prompt)
    assert replace(pilot, candidates=(candidate,)).on_trial("small") == candidate
    assert [(c.model, c.accuracy, c.n, c.passed) for c in pilot.candidates] == [
        ("big", 0.9, 200, True), ("small", 0.9, 200, False),
    ]  # fmt: skip
