"""What the dashboard shows and opens, and functions that are switched off."""

from __future__ import annotations

import pytest
from conftest import write_jsonl

from catreview.errors import ConfigError, FunctionsError
from catreview.importers import Columns
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.overview import function_lines, overview
from catreview.jobs.project import Project, open_project
from catreview.jobs.queueing import build_queue
from catreview.jobs.reviewing import ReviewSession
from catreview.jobs.settling import settle
from catreview.jobs.weak import function_report, run_functions, switch_function
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
    return [e.id for e in project.store.examples.get(build_queue(project, name).numbers)]


def test_a_cell_opens_the_machine_labelled_examples_like_it_the_surest_first(
    called: Project,
) -> None:
    assert ids(called, "request called question") == ["b1", "b3", "a0"]
    queue = build_queue(called, "request called question")
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
    queue = build_queue(called, f"conflicts of {voted.name}")
    assert len(queue.numbers) == round(voted.conflict * 8)
    assert queue.reason(queue.numbers[0]).startswith(f"{voted.name} says ")


def test_conflicts_of_a_function_that_never_voted_are_an_error(called: Project) -> None:
    with pytest.raises(ConfigError, match="No function called 'nobody' has voted"):
        build_queue(called, "conflicts of nobody")


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
    assert (seen.model, seen.gate, seen.models) == (None, None, ())
    assert seen.sources.unlabelled == 8 - sum(
        sum(row.values()) for row in seen.sources.labels.values()
    )


def finish_training(project: Project, model: str, rows: list[list[int]], n: int = 10) -> None:
    names = project.schema.names[:2]
    run = project.store.runs.start("train", {})
    per_class = [
        {"category": c, "precision": 0.5, "recall": 0.5, "f1": 0.5, "low": 0.4, "high": 0.6, "n": 5}
        for c in names
    ]
    project.store.runs.finish(run, "done", {
        "model": model, "macro_f1": {"value": 0.5, "low": 0.4, "high": 0.6, "n": n},
        "against": "gold", "per_class": per_class,
        "confusion": {"categories": list(names), "rows": rows},
    })  # fmt: skip


def test_the_last_models_confusion_stands_beside_the_one_before(filled: Project) -> None:
    finish_training(filled, "svm #1", [[3, 2], [1, 4]])
    finish_training(filled, "svm #2", [[4, 1], [1, 4]])
    report = overview(filled).model
    assert report is not None
    assert report.score.model == "svm #2"
    assert report.confusion == ((4, 1), (1, 4))
    assert report.before == ((3, 2), (1, 4))
    assert (report.categories[0].low, report.categories[0].high) == (0.4, 0.6)


def test_a_model_measured_on_other_gold_is_not_compared(filled: Project) -> None:
    finish_training(filled, "svm #1", [[3, 2], [1, 4]], n=10)
    finish_training(filled, "svm #2", [[4, 1], [1, 4]], n=11)
    report = overview(filled).model
    assert report is not None
    assert report.before is None


def test_the_gate_is_the_best_candidates_of_the_last_pilot(filled: Project) -> None:
    run = filled.store.runs.start("pilot", {})
    accuracy = {"value": 0.9, "low": 0.85, "high": 0.94, "n": 200}
    best = {"model": "big", "passed": True, "accuracy": accuracy}
    filled.store.runs.finish(
        run, "done", {"gate": 0.8, "against": "people", "candidates": [best, {}]}
    )
    gate = overview(filled).gate
    assert gate is not None
    assert (gate.model, gate.accuracy, gate.n, gate.passed) == ("big", 0.9, 200, True)
