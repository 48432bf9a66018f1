"""The one runner of background jobs: each is a child process, so the keyboard never waits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio import StreamReader
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from catreview.errors import ExitCode
from catreview.jobs.llm.pausing import State
from catreview.jobs.processes import own_module
from catreview.jobs.progress import Progress

LONGEST_LINE = 1 << 20
"""Bytes of one line a child may write."""

NICENESS = 10
"""How many steps of priority a job stands behind the app: it may use what the app leaves."""


class JobName(StrEnum):
    """The jobs that the app starts; the commands have the same names."""

    LABEL = "label"
    TRAIN = "train"
    VOTE = "lf run"
    ORDER = "queue"
    FORECAST = "forecast"
    TUNE = "tune"


@dataclass(slots=True)
class Job:
    """A running job. `progress` is None until the first report."""

    name: JobName
    progress: Progress | None = None
    stopping: bool = False
    paused: bool = False
    """Whether it was asked to pause; its progress says whether it has."""
    talk: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    """The last lines of plain talk on stderr."""

    @property
    def state(self) -> str:
        """What it is at, in a word."""
        if self.stopping:
            return "stopping"
        if not self.paused:
            return State.RUNNING
        there = self.progress is not None and self.progress.state is State.PAUSED
        return State.PAUSED if there else State.PAUSING


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended. `error` and `hint` are for people, empty where all went well."""

    name: JobName
    code: int
    stopped: bool
    result: dict[str, Any]
    error: str = ""
    hint: str = ""


Command = Callable[[JobName], Sequence[str]]


def attached_command(folder: Path) -> Command:
    """The command line of each job on a project: attached to us by its stdin."""

    def command(name: JobName) -> Sequence[str]:
        attached = ("--project", str(folder.resolve()), "--json", "--attached")
        return (*own_module("catreview"), *name.split(), *attached)

    return command


class JobRunner:
    """Starts, follows and stops the jobs; at most one of each name at a time.

    A child reports on stderr, one `{"progress": …}` a line, and ends with one JSON object on
    stdout. A line `pause` or `resume` on its stdin does that, closing it asks it to finish what is
    in flight and save. `changed` is called in the event loop after every report, `ended` once for
    each job that was started, `said` with each line of its talk.
    """

    def __init__(
        self,
        command: Command,
        changed: Callable[[], None],
        ended: Callable[[Ended], None],
        said: Callable[[JobName, str], None] = lambda _job, _line: None,
    ) -> None:
        self._command = command
        self._changed = changed
        self._ended = ended
        self._said = said
        self._running: dict[JobName, Job] = {}
        self._processes: dict[JobName, Process] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> dict[JobName, Job]:
        """The jobs under way, by name."""
        return dict(self._running)

    def start(self, name: JobName, *options: str) -> None:
        """Start a job, with more options of its command, unless it is running."""
        if name in self._running:
            return
        self._running[name] = Job(name)
        task = asyncio.create_task(self._run(self._running[name], options))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._changed()

    def pause(self, name: JobName, *, paused: bool) -> None:
        """Let a job finish what is in flight and wait, or go on after that."""
        job = self._running.get(name)
        if job is None or job.stopping:
            return
        job.paused = paused
        self._order(name)
        self._changed()

    def stop(self, name: JobName) -> None:
        """Ask a job to finish what is in flight and end."""
        job = self._running.get(name)
        if job is None or job.stopping:
            return
        job.stopping = True
        self._close_stdin(name)
        self._changed()

    async def close(self, seconds: float) -> bool:
        """Stop all jobs and wait for them to save; whether they all ended in time."""
        for name in self.running:
            self.stop(name)
        if not self._tasks:
            return True
        _, pending = await asyncio.wait(self._tasks, timeout=seconds)
        return not pending

    def abort(self) -> None:
        """Interrupt what still runs: the second, harder way to stop."""
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)

    def _order(self, name: JobName) -> None:
        process = self._processes.get(name)
        if process is not None and process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(b"pause\n" if self._running[name].paused else b"resume\n")

    def _close_stdin(self, name: JobName) -> None:
        process = self._processes.get(name)
        if process is not None and process.stdin is not None:
            process.stdin.close()

    async def _run(self, job: Job, options: Sequence[str]) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command(job.name), *options, stdin=PIPE, stdout=PIPE, stderr=PIPE,
                limit=LONGEST_LINE, process_group=0,  # no signal of the keyboard is for it
            )  # fmt: skip
        except OSError as error:
            self._finish(Ended(job.name, ExitCode.USAGE, False, {}, f"It did not start: {error}"))
            return
        _give_way(process.pid)
        self._processes[job.name] = process
        if job.paused:
            self._order(job.name)
        if job.stopping:
            self._close_stdin(job.name)
        # Pipes were asked for, so both are there.
        stdout, stderr = cast(StreamReader, process.stdout), cast(StreamReader, process.stderr)
        output, _ = await asyncio.gather(stdout.read(), self._follow(stderr, job))
        code = await process.wait()
        problem, hint = _explain(job, code)
        self._finish(Ended(job.name, code, job.stopping, _result(output), problem, hint))

    async def _follow(self, stderr: StreamReader, job: Job) -> None:
        while True:
            try:
                line = (await stderr.readline()).decode(errors="replace")
            except ValueError:  # longer than LONGEST_LINE: nothing a person would read
                continue
            if not line:
                return
            progress = parse_progress(line)
            if progress is None:
                job.talk.append(line.rstrip())
                self._said(job.name, line.rstrip())
            else:
                job.progress = progress
                self._changed()

    def _finish(self, ended: Ended) -> None:
        self._running.pop(ended.name, None)
        self._processes.pop(ended.name, None)
        self._ended(ended)
        self._changed()


def parse_progress(line: str) -> Progress | None:
    """The report in a line of a child's stderr, None where it is plain talk."""
    if not line.startswith("{"):
        return None
    try:
        report = json.loads(line)["progress"]
        known = {f.name for f in fields(Progress)}
        known_parts = {k: v for k, v in report.items() if k in known}
        return Progress(**{**known_parts, "state": State(report.get("state", State.RUNNING))})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _result(output: bytes) -> dict[str, Any]:
    try:
        result = json.loads(output)
    except ValueError:
        return {}
    return result if isinstance(result, dict) else {}


def _give_way(process: int) -> None:
    """Let the app be served first, also where jobs have all processors."""
    with contextlib.suppress(OSError):  # it has ended, or stands at the end already
        os.setpriority(os.PRIO_PROCESS, process, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)


def _explain(job: Job, code: int) -> tuple[str, str]:
    """What went wrong and what to do, from the last words of the child."""
    # One that is stopped while it still loads its modules is cut off by the signal itself.
    if code == ExitCode.DONE or (job.stopping and code in {ExitCode.INTERRUPTED, -signal.SIGINT}):
        return "", ""
    error, hint = _last(job.talk, "error:"), _last(job.talk, "hint:")
    if not error and code == ExitCode.GATE:
        return "Some could not be done; the others are saved.", hint
    if not error and code < 0:
        short = "Often it is memory that was short." if -code == signal.SIGKILL else ""
        return f"It was cut off ({signal.strsignal(-code) or -code}).", short
    said = next((line for line in reversed(job.talk) if line.strip()), "")
    return error or said or f"It ended with exit code {code}.", hint


def _last(talk: Sequence[str], word: str) -> str:
    lines = (line.strip() for line in reversed(talk))
    return next((x[len(word) :].strip() for x in lines if x.lower().startswith(word)), "")
