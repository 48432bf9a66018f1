"""A demonstration project for each test, and the app on it under Textual's pilot."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from helpers.pages import Served, serving
from textual.pilot import Pilot

from catreview.jobs.demo import make_demo
from catreview.jobs.project import Project, open_project
from catreview.tui.app import ReviewApp
from catreview.tui.review.desk import Desk


class Clock:
    """Every look at the clock finds `step` more seconds gone."""

    def __init__(self, step: float = 1.0) -> None:
        self.now = 1_000.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@dataclass
class Opened:
    """The app with its queue open."""

    app: ReviewApp
    pilot: Pilot[None]
    clock: Clock

    @property
    def desk(self) -> Desk:
        desk = self.app.review.acts.desk
        assert desk is not None
        return desk

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def settle(self) -> None:
        """Wait for a queue that is being opened."""
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait for something that another process or thread brings about."""
        for _ in range(int(seconds / 0.02)):
            if condition():
                await self.pilot.pause()
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"did not happen in {seconds} s:\n{self.text}")

    @property
    def lines(self) -> list[str]:
        """The screen as a person sees it, without colours."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


Open = Callable[..., AbstractAsyncContextManager[Opened]]


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    make_demo(folder).store.close()
    return folder


@pytest.fixture
def project(demo_folder: Path, tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder)
    with open_project(folder) as opened:
        yield opened


@pytest.fixture
def review() -> Open:
    """Open the app: `async with review(project) as opened`."""

    @asynccontextmanager
    async def opener(
        project: Project, size: tuple[int, int] = (120, 36), step: float = 1.0, **more: Any
    ) -> AsyncIterator[Opened]:
        clock = Clock(step)
        more.setdefault("reviewer", "rita")
        app = ReviewApp(project, clock=clock, **more)
        async with app.run_test(size=size) as pilot:
            opened = Opened(app, pilot, clock)
            await opened.until(lambda: app.review.acts.desk is not None)
            await opened.settle()
            yield opened
            await app.review.background.runner.close(60.0)  # as when the app is left

    return opener


@pytest.fixture
def served(demo_folder: Path, tmp_path: Path) -> Iterator[Served]:
    """A demonstration project, served."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder)
    with serving(folder) as page:
        yield page
