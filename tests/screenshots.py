"""Draw the README's screenshots by running the demonstration: `python tests/screenshots.py`.

Run it from the checkout after a change of the screens; it writes data/screenshots/*.svg.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from catreview.jobs.demo import FAST, make_demo, run_demo
from catreview.jobs.project import Project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.training.forecasting import forecast
from catreview.jobs.training.modelling import train
from catreview.records import SourceKind
from catreview.tui.app import ReviewApp
from catreview.tui.widgets.phrase import WORD

TARGET = Path(__file__).resolve().parent.parent / "data" / "screenshots"
SIZE = (120, 36)
FONTS = "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
Act = Callable[[Pilot[Any]], Any]


async def until(pilot: Pilot[Any], words: str) -> None:
    for _ in range(1500):
        await pilot.pause(0.02)
        strips = pilot.app.screen._compositor.render_strips()
        if words in "\n".join(strip.text for strip in strips):
            return
    raise SystemExit(f"{words!r} did not appear")


def standing_alone(svg: str) -> str:
    """The picture without fonts from elsewhere."""
    svg = re.sub(r"\s*@font-face\s*\{[^}]*\}", "", svg)
    return re.sub(r"font-family: Fira Code[^;]*;", f"font-family: {FONTS};", svg)


async def draw(project: Project, name: str, act: Act) -> None:
    app = ReviewApp(project, reviewer="you")
    app.animation_level = "none"
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "together")
        await act(pilot)
        picture = standing_alone(app.export_screenshot(title="catreview"))
        (TARGET / f"{name}.svg").write_text(picture + "\n", encoding="utf-8")
        await app.review.background.runner.close(30)


async def reviewing(pilot: Pilot[Any]) -> None:
    await pilot.press("l")
    await until(pilot, "s left")
    for key in ("enter", "4", "enter"):
        await pilot.pause(2)
        await pilot.press(key)
    await until(pilot, "F1 ")


async def dashboard(pilot: Pilot[Any]) -> None:
    await pilot.press("d")
    await until(pilot, "├─")


def interesting(pilot: Pilot[Any]) -> bool:
    """Two LLMs that differ and two functions: something to add up."""
    app = pilot.app
    assert isinstance(app, ReviewApp)
    assert app.review.acts.desk is not None
    card = app.review.acts.desk.card
    assert card is not None
    kinds = [vote.kind for vote in card.votes]
    llms = {vote.category for vote in card.votes if vote.kind is SourceKind.LLM}
    return len(llms) > 1 and kinds.count(SourceKind.FUNCTION) > 1


async def adding_up(pilot: Pilot[Any]) -> None:
    await until(pilot, "F1 ")
    while not interesting(pilot):
        await pilot.press("j")
    await pilot.press("3", "u", "v")
    await until(pilot, "what was done to it")


def reviewed(project: Project) -> None:
    """Decisions, so that there is something to be right about."""
    session = ReviewSession(project, "audit", "you")
    for place in range(400):
        card = session.card(session.number(place))
        if card.label is not None:
            session.decide(card, card.label.category, 3.0)


async def drafting(pilot: Pilot[Any]) -> None:
    await pilot.press("/", *"sorry", "enter")
    await until(pilot, "found")
    while (before := before_sorry(pilot)) is None:
        await pilot.press("j")
    await pilot.press("+")
    await until(pilot, "macro F1")
    await pilot.press(*["right"] * len(WORD.findall(before)), "5")
    await pilot.pause(1)
    await until(pilot, "macro F1")


async def learning(pilot: Pilot[Any]) -> None:
    await pilot.press("d", "2")
    await until(pilot, "measured")


def before_sorry(pilot: Pilot[Any]) -> str | None:
    """What stands before the word in the message in view."""
    app = pilot.app
    assert isinstance(app, ReviewApp)
    assert app.review.acts.desk is not None
    card = app.review.acts.desk.card
    assert card is not None
    found = re.match(r"(.+?)\bsorry\b", card.example.text)
    return found and found.group(1)


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "demo"
        with make_demo(folder) as project:
            train(project)
            asyncio.run(draw(project, "review", reviewing))
        with make_demo(folder, {"llm": {"rpm": FAST}}) as project:
            asyncio.run(run_demo(project))
            asyncio.run(draw(project, "dashboard", dashboard))
            asyncio.run(draw(project, "votes", adding_up))
            reviewed(project)
            asyncio.run(draw(project, "draft", drafting))
            train(project)
            forecast(project)
            asyncio.run(draw(project, "learning", learning))


if __name__ == "__main__":
    main()
