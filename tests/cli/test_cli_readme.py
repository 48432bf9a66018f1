"""The README's commands run, in its order, and print what it shows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.llm_server import LLMServer

from catreview.cli.app import COMMANDS
from catreview.jobs.demo import data_folder

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BY_HAND = {"pip", "pytest", "uv", "catreview demo", "catreview review", "catreview tune"}
"""What only a person, or the check script, runs."""


def blocks(language: str) -> list[list[str]]:
    found = re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    return [block.splitlines() for block in found]


@pytest.fixture
def answers() -> Iterator[LLMServer]:
    with LLMServer(label=lambda text: "question" if "?" in text else "statement") as server:
        yield server


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder with the files that the README names, and `catreview` on the path."""
    program = tmp_path / "bin" / "catreview"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m catreview "$@"\n')
    program.chmod(0o755)
    for name in ("chats", "."):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file, source in (("messages.jsonl", "messages.jsonl"), ("checked.jsonl", "gold.jsonl")):
            (folder / file).write_bytes((data_folder() / source).read_bytes())
        (folder / "mine.txt").write_text("{{categories}}\n---\n{{messages}}\n")
    return tmp_path


def run(
    command: str, folder: Path, server: LLMServer | None = None
) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder),
    }
    if server is not None:
        environ |= {
            "CATREVIEW_LLM__PROVIDER": "custom",
            "CATREVIEW_LLM__BASE_URL": server.base_url,
            "CATREVIEW_LLM__MODEL": "small",
            "CATREVIEW_LLM__RPM": "100000",
        }
    place = folder / "chats" if (folder / "chats" / "catreview.toml").exists() else folder
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=place,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_every_command_in_order(shell: Path, answers: LLMServer) -> None:
    commands = [line for block in blocks("sh") for line in block if line]
    assert len(commands) > 15
    for command in commands:
        words = shlex.split(command)
        if {words[0], " ".join(words[:2])} & BY_HAND or words[0] == "cd":
            continue
        ran = run(command, shell, answers)
        # The small model of the test is bad: the pilot says so, with its own exit code.
        assert ran.returncode == (1 if "pilot" in words else 0), f"{command}\n{ran.stderr}"
    assert (shell / "chats" / "labels.csv").stat().st_size > 100_000


def test_what_it_shows_is_what_is_printed(shell: Path) -> None:
    shown = blocks("console")
    assert shown
    for block in shown:
        command, expected = block[0].removeprefix("$ "), block[1:]
        ran = run(command.replace("demo", f"demo {shell / 'demo'}"), shell)
        assert ran.returncode == 0, ran.stderr
        assert masked(ran.stdout) == masked("\n".join(expected))


def masked(text: str) -> list[str]:
    """Lines without their numbers, which differ a little between releases of scikit-learn."""
    return [
        " ".join(re.sub(r"[\d.,]*\d", "#", line).split())
        for line in text.splitlines()
        if line.strip()
    ]


def test_it_names_every_command() -> None:
    for name in COMMANDS:
        assert f"catreview {name}" in README or f"`{name}" in README, name


def test_it_names_every_exit_code() -> None:
    from catreview.errors import ExitCode

    for code in ExitCode:
        assert f"| {code.value} |" in README
