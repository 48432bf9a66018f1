"""An encoder as a further reader of messages: each once, from training to prediction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from helpers.projects import write_jsonl

from catreview.errors import ConfigError, TrainingError
from catreview.importers import Columns
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project, open_project
from catreview.jobs.training import encoding
from catreview.jobs.training.classifying import latest_model
from catreview.jobs.training.modelling import train
from catreview.records import Example
from catreview.training import encoder

CATEGORIES = ["closing", "acknowledge", "request", "question", "emotion", "statement"]


class Pretrained:
    """Knows what a message means by its last letter; the words say nothing."""

    parts = (6,)
    fingerprint = "f1"
    read: list[str] = []  # noqa: RUF012 -- one list, so that tests see what all instances read
    breaks_after = 1_000

    def __init__(self, source: str) -> None:
        self.source = source

    def encode(self, examples: Sequence[Example]) -> np.ndarray:
        vectors = np.zeros((len(examples), self.parts[0]), dtype=np.float16)
        for row, example in zip(vectors, examples, strict=True):
            if len(self.read) == self.breaks_after:
                raise KeyboardInterrupt
            self.read.append(example.id)
            row["abcdef".index(example.text[-1])] = 1
        return vectors


@pytest.fixture
def pretrained(monkeypatch: pytest.MonkeyPatch) -> type[Pretrained]:
    class Fresh(Pretrained):
        read: list[str] = []  # noqa: RUF012

    monkeypatch.setattr(encoder, "Encoder", Fresh)
    return Fresh


@pytest.fixture
def labelled(project: Project, tmp_path: Path) -> Project:
    """Sixty messages, forty-eight of them labelled, whose words are all alike."""
    rows = [
        {"id": f"m{i}", "conversation": f"c{i}", "text": f"hm hm {'abcdef'[i % 6]}"}
        for i in range(60)
    ]
    votes = [{"id": f"m{i}", "label": CATEGORIES[i % 6], "source": "llm"} for i in range(48)]
    import_messages(project, write_jsonl(tmp_path / "m.jsonl", rows), Columns())
    import_votes(project, write_jsonl(tmp_path / "v.jsonl", votes))
    settle(project)
    with_encoder = open_project(project.folder, {"training": {"encoder": "tiny"}})
    yield with_encoder
    with_encoder.store.close()


def test_every_message_is_read_once_however_often_is_trained(
    labelled: Project, pretrained: type[Pretrained]
) -> None:
    train(labelled)
    assert sorted(pretrained.read) == sorted(f"m{i}" for i in range(60))
    train(labelled)
    assert len(pretrained.read) == 60


def test_the_classifier_tells_apart_what_only_the_encoder_can(
    labelled: Project, pretrained: type[Pretrained]
) -> None:
    train(labelled)
    asked = [Example("x", f"what? {letter}") for letter in "abcdef"]
    codes, _ = latest_model(labelled).predict(asked)
    assert [labelled.schema.names[code] for code in codes] == CATEGORIES
    assert latest_model(labelled).model.vector_features is not None


def test_a_training_that_was_killed_reads_only_what_is_left(
    labelled: Project, pretrained: type[Pretrained], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "PART", 10)
    monkeypatch.setattr(pretrained, "breaks_after", 25)
    with pytest.raises(KeyboardInterrupt):
        train(labelled)
    stored = set(pretrained.read[:20])
    pretrained.read.clear()
    monkeypatch.setattr(pretrained, "breaks_after", 1_000)
    train(labelled)
    assert len(pretrained.read) == 40
    assert not stored & set(pretrained.read)


def test_a_model_of_an_encoder_that_has_changed_asks_for_a_new_training(
    labelled: Project, pretrained: type[Pretrained], monkeypatch: pytest.MonkeyPatch
) -> None:
    train(labelled)
    monkeypatch.setattr(pretrained, "fingerprint", "f2")
    with pytest.raises(TrainingError, match="the encoder tiny, which has changed") as caught:
        latest_model(labelled)
    assert "catreview train" in caught.value.hint
    train(labelled)
    assert len(pretrained.read) == 120


def test_the_last_model_keeps_its_encoder_when_the_setting_goes(
    labelled: Project, pretrained: type[Pretrained]
) -> None:
    train(labelled)
    with open_project(labelled.folder) as project:
        assert latest_model(project).reader is not None
        train(project)
        assert latest_model(project).reader is None


def test_an_encoder_below_the_project_is_found_there(
    labelled: Project, pretrained: type[Pretrained], monkeypatch: pytest.MonkeyPatch
) -> None:
    (labelled.folder / "tiny").mkdir()
    opened = []
    monkeypatch.setattr(pretrained, "__init__", lambda _, source: opened.append(source))
    encoding.open_reader(labelled)
    assert opened == [str(labelled.folder / "tiny")]


def test_an_encoder_that_cannot_be_loaded_stops_before_anything_is_stored(
    labelled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    runs = labelled.store.runs.finished("train")
    with pytest.raises(ConfigError, match="tiny needs packages that are missing") as caught:
        train(labelled)
    assert "catreview[encoder]" in caught.value.hint
    assert labelled.store.runs.finished("train") == runs
