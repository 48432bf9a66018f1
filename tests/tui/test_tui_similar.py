"""Messages like one: taking out, spot checks, one category for all others, one undo."""

from __future__ import annotations

from typing import Any

import pytest

from catreview.errors import StoreError
from catreview.jobs.project import Project, open_project
from catreview.store import Holds
from catreview.tui.screens.similar import SimilarScreen


async def at_many_alike(opened: Any, project: Project) -> SimilarScreen:
    """Open the messages like a question with nineteen of them."""
    text = "SELECT number FROM example WHERE text = 'what did you do' AND gold IS NULL"
    opened.desk.find(project.store.examples._c.value(text))
    assert opened.desk.proposal == "question"
    await opened.press("g")
    await opened.until(lambda: screen(opened).bulk is not None)
    assert len(screen(opened).bulk.rows) > 12
    return screen(opened)


def screen(opened: Any) -> Any:
    return opened.app.screen


def rows(project: Project) -> list[tuple[Any, ...]]:
    return project.store.reviews._c.rows(
        "SELECT example, action, category, seconds, bulk FROM review ORDER BY id"
    )


async def test_spot_checks_are_decisions_and_the_rest_is_one_act(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        origin_labels = {n: c for n, c, *_ in project.store.labels.all()}
        similar = await at_many_alike(opened, project)
        origin = similar.bulk.origin.number
        inside = {row.number for row in similar.bulk.rows}
        await opened.press("enter")
        assert "Spot check 1 of 5: is it question?" in opened.text
        await opened.press(*["enter"] * 5)
        assert "✓ 5 of 5 checked are question." in opened.text
        looked_at = {row[0] for row in rows(project)}
        assert len(looked_at) == 5
        assert looked_at < inside
        assert all(row[3] is not None and row[4] is None for row in rows(project))
        await opened.press("a")
        await opened.settle()
        await opened.until(lambda: opened.app.screen is opened.app.review)
        in_bulk = rows(project)[5:]
        assert {row[0] for row in in_bulk} == inside - looked_at | {origin}
        assert {row[2:] for row in in_bulk} == {("question", None, 1)}
        assert all(
            row[1] == ("accept" if origin_labels.get(row[0]) == "question" else "fix")
            for row in in_bulk
        )
        for row in in_bulk:
            label = project.store.labels.get(row[0])
            assert label == ("question", 1.0, "human", "rita")
        assert f"saved: question for {len(in_bulk)} messages — u undoes" in opened.text
        assert opened.desk.card.number != origin


async def test_one_undo_takes_the_bulk_back_also_after_a_restart_and_redo_does_it_again(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        before = {row[0]: row for row in project.store.labels.all()}
        similar = await at_many_alike(opened, project)
        await opened.press(*["enter"] * 6, "a")
        await opened.until(lambda: opened.app.screen is opened.app.review)
        count = similar.bulk.accepted
        after = project.store.labels.all()
    with open_project(project.folder) as again:
        async with review(again) as opened:
            await opened.press("u")
            assert f"Taken back: question for {count} messages" in opened.text
            assert opened.desk.card.number == similar.bulk.origin.number
            assert len(again.store.reviews.decided()) == 5
            settled = {row[0]: row for row in again.store.labels.all()}
            assert sum(settled[n] != before[n] for n in before) == 5
            await opened.press("y")
            assert again.store.labels.all() == after
            await opened.press(*"uuuuuu")
            assert again.store.reviews.decided() == {}
            assert {row[0]: row for row in again.store.labels.all()} == before


async def test_what_is_taken_out_is_neither_checked_nor_accepted(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        similar = await at_many_alike(opened, project)
        out = [row.number for row in similar.bulk.rows[:3]]
        await opened.press("space", "space", "space", "down", "space", "space")
        assert [row.number for row in similar.bulk.rows if similar.bulk.is_out(row)][:3] == out
        assert "out" in opened.text
        await opened.press(*["enter"] * 6, "a")
        await opened.until(lambda: opened.app.screen is opened.app.review)
        assert not set(out) & set(project.store.reviews.decided())


async def test_a_failed_spot_check_says_what_it_means_and_nothing_can_be_accepted(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        similar = await at_many_alike(opened, project)
        await opened.press("enter", "enter", "5")
        assert "✗ That was emotion. Spot check 3 of 5: is it question?" in opened.text
        await opened.press("enter", "enter", "enter")
        assert (
            "✗ 1 of 5 is not question: likely 3 of the 14 left, at most 10 (95 %)." in opened.text
        )
        await opened.press("a")
        await opened.settle()
        assert opened.app.screen is similar
        assert {row[4] for row in rows(project)} == {None}
        decided = [d.category for d in project.store.reviews.decided().values()]
        assert sorted(decided) == ["emotion", *["question"] * 4]
        await opened.press(*["enter"] * 6)
        assert "✓ 9 of 10 checked are question." in opened.text
        await opened.press("a")
        await opened.until(lambda: opened.app.screen is opened.app.review)
        assert similar.bulk.accepted > 0


async def test_nothing_is_accepted_before_a_spot_check_or_when_one_goes_back(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await at_many_alike(opened, project)
        await opened.press("a")
        assert "First all of a spot check have to be right." in opened.text
        await opened.press("enter", "escape")
        assert opened.app.screen is opened.app.review
        assert rows(project) == []


async def test_undo_takes_back_the_last_spot_check_and_shows_it_again(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        similar = await at_many_alike(opened, project)
        await opened.press("enter", "5", "u", "u")
        assert "Nothing to undo here." in opened.text
        assert [row[1] for row in rows(project)][-1] == "undo"
        assert project.store.reviews.decided() == {}
        assert similar.bulk.checking == (1, 5)
        await opened.press(*["enter"] * 5)
        assert similar.bulk.passed


async def test_another_category_for_all_makes_other_rows_odd(project: Project, review: Any) -> None:
    async with review(project) as opened:
        similar = await at_many_alike(opened, project)
        assert not similar.bulk.rows[-1].against("question")
        await opened.press("6")
        assert similar.bulk.category == "statement"
        assert similar.bulk.rows[0].against("statement")
        await opened.press("o")
        assert all(
            similar.bulk.is_out(row) == bool(row.against("statement")) for row in similar.bulk.rows
        )
        assert rows(project) == []


async def test_held_keys_neither_pass_a_check_nor_go_on_in_the_review(
    project: Project, review: Any
) -> None:
    async with review(project, step=0.01) as opened:
        similar = await at_many_alike(opened, project)
        opened.clock.now += 1
        await opened.press(*["enter"] * 6)
        assert len(rows(project)) == 0
        opened.clock.step = 1.0
        await opened.press(*["enter"] * 5)
        opened.clock.step = 0.01
        await opened.press("a")
        await opened.until(lambda: opened.app.screen is opened.app.review)
        count = len(rows(project))
        assert similar.bulk.accepted == count - 5
        await opened.press("a", "a", "a")
        assert len(rows(project)) == count


async def test_a_bulk_that_cannot_be_stored_is_told_and_leaves_all_as_it_was(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("The disk is full.", "Make room and press the key again.")

    async with review(project) as opened:
        await at_many_alike(opened, project)
        await opened.press(*["enter"] * 6)
        count = len(rows(project))
        with monkeypatch.context() as broken:
            broken.setattr("catreview.jobs.review.bulk.settle", refuse)
            await opened.press("a")
            await opened.until(lambda: "✗ The disk is full. Nothing was changed." in opened.text)
        assert len(rows(project)) == count
        await opened.press("a")
        await opened.until(lambda: opened.app.screen is opened.app.review)
        assert len(rows(project)) > count


async def test_a_message_with_none_like_it_says_so(project: Project, review: Any) -> None:
    lonely = [Holds(("station", "2km"))]
    async with review(project) as opened:
        opened.desk.find(project.store.finding.find(lonely, 1)[0])
        await opened.press("g")
        await opened.until(lambda: screen(opened).bulk is not None)
        assert "Nothing undecided is like it: esc goes back." in opened.text
        await opened.press("enter", "a", "space", "o")
        assert rows(project) == []


async def test_where_nothing_is_alike_nothing_is_offered_but_the_way_back(
    project: Project, review: Any
) -> None:
    async with review(project, queue="find: verdict") as opened:
        await opened.press("g")
        await opened.until(lambda: screen(opened).bulk is not None)
        assert not screen(opened).bulk.rows
        await opened.press("a", "enter", "space", "o")
        assert "Nothing undecided is like it: esc goes back." in opened.text
        assert "First all" not in opened.text
        assert opened.lines[-1].split() == ["u", "undo", "?", "help", "esc", "back"]
    assert not rows(project)
