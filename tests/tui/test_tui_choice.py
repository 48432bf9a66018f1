"""Choosing a category by its name, and how the votes add up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual import events

from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.review.adding_up import add_up
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Example, SourceKind
from catreview.store import Action
from catreview.tui.screens.added_up import SumScreen
from catreview.tui.widgets.votes import number


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Project]:
    """Fourteen categories, so that four have no key of their own."""
    init_project(tmp_path / "many")
    animals = (
        "ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay", "koala", "lion",
        "mole", "newt",
    )  # fmt: skip
    names = [f"kind-{animal}" for animal in animals]
    config = "".join(f'[[category]]\nname = "{n}"\ndefinition = "about {n}"\n' for n in names)
    (tmp_path / "many" / "catreview.toml").write_text(config)
    with open_project(tmp_path / "many") as project:
        project.store.examples.add([Example(str(i), f"hello {i}") for i in range(3)])
        yield project


async def opened_choice(opened: Any, *keys: str) -> None:
    await opened.press("c")
    await opened.until(lambda: "Choose a category" in opened.text)
    await opened.press(*keys)


async def test_a_category_without_a_key_is_given_by_typing_a_part_of_its_name(
    many: Project, review: Any
) -> None:
    async with review(many, size=(80, 24), queue="ambiguous") as opened:
        number = opened.desk.card.number
        await opened_choice(opened, "m", "o", "l")
        assert "kind-mole" in opened.text
        await opened.press("enter")
        await opened.until(lambda: "saved: kind-mole" in opened.text)
        assert many.store.labels.get(number)[0] == "kind-mole"
        assert opened.desk.card.number != number


async def test_arrows_walk_through_what_is_left(many: Project, review: Any) -> None:
    async with review(many, queue="ambiguous") as opened:
        await opened_choice(opened, "k", "i", "n", "d", "down", "down", "down", "up", "enter")
        await opened.until(lambda: "saved: kind-cat" in opened.text)


async def test_the_picker_begins_at_the_proposed_category_and_comes_back_to_it(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        for keys in ((), ("a", "backspace")):
            proposed = opened.desk.card.label.category
            assert proposed != project.schema.names[0]
            await opened_choice(opened, *keys, "enter")
            await opened.until(lambda said=f"saved: {proposed}": said in opened.text)
        for number in project.store.reviews.decided():
            (done,) = project.store.reviews.history(number)
            assert done.action is Action.ACCEPT


async def test_a_click_gives_the_category_under_the_mouse(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened_choice(opened)
        await opened.pilot.click("#choices", offset=(5, 2))
        await opened.until(lambda: "saved: request" in opened.text)
        assert len(project.store.reviews.decided()) == 1


async def test_what_is_typed_in_the_picker_can_be_edited(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened_choice(opened, "x", "backspace", "e", "m", "enter")
        await opened.until(lambda: "saved: emotion" in opened.text)


async def test_what_starts_with_the_letters_comes_before_what_only_holds_them(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened_choice(opened, "s", "t", "enter")
        await opened.until(lambda: "saved: statement" in opened.text)


async def test_escape_and_a_name_that_is_none_write_nothing(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened_choice(opened, "x", "x", "enter")
        assert "No category holds that." in opened.text
        await opened.press("escape")
        assert "Choose a category" not in opened.text
        assert project.store.reviews.decided() == {}


async def test_letters_typed_there_are_no_commands(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened_choice(opened, "q", "1", "u")
        assert project.store.reviews.decided() == {}
        assert not opened.app._exit


async def test_v_shows_each_sources_pull_who_decides_and_the_log(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("f", "v")
        await opened.until(lambda: "what was done to it" in opened.text)
        assert isinstance(opened.app.screen, SumScreen)
        line = next(x for x in opened.lines if "language models" in x and "pulls" in x)
        assert "▸ decides" in line
        label = opened.desk.card.label
        (ends,) = [x for x in opened.lines if "▸ together" in x and "━━━━━" in x]
        assert f" {label.category} " in ends
        assert f" {number(label.confidence)} " in ends
        assert "flagged it" in opened.text
        assert "a person's word is final" in opened.text
        await opened.press("v")
        assert opened.app.screen is opened.app.review


async def test_who_decides_is_told_also_where_the_rest_of_the_line_has_no_room(
    project: Project, review: Any
) -> None:
    async with review(project, size=(60, 16)) as opened:
        await opened.press("v")
        await opened.until(lambda: "language models" in opened.text)
        (line,) = [x for x in opened.lines if "language models" in x]
        assert "▸ decides   each pulls" in line
        assert "…" in line


async def test_the_functions_that_voted_say_what_they_look_for_and_how_right_they_were(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        vote = next(v for v in opened.desk.card.votes if v.kind is SourceKind.FUNCTION)
        await opened.press("v")
        await opened.until(lambda: "what was done to it" in opened.text)
        lines = opened.lines
        at = next(i for i, x in enumerate(lines) if vote.source in x and "━" in x)
        assert any("Right" in x or "Nobody" in x for x in lines[at + 1 : at + 4])


async def test_an_llm_s_confidence_says_where_it_comes_from(project: Project, review: Any) -> None:
    async with review(project) as opened:
        vote = next(v for v in opened.desk.card.votes if v.kind is SourceKind.LLM)
        assert vote.origin == "prior"
        await opened.press("v")
        await opened.until(lambda: "what was done to it" in opened.text)
        assert "confidence: prior" in opened.text


def test_the_pulls_of_the_functions_add_up_to_one_and_a_person_outranks_all(
    project: Project,
) -> None:
    session = ReviewSession(project, "disagreement", "me")
    number = session.number(0)
    session.decide(session.card(number), "closing")
    people, llms, heuristic, model = add_up(project, session.card(number)).levels
    assert people.decides
    assert [(p.source, p.category, p.weight) for p in people.pulls] == [("me", "closing", 1.0)]
    assert not llms.decides
    assert sum(p.weight for p in heuristic.pulls) == pytest.approx(1.0)
    assert all(p.doc for p in heuristic.pulls)
    assert model.pulls == ()


def test_the_history_keeps_what_was_taken_back_and_marks_it(project: Project) -> None:
    session = ReviewSession(project, "disagreement", "me")
    number = session.number(0)
    session.decide(session.card(number), "closing")
    session.undo()
    session.note(session.card(number), "look again")
    history = add_up(project, session.card(number)).history
    assert [(p.review.action, p.taken_back) for p in history] == [
        ("fix", True), ("undo", False), ("note", False),
    ]  # fmt: skip


async def test_what_is_typed_ahead_goes_into_the_choice_and_is_no_command(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        for key in ("c", "l", "o", "enter"):
            opened.app.post_message(events.Key(key, key if len(key) == 1 else "\r"))
        await opened.until(lambda: "saved: closing" in opened.text)
        assert opened.app.review.background.runner.running == {}
        assert len(project.store.reviews.decided()) == 1
