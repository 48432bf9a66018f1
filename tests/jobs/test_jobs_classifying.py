"""The model and the functions it looks at, from training to prediction."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.projects import Command, write_jsonl

from catreview.errors import TrainingError
from catreview.importers import Columns
from catreview.jobs.demo import make_demo
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.training import modelling
from catreview.jobs.training.classifying import fit_classifier, latest_model, model_path
from catreview.jobs.training.modelling import TrainingResult, train
from catreview.records import Example

KINDS = {
    "closing": "see you at the {}, bye",
    "acknowledge": "ok thanks",
    "request": "please fetch the {}",
    "question": "where is the {}?",
    "emotion": "wow, I love the {}!!",
    "statement": "the {} stood there all day",
}
THINGS = ["bus", "cat", "house", "river", "school", "market", "office"]
MINE = """from catreview.functions import labelling_function


@labelling_function("emotion")
def shouts(message):
    return {sign!r} in message.text
"""


@pytest.fixture
def labelled(project: Project, tmp_path: Path) -> Project:
    """Forty-two messages with an LLM's votes and a user's own function."""
    rows = [
        {"id": f"{label}{i}", "conversation": f"c{i}", "text": text.format(thing), "label": label}
        for label, text in KINDS.items()
        for i, thing in enumerate(THINGS)
    ]
    messages = [{k: v for k, v in row.items() if k != "label"} for row in rows]
    votes = [{"id": row["id"], "label": row["label"], "source": "reader"} for row in rows]
    project.functions_file.write_text(MINE.format(sign="!!"), encoding="utf-8")
    import_messages(project, write_jsonl(tmp_path / "m.jsonl", messages), Columns())
    run_functions(project)
    import_votes(project, write_jsonl(tmp_path / "v.jsonl", votes))
    settle(project)
    return project


def test_a_model_looks_at_the_votes_of_built_in_functions_and_of_the_users_own(
    labelled: Project,
) -> None:
    train(labelled)
    classifier = latest_model(labelled)
    assert [s.name for s in classifier.model.sources][-1] == "shouts"
    assert len(classifier.model.sources) == 30
    codes, _ = classifier.predict([Example("x", "where is my hat?"), Example("y", "wow!!")])
    assert [labelled.schema.names[code] for code in codes] == ["question", "emotion"]


def test_a_function_changed_since_training_is_named_with_the_remedy(labelled: Project) -> None:
    train(labelled)
    labelled.functions_file.write_text(MINE.format(sign="!"), encoding="utf-8")
    with pytest.raises(TrainingError, match="since it was trained: shouts") as caught:
        latest_model(labelled)
    assert "catreview train" in caught.value.hint


def test_a_function_added_since_training_changes_nothing(labelled: Project) -> None:
    train(labelled)
    asked = [Example("x", "the cat stood there?")]
    before = latest_model(labelled).predict(asked).confidence.tolist()
    more = MINE.format(sign="?").replace("shouts", "asks").partition("\n\n\n")[2]
    with labelled.functions_file.open("a", encoding="utf-8") as file:
        file.write("\n\n" + more)
    assert latest_model(labelled).predict(asked).confidence.tolist() == before


def test_two_trainings_at_once_are_two_models_and_the_newer_one_votes(
    labelled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(labelled)
    began, newer_done = threading.Barrier(2), threading.Event()
    results: dict[str, TrainingResult] = {}

    def fit(project: Project, *rest: Any, **options: Any) -> Any:
        began.wait(30)
        return fit_classifier(project, *rest, **options)

    def path_of(project: Project, number: int) -> Path:
        assert number == 3 or newer_done.wait(30)
        return model_path(project, number)

    def run() -> None:
        result = train(labelled)
        results[result.name] = result
        newer_done.set()

    monkeypatch.setattr(modelling, "fit_classifier", fit)
    monkeypatch.setattr(modelling, "model_path", path_of)
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["svm #2", "svm #3"]
    assert len({result.run for result in results.values()}) == 2
    assert {model_path(labelled, number).exists() for number in (1, 2, 3)} == {True}
    ((source, count),) = [x for x in labelled.store.votes.counts() if x[0].kind == "model"]
    assert (source.name, count) == ("svm #3", 42)


@pytest.mark.parametrize("doubtful", ["keep", "drop"])
def test_doubtful_labels_are_dropped_only_where_asked_and_never_a_persons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doubtful: str
) -> None:
    """The demonstration's LLM is wrong on every sixth message."""
    learned: list[list[str]] = []

    def spy(project: Project, examples: Sequence[Example], *rest: Any, **options: Any) -> Any:
        learned.append([example.id for example in examples])
        return fit_classifier(project, examples, *rest, **options)

    with make_demo(tmp_path / "demo"):
        pass
    monkeypatch.setattr(modelling, "fit_classifier", spy)
    with open_project(tmp_path / "demo", {"training": {"doubtful": doubtful}}) as project:
        first = train(project)
        dropped = set(learned[0]) - set(learned[-1])
        assert first.as_json()["trained_on"]["dropped_as_doubtful"] == len(dropped)
        if doubtful == "keep":
            assert len(learned) == 1
            return
        assert 20 < len(dropped) < 0.1 * len(learned[0])
        session = ReviewSession(project, "audit", "me")
        decided = sorted(dropped)[:10]
        for number in project.store.examples.numbers(decided).values():
            card = session.card(number)
            assert card.label is not None
            session.decide(card, card.label.category)
        train(project)
        assert len(learned) == 4
        assert set(decided) <= set(learned[-1])


def test_the_report_says_how_many_labels_were_dropped(tmp_path: Path, catreview: Command) -> None:
    with make_demo(tmp_path / "demo"):
        pass
    config = tmp_path / "demo" / "catreview.toml"
    config.write_text(config.read_text("utf-8") + '\n[training]\ndoubtful = "drop"\n', "utf-8")
    ran = catreview("train", "--project", tmp_path / "demo")
    assert ran.code == 0
    assert " of them dropped as doubtful" in ran.out
