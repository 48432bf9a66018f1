"""Projects and a command line for tests; nothing of the machine's own environment reaches them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.projects import MESSAGES, Command, Ran, write_jsonl
from hypothesis import settings

from catreview.cli import main
from catreview.jobs.project import Project, init_project, open_project

# The same examples at every run, however slow the machine: a test fails for a reason in the code.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> None:
    for name in list(os.environ):
        if name.startswith("CATREVIEW_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture
def shared_data() -> Path:
    """The folder of real messages; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data with the real messages is not here")
    return SHARED


@pytest.fixture
def catreview(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process."""

    def run(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(int(exit_.value.code or 0), out, err)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new project's folder."""
    place = tmp_path / "chats"
    init_project(place)
    return place


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    """A new project, open."""
    with open_project(folder) as opened:
        yield opened


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    """A file of eight messages in two conversations."""
    return write_jsonl(tmp_path / "messages.jsonl", MESSAGES)


@pytest.fixture
def filled(project: Project, messages: Path) -> Project:
    """A project with eight messages on which the functions have voted."""
    from catreview.importers import Columns
    from catreview.jobs.functions.weak import run_functions
    from catreview.jobs.importing import import_messages

    import_messages(project, messages, Columns())
    run_functions(project)
    return project
