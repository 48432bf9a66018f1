"""The field that finds messages: help while one types, what opens, and the way back."""

from __future__ import annotations

from typing import Any

from catreview.errors import InputError
from catreview.jobs.project import Project
from catreview.tui.app import ReviewApp


async def test_a_query_opens_a_queue_whose_name_says_it(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("/", *"label:request -thank", "enter")
        await opened.settle()
        session = opened.desk.session
        assert session.queue == "find: label:request -thank"
        assert "find: label:request -thank" in opened.lines[0]
        labels = project.store.labels.categories([session.number(i) for i in range(len(session))])
        assert set(labels.values()) == {"request"}
        await opened.press("f")
    rows = project.store.reviews._c.rows("SELECT action, queue FROM review")
    assert rows == [("flag", "find: label:request -thank")]


async def test_a_search_of_a_search_goes_back_to_where_the_first_began(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("j")
        before = opened.desk.card.number
        for _ in range(2):
            await opened.press("/", *"label:emotion", "enter")
            await opened.settle()
        await opened.press("escape")
        await opened.settle()
        assert (opened.desk.session.queue, opened.desk.card.number) == ("disagreement", before)


async def test_help_stands_under_the_field_and_tab_completes(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("/")
        assert "tab completes" in opened.text
        await opened.press(*"la", "tab", *"em")
        assert "emotion" in opened.text
        await opened.press("tab", "enter")
        await opened.settle()
        assert opened.desk.session.queue == "find: label:emotion"
        await opened.press("/")
        assert "label:emotion" in opened.text  # the query stands there to be changed


async def test_a_query_that_is_not_understood_stays_and_says_why(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("/", *"lable:x", "enter")
        await opened.settle()
        assert "✗ There is no field or source called “lable”. Did you mean “label”?" in opened.text
        await opened.press("escape", "3")
        assert opened.desk.session.queue == "disagreement"
        assert len(project.store.reviews.decided()) == 1


async def test_keys_pressed_before_the_results_are_there_label_nothing(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        acts = opened.app.review.acts
        acts.answered("search", "label:emotion")
        assert not acts.fresh("3")
        await opened.settle()
        assert opened.desk.session.queue == "find: label:emotion"
        assert project.store.reviews.decided() == {}
        await opened.press("3")
        assert len(project.store.reviews.decided()) == 1


async def test_skipped_messages_can_be_listed_and_decided(project: Project, review: Any) -> None:
    async with review(project) as opened:
        skipped = [opened.desk.session.number(i) for i in range(3)]
        await opened.press("space", "space", "space")
        await opened.press("/", *"is:skipped", "enter")
        await opened.settle()
        assert {opened.desk.session.number(i) for i in range(3)} == set(skipped)
        await opened.press("1", "2", "3")
    assert set(project.store.reviews.decided()) == set(skipped)


async def test_the_app_opens_what_a_query_of_the_shell_finds(project: Project, review: Any) -> None:
    async with review(project, queue="find: label:emotion") as opened:
        assert "find: label:emotion" in opened.lines[0]
        await opened.press("escape")
        await opened.settle()
        assert opened.desk.session.queue == "disagreement"


async def test_a_query_of_the_shell_that_finds_nothing_says_so(
    project: Project, review: Any
) -> None:
    async with review(project, queue="find: xyzzyx") as opened:
        assert "Nothing found." in opened.text


async def test_a_query_of_the_shell_that_is_not_understood_ends_the_app(project: Project) -> None:
    app = ReviewApp(project, queue="find: lable:x")
    async with app.run_test() as pilot:
        while not app._exit:
            await pilot.pause(0.02)
    assert isinstance(app.return_value, InputError)


async def test_when_all_that_was_found_is_decided_it_says_so_and_how_to_go_back(
    project: Project, review: Any
) -> None:
    async with review(project, queue="find: worng") as opened:
        await opened.press("3")
        await opened.settle()
        assert "All that was found is decided." in opened.text
        assert "esc  back to the queues" in opened.text
