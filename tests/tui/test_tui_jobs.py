"""Background jobs: the runner's protocol, played by a small script, and what the screen says."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catreview.errors import ExitCode
from catreview.jobs.progress import Progress
from catreview.jobs.project import Project
from catreview.schema import DEFAULT_SCHEMA
from catreview.tui.jobs import NICENESS, Ended, JobName, JobRunner, attached_command, parse_progress
from catreview.tui.keymap import Keymap
from catreview.tui.news import news_of

CHILD = """
import json, sys
def report(done):
    print(json.dumps({"progress": {"job": "label", "done": done, "total": 40, "unit": "requests",
          "note": "", "rate": 30.0, "seconds_left": 70.0}}), file=sys.stderr, flush=True)
"""
WAITS = (
    CHILD
    + """
report(4)
sys.stdin.read()
report(5)
print(json.dumps({"labelled": 5}))
sys.exit(130)
"""
)
FAILS = (
    CHILD
    + """
print("talk", file=sys.stderr)
print("error: The server refuses the key.", file=sys.stderr)
print("hint: Set CEREBRAS_API_KEY in .env", file=sys.stderr)
sys.exit(3)
"""
)
LOADS = """
import os, signal, sys
sys.stdin.read()
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.kill(os.getpid(), signal.SIGINT)
"""
TRAINS = (
    CHILD
    + """
print(json.dumps({"macro_f1": {"value": 0.783, "low": 0.75, "high": 0.81, "n": 771},
                  "against": "gold"}))
"""
)


def plays(script: str) -> Callable[[JobName], list[str]]:
    return lambda _: [sys.executable, "-c", script]


class Followed:
    """A runner and what it told."""

    def __init__(self, script: str) -> None:
        self.reports: list[Progress | None] = []
        self.ended: list[Ended] = []
        self.runner = JobRunner(plays(script), self._changed, self.ended.append)

    def _changed(self) -> None:
        job = self.runner.running.get(JobName.LABEL)
        self.reports.append(job.progress if job else None)

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("did not happen in 10 s")


async def test_a_job_is_followed_and_drains_when_it_is_stopped() -> None:
    followed = Followed(WAITS)
    followed.runner.start(JobName.LABEL)
    await followed.until(lambda: bool(followed.reports and followed.reports[-1]))
    assert followed.reports[-1] == Progress("label", 4, 40, "requests", "", 30.0, 70.0)
    followed.runner.stop(JobName.LABEL)
    assert followed.runner.running[JobName.LABEL].stopping
    await followed.until(lambda: bool(followed.ended))
    (ended,) = followed.ended
    assert (ended.code, ended.stopped, ended.error) == (ExitCode.INTERRUPTED, True, "")
    assert ended.result == {"labelled": 5}
    assert followed.runner.running == {}


async def test_a_job_that_is_stopped_while_it_still_loads_has_not_failed() -> None:
    followed = Followed(LOADS)
    followed.runner.start(JobName.TRAIN)
    followed.runner.stop(JobName.TRAIN)
    await followed.until(lambda: bool(followed.ended))
    assert followed.ended == [Ended(JobName.TRAIN, -signal.SIGINT, True, {})]


async def test_a_job_gives_way_to_the_app_and_hears_no_key_of_the_terminal() -> None:
    followed = Followed(
        WAITS.replace(
            'json.dumps({"labelled": 5})',
            'json.dumps({"nice": os.nice(0), "group": os.getpgrp(), "session": os.getsid(0)})',
        ).replace("import json, sys", "import json, os, sys")
    )
    followed.runner.start(JobName.LABEL)
    await followed.until(lambda: bool(followed.reports and followed.reports[-1]))
    assert await followed.runner.close(10)
    (ended,) = followed.ended
    assert ended.result["nice"] == min(os.nice(0) + NICENESS, 19)
    assert ended.result["group"] != os.getpgrp()
    # Priorities count within a session only, where the system shares out between sessions.
    assert ended.result["session"] == os.getsid(0)


async def test_a_second_start_of_a_running_job_starts_nothing() -> None:
    followed = Followed(WAITS)
    followed.runner.start(JobName.LABEL)
    followed.runner.start(JobName.LABEL)
    assert await followed.runner.close(10)
    assert len(followed.ended) == 1


async def test_a_failed_job_tells_its_error_and_its_hint() -> None:
    followed = Followed(FAILS)
    followed.runner.start(JobName.LABEL)
    await followed.until(lambda: bool(followed.ended))
    (ended,) = followed.ended
    assert ended.code == ExitCode.PROVIDER
    assert ended.error == "The server refuses the key."
    assert ended.hint == "Set CEREBRAS_API_KEY in .env"


async def test_a_command_that_does_not_exist_is_an_error_not_a_crash() -> None:
    followed = Followed("")
    followed.runner._command = lambda _: ["/nowhere/at-all"]
    followed.runner.start(JobName.LABEL)
    await followed.until(lambda: bool(followed.ended))
    assert "did not start" in followed.ended[0].error


async def test_a_killed_job_still_ends() -> None:
    followed = Followed("import os; os.kill(os.getpid(), 9)")
    followed.runner.start(JobName.LABEL)
    await followed.until(lambda: bool(followed.ended))
    assert followed.ended[0].error == "It was cut off (Killed)."
    assert followed.ended[0].hint == "Often it is memory that was short."


async def test_closing_without_jobs_is_immediate() -> None:
    assert await Followed("").runner.close(10)


@pytest.mark.parametrize(
    "line", ["talk\n", "{", "{}", '{"progress": 3}', '{"progress": {"done": 1}}', '["progress"]']
)
def test_what_is_no_report_is_talk(line: str) -> None:
    assert parse_progress(line) is None


def test_a_report_with_a_field_of_a_later_version_is_still_read() -> None:
    line = '{"progress": {"job": "label", "done": 1, "cost": 0.1}}'
    assert parse_progress(line) == Progress("label", 1)


def test_the_command_names_the_project_and_attaches(tmp_path: Path) -> None:
    command = attached_command(tmp_path)(JobName.TRAIN)
    # Not from the folder one stands in, where anybody may have left a `catreview`.
    assert command[1:5] == ("-P", "-m", "catreview", "train")
    assert "--attached" in command
    assert str(tmp_path) in command


def test_an_error_says_that_the_rest_is_safe() -> None:
    news = news_of(
        Ended(JobName.LABEL, ExitCode.PROVIDER, False, {}, "No network.", "Try again."),
        Keymap(DEFAULT_SCHEMA),
    )
    assert news.problem
    assert news.text == "Labelling: No network."
    assert news.hint == "What was done is saved. Try again."


async def test_l_starts_labelling_shows_how_far_it_is_and_stops_it(
    project: Project, review: Any
) -> None:
    async with review(project, command=plays(WAITS)) as opened:
        await opened.press("l")
        await opened.until(lambda: "4 of 40 requests" in opened.text)
        assert "30/min" in opened.text
        assert "70 s left" in opened.text
        assert "stop labelling" in opened.text
        await opened.press("3")
        assert len(project.store.reviews.decided()) == 1
        await opened.press("l")
        await opened.until(lambda: "stopped. What was done is saved." in opened.text)
        assert "requests" not in opened.text


async def test_a_warning_of_a_job_is_told_while_it_goes_on(project: Project, review: Any) -> None:
    warns = "import sys; print('warning: small did not pass', file=sys.stderr, flush=True)" + WAITS
    async with review(project, command=plays(warns)) as opened:
        await opened.press("l")
        await opened.until(lambda: "small did not pass" in opened.text)
        assert "l stops it" in opened.text
        await opened.press("l")
        await opened.until(lambda: "Labelling stopped" in opened.text)


async def test_r_trains_and_the_new_models_score_is_told(project: Project, review: Any) -> None:
    async with review(project, command=plays(TRAINS)) as opened:
        await opened.press("r")
        await opened.until(lambda: "macro F1 0.783 (0.750 to 0.810) on 771 gold" in opened.text)


async def test_without_gold_a_new_models_score_is_not_told(project: Project, review: Any) -> None:
    copies = TRAINS.replace('"gold"', '"labels of held-out conversations"')
    async with review(project, command=plays(copies)) as opened:
        await opened.press("r")
        await opened.until(lambda: "there is no gold to measure it on" in opened.text)
        assert "0.783" not in opened.text


async def test_a_jobs_error_takes_two_lines(project: Project, review: Any) -> None:
    async with review(project, command=plays(FAILS)) as opened:
        await opened.press("l")
        await opened.until(lambda: "✗ Labelling: The server refuses the key." in opened.text)
        assert "What was done is saved. Set CEREBRAS_API_KEY in .env" in opened.text


async def test_quitting_waits_for_the_jobs_to_save(project: Project, review: Any) -> None:
    async with review(project, command=plays(WAITS)) as opened:
        await opened.press("l")
        await opened.until(lambda: "4 of 40 requests" in opened.text)
        await opened.press("q")
        await opened.until(lambda: opened.app._exit)
        assert opened.app.review.background.runner.running == {}
