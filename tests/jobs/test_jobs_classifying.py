"""The model and the functions it looks at, from training to prediction."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import write_jsonl

from catreview.errors import TrainingError
from catreview.importers import Columns
from catreview.jobs.classifying import latest_model
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.modelling import train
from catreview.jobs.project import Project
from catreview.jobs.settling import settle
from catreview.jobs.weak import run_functions
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
