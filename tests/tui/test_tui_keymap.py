"""The user's own keys: what is refused, and that every place follows those that are taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.events import Key

from catreview.errors import ConfigError
from catreview.jobs.project import Project, open_project
from catreview.schema import DEFAULT_SCHEMA, Category, Schema
from catreview.tui.keymap import Keymap, faces
from catreview.tui.keys import COMMANDS, SCREENS, WRITING
from catreview.tui.palette import title
from catreview.tui.screens.draft import DraftScreen
from catreview.tui.screens.works import WorksScreen
from catreview.tui.widgets.functions import FunctionTable
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.matrix import Matrix
from catreview.tui.widgets.models import ModelList


def keymap(**chosen: tuple[str, ...]) -> Keymap:
    return Keymap(DEFAULT_SCHEMA, chosen)


def pressed(keys: Keymap, screen: str, key: str) -> Any:
    return keys.meant(screen, Key(key, key if len(key) == 1 else None))


def own(project: Project, **keys: object) -> Project:
    return open_project(project.folder, {"keys": keys})


def test_without_a_choice_every_command_has_the_keys_it_was_declared_with() -> None:
    keys = keymap()
    assert [(c.id, c.keys) for c in keys.own("review")] == [(c.id, c.keys) for c in COMMANDS]


def test_a_chosen_key_replaces_the_usual_ones_and_is_written_as_people_read_it() -> None:
    keys = keymap(accept=("x", "esc"), back=("f2",), undo=())
    assert faces(next(c for c in keys.own("review") if c.id == "accept")) == "x esc"
    assert (keys["accept"], keys["back"], keys["undo"]) == ("x", "f2", "ctrl+p")
    assert [keys.meaning(key) for key in ("enter", "a", "u")] == ["enter", "a", "u"]
    assert (keys.meaning("x"), keys.meaning("3")) == ("accept", "3")


@pytest.mark.parametrize(
    ("chosen", "message", "hint"),
    [
        ({"acept": ("x",)}, "[keys] acept: there is no such command", "Did you mean accept?"),
        ({"zzz": ("x",)}, "[keys] zzz", "catreview keys"),
        ({"accept": ("entr",)}, "[keys] accept: there is no key 'entr'", "mean 'enter'"),
        ({"accept": ("ctrl+R",)}, "no key 'ctrl+R'", "'ctrl+r'"),
        ({"accept": ("qqqq",)}, "no key 'qqqq'", "A key is a visible character"),
        ({"accept": ("",)}, "no key ''", "A key is a visible character"),
        ({"skip": ("backspace",)}, "'backspace' does nothing here", "another key"),
        ({"skip": ("ctrl+p",)}, "comes back at the end) and 'palette'", "[keys]"),
        ({"skip": ("tab",)}, "'tab' means both 'skip'", "[keys]"),
        ({"dashboard_sort": ("x",)}, "both 'dashboard_sort' (sort the functions by the next column)"
         " and 'dashboard_switch'", "[keys]"),
        ({"undo": ("o",), "renew": ()}, "'similar_odd' (take out all that somebody calls otherwise,"
         " or in) and 'similar_undo'", "[keys]"),
        ({"draft_start": ("3",)}, "the category 'request' and the command 'draft_start'",
         "draft_start = …"),
        ({"field_answer": ("x",)}, "[keys] field_answer: the key 'x' is for typing", "types and"),
        ({"palette": ("ctrl+k",)}, "[keys] palette: the key 'ctrl+k' is for typing", "edits"),
        ({"accept": ("f",)}, "'f' means both 'accept' (accept the proposed category) and 'flag'",
         "another key under [keys] in catreview.toml"),
        ({"accept": ("3",)}, "the category 'request' and the command 'accept'", "accept = …"),
        ({"label": ("v",), "add_up": ("x",)}, "'v' means both 'jobs_label'", "[keys]"),
    ],
)  # fmt: skip
def test_a_keymap_that_makes_no_sense_is_refused_with_what_to_do(
    chosen: dict[str, tuple[str, ...]], message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as error:
        Keymap(DEFAULT_SCHEMA, chosen)
    assert message in error.value.message
    assert hint in error.value.hint


def test_a_command_may_give_its_key_to_a_category() -> None:
    other = (Category(name="fun", key="f", definition="."), Category(name="no", definition="."))
    keys = Keymap(Schema(categories=other), {"flag": ("F",)})
    assert pressed(keys, "review", "f") == other[0]


@pytest.mark.parametrize("screen", SCREENS)
def test_every_command_of_every_screen_can_have_another_key(screen: str) -> None:
    for command in SCREENS[screen]:
        keys = keymap(**{command.name: ("f9",)})
        assert pressed(keys, screen, "f9").name == command.name
        assert keys.keys(screen, command.id) == ("f9",)
        assert all(pressed(keys, screen, key) is None for key in command.keys)


def test_other_screens_follow_the_review_where_they_have_no_keys_of_their_own() -> None:
    keys = keymap(next=("i",), undo=("z",), dashboard=("D",), dashboard_down=("J",))
    assert keys.keys("queues", "down") == ("down", "i")
    assert keys.keys("similar", "undo") == ("z",)
    assert keys.keys("dashboard", "close") == ("escape", "D", "q")
    assert keys.keys("dashboard", "down") == ("J",)
    assert keys["dashboard_left"] == "← ↑ J →".replace(" ", "")


def test_a_key_that_is_only_followed_gives_way_and_so_does_a_declared_one_to_a_category() -> None:
    mood = Category(name="mood", key="s", definition=".")
    keys = Keymap(Schema(categories=(mood, replace(mood, name="no", key="n"))),
                  {"note": ("N",), "next": ("x",)})  # fmt: skip
    assert keys.keys("dashboard", "down") == ("down",)
    assert pressed(keys, "dashboard", "x").id == "switch"
    assert pressed(keys, "draft", "s") == mood
    assert keys.keys("draft", "start") == ()
    assert keys["draft_start"] == "ctrl+p"


async def test_own_keys_of_the_dashboard_and_the_list_of_queues_work_and_show(
    project: Project, review: Any
) -> None:
    keys = {"dashboard_page_functions": "F", "dashboard_sort": "z", "dashboard_left": "h",
            "dashboard_right": "i", "queues_down": "f2", "queues_open": "f3", "palette": "f4",
            "other": "f5", "page_down": "f6"}  # fmt: skip
    with own(project, **keys) as chosen:
        async with review(chosen) as opened:
            await opened.press("d")
            await opened.settle()
            assert "h↑↓i walk" in opened.lines[-1]
            cell = opened.app.screen.query_one(Matrix).cell
            await opened.press("tab", *("h",) * 9)
            assert opened.app.screen.query_one(Matrix).cell == (cell[0], 0)
            await opened.press("f5")
            assert opened.app.screen.query_one(ModelList).has_focus
            assert "F functions" in opened.text
            await opened.press("3")
            assert opened.app.screen.query_one(Matrix).display
            await opened.press("F", "s")
            await opened.until(lambda: "function▾" in opened.text)
            await opened.press("z")
            assert "category▾" in opened.text
            await opened.press("escape", "p", "enter")
            assert "f3 opens it   ↑ f2 walk   esc closes" in opened.text
            await opened.press("f2", "f3")
            await opened.settle()
            assert opened.desk.session.queue == "ambiguous"
            await opened.press("f4", *"blind")
            await opened.until(lambda: "hide votes and label" in opened.text)


async def test_own_keys_of_a_field_work_and_the_usual_ones_then_do_nothing(
    project: Project, review: Any
) -> None:
    keys = {"field_answer": ["f2"], "field_cancel": ["f3"], "field_complete": ["f4"]}
    with own(project, **keys) as chosen:
        async with review(chosen) as opened:
            number = opened.desk.card.number
            await opened.press("n", *"hi", "enter", "escape", "tab", "f2")
            assert [r.note for r in project.store.reviews.history(number)] == ["hi"]
            await opened.press("n", *"no", "f3", "/", *"is:fl", "f4")
            assert "is:flagged" in opened.text
            await opened.press("f3", "c", *"emo", "enter", "f3", "c", *"clo", "f2")
            assert project.store.reviews.decisions()[-1].category == "closing"
    assert [r.action for r in project.store.reviews.history(number)] == ["note", "fix"]


async def test_own_keys_of_a_draft_and_of_similar_messages_work_and_show(
    project: Project, review: Any
) -> None:
    keys = {"draft_start": "S", "draft_right": "f2", "similar_odd": "O", "similar_close": "f3"}
    with own(project, **keys) as chosen:
        async with review(chosen) as opened:
            await opened.press("+", "s", "S")
            assert "✓S start" in opened.text
            assert "←f2 word" in opened.lines[-1].replace(" f2", "f2")
            await opened.press("escape", "g")
            await opened.settle()
            assert "O odd ones" in opened.lines[-1]
            await opened.press("escape")
            assert opened.app.screen is not opened.app.review
            await opened.press("f3")
            assert opened.app.screen is opened.app.review


async def test_own_keys_work_and_footer_help_hints_and_palette_name_them(
    project: Project, review: Any
) -> None:
    keys = {"accept": ["x"], "undo": "Z", "label": ["L"], "works": ["ctrl+w"], "help": ["f1"]}
    with own(project, **keys) as chosen:
        async with review(chosen) as opened:
            assert "x accept" in opened.lines[-1]
            assert "Z undo" in opened.lines[-1]
            assert "f1 explains" in opened.text
            before = project.store.reviews.decided()
            await opened.press("a")
            assert project.store.reviews.decided() == before
            await opened.press("x")
            assert len(project.store.reviews.decided()) == len(before) + 1
            assert "Z undoes" in opened.text
            await opened.press("Z")
            assert project.store.reviews.decided() == before
            await opened.press("f1")
            assert "Z  take back your last act" in opened.text
            await opened.press("f1", "ctrl+w")
            assert isinstance(opened.app.screen, WorksScreen)
            assert "L starts it" in opened.text
            await opened.press("ctrl+w")
            assert opened.app.screen is opened.app.review
            await opened.press("ctrl+p", *"accept")
            await opened.until(lambda: "accept the proposed category (x)" in opened.text)


async def test_a_held_key_counts_once_whatever_it_is_bound_to(
    project: Project, review: Any
) -> None:
    with own(project, accept=["x"], skip=["enter"]) as chosen:
        async with review(chosen, step=0.03) as opened:
            for _ in range(6):
                await opened.press("x")
            assert len(project.store.reviews.decided()) <= 1
            await opened.press("n", "h", "i", "enter", "enter")
            assert not chosen.store.reviews.skipped()
    assert "skip" in WRITING


@pytest.mark.parametrize("door", ["p", "d3"], ids=["queues", "dashboard"])
async def test_the_enter_that_opened_a_queue_accepts_nothing_in_it_when_held_down(
    project: Project, review: Any, door: str
) -> None:
    with own(project) as chosen:
        async with review(chosen, step=0.03) as opened:
            await opened.press(*door)
            await opened.settle()
            await opened.press("enter", "enter", "enter")
            await opened.settle()
            await opened.press("enter", "enter")
            assert opened.app.screen is opened.app.review
            assert not chosen.store.reviews.decisions()


@pytest.mark.parametrize("door", ["d", "w", "?", "v", "p", "+", "g", "c", "+⏎"])
async def test_the_palette_has_the_commands_of_every_screen_with_their_keys(
    project: Project, review: Any, door: str
) -> None:
    async with review(project) as opened:
        await opened.press(*("enter" if key == "⏎" else key for key in door))
        await opened.settle()
        screen = opened.app.screen
        assert len(opened.app.screen_stack) == 1 + len(door)
        titles = {c.title: c.help for c in opened.app.get_system_commands(screen)}
        for command in screen.commands:
            if command.id in screen.acts():
                assert f"({faces(command)})" in titles[title(command)]


async def test_the_palette_over_the_category_picker_gives_the_one_under_its_cursor(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("c", *"emo", "ctrl+p", *"take", "space", *"what")
        await opened.settle()
        await opened.press("enter")
        await opened.until(lambda: "saved: emotion" in opened.text)
        assert len(project.store.reviews.decided()) == 1


async def test_the_palette_over_a_function_s_code_goes_back_or_writes_it(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("+", "enter")
        await opened.until(lambda: "Into functions.py" in opened.text)
        await opened.press("ctrl+p", *"cancel")
        await opened.settle()
        await opened.press("enter")
        await opened.until(lambda: "Into functions.py" not in opened.text)
        assert isinstance(opened.app.screen, DraftScreen)


@pytest.mark.parametrize(
    ("typed", "seen"),
    [("jobs", "Runs"), ("votes", "How the votes add up"), ("show this", "Keys of the review")],
    ids=["label", "another label", "words"],
)
async def test_the_palette_finds_a_command_by_the_words_that_people_see(
    project: Project, review: Any, typed: str, seen: str
) -> None:
    async with review(project) as opened:
        await opened.press("ctrl+p", *("space" if c == " " else c for c in typed))
        await opened.settle()
        await opened.press("enter")
        await opened.until(lambda: seen in opened.text)


async def test_help_starts_with_the_keys_of_the_screen_it_was_asked_on(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        titles = ("Keys of the review", "In the dashboard", "In the jobs screen")
        for door, title in zip(("", "d", "w"), titles, strict=True):
            await opened.press(*filter(None, [door, "?"]))
            found = {t: opened.text.find(t) for t in titles if t in opened.text}
            assert min(found, key=found.__getitem__) == title
            await opened.press("?", *(["escape"] if door else []))


async def test_a_click_on_a_footer_key_that_a_pane_answers_does_what_the_key_does(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("d", "3")
        await opened.settle()
        await opened.until(lambda: opened.app.screen.query_one(FunctionTable).current is not None)
        await opened.pilot.click(KeyLine, offset=(opened.lines[-1].index("⏎ open") + 1, 0))
        await opened.settle()
        assert opened.app.screen is opened.app.review
        assert opened.desk.session.queue.startswith("conflicts of ")
