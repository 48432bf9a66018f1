"""While a job writes, the app goes on; what a key means is done when the job has committed."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from tui.conftest import Clock, Opened

from catreview.errors import CatreviewError, StoreError
from catreview.jobs.project import DATABASE, Project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.tui.app import ReviewApp
from catreview.tui.review import waiting
from catreview.tui.widgets.functions import FunctionTable


@contextmanager
def writing(project: Project) -> Iterator[None]:
    """Another program is in the middle of a transaction."""
    with closing(sqlite3.connect(project.folder / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


async def test_a_key_waits_for_another_transaction_and_the_event_loop_does_not(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        with writing(project):
            began, turns = time.perf_counter(), 0
            pressed = asyncio.create_task(opened.pilot.press("3"))
            while time.perf_counter() - began < 0.4:
                await asyncio.sleep(0.01)
                turns += 1
            assert turns > 10
            assert project.store.reviews.decided() == {}
        await pressed
        await opened.until(lambda: len(project.store.reviews.decided()) == 1)


async def test_while_a_key_waits_the_screen_says_so_and_the_keys_after_it_keep_their_order(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        first, second = (opened.desk.session.number(place) for place in (0, 1))
        with writing(project):
            await opened.press("3", "n", "l", "3")
            await opened.until(lambda: "A job is saving; what you pressed is done" in opened.text)
            assert not opened.app.review.background.runner.running
            assert project.store.reviews.decided() == {}
        await opened.until(lambda: "l3" in opened.text)
        await opened.press("!", "enter")
        assert project.store.reviews.decided()[first].category == "request"
        assert [review.note for review in project.store.reviews.of(second)] == ["l3!"]
        assert "A job is saving" not in opened.text


async def test_a_spot_check_waits_too_and_its_screen_says_so(project: Project, review: Any) -> None:
    async with review(project) as opened:
        text = "SELECT number FROM example WHERE text = 'what did you do' AND gold IS NULL"
        opened.desk.find(project.store.examples._c.value(text))
        await opened.press("g")
        await opened.until(lambda: getattr(opened.app.screen, "bulk", None) is not None)
        await opened.press("enter")
        assert "Spot check 1 of 5" in opened.text
        with writing(project):
            await opened.press("enter", "3")
            await opened.until(lambda: "A job is saving; what you pressed is done" in opened.text)
            assert project.store.reviews.decided() == {}
        await opened.until(lambda: "Spot check 3 of 5" in opened.text)
        said = [decision.category for decision in project.store.reviews.decided().values()]
        assert said == ["question", "request"]


async def test_switching_a_function_waits_beside_the_event_loop(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("d", "3")
        table = opened.app.screen.query_one(FunctionTable)
        await opened.until(lambda: table.current is not None)
        with writing(project):
            began = time.perf_counter()
            await opened.press("x", "down")
            assert time.perf_counter() - began < 5
            assert table.cursor == 1
        await opened.until(lambda: "is off for the next vote" in opened.text)


async def test_what_the_palette_does_waits_too_and_its_errors_are_told(
    project: Project, review: Any, monkeypatch: Any
) -> None:
    def full(*_: object) -> None:
        raise StoreError("The disk is full.", "Make room.")

    async with review(project) as opened:
        commands = opened.app.get_system_commands(opened.app.screen)
        skip = next(c.callback for c in commands if c.title == "Skip")
        monkeypatch.setattr(opened.desk.session, "skip", full)
        opened.app.call_later(skip)
        await opened.until(lambda: "✗ The disk is full." in opened.text)


async def test_a_program_that_never_ends_its_transaction_is_said_to_write(
    project: Project, review: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(waiting, "LONGEST_SECONDS", 0.05)
    async with review(project) as opened:
        with writing(project):
            await opened.press("3")
            await opened.until(lambda: "Another program is writing." in opened.text)
        assert project.store.reviews.decided() == {}


async def test_a_database_that_breaks_ends_the_app_with_words_not_with_a_traceback(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        path = project.folder / DATABASE
        project.store.checkpoint()
        whole = path.read_bytes()
        path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
        await opened.press("w")  # reads in a thread, which opens the file itself
        await opened.until(lambda: opened.app.return_value is not None)
    assert isinstance(opened.app.return_value, CatreviewError)
    assert "catreview.db cannot be" in opened.app.return_value.message


def last_words(opened: Any, monkeypatch: Any) -> list[str]:
    """What the app says when it ends, once it does."""
    told: list[str] = []
    leave = opened.app.exit

    def end(*, message: str) -> None:
        told.append(message)
        leave(message=message)

    monkeypatch.setattr(opened.app, "exit", end)
    return told


async def test_leaving_waits_for_nobody_and_says_how_to_go_on(
    project: Project, review: Any, monkeypatch: Any
) -> None:
    async with review(project) as opened:
        told = last_words(opened, monkeypatch)
        with writing(project):
            await opened.press("q")
            await opened.until(lambda: bool(told))
    go_on = f"Go on with: catreview review --project {project.folder}"
    assert told == [f"0 decided today, all saved. {go_on}"]


async def test_leaving_waits_for_what_was_pressed_before_it(project: Project, review: Any) -> None:
    async with review(project) as opened:
        with writing(project):
            await opened.press("3", "q")
            await opened.until(lambda: "Leaving without it: q twice." in opened.text)
            assert not opened.app._exit
        await opened.until(lambda: opened.app._exit)
    assert len(project.store.reviews.decided()) == 1


async def test_leaving_twice_in_a_row_waits_for_nothing(
    project: Project, review: Any, monkeypatch: Any
) -> None:
    async with review(project) as opened:
        told = last_words(opened, monkeypatch)
        with writing(project):
            await opened.press("3", "q", "space", "q")
            assert told == []
            await opened.press("q")
            await opened.until(lambda: bool(told))
            assert project.store.reviews.decided() == {}
    assert "all saved but what you pressed last" in told[0]


@pytest.mark.parametrize("keys", [("l", "q"), ("l", "q", "q")])
async def test_leaving_a_job_that_has_not_saved_does_not_say_that_it_has(
    project: Project, review: Any, monkeypatch: Any, keys: tuple[str, ...]
) -> None:
    monkeypatch.setattr("catreview.tui.review.leaving.CLOSE_SECONDS", 0.2)
    deaf = [sys.executable, "-c", "import time; time.sleep(60)"]
    async with review(project, command=lambda _: deaf) as opened:
        told = last_words(opened, monkeypatch)
        await opened.press(*keys)
        await opened.until(lambda: bool(told))
        opened.app.review.background.runner.abort()
    assert "all saved but what a job had in flight. Go on with: " in told[0]


async def test_an_app_that_another_program_keeps_from_opening_says_so_and_then_opens(
    project: Project,
) -> None:
    app = ReviewApp(project, reviewer="rita")
    with ExitStack() as other:
        other.enter_context(writing(project))
        async with app.run_test(size=(120, 36)) as pilot:
            opened = Opened(app, pilot, Clock())
            await opened.until(lambda: "Another program is writing here; the queue" in opened.text)
            await opened.press("3")
            assert "what you pressed" not in opened.text
            other.close()
            await opened.until(lambda: app.review.acts.desk is not None)
            await opened.until(lambda: "Another program" not in opened.text)
    assert project.store.reviews.decided() == {}


async def test_an_app_that_another_program_keeps_from_opening_ends_at_once(
    project: Project, monkeypatch: Any
) -> None:
    app = ReviewApp(project, reviewer="rita")
    told = last_words(SimpleNamespace(app=app), monkeypatch)
    with writing(project):
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.press("q")
            began = time.monotonic()
        threads = asyncio.get_running_loop().shutdown_default_executor()
        await asyncio.wait_for(threads, 5)
        assert time.monotonic() - began < 5
    assert told[0].startswith("all saved. Go on with: ")


LONG = """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)
SELECT count(*) FROM n"""


@pytest.mark.parametrize(
    ("where", "key"),
    [
        ("review.opening.Desk", "]"),
        ("screens.dashboard.read", "d"),
        ("screens.similar.Bulk", "g"),
        ("screens.works.works", "w"),
        ("screens.added_up.add_up", "v"),
        ("screens.pick.count_queue", "p"),
        ("background.project_status", "space"),
    ],
)
async def test_leaving_waits_for_nothing_that_is_being_read(
    project: Project, review: Any, monkeypatch: Any, where: str, key: str
) -> None:
    reading = threading.Event()

    def long(*_: object) -> Any:
        reading.set()
        return project.store._connections.value(LONG)

    async with review(project) as opened:
        await opened.settle()
        monkeypatch.setattr(f"catreview.tui.{where}", long)
        opened.app.review.background._rest = 0.0
        opened.app.simulate_key(key)
        assert await asyncio.to_thread(reading.wait, 10)
        opened.app.exit()
    threads = asyncio.get_running_loop().shutdown_default_executor()
    await asyncio.wait_for(threads, 5)
    assert opened.app.return_value is None


async def test_what_was_pressed_before_a_queue_opened_is_not_done_in_it(
    project: Project, review: Any
) -> None:
    gate = threading.Event()

    def slowly(queue: str) -> ReviewSession:
        assert gate.wait(10)
        return ReviewSession(project, queue, "rita")

    async with review(project) as opened:
        opened.app.review._opening._session = slowly
        await opened.press("]")
        with writing(project):
            await opened.until(lambda: "Another program is writing here; the queue" in opened.text)
            await opened.press("3")
            gate.set()
            await opened.until(lambda: "was not meant for the queue" in opened.text)
        await opened.settle()
        assert "was not meant for the queue" in opened.text
    assert project.store.reviews.decided() == {}
