"""Tuning an encoder on a project's labels, and what the classifier then looks at."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.forks import ROOT
from helpers.projects import Command, write_jsonl
from helpers.tiny_transformer import make_tiny

from catreview.errors import ConfigError
from catreview.importers import Columns
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project, open_project
from catreview.jobs.training.classifying import latest_model
from catreview.jobs.training.modelling import train
from catreview.jobs.training.tuning import TUNED, tune_encoder
from catreview.jobs.works import works

SAYS = {"open the door": "request", "no thanks": "statement", "thanks": "acknowledge"}


@pytest.fixture
def labelled(project: Project, tmp_path: Path) -> Project:
    """A hundred and fifty messages of three kinds, all but the last thirty labelled."""
    rows = [{"id": f"m{i}", "conversation": f"c{i}", "text": list(SAYS)[i % 3]} for i in range(150)]
    votes = [{"id": row["id"], "label": SAYS[row["text"]], "source": "llm"} for row in rows[:120]]
    import_messages(project, write_jsonl(tmp_path / "m.jsonl", rows), Columns())
    import_votes(project, write_jsonl(tmp_path / "v.jsonl", votes))
    settle(project)
    return project


@pytest.fixture
def using_tuned(labelled: Project) -> Iterator[Project]:
    make_tiny(labelled.folder / "tiny")
    tune_encoder(labelled, "tiny")
    with open_project(labelled.folder, {"training": {"encoder": TUNED}}) as found:
        yield found


def test_tuning_says_how_well_it_tells_what_it_has_not_learned(
    labelled: Project, catreview: Command
) -> None:
    make_tiny(labelled.folder / "tiny")
    ran = catreview("tune", "--encoder", "tiny", "--project", labelled.folder)
    assert ran.code == 0
    assert ran.out.startswith("models/encoder: tiny, tuned on 120 labels\n")
    assert 'encoder = "models/encoder"' in ran.err
    (run,) = labelled.store.runs.finished("tune")
    assert run.results["source"] == "tiny"
    assert run.results["held_out"]["n"] == 120


def test_the_classifier_looks_at_what_was_tuned(using_tuned: Project) -> None:
    train(using_tuned)
    model = latest_model(using_tuned)
    assert model.model.vector_features is not None
    assert model.model.vector_features.encoder.source == TUNED
    assert model.model.vector_features.mean.shape == (8 + len(using_tuned.schema.names),)


def test_stopped_by_the_app_it_leaves_all_as_it_was(labelled: Project) -> None:
    make_tiny(labelled.folder / "tiny")
    folder = str(labelled.folder)
    line = ["tune", "--encoder", "tiny", "--project", folder, "--json", "--attached"]
    with subprocess.Popen(
        [sys.executable, "-m", "catreview", *line],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stderr is not None
        said = iter(child.stderr.readline, b"")
        assert any(b'"unit": "steps"' in told and b'"seconds_left"' in told for told in said)
        child.communicate(timeout=60)  # closes its stdin, as the app does
    assert child.returncode == 130
    assert [path.name for path in (labelled.folder / "models").glob("*")] == []
    (run,) = works(labelled).runs[:1]
    assert (run.kind, run.status, run.result) == ("tune", "failed", "stopped: all is as it was")


def test_what_was_tuned_is_tuned_anew_from_what_it_was(using_tuned: Project) -> None:
    assert tune_encoder(using_tuned).source == "tiny"


def test_without_a_name_nothing_is_tuned(labelled: Project, catreview: Command) -> None:
    with pytest.raises(ConfigError, match="No encoder is named"):
        tune_encoder(labelled)
    ran = catreview("tune", "--project", labelled.folder)
    assert ran.code == 2
    assert f"catreview tune --project {labelled.folder} --encoder" in ran.err
    assert not labelled.store.runs.recent(1)


def test_without_torch_it_says_what_to_install(
    labelled: Project, catreview: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    ran = catreview("tune", "--encoder", "tiny", "--project", labelled.folder)
    assert ran.code == 2
    assert "pip install 'catreview[encoder]'" in ran.err
    assert not (labelled.folder / TUNED).exists()
    assert not labelled.store.runs.finished("tune")
