"""Commands in forked processes, so that each starts in milliseconds and can be killed.

Run as a script, it loads what `catreview label` loads, and for each line of stdin (a JSON list of
arguments) forks a child that runs that command; it prints the child's number, and how it ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Forks:
    """The script above, as a context manager."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = {**os.environ, "PYTHONPATH": str(ROOT), **environ}

    def __enter__(self) -> Forks:
        self._host = subprocess.Popen(
            [sys.executable, __file__],
            env=self._environ,
            cwd=ROOT,
            text=True,
            bufsize=1,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._host.communicate(timeout=30)

    def start(self, *arguments: object) -> int:
        """The number of a new process that runs this command."""
        assert self._host.stdin is not None
        self._host.stdin.write(json.dumps([str(a) for a in arguments]) + "\n")
        return self._read()

    def ended(self) -> int:
        """How the process ended: its exit code, or minus the signal that killed it."""
        return self._read()

    def _read(self) -> int:
        assert self._host.stdout is not None
        return int(self._host.stdout.readline())


def _child(arguments: list[str]) -> None:
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    from catreview.cli import main

    main(arguments)


def _serve() -> None:
    import catreview.cli.label
    import catreview.jobs.llm.estimating
    import catreview.jobs.llm.labelling  # noqa: F401 - loaded once, for all children
    from catreview.llm.providers import Endpoint
    from catreview.llm.transport import Transport

    Transport(Endpoint("custom", "http://127.0.0.1:9/v1", "m"), 1.0)
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            _child(json.loads(line))
        print(pid, flush=True)  # noqa: T201 - this is what the test reads
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201 - and this


if __name__ == "__main__":
    _serve()
