"""`catreview serve`, run on a project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Served:
    """A project, the process that serves it for Rita, where, and the file with its stderr."""

    folder: Path
    process: subprocess.Popen[str]
    address: str
    talk: Path


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve a project; a server that still runs in the end does so well after Ctrl-C.

    Modules in the folder's sister `modules` go before all others.
    """
    talk = folder.with_name("stderr")
    with talk.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "catreview", "serve", "--project", str(folder), "--port", "0",
             "--reviewer", "rita"],
            stdout=subprocess.PIPE, stderr=stderr, text=True,
            env={**os.environ, "PYTHONPATH": f"{folder.with_name('modules')}:{ROOT}"},
        )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as stdout:
        try:
            yield Served(folder, process, stdout.readline().strip(), talk)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                assert process.wait(20) == 0
                assert not stdout.read()
