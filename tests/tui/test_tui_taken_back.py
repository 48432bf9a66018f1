"""An import that is taken back while the app shows a queue with its messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.projects import write_jsonl
from tui.conftest import Open

from catreview.errors import GoneError
from catreview.importers import Columns
from catreview.jobs.importing import import_messages
from catreview.jobs.project import Project
from catreview.jobs.withdrawing import take_back


@pytest.mark.parametrize(
    ("keys", "decided"),
    [
        (("j",) * 8, 0),
        ((":", "2", "0", "enter"), 0),
        (("1",), 1),
    ],
    ids=["moving", "going to a place", "deciding"],
)
async def test_an_app_whose_messages_are_taken_back_says_so_and_what_was_decided_is_saved(
    project: Project, review: Open, tmp_path: Path, keys: tuple[str, ...], decided: int
) -> None:
    for name, count in (("kept", 6), ("gone", 40)):
        rows = [{"id": f"{name}{i}", "text": f"zq {name} {i}"} for i in range(count)]
        import_messages(project, write_jsonl(tmp_path / f"{name}.jsonl", rows), Columns())
    async with review(project, queue="coverage") as opened:
        take_back(project)
        for key in keys:
            await opened.press(key)
        failure = opened.app.return_value
    assert isinstance(failure, GoneError)
    assert len(project.store.reviews.decided()) == decided


async def test_an_app_that_opens_its_queue_anew_goes_on_without_them(
    project: Project, review: Open, tmp_path: Path
) -> None:
    for name, count in (("kept", 6), ("gone", 40)):
        rows = [{"id": f"{name}{i}", "text": f"zq {name} {i}"} for i in range(count)]
        import_messages(project, write_jsonl(tmp_path / f"{name}.jsonl", rows), Columns())
    async with review(project, queue="coverage") as opened:
        assert len(opened.desk.session) == 46
        take_back(project)
        await opened.press("o")
        await opened.settle()
        assert len(opened.desk.session) == 6
        await opened.press("1")
    assert len(project.store.reviews.decided()) == 1
