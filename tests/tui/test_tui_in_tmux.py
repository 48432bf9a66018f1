"""The demonstration in a real terminal, from the first picture to the way out."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catreview.jobs.project import open_project

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """A tmux session of its own server, 120 by 36."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self._socket = str(folder / "tmux.sock")
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
        subprocess.run(
            ["tmux", "-S", self._socket, "-f", "/dev/null", "new-session", "-d", "-x", "120",
             "-y", "36", f"{shlex.join(command)} 2>&1; echo code $?; sleep 60"],
            check=True, env=environ,
        )  # fmt: skip

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *arguments], capture_output=True, text=True, check=False
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    @property
    def text(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.1)
        raise AssertionError(f"did not happen in {seconds} s:\n{self.text}")

    def close(self) -> None:
        self._tmux("kill-server")


@pytest.fixture
def demo(demo_folder: Path, tmp_path: Path) -> Iterator[tuple[Path, Terminal]]:
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder)
    terminal = Terminal(tmp_path, [sys.executable, "-m", "catreview", "demo", str(folder)])
    yield folder, terminal
    terminal.close()


def decisions(folder: Path) -> list[str]:
    with open_project(folder) as project:
        return [decision.category for decision in project.store.reviews.decided().values()]


def test_the_demo_opens_labels_undoes_shows_its_screens_and_quits(
    demo: tuple[Path, Terminal],
) -> None:
    folder, terminal = demo
    terminal.until(lambda: "▸ together" in terminal.text)
    terminal.press("3")
    terminal.until(lambda: "saved: request" in terminal.text)
    terminal.press("4")
    terminal.until(lambda: "saved: question" in terminal.text)
    assert decisions(folder) == ["request", "question"]
    terminal.press("u")
    terminal.until(lambda: decisions(folder) == ["request"])
    terminal.press("C-r")
    terminal.until(lambda: decisions(folder) == ["request", "question"])
    terminal.press("c", "c", "l", "o", "Enter")
    terminal.until(lambda: "closing" in decisions(folder))
    for key, words in (
        ("d", "No model has been trained yet"),
        ("w", "Retraining"),
        ("?", "esc closes"),
    ):
        terminal.press(key)
        terminal.until(lambda words=words: words in terminal.text)
        terminal.press("Escape")
        terminal.until(lambda: "▸ together" in terminal.text)
    terminal.press("q")
    terminal.until(lambda: "code 0" in terminal.text)
    assert "3 decided today, all saved." in terminal.text
