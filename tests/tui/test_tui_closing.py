"""What lies over the review is closed once, however fast its keys are hit."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events

from catreview.jobs.project import Project


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
