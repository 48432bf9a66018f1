"""Which project a command works on, and whom it trusts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.projects import Command

from catreview.errors import CatreviewError, ProjectError
from catreview.jobs.processes import own_module
from catreview.jobs.project import find_project

ROOT = Path(__file__).resolve().parents[2]
PARTS = [".", "catreview.toml", "functions.py", ".env"]


@pytest.fixture
def owned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the user who runs this, who is not root."""
    (folder / ".env").touch()
    user = os.geteuid() or 4242
    for name in PARTS:
        os.chown(folder / name, user, -1)
    monkeypatch.setattr("catreview.jobs.project.os.geteuid", lambda: user)
    return folder


def foreign(monkeypatch: pytest.MonkeyPatch, user: int = 4243) -> None:
    monkeypatch.setattr("catreview.jobs.project.os.geteuid", lambda: user)


def test_a_project_of_ones_own_is_found_from_a_folder_in_it(owned: Path) -> None:
    inner = owned / "notes" / "old"
    inner.mkdir(parents=True)
    assert find_project(None, {}, inner) == owned


@pytest.mark.parametrize("name", PARTS)
def test_what_anyone_may_write_is_no_project_to_run_code_of(owned: Path, name: str) -> None:
    part = owned / name
    part.chmod(part.stat().st_mode | 0o002)
    with pytest.raises(CatreviewError, match="can be written by anyone") as refused:
        find_project(None, {}, owned / "inner")
    assert f"chmod o-w {part}" in refused.value.hint
    part.chmod(part.stat().st_mode & ~0o002)
    assert find_project(None, {}, owned) == owned


def test_a_project_of_another_user_is_refused_where_it_was_only_found(
    owned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign(monkeypatch)
    with pytest.raises(CatreviewError, match="belongs to another user") as refused:
        find_project(None, {}, owned)
    assert f"--project {owned}" in refused.value.hint
    assert find_project(owned, {}, owned) == owned
    assert find_project(None, {"CATREVIEW_PROJECT": str(owned)}, owned) == owned


def test_functions_that_another_user_left_in_ones_own_project_are_refused(
    owned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (owned / "functions.py").unlink()
    assert find_project(None, {}, owned) == owned
    theirs = os.stat_result((0o100644, 0, 0, 1, 4243, 0, 0, 0, 0, 0))
    stat: Callable[..., os.stat_result] = Path.stat

    def look(path: Path, **options: bool) -> os.stat_result:
        return theirs if path.name == "functions.py" else stat(path, **options)

    monkeypatch.setattr(Path, "stat", look)
    with pytest.raises(CatreviewError, match=r"functions\.py belongs to another user"):
        find_project(None, {}, owned)


def test_root_may_use_the_files_of_others(owned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign(monkeypatch, 0)
    assert find_project(None, {}, owned) == owned


def test_the_bare_command_says_why_a_project_is_not_opened(
    owned: Path, monkeypatch: pytest.MonkeyPatch, catreview: Command
) -> None:
    foreign(monkeypatch)
    monkeypatch.chdir(owned)
    for command in ([], ["status"], ["lf", "run"]):
        ran = catreview(*command)
        assert ran.code == 2
        assert "belongs to another user" in ran.err
        assert ran.out == ""


def test_without_a_project_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"neither .* nor a folder above it"):
        find_project(None, {}, tmp_path)


def test_a_process_of_ours_takes_no_module_from_the_folder_one_stands_in(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise SystemExit('a trap')\n")
    ran = subprocess.run(
        [*own_module("catreview"), "--version"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_checkout_that_is_not_installed_runs_its_own_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    command = [*own_module("catreview"), "--version"]
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(command, capture_output=True, text=True, env=bare, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
