"""The user's own keys: what is refused, and that every place follows those that are taken."""

from __future__ import annotations

from typing import Any

import pytest

from catreview.errors import ConfigError
from catreview.jobs.project import Project, open_project
from catreview.schema import DEFAULT_SCHEMA, Category, Schema
from catreview.tui.keymap import Keymap, faces
from catreview.tui.keys import COMMANDS, WRITING
from catreview.tui.screens.works import WorksScreen


def keymap(**chosen: tuple[str, ...]) -> Keymap:
    return Keymap(DEFAULT_SCHEMA, chosen)


def own(project: Project, **keys: object) -> Project:
    return open_project(project.folder, {"keys": keys})


def test_without_a_choice_every_command_has_the_keys_it_was_declared_with() -> None:
    assert keymap().review == COMMANDS


def test_a_chosen_key_replaces_the_usual_ones_and_is_written_as_people_read_it() -> None:
    keys = keymap(accept=("x", "esc"), back=("f2",), undo=())
    assert faces(next(c for c in keys.review if c.id == "accept")) == "x esc"
    assert (keys["accept"], keys["back"], keys["undo"]) == ("x", "f2", "ctrl+p")
    assert not {"enter", "a", "u"} & set(keys.table)
    assert (keys.meaning("x"), keys.meaning("3")) == ("accept", "3")


@pytest.mark.parametrize(
    ("chosen", "message", "hint"),
    [
        ({"acept": ("x",)}, "[keys] acept: the review screen has no", "Did you mean accept?"),
        ({"zzz": ("x",)}, "[keys] zzz", "There are: accept, skip"),
        ({"accept": ("entr",)}, "[keys] accept: there is no key 'entr'", "mean 'enter'"),
        ({"accept": ("ctrl+R",)}, "no key 'ctrl+R'", "'ctrl+r'"),
        ({"accept": ("qqqq",)}, "no key 'qqqq'", "A key is a visible character"),
        ({"accept": ("",)}, "no key ''", "A key is a visible character"),
        ({"skip": ("backspace",)}, "'backspace' does nothing here", "another key"),
        ({"skip": ("ctrl+p",)}, "'ctrl+p' opens the command palette", "another key"),
        ({"accept": ("f",)}, "'f' means both 'accept' (accept the proposed category) and 'flag'",
         "another key under [keys] in catreview.toml"),
        ({"accept": ("3",)}, "the category 'request' and the command 'accept'", "accept = …"),
        ({"label": ("v",), "add_up": ("x",)}, "'v' means both 'label'", "[keys]"),
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
    assert keys.table["f"] == other[0]


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


@pytest.mark.parametrize("door", ["d", "w"])
async def test_the_palette_has_the_commands_of_every_screen_with_their_keys(
    project: Project, review: Any, door: str
) -> None:
    async with review(project) as opened:
        await opened.press(door)
        screen = opened.app.screen
        titles = {c.title: c.help for c in opened.app.get_system_commands(screen)}
        for command in screen.commands:
            if command.id in screen.acts():
                assert f"({faces(command)})" in titles[command.id.replace("_", " ").capitalize()]


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
