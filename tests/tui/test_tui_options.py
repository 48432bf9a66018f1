"""What jobs are started with: the form, what is remembered, pause, and the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_tui_jobs import CHILD, WAITS, plays
from textual.widgets import Input

from catreview.jobs.project import Project, open_project
from catreview.records import Source, SourceKind
from catreview.settings import CONFIG
from catreview.store import Request
from catreview.tui.jobs import JobName, attached_command
from catreview.tui.memory import Memory
from catreview.tui.options import OPTIONS, Options
from catreview.tui.screens.options import Choice, OptionsScreen
from catreview.tui.screens.works import WorksScreen

PAUSES = (
    CHILD
    + """
import time
def tell(state):
    print(json.dumps({"progress": {"job": "label", "done": 4, "total": 40, "unit": "requests",
          "note": "80 votes", "rate": 30.0, "seconds_left": 70.0, "state": state,
          "budget": "$0.1000 of $2.50 spent, $2.4000 left",
          "in_flight": 0 if state == "paused" else 3}}), file=sys.stderr, flush=True)
tell("running")
for line in sys.stdin:
    pauses = line.strip() == "pause"
    tell("pausing" if pauses else "running")
    if pauses:
        time.sleep(1.0)
        tell("paused")
print(json.dumps({"labelled": 5}))
"""
)
ECHOES = "import json, sys; print(json.dumps({'arguments': sys.argv[1:]}))"


def options(folder: Path, memory: Memory | None = None) -> Options:
    return Options(folder, memory or Memory(), attached_command(folder))


def test_the_command_of_the_app_and_the_one_for_a_shell_have_the_same_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / CONFIG).touch()
    chosen = options(tmp_path)
    chosen.choose({"--max-cost": "2.50", "--pool": "ambiguous", "--retry-failed": "ask again",
                   "--rpm": "", "--model": "a b", "--labels": "as configured"})  # fmt: skip
    own = ["--model", "a b", "--pool", "ambiguous", "--max-cost", "2.50", "--retry-failed"]
    assert chosen.line(JobName.LABEL)[-len(own) :] == own
    place = f" --project {tmp_path}"
    shell = "catreview label --model 'a b' --pool ambiguous --max-cost 2.50 --retry-failed"
    assert chosen.command(JobName.LABEL) == shell + place
    assert chosen.command(JobName.TRAIN) == "catreview train" + place
    monkeypatch.chdir(tmp_path)
    assert chosen.command(JobName.LABEL) == shell


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--rpm", "0"), ("--rpm", "x"), ("--max-cost", "-1"), ("--max-cost", "nan"),
     ("--max-examples", "1.5"), ("--model", "--json")],
)  # fmt: skip
def test_a_value_that_makes_no_sense_never_reaches_a_command_line(flag: str, value: str) -> None:
    option = next(o for o in OPTIONS if o.flag == flag)
    assert option.problem(value)
    assert option.words(value) == []


def test_options_are_remembered_for_their_project_alone(tmp_path: Path) -> None:
    file = tmp_path / "state" / "app.json"
    options(tmp_path / "a", Memory(file)).choose({"--rpm": "7"})
    assert options(tmp_path / "a", Memory(file)).values() == {"--rpm": "7"}
    assert options(tmp_path / "b", Memory(file)).values() == {}


@pytest.mark.parametrize("text", ["", "[1]", "{", "\xff", '{"options": 3, "theme": []}'])
def test_a_broken_memory_is_ignored_and_written_anew(tmp_path: Path, text: str) -> None:
    file = tmp_path / "app.json"
    file.write_bytes(text.encode("latin-1"))
    memory = Memory(file)
    assert (memory.text("theme"), memory.words("options", "x")) == ("", {})
    assert bool(memory.problem) == (not text.startswith('{"'))
    memory.keep("dark", "theme")
    memory.keep({"--rpm": "7"}, "options", "x")
    assert json.loads(file.read_text()) == {"theme": "dark", "options": {"x": {"--rpm": "7"}}}


def test_two_apps_keep_each_others_words(tmp_path: Path) -> None:
    one, other = Memory(tmp_path / "app.json"), Memory(tmp_path / "app.json")
    one.keep("dark", "theme")
    other.keep({"--rpm": "7"}, "options", "x")
    assert Memory(tmp_path / "app.json").text("theme") == "dark"


def test_a_memory_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "app.json")
    memory.keep("dark", "theme")
    assert "not be remembered" in memory.problem


async def test_options_are_chosen_in_a_form_and_used_by_the_next_start(
    project: Project, review: Any, tmp_path: Path
) -> None:
    started: list[list[str]] = []
    memory = Memory(tmp_path / "app.json")
    command = plays(ECHOES)
    async with review(project, command=command, memory=memory) as opened:
        await opened.press("w", "o")
        assert isinstance(opened.app.screen, OptionsScreen)
        await opened.press("down", "right", "down", *"q5", "enter")
        assert isinstance(opened.app.screen, OptionsScreen)
        assert "max examples: a whole number" in opened.text
        await opened.press("backspace", "backspace", *"50")
        assert "catreview label --pool disagreement --max-examples 50" in opened.text
        await opened.press("enter")
        assert isinstance(opened.app.screen, WorksScreen)
        assert "Kept for the next start." in opened.text
        await opened.press("l")
        await opened.until(lambda: JobName.LABEL in opened.app.review.background.ended)
        started.append(opened.app.review.background.ended[JobName.LABEL].result["arguments"])
    assert started == [["--pool", "disagreement", "--max-examples", "50"]]
    kept = Memory(tmp_path / "app.json").words("options", str(project.folder.resolve()))
    assert kept == {"--pool": "disagreement", "--max-examples": "50"}


async def test_a_start_from_the_review_says_which_options_it_has(
    project: Project, review: Any
) -> None:
    async with review(project, command=plays(WAITS)) as opened:
        opened.app.review.background.options.choose({"--rpm": "7"})
        await opened.press("l")
        assert "Labelling with --rpm 7 in the background: go on; l stops it." in opened.text


async def test_escape_leaves_the_options_as_they_were_and_letters_are_text(
    project: Project, review: Any
) -> None:
    async with review(project, command=plays(WAITS)) as opened:
        await opened.press("w", "o", "l", "r", "q", "y")
        assert opened.app.screen.query(Input).first().value == "lrqy"
        await opened.press("escape")
        assert isinstance(opened.app.screen, WorksScreen)
        assert opened.app.review.background.options.values() == {}
        assert opened.app.review.background.runner.running == {}


async def test_a_choice_is_made_with_the_mouse_too(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("w", "o")
        choice = opened.app.screen.query(Choice).first()
        await opened.pilot.click(choice, offset=(8, 0))
        assert choice.value == "disagreement"


async def test_p_pauses_labelling_says_so_and_lets_it_go_on(project: Project, review: Any) -> None:
    async with review(project, command=plays(PAUSES)) as opened:
        await opened.press("w", "l")
        await opened.until(lambda: "p pauses it" in opened.text)
        await opened.until(lambda: "$0.1000 of $2.50 spent, $2.4000 left" in opened.text)
        assert "in flight" not in opened.text
        await opened.press("p")
        await opened.until(lambda: "4 of 40 requests   3 in flight" in opened.text)
        assert "pausing" in opened.text
        await opened.until(lambda: "paused: nothing is in flight" in opened.text)
        assert "3 in flight" not in opened.text
        assert "p goes on" in opened.text
        assert "p resume" in opened.lines[-1]
        assert "s left" not in opened.text
        await opened.press("escape")
        await opened.until(lambda: "paused" in opened.lines[-2])
        await opened.press("w", "p")
        await opened.until(lambda: "70 s left" in opened.text)
        await opened.press("p")
        await opened.until(lambda: "paused" in opened.text)
        await opened.press("l")
        await opened.until(lambda: "l starts it" in opened.text)


async def test_training_cannot_pause_and_the_screen_says_what_stops_it(
    project: Project, review: Any
) -> None:
    async with review(project, command=plays(WAITS)) as opened:
        await opened.press("w", "r", "p")
        job = opened.app.review.background.runner.running[JobName.TRAIN]
        assert not job.paused
        assert "r stops training" in opened.text


async def test_the_log_tells_what_was_started_said_and_how_it_ended(
    project: Project, review: Any
) -> None:
    talks = CHILD + "print('a warning', file=sys.stderr)\n"
    async with review(project, command=plays(talks)) as opened:
        await opened.press("w", "l")
        await opened.until(lambda: "label: done" in opened.text)
        assert "label: a warning" in opened.text
        assert "label: catreview label" in opened.text


async def test_errors_stand_in_the_log_with_what_to_do(project: Project, review: Any) -> None:
    source = project.store.votes.source(Source(SourceKind.LLM, "slow"))
    run = project.store.runs.start("label", {})
    for _ in range(3):
        row = project.store.requests.begin(Request(run, source.id, "slow", "p", ["a", "b"]))
        failed = Request(run, source.id, "slow", "p", ["a", "b"], status="failed",
                         error_class="HTTP 429", error="too \x1b[31mfast")  # fmt: skip
        project.store.requests.conclude(row, failed)
    async with review(project) as opened:
        await opened.press("w")
        await opened.until(lambda: "HTTP 429 3 times: too ␛[31mfast" in opened.text)
        assert "lower rpm" in opened.text
        assert "✗ 0 of 2 labelled, HTTP 429" in opened.text


async def test_what_a_stopped_job_did_not_send_again_is_no_error(
    project: Project, review: Any
) -> None:
    source = project.store.votes.source(Source(SourceKind.LLM, "slow"))
    run = project.store.runs.start("label", {})
    row = project.store.requests.begin(Request(run, source.id, "slow", "p", ["a", "b"]))
    stopped = Request(run, source.id, "slow", "p", ["a", "b"], status="stopped",
                      error_class="BrokenOff")  # fmt: skip
    project.store.requests.conclude(row, stopped)
    async with review(project) as opened:
        await opened.press("w")
        await opened.until(lambda: "· not sent again once" in opened.text)
        assert "· 0 of 2 labelled, not sent again" in opened.text


async def test_the_jobs_screen_says_when_the_next_training_is_due(
    project: Project, review: Any
) -> None:
    with open_project(project.folder, {"review": {"retrain_every": 40}}) as every:
        async with review(every, command=plays(WAITS)) as opened:
            await opened.press("3", "w")
            await opened.until(lambda: "starts by itself in 39 more reviews" in opened.text)


async def test_y_copies_the_command(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("w", "y")
        assert opened.app.clipboard.startswith("catreview label")
        assert "Copied: catreview label" in opened.text
