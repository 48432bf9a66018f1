"""The dashboard of a large project reads what takes long in other processes, and says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catreview.errors import CatreviewError
from catreview.jobs import apart
from catreview.jobs.apart import READ, is_read_apart, read
from catreview.jobs.labels.agreeing import agree
from catreview.jobs.overview import function_lines, overview
from catreview.jobs.project import Project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SMALL", 0)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def nobody_left() -> bool:
    return False


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started; each waits for nothing but its end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        child = Popen([sys.executable, "-c", "import time; time.sleep(60)"], **options)
        started.append(child)
        return child

    Popen = subprocess.Popen  # noqa: N806 - the class itself
    monkeypatch.setattr(apart.subprocess, "Popen", start)
    return started


def test_another_process_finds_the_same(project: Project) -> None:
    assert [part for part in READ if not is_read_apart(project, part)] == ["overview"]
    assert read(project, "overview", nobody_left) == overview(project)
    assert read(project, "functions", nobody_left) == function_lines(project)
    assert read(project, "agreement", nobody_left) == agree(project)


def test_an_error_of_another_process_comes_back_with_its_remedy(project: Project) -> None:
    project.functions_file.write_text("def broken(:\n", encoding="utf-8")
    with pytest.raises(CatreviewError) as own:
        function_lines(project)
    found = read(project, "functions", nobody_left)
    assert isinstance(found, CatreviewError)
    assert (found.message, found.hint) == (own.value.message, own.value.hint)


def test_a_process_that_fails_says_so_in_a_line(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "catreview.toml").write_text("no = [toml", encoding="utf-8")
    found = read(project, "agreement", nobody_left)
    assert isinstance(found, CatreviewError)
    assert found.message.startswith("The figures could not be read: ")
    assert "\n" not in found.message


async def test_the_pages_say_that_another_process_reads_and_then_show_it(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("d", "3")
        await opened.until(lambda: "Reading all votes, in another process…" in opened.text)
        await opened.until(lambda: "ends_on_question_mark" in opened.text, seconds=60)
        await opened.press("4")
        await opened.until(lambda: "kappa" in opened.text and "right:" in opened.text, seconds=60)
        assert "Reading all votes" not in opened.text


async def test_who_leaves_ends_what_is_being_read(
    project: Project, review: Any, children: list[subprocess.Popen[bytes]]
) -> None:
    async with review(project) as opened:
        await opened.press("d", "4")
        await opened.until(lambda: bool(children))
        await opened.press("escape")
        await opened.until(lambda: all(child.returncode == -9 for child in children))
    assert children


async def test_what_fails_is_said_where_it_was_to_be_shown(
    project: Project, review: Any, children: list[subprocess.Popen[bytes]]
) -> None:
    async with review(project) as opened:
        await opened.press("d", "4")
        await opened.until(lambda: bool(children))
        children[0].kill()
        await opened.until(lambda: "The figures could not be read" in opened.text)
