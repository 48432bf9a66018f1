"""Moving about: queues, search, places, help, quitting."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Input

from catreview.errors import ConfigError
from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.review.queueing import QUEUES
from catreview.records import Example
from catreview.tui.app import ReviewApp


async def test_brackets_go_round_the_queues(project: Project, review: Any) -> None:
    async with review(project) as opened:
        seen = []
        for key in ("]", "]", "[", "[", "[", "["):
            await opened.press(key)
            await opened.settle()
            seen.append(opened.desk.session.queue)
        assert seen == [*QUEUES[1:3], *QUEUES[1::-1], QUEUES[-1], QUEUES[-2]]
        assert QUEUES[-2] in opened.lines[0]


async def test_j_and_k_look_at_neighbours(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("j", "down", "k")
        assert opened.desk.place == 1
        await opened.press("up", "up", "up")
        assert opened.desk.place == 0


async def test_a_long_conversation_is_scrolled_by_pages_and_to_its_ends(
    project: Project, review: Any
) -> None:
    said = [f"line {i}." for i in range(100)]
    project.store.examples.add([Example("long", "\n".join(["a very long one", *said]), "")])
    async with review(project, queue="find: very long") as opened:
        assert "line 1." in opened.text
        await opened.press("end")
        assert "line 99." in opened.text
        await opened.press("home")
        top = opened.text
        assert "a very long one" in top
        await opened.press("pagedown")
        assert "a very long one" not in opened.text
        await opened.press("pageup")
        assert opened.text == top
        assert opened.desk.place == 0


async def test_a_colon_goes_to_a_place_and_refuses_one_that_is_not_there(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("colon", "1", "2", "enter")
        assert opened.desk.place == 11
        await opened.press("colon", "9", "9", "9", "9", "enter")
        assert opened.desk.place == 11
        assert "There is no place “9999” in this queue." in opened.text
        await opened.press("colon")
        opened.app.screen.query_one(Input).value = "9" * 5000
        await opened.press("enter")
        await opened.until(lambda: "There is no place “99999999999…” in" in opened.text)


async def test_places_are_counted_as_in_the_header_also_where_a_queue_was_begun_before(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("3", "4", "5")
    async with review(project) as opened:
        assert "4 of 102" in opened.lines[0]
        await opened.press("colon")
        assert "go to  4 to 102" in opened.text
        await opened.press("8", "enter")
        assert "8 of 102" in opened.lines[0]
        await opened.press("colon", "3", "enter")
        assert "There is no place “3” in this queue." in opened.text


async def test_search_opens_the_results_and_escape_goes_back_to_the_same_example(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("j", "j")
        before = opened.desk.card.number
        await opened.press("/", *"thank", "enter")
        await opened.settle()
        assert opened.desk.session.queue == "find: thank"
        assert "thank" in opened.desk.card.example.text.lower()
        await opened.press("3")
        assert len(project.store.reviews.decided()) == 1
        await opened.press("escape")
        await opened.settle()
        assert opened.desk.session.queue == "disagreement"
        assert opened.desk.card.number == before


async def test_a_search_without_results_leaves_the_queue_as_it_is(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        before = opened.desk.card.number
        await opened.press("/", *"xyzzyx", "enter")
        await opened.settle()
        assert "0 found for “xyzzyx”" in opened.text
        assert opened.desk.card.number == before
        assert opened.desk.session.queue == "disagreement"


async def test_a_click_on_a_row_shows_it(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.pilot.click("#queue", offset=(8, 5))
        await opened.pilot.pause()
        assert opened.desk.place == 4


async def test_help_names_every_key_and_review_keys_are_dead_under_it(
    project: Project, review: Any
) -> None:
    async with review(project, size=(120, 70)) as opened:
        await opened.press("?")
        for words in ("take back your last act", "Minimal agreement", "ctrl+p"):
            assert words in opened.text
        await opened.press("3", "space", "u")
        assert project.store.reviews.decided() == {}
        await opened.press("escape")
        assert "take back your last act" not in opened.text
        await opened.press("3")
        assert len(project.store.reviews.decided()) == 1


async def test_q_leaves(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("3", "q")
        assert opened.app._exit


async def test_the_palette_offers_every_command(project: Project, review: Any) -> None:
    async with review(project) as opened:
        titles = [command.title for command in opened.app.get_system_commands(opened.app.screen)]
        assert {"Undo", "Next queue", "Retrain", "Theme: catreview-light"} <= set(titles)
        await opened.press("ctrl+p", *"skip", "enter")
        await opened.until(lambda: bool(project.store.reviews.skipped()))


def test_a_category_key_that_is_a_commands_key_is_refused_by_name(tmp_path: Any) -> None:
    init_project(tmp_path / "p")
    config = '[[category]]\nname = "unsure"\nkey = "u"\ndefinition = "x"\n'
    config += '[[category]]\nname = "sure"\nkey = "S"\ndefinition = "x"\n'
    (tmp_path / "p" / "catreview.toml").write_text(config)
    with open_project(tmp_path / "p") as project:
        with pytest.raises(ConfigError) as refused:
            ReviewApp(project)
        assert "'unsure'" in refused.value.message
        assert "'undo'" in refused.value.message


def test_a_theme_that_does_not_exist_is_refused(tmp_path: Any) -> None:
    init_project(tmp_path / "p")
    with (
        open_project(tmp_path / "p", {"review": {"theme": "dracular"}}) as project,
        pytest.raises(ConfigError, match="dracular"),
    ):
        ReviewApp(project)


async def test_an_unknown_queue_ends_the_app_with_its_error(project: Project) -> None:
    app = ReviewApp(project, queue="nonsense")
    async with app.run_test() as pilot:
        while not app._exit:
            await pilot.pause(0.02)
    assert isinstance(app.return_value, ConfigError)
    assert "nonsense" in app.return_value.message
