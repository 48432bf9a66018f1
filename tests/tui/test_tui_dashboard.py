"""The dashboard: what it shows, and what its keys open and switch."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_tui_jobs import FAILS, plays

from catreview.jobs import apart
from catreview.jobs.overview import CategoryScore
from catreview.jobs.project import Project
from catreview.jobs.training.forecasts import FORECAST, Outlook, ReviewForecast
from catreview.records import Basis
from catreview.training.curve import forecast_size
from catreview.tui.screens.dashboard import DashboardScreen
from catreview.tui.screens.review import ReviewScreen
from catreview.tui.widgets.functions import FunctionTable
from catreview.tui.widgets.growth import shown, stacked
from catreview.tui.widgets.matrix import Matrix
from catreview.tui.widgets.models import ModelList
from catreview.tui.widgets.pilot import PilotPane
from catreview.tui.widgets.scores import bar

NAMES = ("closing", "acknowledge", "request", "question", "emotion", "statement")


@pytest.fixture
def measured(project: Project) -> Project:
    """As if two models had been trained and measured on gold; the last one also voted."""
    from catreview.records import Source, SourceKind

    for model, missed in (("svm #1", 9), ("svm #2", 4)):
        finish_training(project, model, missed)
    source = project.store.votes.source(Source(SourceKind.MODEL, "svm #2"))
    requests = [n for n, c, _, _ in project.store.labels.all() if c == "request"][:7]
    project.store.votes.put(source.id, [(n, "question", 0.8) for n in requests])
    return project


def finish_training(
    project: Project, model: str, missed: int, against: str = "gold", n: int = 124
) -> None:
    rows = [[20 if i == j else 0 for j in range(6)] for i in range(6)]
    rows[2][3] = missed
    per_class = [
        {"category": c, "precision": 0.8, "recall": 0.8, "f1": 0.6 if c == "emotion" else 0.8,
         "low": 0.5, "high": 0.9, "n": sum(row)}
        for c, row in zip(NAMES, rows, strict=True)
    ]  # fmt: skip
    run = project.store.runs.start("train", {})
    project.store.runs.finish(run, "done", {
        "model": model, "against": against, "per_class": per_class,
        "macro_f1": {"value": 0.8 - missed / 100, "low": 0.7, "high": 0.85, "n": n},
        "trained_on": {"examples": 1_000 + missed, "by": {"llm": 1_000, "human": missed}},
        "confusion": {"categories": list(NAMES), "rows": rows},
    })  # fmt: skip


def noting(asked: list[str]) -> Callable[[str], list[str]]:
    """Commands that do nothing but leave their name."""

    def command(name: str) -> list[str]:
        asked.append(name)
        return [sys.executable, "-c", "print('{}')"]

    return command


async def opened_dashboard(opened: Any, page: str = "1") -> DashboardScreen:
    await opened.press("d", page)
    await opened.until(lambda: WAITED_FOR[page] in opened.text)
    screen = opened.app.screen
    assert isinstance(screen, DashboardScreen)
    return screen


WAITED_FOR = {"1": "F1 .7", "2": "now", "3": "covers", "4": "kappa"}
PANES = {
    "1": ("F1", "Confusion on 124 gold", ".800 ", "[4]", "Models: macro F1"),
    "2": ("Learning curve: macro F1", "Labels by source, after each job", "people"),
    "3": ("Labelling functions", "Labels by source and category"),
    "4": ("Pilot", "Reviewers", "Agreement: Cohen's kappa"),
}


@pytest.mark.parametrize("page", list(PANES))
@pytest.mark.parametrize("size", [(60, 16), (200, 50)])
async def test_every_page_of_the_dashboard_fits_every_size(
    measured: Project, review: Any, size: tuple[int, int], page: str
) -> None:
    async with review(measured, size=size) as opened:
        await opened_dashboard(opened, page)
        assert all(len(line) <= size[0] for line in opened.lines)
        for words in PANES[page]:
            assert words in opened.text


async def test_every_score_is_marked_as_reached_or_not_by_shape(
    measured: Project, review: Any
) -> None:
    async with review(measured) as opened:
        await opened_dashboard(opened)
        emotion = next(line for line in opened.lines if "emotion" in line and "━" in line)
        assert ".600" in emotion
        assert ".50 to .90" in emotion
        assert "✗" in emotion
        assert "✓" in next(line for line in opened.lines if "closing" in line and "━" in line)


async def test_the_cursor_starts_on_the_worst_confusion_and_compares_it_with_the_model_before(
    measured: Project, review: Any
) -> None:
    async with review(measured) as opened:
        await opened_dashboard(opened)
        assert "4 of 24 request called question" in opened.text
        assert "before: 9 of 29 (svm #1)" in opened.text


async def test_nothing_shifts_as_one_walks_through_the_cells(
    measured: Project, review: Any
) -> None:
    async with review(measured) as opened:
        await opened_dashboard(opened)
        rows = []
        for key in ("left", "left", "up"):
            await opened.press(key)
            rows += [
                line.partition("of")[0] for line in opened.lines if "├" in line and "svm" in line
            ]
        places = {(row.split()[1:3][-1], row.index("├"), row.index("┃")) for row in rows}
        assert len(places) == 2, rows


async def test_arrows_walk_through_the_cells_and_enter_opens_one_as_a_queue(
    measured: Project, review: Any
) -> None:
    async with review(measured) as opened:
        await opened_dashboard(opened)
        await opened.press("left", "down", "up", "right")
        assert "request called question" in opened.text
        await opened.press("enter")
        await opened.until(
            lambda: opened.app.review.acts.desk.session.queue == "request called question"
        )
        assert isinstance(opened.app.screen, ReviewScreen)
        assert len(opened.desk.session) == 7
        await opened.press("3")
        assert len(measured.store.reviews.decided()) == 1


async def test_escape_goes_back_to_the_queue_as_it_was(measured: Project, review: Any) -> None:
    async with review(measured) as opened:
        await opened.press("j")
        card = opened.desk.card.number
        await opened_dashboard(opened)
        await opened.press("escape")
        assert isinstance(opened.app.screen, ReviewScreen)
        assert opened.desk.card.number == card


async def test_s_sorts_the_functions_by_the_next_column(measured: Project, review: Any) -> None:
    async with review(measured) as opened:
        await opened_dashboard(opened, "3")
        await opened.press("s", "s")
        shares = [f.covers for f in opened.app.screen.query_one(FunctionTable)._functions]
        assert shares == sorted(shares, reverse=True)
        assert "covers▾" in opened.text


async def test_x_switches_a_function_off_for_the_next_vote_and_on_again(
    measured: Project, review: Any
) -> None:
    async with review(measured, size=(80, 24)) as opened:
        screen = await opened_dashboard(opened, "3")
        await opened.until(lambda: screen.query_one(FunctionTable).current is not None)
        await opened.press("down", "x")
        name = screen.query_one(FunctionTable).current.name
        await opened.until(lambda: f"{name} is off for the next vote" in opened.text)
        assert measured.store.switches.off() == {name}
        await opened.press("x")
        await opened.until(lambda: f"{name} is on again" in opened.text)
        assert measured.store.switches.off() == set()


async def test_a_click_on_a_heading_sorts_by_that_column(measured: Project, review: Any) -> None:
    async with review(measured) as opened:
        await opened.press("d", "3")
        table = opened.app.screen.query_one(FunctionTable)
        await opened.until(lambda: table.current is not None)
        for column in ("right", "conflict", "n", "covers", "category", "function"):
            [(y, line)] = [(y, x) for y, x in enumerate(opened.lines) if "  category" in x]
            x = line.rindex(column) if column == "n" else line.index(column)
            await opened.pilot.click(offset=(x, y))
            await opened.pilot.pause()
            assert f"{column}▾" in opened.text
            assert f"sorted by: {column}" in opened.text
            assert all(f" {other}" in opened.text for other in ("covers", "conflict", "right"))


async def test_v_lets_the_functions_vote_again_in_the_background(
    measured: Project, review: Any
) -> None:
    asked: list[str] = []
    async with review(measured, command=noting(asked)) as opened:
        await opened_dashboard(opened, "3")
        await opened.press("v")
        await opened.until(lambda: asked == ["lf run"])


async def test_enter_on_a_function_opens_its_conflicts(measured: Project, review: Any) -> None:
    async with review(measured) as opened:
        screen = await opened_dashboard(opened, "3")
        await opened.until(lambda: screen.query_one(FunctionTable).current is not None)
        await opened.press("s", "s", "s")
        table = screen.query_one(FunctionTable)
        await opened.press(*["up"] * table._functions.index(table.current))
        name = table.current.name
        await opened.press("enter")
        await opened.until(
            lambda: opened.app.review.acts.desk.session.queue == f"conflicts of {name}"
        )
        assert len(opened.desk.session) > 0


async def test_tab_goes_round_the_panes_of_a_page_and_numbers_turn_the_pages(
    measured: Project, review: Any
) -> None:
    async with review(measured, size=(80, 24)) as opened:
        screen = await opened_dashboard(opened)
        assert isinstance(screen.focused, Matrix)
        await opened.press("tab")
        assert isinstance(screen.focused, ModelList)
        await opened.press("shift+tab")
        assert isinstance(screen.focused, Matrix)
        await opened.press("4", "tab")
        assert isinstance(screen.focused, PilotPane)
        assert "▸4 trust" in opened.text
        await opened.pilot.click("#pages", offset=(18, 0))
        await opened.until(lambda: "▸2 learning" in opened.text)


async def test_keys_of_one_page_do_nothing_on_another(measured: Project, review: Any) -> None:
    async with review(measured) as opened:
        await opened_dashboard(opened)
        assert "x on/off" not in opened.text
        await opened.press("x", "v", "f")
        assert measured.store.switches.off() == set()
        assert opened.app.review.background.runner.running == {}


async def test_a_cell_that_was_worked_on_shows_its_count_before_and_after_the_retraining(
    measured: Project, review: Any
) -> None:
    async with review(measured) as opened:
        await opened_dashboard(opened)
        await opened.press("enter")
        cell = "request called question"
        await opened.until(lambda: opened.app.review.acts.desk.session.queue == cell)
        await opened.press("3")
        await opened_dashboard(opened)
        await opened.until(lambda: "1 reviewed since: r retrains" in opened.text)
        await asyncio.sleep(0.005)  # times are stored in milliseconds
        await asyncio.to_thread(finish_training, measured, "svm #3", 2)
        await opened.until(lambda: "2 of 22 request called question" in opened.text)
        assert "before: 4 of 24 (svm #2), 1 reviewed" in opened.text
        rows = [line.split()[-4:-1] for line in opened.lines if "svm #" in line and "●" in line]
        assert rows == [["2", "of", "22"], ["4", "of", "24"], ["9", "of", "29"]]


async def test_the_dashboard_opens_on_the_cell_whose_queue_is_under_review(
    measured: Project, review: Any
) -> None:
    async with review(measured, queue="statement called emotion") as opened:
        await opened_dashboard(opened)
        assert "0 of 20 statement called emotion" in opened.text


async def test_f_makes_a_forecast_in_the_background_and_the_page_draws_it(
    measured: Project, review: Any
) -> None:
    asked: list[str] = []
    async with review(measured, command=noting(asked)) as opened:
        await opened_dashboard(opened, "2")
        assert "How many more reviews reach 85 %?" in opened.text
        assert "A forecast wants 50 reviews" in opened.text
        assert "◆ models so far" in opened.text
        await opened.press("f")
        await opened.until(lambda: asked == ["forecast"])
        await asyncio.to_thread(keep_forecast, measured)
        await opened.until(lambda: "to reach 85 %" in opened.text)
        assert "About 200 more reviews, mostly request and emotion," in opened.text
        for sign in ("●", "░", "◆", "┄┄ target .85 ┄┄", ".85 ┤"):
            assert sign in opened.text


def keep_forecast(project: Project) -> None:
    sizes = np.repeat([40.0, 80, 120, 160, 200], 2)
    scores = 0.95 - 2.0 * sizes**-0.5 + np.tile([0.004, -0.004], 5)
    fit = replace(forecast_size(sizes, scores, 0.85, seed=0), more=200.0)
    points = tuple((int(n), f1) for n, f1 in zip(sizes, scores.tolist(), strict=True))
    made = ReviewForecast(
        0.85, 200, Outlook.WITHIN_REACH, "gold", 124, points, fit, ("request", "emotion")
    )
    project.store.runs.finish(project.store.runs.start(FORECAST, {}), "done", made.as_json())


async def test_a_forecast_that_fails_says_why_where_it_was_asked_for(
    measured: Project, review: Any
) -> None:
    async with review(measured, command=plays(FAILS)) as opened:
        await opened_dashboard(opened, "2")
        await opened.press("f")
        await opened.until(lambda: "✗ The forecast: The server refuses the key." in opened.text)


async def test_labels_of_each_source_are_a_stacked_bar_with_its_figures(
    measured: Project, review: Any
) -> None:
    async with review(measured) as opened:
        await opened_dashboard(opened, "2")
        await opened.until(lambda: "lf run" in opened.text)
        line = next(line for line in opened.lines if " lf run " in line)
        counts = measured.store.runs.label_counts(10)[0].labels
        assert all(f" {n:,} " in line for n in counts.values())
        assert {"░", "▓"} & set(line)


def test_labels_that_all_sources_gave_together_are_shown_where_there_are_any() -> None:
    assert Basis.TOGETHER not in shown([{"llm": 3}])
    assert shown([{"llm": 3}, {"together": 1}]) == list(Basis)
    drawn = stacked({"human": 1, "together": 50, "weak": 49}, 100, 20)
    assert "".join(text for text, _ in drawn) == "█" + "▞" * 9 + "░" * 10


async def test_the_trust_page_has_gate_reviewers_and_who_is_right(
    measured: Project, review: Any
) -> None:
    run = measured.store.runs.start("pilot", {})
    accuracy = {"value": 0.9, "low": 0.85, "high": 0.94, "n": 200}
    measured.store.runs.finish(run, "done", {
        "gate": 0.8, "against": "people", "sampled": 200, "people": 200,
        "candidates": [
            {"model": "big\x1b[31m", "prompt": "p", "batch_size": 20, "passed": True,
             "accuracy": accuracy}
        ],
    })  # fmt: skip
    async with review(measured) as opened:
        await opened.press("3", "1")
        await opened_dashboard(opened, "4")
        await opened.until(lambda: "rita" in opened.text and "svm #2" in opened.text)
        assert "✓ passed   gate 80 %" in opened.text
        assert "90.0 % ✓" in opened.text
        assert "85 to 94 %" in opened.text
        assert "\x1b" not in opened.text
        rita = next(line for line in opened.lines if "│ rita" in line)
        assert " 2 " in rita
        assert "Are you consistent?" in opened.text


async def test_before_the_first_model_every_page_says_what_to_do(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("d")
        await opened.until(lambda: "No model has been trained yet" in opened.text)
        await opened.press("enter", "left")
        assert isinstance(opened.app.screen, DashboardScreen)
        for page, words in (
            ("2", "No model has been trained yet: press r."),
            ("4", "No pilot yet. catreview pilot"),
            ("4", "Nobody has decided anything yet."),
        ):
            await opened.press(page)
            await opened.until(lambda words=words: words in opened.text)


async def test_without_gold_the_dashboard_says_how_much_is_needed_and_how(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project.store.examples, "gold", dict)
    async with review(project) as opened:
        await opened.press("d")
        await opened.until(lambda: "catreview import FILE --gold" in opened.text)
        assert "200 are a start" in opened.text


async def test_a_model_that_was_not_measured_on_gold_says_so_beside_the_others(
    project: Project, review: Any
) -> None:
    finish_training(project, "svm #1", 9, "labels of held-out conversations", 10_277)
    finish_training(project, "svm #2", 4)
    async with review(project) as opened:
        await opened_dashboard(opened)
        await opened.until(lambda: "svm #1" in opened.text)
        line = next(line for line in opened.lines if "svm #1" in line)
        assert "no gold  " in line
        assert "10,277" not in line


async def test_the_dashboard_opens_with_what_it_read_the_last_time(
    measured: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with review(measured) as opened:
        await opened_dashboard(opened)
        await opened.press("escape")
        reads: list[Project] = []
        monkeypatch.setitem(apart.READ, apart.OVERVIEW, reads.append)
        await opened.press("d")
        assert "4 of 24 request called question" in opened.text
        assert reads == []


@pytest.mark.parametrize("value", [0.0, 0.5, 0.84, 1.0])
def test_a_score_bar_is_as_wide_as_asked_and_shows_its_target(value: float) -> None:
    parts = bar(CategoryScore("x", value, value - 0.1, value + 0.1, 9), 0.7, 20, "$plain")
    assert len(parts) == 20
    assert parts[14][0] == "┃"
