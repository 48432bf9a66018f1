"""Queues of large projects in the app: a sample first, the whole order behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catreview.jobs.project import Project
from catreview.jobs.review import orders
from catreview.jobs.review.lookups import Freshness
from catreview.jobs.review.orders import put_in_order
from catreview.store import Stale
from catreview.tui.jobs import JobName, attached_command

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "SMALL", 0)
    monkeypatch.setattr(orders, "SAMPLE", 300)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


WAITING = """
import os, sys, time
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
os.execv(sys.argv[2], sys.argv[2:])
"""


async def test_a_large_queue_starts_as_a_sample_and_is_ordered_in_the_background(
    project: Project, review: Any, tmp_path: Path
) -> None:
    seen, command = tmp_path / "seen", attached_command(project.folder)

    def once_seen(name: JobName) -> list[str]:
        return [sys.executable, "-c", WAITING, str(seen), *command(name)]

    async with review(project, command=once_seen) as opened:
        before = len(opened.desk.session)
        assert opened.desk.session.freshness is Freshness.SAMPLE
        await opened.until(lambda: "a sample; all are being ordered…" in opened.lines[0])
        seen.touch()
        await opened.press("3")
        await opened.until(lambda: "newer order: o" in opened.lines[0], seconds=60)
        assert len(opened.desk.session) == before
        assert opened.desk.place == 1
        await opened.press("o")
        await opened.settle()
        assert opened.desk.session.freshness is Freshness.NEW
        assert "order" not in opened.lines[0]
        assert len(opened.desk.session) > before
        (decided,) = project.store.reviews.decided()
        assert opened.desk.session.position(decided) is None


async def test_an_old_order_opens_at_once_and_is_made_anew(project: Project, review: Any) -> None:
    put_in_order(project, "disagreement")
    project.store.unsettled.mark(Stale.LABELS)
    async with review(project, command=lambda _: [sys.executable, "-c", "input()"]) as opened:
        assert opened.desk.session.freshness is Freshness.OLD
        await opened.until(lambda: "being ordered anew…" in opened.lines[0])
        await opened.press("]")
        await opened.settle()
        assert "anew" not in opened.lines[0]


def test_the_app_loads_neither_scipy_nor_scikit_learn_nor_an_llm_client() -> None:
    code = (
        "import sys, catreview.tui.app\n"
        "print(sorted({'scipy', 'sklearn', 'openai', 'httpx'} & set(sys.modules)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
