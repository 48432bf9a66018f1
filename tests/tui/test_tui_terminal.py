"""Terminals without Unicode or colour, small ones and those with a mouse."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.widgets import Input
from textual.widgets._toast import Toast

from catreview.jobs.project import Project, open_project
from catreview.jobs.training.modelling import train
from catreview.records import Example
from catreview.tui.app import ReviewApp
from catreview.tui.inert import inert, one_line
from catreview.tui.memory import Memory
from catreview.tui.terminal import TERMINAL, AsciiFilter, in_words, lacks_unicode
from catreview.tui.theme import DARK, LIGHT
from catreview.tui.widgets.categories import CategoryBar
from catreview.tui.widgets.functions import FunctionTable
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.matrix import Matrix
from catreview.tui.widgets.votes import VoteList

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ascii_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TERMINAL, "ascii", True)


def drawn(text: str) -> str:
    (segment,) = AsciiFilter().apply([Segment(text)], Color.parse("black"))
    return segment.text


@pytest.mark.parametrize(
    ("environ", "encoding", "lacks"),
    [
        ({"LANG": "C"}, "utf-8", True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", True),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, "utf-8", True),
        ({"LANG": "de_DE.ISO-8859-1"}, "utf-8", True),
        ({"LANG": "en_US.UTF-8"}, "ascii", True),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, "utf-8", True),
        ({"LANG": "en_US.UTF-8", "TERM": "dumb"}, "utf-8", True),
        ({"LANG": "C", "TEXTUAL_DRIVER": "web"}, "utf-8", False),
        ({"LANG": "en_US.UTF-8", "TERM": "xterm-256color"}, "utf-8", False),
        ({"LANG": "de_DE", "TERM": "xterm"}, "UTF-8", False),
        ({"LANG": "C.UTF-8"}, "utf-8", False),
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({}, "utf-8", False),
        ({}, None, False),
    ],
)
def test_a_terminal_without_unicode_is_known_by_its_name_locale_and_encoding(
    environ: dict[str, str], encoding: str | None, lacks: bool
) -> None:
    assert lacks_unicode(environ, encoding) is lacks


def strings() -> Iterator[str]:
    for path in (ROOT / "catreview" / "tui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_glyph_of_ours_has_an_ascii_face_of_its_own_width_and_none_a_question_mark() -> None:
    for text in set(strings()):
        face = drawn(text)
        assert face.isascii(), text
        assert face.count("?") == text.count("?"), text


@pytest.mark.parametrize(
    ("text", "face"),
    [
        ("╭─┐│┏━┓┃", "+-+|+=+|"),
        ("⣿⠀⠁", "# ."),
        ("née Ⅻ", "nee *"),
        ("漢字😀", "******"),
        ("▉▙", "##"),
    ],
)
def test_what_others_draw_keeps_its_width(text: str, face: str) -> None:
    assert drawn(text) == face


def test_messages_are_spelled_so_that_they_can_be_read(ascii_only: None) -> None:
    assert inert("née “ok” 😂 Ж \x1b[31m") == "nee “ok” :face with tears of joy: <U+0416> ^[[31m"
    assert drawn(one_line("so\nwhat… 😂", 40)).rstrip() == "so / what~ :face with tears of joy:"
    assert in_words("←↑↓→ ⏎") == "arrows enter"


def test_with_unicode_messages_stay_as_they_are() -> None:
    assert inert("née 😂 Ж") == "née 😂 Ж"
    assert in_words("⏎") == "⏎"


@pytest.mark.parametrize("size", [(60, 16), (120, 36)])
async def test_every_screen_is_ascii_where_there_is_no_unicode(
    project: Project, review: Any, size: tuple[int, int], ascii_only: None
) -> None:
    project.store.examples.add([Example("x", "né 😀 漢字 \x1b]0;evil", "", "c", 0, "Zoë")])
    async with review(project, size=size) as opened:
        for keys in ("", "3", "n", "escape", "/", "escape", "f", "v", "escape", "c", "escape",
                     "?", "escape", "d", "tab", "escape", "w", "o", "escape", "y", "escape",
                     "ctrl+p", "escape", "u", "g", "escape", "]"):  # fmt: skip
            await opened.press(*filter(None, [keys]))
            await opened.pilot.pause(0.05)
            assert opened.text.isascii(), (keys, opened.text)
        await opened.settle()
        assert "enter accept" in opened.lines[-1]


async def test_the_pane_in_focus_has_another_line_where_there_is_no_colour(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with review(project) as opened:
        assert opened.text.count("┏") == 1
        before = opened.text.index("┏")
        await opened.press("tab")
        assert opened.text.count("┏") == 1
        assert opened.text.index("┏") != before


@pytest.mark.parametrize("theme", ["catreview-dark", "catreview-light"])
async def test_without_colour_nothing_is_drawn_but_bold_dim_and_reverse(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with review(project) as opened:
        opened.app.theme = theme
        for key in ("3", "?", "escape", "d", "tab", "escape", "ctrl+p", "down", "escape", "/"):
            await opened.press(key)
            drawn = [s for strip in opened.app.screen._compositor.render_strips() for s in strip]
            styles = [segment.style for segment in drawn if segment.style]
            assert not any(style.color or style.bgcolor for style in styles), key
            assert any(style.bold for style in styles), key
            assert any(style.dim for style in styles), key


async def test_a_chosen_category_and_a_cursor_are_drawn_in_reverse_without_colour(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    def reversed_(opened: Any) -> str:
        strips = opened.app.screen._compositor.render_strips()
        return "".join(s.text for strip in strips for s in strip if s.style and s.style.reverse)

    async with review(project) as opened:
        proposed = opened.desk.proposal
        assert f"▸{project.schema.index[proposed] + 1}" in reversed_(opened)
        await opened.press("ctrl+p")
        await opened.until(lambda: bool(opened.app.screen.query("OptionList").results()))
        await opened.press(*"accept")
        await opened.until(lambda: "Accept" in reversed_(opened))


@pytest.mark.parametrize(("value", "colourless"), [("1", True), ("0", True), ("", False)])
async def test_an_empty_no_color_asks_for_nothing(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch, value: str, colourless: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    async with review(project) as opened:
        assert opened.app.no_color is colourless
        strips = opened.app.screen._compositor.render_strips()
        coloured = [s for strip in strips for s in strip if s.style and s.style.color]
        assert bool(coloured) is not colourless


async def test_every_state_of_a_message_has_a_sign_besides_its_colour(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("3", "space", "f")
        decided, skipped = (line[21] for line in opened.lines[3:5])
        assert (decided, skipped) == ("✓", "·")
        assert "⚑ flagged" in opened.text
        assert "▸" in opened.text
        assert "≠" in opened.text


async def test_the_chosen_theme_is_remembered_and_the_configured_one_wins(
    project: Project, review: Any, tmp_path: Path
) -> None:
    file = tmp_path / "state" / "app.json"
    async with review(project, memory=Memory(file)) as opened:
        assert opened.app.theme == DARK
        assert not file.exists()
        opened.app.theme = LIGHT
        await opened.until(file.exists)
    async with review(project, memory=Memory(file)) as opened:
        assert opened.app.theme == LIGHT
    with open_project(project.folder, {"review": {"theme": "nord"}}) as configured:
        async with review(configured, memory=Memory(file)) as opened:
            assert opened.app.theme == "nord"
    assert json.loads(file.read_text()) == {"theme": LIGHT}


@pytest.mark.parametrize("text", ["{", '{"theme": "no such theme"}'])
async def test_a_broken_or_outdated_memory_gives_the_usual_theme(
    project: Project, review: Any, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "app.json"
    file.write_text(text)
    async with review(project, memory=Memory(file)) as opened:
        assert opened.app.theme == DARK


async def test_a_broken_memory_is_told_once_the_app_is_there(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "[bold]app.json"
    file.write_text("{")
    app = ReviewApp(project, reviewer="rita", memory=Memory(file))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        for _ in range(500):
            await pilot.pause(0.02)
            if app.screen.query(Toast):
                break
        (toast,) = app.screen.query(Toast)
        assert "[bold]app.json cannot be read" in toast._notification.message
        assert not toast._notification.markup


async def test_footer_categories_rows_and_panes_answer_the_mouse(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        keys = opened.app.screen.query_one(KeyLine)
        skip = opened.lines[-1].index("space skip") - keys.content_region.x
        first = opened.desk.card.number
        await opened.pilot.click(keys, offset=(skip + 3, 0))
        assert project.store.reviews.skipped() == {first}
        undo = opened.lines[-1].index("u undo") - keys.content_region.x
        opened.clock.now += 5
        await opened.pilot.click(keys, offset=(undo + 3, 0))
        assert project.store.reviews.skipped() == set()
        await opened.pilot.click(VoteList)
        assert opened.app.screen.query_one(VoteList).has_focus


async def test_a_double_click_on_a_category_or_a_key_counts_once(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.pilot.click(CategoryBar, offset=(5, 1), times=2)
        await opened.pilot.pause()
        assert len(project.store.reviews.decided()) == 1
        keys = opened.app.screen.query_one(KeyLine)
        skip = opened.lines[-1].index("space skip") - keys.content_region.x
        await opened.pilot.click(keys, offset=(skip + 3, 0), times=2)
        await opened.pilot.pause()
        assert len(project.store.reviews.skipped()) == 1


async def test_cells_and_functions_are_chosen_and_opened_with_the_mouse(
    project: Project, review: Any
) -> None:
    train(project)
    async with review(project, size=(200, 50)) as opened:
        await opened.press("d")
        matrix, table = (opened.app.screen.query_one(kind) for kind in (Matrix, FunctionTable))
        await opened.until(lambda: matrix.count > 1)
        named, cell, _ = matrix._columns()
        await opened.pilot.click(matrix, offset=(named + 2 + 3 * cell + 1, 2))
        assert matrix.cell == (1, 3)
        await opened.press("3")
        await opened.until(lambda: table.count > 2)
        second = table._functions[1].name
        await opened.pilot.click(table, offset=(5, 3))
        assert table.current is not None
        assert table.current.name == second
        await opened.pilot.click(table, offset=(table._named() + 8, 1))  # that column's heading
        assert "sorted by: category" in opened.text
        await opened.press("1")
        await opened.pilot.click(matrix, offset=(named + 2 + 3 * cell + 1, 2), times=2)
        await opened.settle()
        await opened.until(lambda: opened.app.screen is opened.app.review)
        await opened.until(lambda: opened.desk.session.queue == "acknowledge called question")


SIZES = [(200, 50), (120, 36), (80, 24), (60, 16), (60, 15), (40, 10), (5, 2), (80, 24), (200, 50)]


async def test_resizing_loses_nothing_and_no_key_acts_unseen(project: Project, review: Any) -> None:
    async with review(project, size=SIZES[0]) as opened:
        await opened.press("3", "j", "n", "h", "i")
        number = opened.desk.card.number
        for width, height in SIZES:
            await opened.pilot.resize_terminal(width, height)
            await opened.pilot.pause()
            assert all(len(line) <= width for line in opened.lines)
        assert opened.app.screen.query_one(Input).value == "hi"
        await opened.press("enter")
        await opened.pilot.resize_terminal(60, 15)
        await opened.pilot.pause()
        assert "too small" in opened.text
        decided = project.store.reviews.decided()
        await opened.press("4", "f", "u")
        assert project.store.reviews.decided() == decided
        await opened.pilot.resize_terminal(80, 24)
        await opened.pilot.pause()
        assert opened.desk.card.number == number
        assert opened.desk.card.notes == ("hi",)


async def test_a_field_is_typed_in_on_where_the_window_was_too_small_meanwhile(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        before = opened.app.focused
        for typed in ((), ("n", "h", "i")):
            await opened.press(*typed)
            for size in ((50, 10), (40, 10), (120, 36)):
                await opened.pilot.resize_terminal(*size)
                await opened.pilot.pause()
            assert opened.app.focused is (opened.app.screen.query_one(Input) if typed else before)
        await opened.press("left", "3", "enter")
        assert opened.desk.card.notes == ("h3i",)


@pytest.mark.parametrize("keys", ["d", "wo", "v", "c", "?"])
async def test_every_screen_can_be_resized(project: Project, review: Any, keys: str) -> None:
    async with review(project, size=SIZES[0]) as opened:
        await opened.press(*keys)
        screen = opened.app.screen
        for width, height in SIZES[3:8]:
            await opened.pilot.resize_terminal(width, height)
            await opened.pilot.pause()
        assert opened.app.screen is screen
        await opened.press(*["escape"] * len(keys))
        assert opened.app.screen is opened.app.review


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_in_a_real_terminal_with_the_c_locale_everything_is_ascii(
    demo_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(demo_folder, tmp_path / "demo")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
    environ |= {"LANG": "C", "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path)}
    tmux = ["tmux", "-S", str(tmp_path / "tmux.sock"), "-f", "/dev/null"]
    command = f"{sys.executable} -m catreview review --project {tmp_path / 'demo'}"
    subprocess.run(
        [*tmux, "new-session", "-d", "-x", "120", "-y", "36", f"{command}; sleep 60"],
        check=True, env=environ,
    )  # fmt: skip

    def shown() -> str:
        done = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, check=False)
        return done.stdout.decode(errors="replace")

    def until(words: str) -> None:
        end = time.monotonic() + 30
        while words not in shown():
            assert time.monotonic() < end, shown()
            time.sleep(0.1)

    try:
        until("> together")
        assert shown().isascii()
        assert "enter accept" in shown()
        assert "+- Votes ---" in shown()
        assert "_" * 20 not in shown()
        subprocess.run([*tmux, "send-keys", "3"], check=True)
        until("+ saved: request")
        assert shown().isascii()
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)


async def test_ctrl_z_goes_to_the_shell_also_while_typing(
    project: Project, review: Any, monkeypatch: Any
) -> None:
    sent: list[tuple[int, int]] = []
    async with review(project) as opened:
        monkeypatch.setattr(type(opened.app._driver), "can_suspend", True)
        monkeypatch.setattr("textual.app.os.kill", lambda *what: sent.append(what))
        await opened.press("ctrl+z", "n", "ctrl+z")
    assert sent == [(os.getpid(), signal.SIGTSTP)] * 2
