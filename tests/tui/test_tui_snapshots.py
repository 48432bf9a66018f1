"""Pictures of every screen at two sizes, from a small made-up project at a fixed time.

After a change that is meant: `pytest tests/tui/test_tui_snapshots.py --snapshot-update`, and
look at the pictures before they are committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from catreview.jobs.functions.weak import run_functions
from catreview.jobs.labels.settling import settle
from catreview.jobs.llm.voters import asked
from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.training.forecasts import FORECAST, Outlook, ReviewForecast
from catreview.records import Example, Source, SourceKind
from catreview.training.curve import CurvePoint, Forecast
from catreview.tui.app import ReviewApp
from catreview.tui.terminal import TERMINAL

DRAWN_WITH = "8.2.8"
"""The pictures' Textual: another one may draw the same screen with other strokes."""
pytestmark = pytest.mark.skipif(
    version("textual") != DRAWN_WITH, reason=f"the pictures were drawn with Textual {DRAWN_WITH}"
)
NOW = "2026-03-02T09:30:00.000Z"
SIZES = [(80, 24), (120, 36)]
TALK = (
    ("Ana", "heading home now"),
    ("Bo", "can u grab milk on the way"),
    ("Ana", "lol ok fine"),
    ("Bo", "wait what time is dinner?"),
    ("Ana", "dinner's in the oven, take it out at 7"),
    ("Bo", "I'm so happy it's friday!!"),
    ("Ana", "bye, see you soon"),
)
VOTES = {
    "gpt-oss-120b": "statement request acknowledge question request emotion closing",
    "zai-glm-4.7": "statement question acknowledge question statement statement closing",
}
MODEL = "statement question acknowledge question statement emotion closing"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Seven messages, two LLMs, a model with its scores, a review, a set-aside example."""
    for module in ("reviews", "paces", "runs", "work", "votes", "switches"):
        monkeypatch.setattr(f"catreview.store.{module}.utc_now", lambda: NOW)
    monkeypatch.setattr("catreview.tui.screens.works.can_encode", lambda: True)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    init_project(tmp_path / "chats")
    monkeypatch.chdir(tmp_path / "chats")
    with open_project(tmp_path / "chats") as project:
        fill(project)
        yield project
    monkeypatch.undo()
    time.tzset()


def fill(project: Project) -> None:
    store, names = project.store, project.schema.names
    store.examples.add(
        [Example(f"m{i}", text, TALK[i - 1][1] if i else "", "friday", i, who)
         for i, (who, text) in enumerate(TALK)]
    )  # fmt: skip
    numbers = store.examples.all_numbers().tolist()
    for name, labels in VOTES.items():
        source = store.votes.source(Source(SourceKind.LLM, name))
        store.votes.put(source.id, [(n, c, 0.9) for n, c in zip(numbers, labels.split())])  # noqa: B905
        store.requests.set_aside(source.id, {numbers[0]: "the reply names another id"})
    run_functions(project)
    model = store.votes.source(Source(SourceKind.MODEL, "svm #2"))
    store.votes.put(model.id, [(n, c, 0.71) for n, c in zip(numbers, MODEL.split())])  # noqa: B905
    for number, f1 in ((1, 0.701), (2, 0.783)):
        run = store.runs.start("train", {})
        rows = [[18 if i == j else abs(i - j) % 3 for j in range(6)] for i in range(6)]
        store.runs.finish(run, "done", {
            "model": f"svm #{number}", "against": "gold",
            "macro_f1": {"value": f1, "low": f1 - 0.05, "high": f1 + 0.04, "n": 138},
            "trained_on": {"examples": 40 + 20 * number, "by": {"human": 30 * number}},
            "confusion": {"categories": list(names), "rows": rows},
            "per_class": [
                {"category": c, "precision": f1, "recall": f1, "f1": 0.6 + i / 20,
                 "low": 0.5 + i / 20, "high": 0.68 + i / 20, "n": sum(rows[i])}
                for i, c in enumerate(names)
            ],
        })  # fmt: skip
    settle(project)
    session = ReviewSession(project, "disagreement", "rita")
    session.decide(session.card(session.number(0)), "request", 4.0)
    session.undo()


def fill_dashboard(project: Project) -> None:
    """A pilot and a forecast, as their jobs would have kept them."""
    runs = project.store.runs
    prompt = asked(project, to_ask=False)[1].version
    candidates = [
        {"model": model, "prompt": prompt, "batch_size": 20, "passed": right >= 0.8,
         "accuracy": {"value": right, "low": right - 0.05, "high": right + 0.04, "n": 200}}
        for model, right in (("gpt-oss-120b", 0.905), ("zai-glm-4.7", 0.74))
    ]  # fmt: skip
    pilot = {"gate": 0.8, "against": "people", "sampled": 200, "people": 200}
    runs.finish(runs.start("pilot", {}), "done", pilot | {"candidates": candidates})
    sizes = [20.0, 40.0, 60.0, 80.0]
    curve = [CurvePoint(n, 0.95 - 1.5 * n**-0.5, 0.93 - 1.5 * n**-0.5, 0.96 - n**-0.5)
             for n in range(20, 320, 5)]  # fmt: skip
    made = ReviewForecast(
        0.85, 80, Outlook.WITHIN_REACH, "gold", 138,
        tuple((int(n), 0.95 - 1.5 * n**-0.5) for n in sizes),
        Forecast(145.0, 90.0, 260.0, 0.95, tuple(curve)), ("emotion", "request"),
    )  # fmt: skip
    runs.finish(runs.start(FORECAST, {}), "done", made.as_json())


Shows = Callable[[Pilot[Any]], Any]


def after(keys: str, words: str) -> Shows:
    """Press keys one after the other, then wait for some words; each step after a `|` of both."""

    async def run(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, ReviewApp)
        await until(pilot, lambda: app.review.acts.desk is not None)
        await until(pilot, lambda: "F1 .783" in text(pilot))
        for some, seen in zip(keys.split("|"), words.split("|"), strict=True):
            await pilot.press(*("enter" if key == "\n" else key for key in some))
            await until(pilot, lambda seen=seen: seen in text(pilot))
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await pilot.pause()

    return run


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    for _ in range(500):
        await pilot.pause(0.02)
        if condition():
            await pilot.pause()
            return
    raise AssertionError(f"did not happen in 10 s:\n{text(pilot)}")


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("keys", "words"),
    [
        pytest.param("", "together", id="review"),
        pytest.param("d", "svm #1", id="dashboard-scores"),
        pytest.param("d2", "● measured", id="dashboard-learning"),
        pytest.param("d3", "asks_wh", id="dashboard-functions"),
        pytest.param("d4", "right: one : other", id="dashboard-trust"),
        pytest.param("w", "138 gold, svm", id="jobs"),
        pytest.param("w|o", "138 gold, svm|Options:", id="options"),
        pytest.param("v", "▸ decides", id="votes"),
        pytest.param("c", "Choose a category", id="choice"),
        pytest.param("+", "macro F1", id="draft"),
        pytest.param("+|\n", "macro F1|writes it", id="code"),
        pytest.param("/|l", "find|label:", id="find"),
        pytest.param("?", "Keys", id="help"),
        pytest.param("b", "until you have decided", id="blind"),
        pytest.param("p", "0    accepted with others", id="queues"),
    ],
)
def test_the_screen_looks_as_it_did(
    small: Project, snap_compare: Any, size: tuple[int, int], keys: str, words: str
) -> None:
    if keys.startswith("d"):
        fill_dashboard(small)
    app = ReviewApp(small, reviewer="rita", clock=lambda: 1000.0)
    app.animation_level = "none"
    assert snap_compare(app, terminal_size=size, run_before=after(keys, words))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("keys", "words"),
    [
        pytest.param(["g"], "are drawn at random", id="list"),
        pytest.param(["g", "enter", "enter", "5"], "Spot check 3 of 5", id="check"),
        pytest.param(["g", *["enter"] * 6], "95 % confidence", id="passed"),
    ],
)
def test_similar_messages_look_as_they_did(
    small: Project, snap_compare: Any, size: tuple[int, int], keys: list[str], words: str
) -> None:
    shops = ("bread", "soap", "salt", "rice [b]", "eggs", "tea", "jam", "wine", "beer", "fish")
    small.store.examples.add([Example(w, f"can u grab {w} on the way") for w in shops])
    run_functions(small)
    source = small.store.votes.source(Source(SourceKind.LLM, "gpt-oss-120b"))
    numbers = [small.store.examples.numbers([w])[w] for w in shops]
    small.store.votes.put(source.id, [(n, "request", 0.9) for n in numbers[1:]])
    small.store.votes.put(source.id, [(numbers[0], "question", 0.8)])
    settle(small)
    seconds = count(1000)
    app = ReviewApp(small, queue="find: milk", reviewer="rita", clock=lambda: next(seconds))
    app.animation_level = "none"

    async def run(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.review.acts.desk is not None)
        await until(pilot, lambda: "F1 .783" in text(pilot))
        await pilot.press(keys[0])
        await until(pilot, lambda: "are drawn at random" in text(pilot))
        await pilot.press(*keys[1:])
        await until(pilot, lambda: words in text(pilot))

    assert snap_compare(app, terminal_size=size, run_before=run)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        pytest.param("", "together", id="review"),
        pytest.param("d", "svm #1", id="dashboard-scores"),
        pytest.param("d2", "o measured", id="dashboard-learning"),
        pytest.param("w", "138 gold, svm", id="jobs"),
    ],
)
def test_the_screen_without_unicode_looks_as_it_did(
    small: Project, snap_compare: Any, monkeypatch: pytest.MonkeyPatch, keys: str, words: str
) -> None:
    monkeypatch.setattr(TERMINAL, "ascii", True)
    if keys.startswith("d"):
        fill_dashboard(small)
    app = ReviewApp(small, reviewer="rita", clock=lambda: 1000.0)
    app.animation_level = "none"
    assert snap_compare(app, terminal_size=(120, 36), run_before=after(keys, words))
