"""The jobs screen, and retraining that starts by itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from test_tui_jobs import FAILS, WAITS, plays

from catreview.jobs.holders import new_holder
from catreview.jobs.project import Project, open_project
from catreview.jobs.works import works
from catreview.records import Source, SourceKind
from catreview.tui.jobs import JobName
from catreview.tui.screens import works as works_screen
from catreview.tui.screens.works import LOOK_SECONDS, WorksScreen
from catreview.tui.widgets.works import JobPane

TUNES = """
import json, sys
print(json.dumps({"progress": {"job": "tune", "done": 310, "total": 1240, "unit": "steps",
      "note": "learning 16,485 labels", "seconds_left": 1500.0}}), file=sys.stderr, flush=True)
sys.stdin.read()
sys.exit(130)
"""
TUNED = """
import json
print(json.dumps({"encoder": "models/encoder", "source": "tiny", "labels": 120}))
"""


@pytest.fixture
def can_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `encoder` counts as installed."""
    monkeypatch.setattr(works_screen, "can_encode", lambda: True)


@pytest.mark.parametrize("size", [(60, 16), (200, 50)])
async def test_the_jobs_screen_fits_every_size(
    project: Project, review: Any, size: tuple[int, int]
) -> None:
    async with review(project, size=size) as opened:
        await opened.press("w")
        await opened.until(lambda: "2,868 votes on 1,780" in opened.text or size[0] < 80)
        assert all(len(line) <= size[0] for line in opened.lines)
        for words in ("Labelling", "Retraining", "Runs", "l starts it", "of 14,400 requests today"):
            assert words in opened.text


async def test_what_a_job_s_pane_has_no_room_for_is_scrolled_to_with_keys_and_stays(
    project: Project, review: Any
) -> None:
    async with review(project, size=(60, 16)) as opened:
        await opened.press("w", "tab", "tab", "tab")
        await opened.until(lambda: "0 of 14,400 requests today" in opened.text)
        pane = opened.app.screen.focused
        assert isinstance(pane, JobPane)
        assert (pane.id, pane.top) == ("labelling", 0)
        assert "$ catreview label" not in opened.text
        await opened.press("end")
        assert "$ catreview label" in opened.text
        at = pane.top
        await opened.pilot.pause(2.2 * LOOK_SECONDS)  # it is shown anew all the time
        assert pane.top == at > 0
        await opened.press("up")
        assert pane.top == at - 1
        await opened.press("tab")
        assert opened.app.screen.focused.id == "retraining"


async def test_panes_that_show_all_they_have_are_no_stop_for_tab(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("w")
        await opened.until(lambda: "2,868 votes on 1,780" in opened.text)
        await opened.press("tab", "tab", "tab")
        assert opened.app.screen.focused.id == "runs"


async def test_the_commands_of_the_options_show_in_the_smallest_window(
    project: Project, review: Any
) -> None:
    async with review(project, size=(60, 16)) as opened:
        await opened.press("w", "o")
        await opened.until(lambda: "$ catreview tune" in opened.text)
        await opened.press(*["down"] * 8)
        assert "a name, or a folder" in opened.text
        assert "$ catreview tune" in opened.text


async def test_a_job_is_started_followed_and_stopped_from_the_jobs_screen(
    project: Project, review: Any
) -> None:
    async with review(project, command=plays(WAITS)) as opened:
        await opened.press("w", "l")
        await opened.until(lambda: "4 of 40 requests   30/min   70 s left" in opened.text)
        assert "stops it" in opened.text
        await opened.press("l")
        await opened.until(lambda: "l starts it" in opened.text)
        await opened.press("escape")
        assert opened.app.screen is opened.app.review


async def test_an_error_stays_on_the_jobs_screen_with_what_to_do(
    project: Project, review: Any
) -> None:
    async with review(project, command=plays(FAILS)) as opened:
        await opened.press("l")
        await opened.until(lambda: JobName.LABEL in opened.app.review.background.ended)
        await opened.press("w")
        await opened.until(lambda: "✗ The server refuses the key." in opened.text)
        assert "Set CEREBRAS_API_KEY in .env" in opened.text


async def test_what_was_set_aside_is_listed_with_its_reason(project: Project, review: Any) -> None:
    source = project.store.votes.source(Source(SourceKind.LLM, "careless"))
    project.store.requests.set_aside(source.id, {3: "two answers for one id"})
    text = project.store.examples.get([3])[0].text
    async with review(project, size=(80, 24)) as opened:
        await opened.press("w")
        await opened.until(lambda: "functions" in opened.text)
        await opened.press("tab", "tab")
        assert "Set aside: 1" in opened.text
        assert text[:20] in opened.text
        assert "careless: two answers for one id" in opened.text
        assert isinstance(opened.app.screen, WorksScreen)


def test_of_two_runs_at_once_the_one_whose_process_is_gone_was_killed(project: Project) -> None:
    own = new_holder()
    gone = own.replace(f":{os.getpid()}:", f":{2**22 + 1}:")  # above every process's number
    for holder in (own, gone, own):
        project.store.runs.start("label", {"holder": holder})
    assert [run.status for run in works(project).runs[:3]] == ["running", "killed", "running"]


def test_runs_are_told_in_words_the_newest_first(project: Project) -> None:
    runs = project.store.runs
    first = runs.start("label", {})
    assert works(project).runs[0].status == "running"
    again = runs.start("label", {})
    runs.finish(again, "done", {"labelled": 1200, "planned": 1300, "set_aside": {"a": "why"}})
    broken = runs.start("train", {})
    runs.finish(broken, "failed", {"error": "too few labels"})
    lines = works(project).runs
    assert [(r.kind, r.status, r.result) for r in lines] == [
        ("train", "failed", "too few labels"),
        ("label", "done", "1,200 of 1,300 labelled, 1 set aside"),
        ("label", "killed", ""),
        ("functions", "done", "2,868 votes on 1,780 examples"),
    ]
    assert first < again


def retraining(folder: Path, every: int) -> Project:
    return open_project(folder, {"review": {"retrain_every": every}})


async def test_training_starts_by_itself_after_so_many_reviews(
    project: Project, review: Any
) -> None:
    asked: list[str] = []

    def command(name: JobName) -> list[str]:
        asked.append(name)
        return plays("")(name)

    with retraining(project.folder, 2) as every_two:
        async with review(every_two, command=command) as opened:
            await opened.press("3")
            await opened.until(lambda: "retrain in 1" in opened.text)
            assert asked == []
            await opened.press("4")
            await opened.until(lambda: asked == ["train"])
            await opened.until(lambda: JobName.TRAIN in opened.app.review.background.ended)
            await opened.press("5")
            await opened.until(lambda: opened.app.review.background.status.reviewed == 3)
            assert asked == ["train"]


async def test_training_never_starts_by_itself_unless_it_is_asked_for(
    project: Project, review: Any
) -> None:
    async with review(project, command=plays(WAITS)) as opened:
        await opened.press("3", "4", "5")
        background = opened.app.review.background
        await opened.until(lambda: bool(background.status and background.status.reviewed == 3))
        assert background.runner.running == {}
        assert "retrain in" not in opened.text


async def test_an_encoder_is_tuned_from_the_jobs_screen_and_stopped_only_by_a_second_press(
    project: Project, review: Any, can_encode: None
) -> None:
    async with review(project, command=plays(TUNES)) as opened:
        await opened.press("w")
        await opened.until(
            lambda: "stopped or killed, it loses what it has learned." in opened.text
        )
        await opened.press("e")
        await opened.until(lambda: "310 of 1,240 steps   25 min left" in opened.text)
        await opened.press("e")
        assert "e again stops it: what it has learned is lost." in opened.text
        assert not opened.app.review.background.runner.running[JobName.TUNE].stopping
        await opened.press("escape")
        await opened.until(lambda: "tuning 25 %" in opened.text)
        await opened.press("w", "e", "e")
        await opened.until(lambda: JobName.TUNE in opened.app.review.background.ended)
        assert opened.app.review.background.ended[JobName.TUNE].error == ""
        await opened.press("escape")
        assert "Tuning stopped. All is as it was." in opened.text


async def test_leaving_while_an_encoder_is_tuned_asks_for_a_second_press(
    project: Project, review: Any, can_encode: None
) -> None:
    async with review(project, command=plays(TUNES)) as opened:
        await opened.press("w", "e", "escape", "q")
        assert "what it has learned is lost when you leave" in opened.text
        assert not opened.app._exit
        await opened.press("q")
        await opened.until(lambda: opened.app._exit)


async def test_a_tuned_encoder_is_told_with_how_to_use_it(
    project: Project, review: Any, can_encode: None
) -> None:
    async with review(project, command=plays(TUNED)) as opened:
        await opened.press("w", "e")
        await opened.until(lambda: JobName.TUNE in opened.app.review.background.ended)
        await opened.press("escape")
        use = 'With encoder = "models/encoder" under [training], r makes use of it.'
        await opened.until(lambda: use in opened.text)
    run = project.store.runs.start("tune", {})
    held_out = {"macro_f1": 0.8123, "low": 0.8, "high": 0.83, "n": 120}
    results = {"source": "tiny", "labels": 120, "held_out": held_out}
    project.store.runs.finish(run, "done", results)
    assert works(project).runs[0].result == "F1 .812 alone against 120 labels, tiny"


async def test_without_its_packages_tuning_says_what_to_install(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(works_screen, "can_encode", lambda: False)
    async with review(project, size=(80, 24)) as opened:
        await opened.press("w", "e")
        await opened.until(lambda: "functions" in opened.text)
        assert "It needs more packages: pip install 'catreview[encoder]'" in opened.text
        assert opened.app.review.background.runner.running == {}
