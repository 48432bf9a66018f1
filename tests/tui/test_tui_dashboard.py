"""The dashboard: what it shows, and what its keys open and switch."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from catreview.jobs.overview import CategoryScore
from catreview.jobs.project import Project
from catreview.tui.screens.dashboard import DashboardScreen
from catreview.tui.screens.review import ReviewScreen
from catreview.tui.widgets.functions import FunctionTable
from catreview.tui.widgets.scores import bar

NAMES = ("closing", "acknowledge", "request", "question", "emotion", "statement")


@pytest.fixture
def measured(project: Project) -> Project:
    """As if two models had been trained and measured on gold; the last one also voted."""
    from catreview.records import Source, SourceKind

    for model, missed in (("svm #1", 9), ("svm #2", 4)):
        rows = [[20 if i == j else 0 for j in range(6)] for i in range(6)]
        rows[2][3] = missed
        per_class = [
            {"category": c, "precision": 0.8, "recall": 0.8, "f1": 0.6 if c == "emotion" else 0.8,
             "low": 0.5, "high": 0.9, "n": sum(row)}
            for c, row in zip(NAMES, rows, strict=True)
        ]  # fmt: skip
        run = project.store.runs.start("train", {})
        project.store.runs.finish(run, "done", {
            "model": model, "against": "gold", "per_class": per_class,
            "macro_f1": {"value": 0.8 - missed / 100, "low": 0.7, "high": 0.85, "n": 124},
            "confusion": {"categories": list(NAMES), "rows": rows},
        })  # fmt: skip
    source = project.store.votes.source(Source(SourceKind.MODEL, "svm #2"))
    requests = [n for n, c, _, _ in project.store.labels.all() if c == "request"][:7]
    project.store.votes.put(source.id, [(n, "question", 0.8) for n in requests])
    return project


async def opened_dashboard(opened: Any) -> DashboardScreen:
    await opened.press("d")
    await opened.until(lambda: "covers" in opened.text)
    screen = opened.app.screen
    assert isinstance(screen, DashboardScreen)
    return screen


@pytest.mark.parametrize("size", [(60, 16), (200, 50)])
async def test_the_dashboard_shows_scores_and_confusion_at_every_size(
    measured: Project, review: Any, size: tuple[int, int]
) -> None:
    async with review(measured, size=size) as opened:
        await opened_dashboard(opened)
        assert all(len(line) <= size[0] for line in opened.lines)
        for words in ("F1", "Confusion on 124 gold", ".800 ", "[4]", "Labelling functions"):
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
        assert "model before: 9" in opened.text


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
        await opened_dashboard(opened)
        await opened.press("s", "s")
        shares = [f.covers for f in opened.app.screen.query_one(FunctionTable)._functions]
        assert shares == sorted(shares, reverse=True)
        assert "covers▾" in opened.text


async def test_x_switches_a_function_off_for_the_next_vote_and_on_again(
    measured: Project, review: Any
) -> None:
    async with review(measured, size=(80, 24)) as opened:
        screen = await opened_dashboard(opened)
        await opened.press("tab", "down", "x")
        name = screen.query_one(FunctionTable).current.name
        assert measured.store.switches.off() == {name}
        await opened.until(lambda: " off" in opened.text)
        assert f"{name} is off for the next vote" in opened.text
        await opened.press("x")
        assert measured.store.switches.off() == set()


async def test_v_lets_the_functions_vote_again_in_the_background(
    measured: Project, review: Any
) -> None:
    asked = []

    def command(name: str) -> list[str]:
        asked.append(name)
        return [sys.executable, "-c", "print('{}')"]

    async with review(measured, command=command) as opened:
        await opened_dashboard(opened)
        await opened.press("v")
        await opened.until(lambda: asked == ["lf run"])


async def test_enter_on_a_function_opens_its_conflicts(measured: Project, review: Any) -> None:
    async with review(measured) as opened:
        screen = await opened_dashboard(opened)
        await opened.press("tab", "s", "s", "s")
        table = screen.query_one(FunctionTable)
        await opened.press(*["up"] * table._functions.index(table.current))
        name = table.current.name
        await opened.press("enter")
        await opened.until(
            lambda: opened.app.review.acts.desk.session.queue == f"conflicts of {name}"
        )
        assert len(opened.desk.session) > 0


async def test_tab_reaches_labels_models_and_pilot_in_a_small_window(
    measured: Project, review: Any
) -> None:
    async with review(measured, size=(80, 24)) as opened:
        await opened_dashboard(opened)
        assert "labels by" not in opened.text
        await opened.press("tab", "tab")
        assert "labels by" in opened.text
        assert "svm #2" in opened.text
        await opened.press("shift+tab")
        assert "covers" in opened.text


async def test_before_the_first_model_the_dashboard_says_what_to_do(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened_dashboard(opened)
        assert "No model has been trained yet." in opened.text
        await opened.press("enter", "left")
        assert isinstance(opened.app.screen, DashboardScreen)


@pytest.mark.parametrize("value", [0.0, 0.5, 0.84, 1.0])
def test_a_score_bar_is_as_wide_as_asked_and_shows_its_target(value: float) -> None:
    parts = bar(CategoryScore("x", value, value - 0.1, value + 0.1, 9), 0.7, 20, "$plain")
    assert len(parts) == 20
    assert parts[14][0] == "┃"
