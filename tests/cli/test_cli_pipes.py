"""Pipes, devices and full disks at either end of a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.projects import Command

from catreview.jobs.demo import make_demo

ROOT = Path(__file__).resolve().parents[2]
FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's project with a trained model."""
    folder = tmp_path_factory.mktemp("pipes") / "demo"
    with make_demo(folder) as project:
        from catreview.jobs.training.modelling import train

        train(project)
    return folder


def shell(script: str, demo: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script of bash in which `catreview` is the command, in the project's folder."""
    return subprocess.run(
        ["bash", "-c", f'catreview() {{ "{sys.executable}" -m catreview "$@"; }}\n{script}'],
        cwd=demo,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("command", "code"),
    [("export", 0), ("status --json", 0), ("report --fail-under 0.999", 1), ("--help", 0)],
)
def test_who_stops_reading_does_not_change_how_a_command_ends(
    demo: Path, command: str, code: int, unbuffered: str
) -> None:
    # The reader is gone before the first line.
    script = f"{{ catreview {command}; echo $? >&2; }} | exec 0<&-"
    ran = shell(script, demo, PYTHONUNBUFFERED=unbuffered)
    assert ran.stderr.splitlines()[-1:] == [str(code)], ran.stderr
    assert "rror" not in ran.stderr


def test_predict_ends_where_nobody_reads_it_any_more(demo: Path) -> None:
    ran = shell("yes bye | { catreview predict -; echo $? >&2; } | head -1", demo)
    assert json.loads(ran.stdout)["label"] == "closing"
    assert ran.stderr == "0\n"


@pytest.mark.skipif(not FULL.is_char_device(), reason="this machine has no /dev/full")
@pytest.mark.parametrize("command", ["status", "export", "keys --json"])
def test_a_full_disk_is_said_in_words(demo: Path, command: str) -> None:
    ran = shell(f"catreview {command} > {FULL}", demo)
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: No space left on device.\nhint: ")


def test_what_goes_to_a_pipe_or_file_is_utf_8_whatever_the_locale(demo: Path) -> None:
    script = "catreview export | cksum; PYTHONIOENCODING=ascii catreview export | cksum"
    first, second = shell(script, demo).stdout.splitlines()
    assert first == second


def test_an_export_goes_into_a_pipe_and_leaves_it_one(demo: Path) -> None:
    script = "mkfifo pipe; wc -l < pipe & catreview export -o pipe; wait; test -p pipe"
    ran = shell(script, demo)
    assert (ran.returncode, ran.stdout.strip()) == (0, "1816")


def test_an_export_to_a_link_writes_what_it_points_to(
    demo: Path, catreview: Command, tmp_path: Path
) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "elsewhere.csv")
    for _ in range(2):
        assert catreview("export", "-o", link, "--project", demo).code == 0
        assert link.is_symlink()
        assert len((tmp_path / "elsewhere.csv").read_text(encoding="utf-8").splitlines()) > 1816
    assert {path.name for path in tmp_path.iterdir()} >= {"link.csv", "elsewhere.csv"}
    assert not list(tmp_path.glob("*.part"))


def test_messages_from_a_pipe_are_refused_instead_of_lost(demo: Path) -> None:
    ran = shell("""echo '{"text": "hello"}' | catreview import /dev/stdin""", demo)
    assert ran.returncode == 2
    assert "/dev/stdin is a pipe or device" in ran.stderr
    assert "into a file first" in ran.stderr


def test_predict_takes_broken_bytes_from_neither_file_nor_stdin(demo: Path) -> None:
    (demo / "latin.txt").write_bytes(b"ok\ncaf\xe9 bye\n")
    for end in ("predict latin.txt", "predict - < latin.txt"):
        ran = shell(f"catreview {end}", demo)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ":2: not UTF-8" in ran.stderr


def test_predict_gives_half_a_character_back_as_it_came(demo: Path) -> None:
    (demo / "half.jsonl").write_text('{"text": "bye", "id": "\\ud83d"}\n')
    ran = shell("catreview predict half.jsonl", demo)
    assert (ran.returncode, json.loads(ran.stdout)["id"]) == (0, "\ud83d")
