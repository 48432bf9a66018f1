"""While a job writes, the app goes on; what a key means is done when the job has committed."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import Any

from catreview.jobs.project import DATABASE, Project
from catreview.tui import waiting


async def test_a_key_waits_for_another_transaction_and_the_event_loop_does_not(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        other = sqlite3.connect(project.folder / DATABASE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began, turns = time.perf_counter(), 0
        pressed = asyncio.create_task(opened.pilot.press("3"))
        while time.perf_counter() - began < 0.4:
            await asyncio.sleep(0.01)
            turns += 1
        assert turns > 10
        assert project.store.reviews.decided() == {}
        other.execute("COMMIT")
        await pressed
        await opened.until(lambda: len(project.store.reviews.decided()) == 1)
        other.close()


async def test_a_program_that_never_ends_its_transaction_is_said_to_write(
    project: Project, review: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(waiting, "LONGEST_SECONDS", 0.05)
    async with review(project) as opened:
        other = sqlite3.connect(project.folder / DATABASE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await opened.press("3")
        await opened.until(lambda: "Another program is writing." in opened.text)
        other.execute("ROLLBACK")
        other.close()
        assert project.store.reviews.decided() == {}
