"""What is painted: one paint for the first example, and nothing twice."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from textual._compositor import Compositor
from tui.conftest import Open, Opened

from catreview.jobs.project import Project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.tui.app import ReviewApp
from catreview.tui.review import opening
from catreview.tui.widgets.painted import Kept
from catreview.tui.widgets.queue import QueuePane

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def paints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The whole screen at each time that it was painted."""
    painted: list[str] = []
    display = ReviewApp._display

    def watched(app: ReviewApp, screen: Any, renderable: Any) -> None:
        if renderable is not None and not app._batch_count:
            painted.append("\n".join(s.text for s in screen._compositor.render_strips()))
        display(app, screen, renderable)

    monkeypatch.setattr(ReviewApp, "_display", watched)
    return painted


async def test_the_first_paint_shows_the_first_example(
    project: Project, review: Open, paints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "MOMENT", 30.0)
    async with review(project) as opened:
        panes = slice(2, 30)  # the counts below them come later
        assert opened.lines[panes] == paints[0].split("\n")[panes]


async def test_a_queue_that_opens_slowly_comes_into_a_frame_that_is_there(
    project: Project, review: Open, paints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "MOMENT", 0.0)
    async with review(project) as opened:
        assert "disagreement …" in paints[0]
        assert opened.desk.card is not None
        assert opened.desk.card.example.text[:10] in opened.text


async def test_a_line_that_only_moves_is_not_drawn_again(
    project: Project, review: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    row = QueuePane.row
    async with review(project) as opened:
        await opened.press(*"j" * 20)  # now the list moves under the cursor
        monkeypatch.setattr(QueuePane, "row", lambda pane, y: drawn.append(y) or row(pane, y))
        await opened.press("j")
        assert 0 < len(drawn) <= 3  # where the cursor was, where it is, and the line that came in


async def test_what_a_key_does_not_change_is_not_painted_again(
    project: Project, review: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    paint = Kept.paint
    async with review(project) as opened:
        await opened.press("j")
        monkeypatch.setattr(
            Kept, "paint", lambda w, *given: asked.append(str(w.id)) or paint(w, *given)
        )
        await opened.press("j")
        assert asked == ["conversation"]  # its title


async def test_lines_are_made_in_a_turn_of_the_loop_before_they_are_put_together(
    project: Project, review: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[str] = []
    row, put_together = QueuePane.row, Compositor.render_partial_update
    async with review(project) as opened:
        await opened.press(*"j" * 20)
        monkeypatch.setattr(QueuePane, "row", lambda w, y: turns.append("line") or row(w, y))
        monkeypatch.setattr(
            Compositor,
            "render_partial_update",
            lambda which: (turns.append("begin"), put_together(which), turns.append("end"))[1],
        )
        await opened.press("j")
        await opened.until(lambda: "end" in turns)
        assert turns[0] == "line"
        assert "line" not in turns[turns.index("begin") :]


async def test_what_was_kept_is_what_would_be_drawn_now(project: Project, review: Open) -> None:
    async with review(project) as opened:
        for keys in ("jjjk", "1", "f", "u", "j2", "b", "b", "k"):
            await opened.press(*keys)
            assert segments(opened) == drawn_anew(opened), keys
        opened.app.theme = "catreview-light"
        await opened.pilot.pause()
        assert segments(opened) == drawn_anew(opened)
        await opened.pilot.resize_terminal(80, 24)
        await opened.pilot.pause()
        assert segments(opened) == drawn_anew(opened)


def segments(opened: Opened) -> list[Any]:
    return [list(strip) for strip in opened.app.screen._compositor.render_strips()]


def drawn_anew(opened: Opened) -> list[Any]:
    for widget in opened.app.screen.walk_children(with_self=True):
        widget._styles_cache.clear()
        if hasattr(widget, "_painted"):
            widget._painted = None
        if hasattr(widget, "_below"):
            widget._below = None
        if hasattr(widget, "_strips"):
            widget._strips.clear()
            widget._frame = None
    return segments(opened)


def test_the_start_and_the_first_key_load_neither_what_trains_nor_what_asks_llms(
    project: Project,
) -> None:
    code = (
        "import asyncio, sys\n"
        "import numpy\n"
        "plain = set(sys.modules)\n"  # before 2.0 numpy itself loads its masked arrays
        "from pathlib import Path\n"
        "from catreview.cli.review import opened\n"
        "from catreview.tui.app import ReviewApp\n"
        "from catreview.tui.review import opening\n"
        "opening.MOMENT = 30.0\n"
        "async def run(project):\n"
        "    app = ReviewApp(project, reviewer='rita')\n"
        "    async with app.run_test() as pilot:\n"
        "        assert app.review.acts.desk.card is not None\n"
        "        print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "        await pilot.press('1')\n"
        "        assert app.review.acts.desk.session.pace(0).today == 1\n"
        "        print(*({'numpy.ma'} & (set(sys.modules) - plain)))\n"
        "with opened(Path(sys.argv[1])) as project:\n"
        "    asyncio.run(run(project))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(project.folder)],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    late = {"scipy", "sklearn", "openai", "httpx", "re2", "sqlite_utils", "numpy.ma"}
    assert not late & set(ran.stdout.split())


async def test_what_is_undone_is_written_beside_the_event_loop(
    project: Project, review: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    for name in ("undo", "redo"):
        act = getattr(ReviewSession, name)

        def watched(session: ReviewSession, act: Any = act) -> Any:
            threads.append(threading.current_thread())
            return act(session)

        monkeypatch.setattr(ReviewSession, name, watched)
    async with review(project) as opened:
        await opened.press("1", "u", "y")
        assert "Done again" in opened.text
    assert len(threads) == 2
    assert threading.main_thread() not in threads
