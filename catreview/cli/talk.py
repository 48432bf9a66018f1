"""What goes to stderr: talk, errors and progress. Data never comes here."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from catreview.cli.output import printable
from catreview.errors import CatreviewError, ExitCode, LLMStopped
from catreview.jobs.progress import Progress, Report

SECONDS_BETWEEN_LINES = 5.0
"""Without a terminal, progress is one plain line this often."""


def say(text: str = "") -> None:
    """A line for the person; what could steer a terminal is escaped."""
    # An error may quote a message, or what somebody's function made of one.
    print(printable(text), file=sys.stderr, flush=True)  # noqa: T201 - this is where talk goes


def error(problem: CatreviewError) -> None:
    """What happened and what to do, in two lines."""
    say(f"error: {problem.message}")
    if problem.hint:
        say(f"hint: {problem.hint}")


def broken_off(problem: CatreviewError | KeyboardInterrupt, stored: str) -> ExitCode:
    """Why a job ended before its time, what is `stored`, and how to go on; returns the exit code.

    The last line is the command that goes on.
    """
    if isinstance(problem, CatreviewError):
        error(problem)
        code = problem.exit_code
    else:
        say("Aborted.")
        code = ExitCode.INTERRUPTED
    say(stored)
    say_again(problem.again if isinstance(problem, LLMStopped) else "")
    return code


def say_again(option: str = "") -> None:
    """Name the command that goes on: the same one, with `option` where there is one to add."""
    more = [option] if option and option not in sys.argv else []
    say(f"Go on with: {shlex.join(['catreview', *sys.argv[1:], *more])}")


@contextmanager
def progress(*, quiet: bool = False, attached: bool = False) -> Iterator[Report]:
    """Show progress: a bar in a terminal, lines elsewhere, JSON lines to a parent process."""
    if attached:
        yield _to_parent
    elif quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _Lines()


def _to_parent(step: Progress) -> None:
    say(step.as_line())


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}  {task.fields[note]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks = {}

    def report(step: Progress) -> None:
        if step.job not in tasks:
            tasks[step.job] = bar.add_task(step.job, total=step.total, unit=step.unit, note="")
        bar.update(tasks[step.job], completed=step.done, total=step.total, note=escape(step.note))

    with bar:
        yield report


class _Lines:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, step: Progress) -> None:
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            of = f" of {step.total:,}" if step.total is not None else ""
            say(f"{step.job}: {step.done:,}{of} {step.unit}  {step.note}".rstrip())
