"""What lies over the review is closed once, however fast its keys are hit."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events

from catreview.jobs.project import Project
from catreview.tui.screens.passing import Framed


def hit(opened: Any, *keys: str) -> None:
    """Hit keys so fast that all have come before the first is acted on."""
    for key in keys:
        character = key if len(key) == 1 else None
        opened.app.screen.post_message(events.Key(key, character))


@pytest.mark.parametrize("opener", ["d", "w", "g", "+", "?", "v", "p", "c"])
async def test_a_screen_whose_closing_key_is_hit_twice_leaves_the_review_as_it_was(
    project: Project, review: Any, opener: str
) -> None:
    async with review(project) as opened:
        await opened.press(opener)
        await opened.until(lambda: not opened.app.review.is_active)
        await opened.pilot.pause(0.1)
        hit(opened, "escape", "escape", "3")
        await opened.until(lambda: opened.app.review.is_active)
        await opened.pilot.pause()
        assert opened.app.is_running
        assert "1 of 102" in opened.lines[0]
    assert project.store.reviews.decided() == {}


async def test_closing_the_help_twice_leaves_the_screen_under_it_open(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("w", "?")
        hit(opened, "escape", "escape")
        await opened.pilot.pause()
        assert "Labelling" in opened.text
        assert not opened.app.review.is_active


async def test_keys_hit_after_the_one_that_opens_the_help_do_nothing_below_it(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("d", "3")
        await opened.until(lambda: "answers" in opened.text)
        hit(opened, "?", "4")
        await opened.until(lambda: "esc closes" in opened.text)
        await opened.press("escape")
        assert "answers" in opened.text


async def test_a_category_that_is_chosen_twice_is_given_once(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("c", "r", "e", "q")
        hit(opened, "enter", "enter")
        await opened.until(lambda: "saved: request" in opened.text)
    assert len(project.store.reviews.decided()) == 1


@pytest.mark.parametrize("opener", [["?"], ["v"], ["p"], ["c"], ["w", "o"]])
async def test_a_click_beside_a_frame_closes_it(
    project: Project, review: Any, opener: list[str]
) -> None:
    async with review(project) as opened:
        await opened.press(*opener)
        await opened.until(lambda: isinstance(opened.app.screen, Framed))
        below = opened.app.screen_stack[-2]
        await opened.pilot.click(offset=(1, 20))
        await opened.until(lambda: opened.app.screen is below)


async def test_a_question_is_answered_or_cancelled_by_clicks_on_the_keys_that_do_it(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        footer = opened.app.size.height - 1
        await opened.press("/", *"milk")
        await opened.pilot.click(offset=(opened.lines[-1].index("cancel"), footer))
        await opened.until(lambda: "enter opens" not in opened.text and "accept" in opened.text)
        await opened.press("n", *"odd")
        await opened.pilot.click(offset=(opened.lines[-1].index("done"), footer))
        await opened.until(lambda: "note saved" in opened.text)
        assert project.store.reviews.of(opened.desk.card.number)[-1].note == "odd"
