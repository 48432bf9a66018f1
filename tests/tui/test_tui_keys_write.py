"""Each key of the review screen, and the rows it leaves in the database."""

from __future__ import annotations

from typing import Any

import pytest
from textual.events import Paste

from catreview.errors import ProjectError
from catreview.jobs.project import Project, open_project


def log(project: Project) -> list[tuple[str, str | None, int]]:
    """The rows of the review table: action, category, example."""
    rows = project.store.reviews._c.rows("SELECT action, category, example FROM review ORDER BY id")
    return [(row[0], row[1], row[2]) for row in rows]


async def test_while_one_types_the_footer_shows_the_keys_of_the_field(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        usual = opened.lines[-1]
        await opened.press("n", "a")
        assert opened.lines[-1].split() == ["\u23ce", "done", "esc", "cancel"]
        await opened.press("escape", "/")
        assert opened.lines[-1].split() == ["\u23ce", "done", "esc", "cancel", "tab", "complete"]
        await opened.press("escape")
        assert opened.lines[-1] == usual


async def test_a_category_key_saves_that_category_and_shows_the_next(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        for category in project.schema.categories:
            number, proposed = opened.desk.card.number, opened.desk.proposal
            await opened.press(category.key)
            action = "accept" if category.name == proposed else "fix"
            assert log(project)[-1] == (action, category.name, number)
            assert opened.desk.card.number != number
            assert f"saved: {category.name} — u undoes" in opened.text
            label = project.store.labels.get(number)
            assert label is not None
            assert label[0] == category.name
        assert len(log(project)) == 6


async def test_accept_saves_the_proposed_category(project: Project, review: Any) -> None:
    async with review(project) as opened:
        for key in ("enter", "a"):
            number, proposed = opened.desk.card.number, opened.desk.proposal
            await opened.press(key)
            assert log(project)[-1] == ("accept", proposed, number)


async def test_accept_without_a_proposal_writes_nothing_and_says_what_to_do(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        number = opened.desk.card.number
        project.store.votes._c.db.execute("DELETE FROM label WHERE example = ?", [number])
        opened.desk.refresh()
        await opened.press("enter")
        assert log(project) == []
        assert "Nothing proposed yet: press a category key." in opened.text


async def test_the_time_on_screen_the_proposal_and_the_reason_are_kept_with_a_decision(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        card = opened.desk.card
        await opened.press("3")
    decision = project.store.reviews.decision(card.number, "rita")
    assert decision is not None
    assert decision.seconds is not None
    assert decision.seconds > 0
    assert decision.proposed == card.label.category
    assert decision.reason == card.reason
    assert decision.queue == "disagreement"


async def test_space_skips_and_the_skipped_one_comes_back_at_the_end(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        first = opened.desk.card.number
        await opened.press("space")
        assert log(project) == [("skip", None, first)]
        assert opened.desk.card.number != first
        for number in [opened.desk.session.number(i) for i in range(1, len(opened.desk.session))]:
            opened.desk.find(number)
            opened.desk.decide(opened.desk.card, "statement")
        assert opened.desk.card.number == first


async def test_undo_takes_back_the_last_decision_and_shows_its_example(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        first, before = opened.desk.card.number, opened.desk.card.label
        await opened.press("1", "u")
        assert [row[0] for row in log(project)] == ["fix", "undo"]
        assert opened.desk.card.number == first
        assert opened.desk.card.label == before
        assert "Taken back: closing" in opened.text


async def test_undo_works_after_a_restart_also_when_the_queue_has_moved_on(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        first = opened.desk.card.number
        await opened.press("1")
    with open_project(project.folder) as again:
        async with review(again) as opened:
            assert opened.desk.card.number != first
            await opened.press("u")
            assert opened.desk.card.number == first
            await opened.press("2")
            assert [row[:2] for row in log(again)] == [
                ("fix", "closing"), ("undo", None), ("fix", "acknowledge"),
            ]  # fmt: skip
            assert opened.desk.card.number != first


async def test_what_an_undo_brings_from_another_queue_has_no_place_in_this_one(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        first = opened.desk.card.number
        assert " 1 of " in opened.lines[0]
        await opened.press("1", "/", *"number", "enter")
        await opened.settle()
        session = opened.desk.session
        assert session.position(first) is None
        assert f"1 of {len(session)} " in opened.lines[0]
        await opened.press("u")
        await opened.until(lambda: "Taken back: closing" in opened.text)
        assert opened.desk.card.number == first
        assert f" — of {len(session)} " in opened.lines[0]
        await opened.press("2")
        assert f" 1 of {len(session)} " in opened.lines[0]


async def test_undo_with_nothing_to_undo_says_so(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("u")
        assert log(project) == []
        assert "Nothing to undo." in opened.text


async def test_another_reviewers_acts_are_not_undone(project: Project, review: Any) -> None:
    async with review(project, reviewer="sam") as opened:
        await opened.press("1")
    async with review(project) as opened:
        await opened.press("u")
    assert [row[0] for row in log(project)] == ["fix"]


async def test_f_flags_and_takes_the_flag_away(project: Project, review: Any) -> None:
    async with review(project) as opened:
        number = opened.desk.card.number
        await opened.press("f")
        assert "⚑ flagged" in opened.text
        await opened.press("f")
        assert "⚑ flagged" not in opened.text
        assert log(project) == [("flag", None, number), ("unflag", None, number)]


async def test_a_note_is_saved_and_shown_and_its_letters_do_nothing_else(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        card = opened.desk.card
        await opened.press("n", *"3 fu q", "backspace", "?", "enter")
        assert log(project) == [("note", None, card.number)]
        assert project.store.reviews.of(card.number)[0].note == "3 fu ?"
        assert opened.desk.card.number == card.number
        assert "✎ 3 fu ?" in opened.text


async def test_letters_typed_faster_than_the_field_opens_still_go_into_it(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        for key in ("n", "3", "1"):
            opened.app.post_message(_key(key))
        await opened.until(lambda: "31" in opened.text)
        assert log(project) == []


def _key(character: str) -> Any:
    from textual.events import Key

    return Key(character, character)


async def test_escape_cancels_a_note_and_an_empty_one_is_none(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("n", "x", "escape", "n", "enter")
        assert log(project) == []
        await opened.press("3")
        assert [row[0] for row in log(project)] == ["fix"]


async def test_keys_that_only_look_write_nothing(project: Project, review: Any) -> None:
    async with review(project) as opened:
        await opened.press("backspace", "delete", "j", "down", "k", "up", "z", "pagedown", "tab")
        assert log(project) == []


async def test_a_burst_of_keys_is_done_in_the_order_it_was_typed(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        for key in "3u14fu2":
            opened.app.post_message(_key(key))
        await opened.until(lambda: len(log(project)) == 7)
        assert [row[:2] for row in log(project)] == [
            ("fix", "request"), ("undo", None), ("fix", "closing"),
            ("accept", "question"), ("flag", None), ("undo", None), ("fix", "acknowledge"),
        ]  # fmt: skip


async def test_ten_labels_are_ten_rows_and_the_next_session_goes_on_at_the_eleventh(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        eleventh = opened.desk.session.number(10)
        await opened.press(*"1234561234")
        assert opened.desk.card.number == eleventh
    assert len(log(project)) == 10
    async with review(project) as opened:
        assert opened.desk.card.number == eleventh
        assert "11 of" in opened.lines[0]
        assert "10 today" in opened.lines[0]


async def test_a_held_category_key_labels_once_and_says_so(project: Project, review: Any) -> None:
    async with review(project, step=0.01) as opened:
        await opened.press(*["3"] * 8)
        assert len(log(project)) == 1
        assert "That key was held down: it counted once." in opened.text


async def test_the_late_first_repeat_of_a_held_key_is_taken_back(
    project: Project, review: Any
) -> None:
    async with review(project, step=0.0) as opened:
        first = opened.desk.card.number
        second = opened.desk.session.number(1)
        await opened.press("1")
        opened.clock.now += 0.5
        await opened.press("1")
        for _ in range(4):
            opened.clock.now += 0.03
            await opened.press("1")
        assert set(project.store.reviews.decided()) == {first}
        assert opened.desk.card.number == second


async def test_the_same_category_twice_at_a_readers_pace_counts_twice(
    project: Project, review: Any
) -> None:
    async with review(project, step=0.0) as opened:
        for _ in range(4):
            opened.clock.now += 0.4
            await opened.press("6")
        assert len(log(project)) == 4


async def test_a_click_on_a_category_gives_it(project: Project, review: Any) -> None:
    async with review(project) as opened:
        row = next(i for i, line in enumerate(opened.lines) if "2 acknowledge" in line)
        await opened.pilot.click(offset=(opened.lines[row].index("acknowledge") + 2, row))
        await opened.pilot.pause()
        assert [entry[:2] for entry in log(project)] == [("fix", "acknowledge")]


async def test_accept_is_refused_while_the_proposal_has_only_just_changed(
    project: Project, review: Any
) -> None:
    async with review(project, step=0.01) as opened:
        number = opened.desk.card.number
        other = "closing" if opened.desk.proposal != "closing" else "request"
        project.store.votes._c.db.execute(
            "UPDATE label SET category = ? WHERE example = ?", [other, number]
        )
        opened.desk.refresh()
        await opened.press("enter")
        assert log(project) == []
        assert f"has just become {other}: press again" in opened.text
        opened.clock.now += 1
        await opened.press("enter")
        assert [row[:2] for row in log(project)] == [("accept", other)]


async def test_an_act_that_cannot_be_stored_is_told_and_the_example_stays(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ProjectError("The disk is full.", "Make room and press the key again.")

    async with review(project) as opened:
        number = opened.desk.card.number
        with monkeypatch.context() as broken:
            broken.setattr("catreview.jobs.review.reviewing.settle", refuse)
            await opened.press("3")
        assert "✗ The disk is full." in opened.text
        assert "Nothing was changed. Make room and press the key again." in opened.text
        assert log(project) == []
        assert opened.desk.card.number == number
        await opened.press("3")
        assert [row[:2] for row in log(project)] == [("fix", "request")]


async def test_a_held_undo_takes_back_one_act(project: Project, review: Any) -> None:
    async with review(project, step=0.0) as opened:
        for key in "123":
            opened.clock.now += 1
            await opened.press(key)
        opened.clock.now += 1
        await opened.press("u", "u", "u")
        assert len(project.store.reviews.decided()) == 2


async def test_enter_held_after_a_note_accepts_nothing(project: Project, review: Any) -> None:
    async with review(project, step=0.01) as opened:
        await opened.press("n", "x", "enter", "enter", "enter")
        assert [row[0] for row in log(project)] == ["note"]


@pytest.mark.parametrize("key", ["y", "ctrl+r"])
async def test_redo_does_again_what_was_undone(project: Project, review: Any, key: str) -> None:
    async with review(project) as opened:
        first = opened.desk.card.number
        await opened.press("1", "u", key)
        assert [row[0] for row in log(project)] == ["fix", "undo", "redo"]
        assert opened.desk.card.number == first
        assert opened.desk.card.decided == "closing"
        assert "Done again: closing" in opened.text
        await opened.press("u")
        assert project.store.reviews.decided() == {}


async def test_redo_works_over_a_restart_and_ends_with_a_new_act(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        await opened.press("1", "2", "u", "u")
    with open_project(project.folder) as again:
        async with review(again) as opened:
            await opened.press("y")
            assert [d.category for d in again.store.reviews.decided().values()] == ["closing"]
            await opened.press("5", "y")
            assert "Nothing to do again" in opened.text
            assert log(again)[-1][0] in ("accept", "fix")


async def test_what_is_pasted_becomes_one_line_without_what_steers_a_terminal(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        number = opened.desk.card.number
        opened.app.post_message(Paste("333"))  # no field is open
        await opened.press("n")
        opened.app.post_message(Paste("one\r\ntwo\t\x1b[31mthree\u200b\n\n😀 four"))
        await opened.press("!", "enter")
        assert not project.store.reviews.decided()
    notes = [r.note for r in project.store.reviews.history(number)]
    assert notes == ["one two [31mthree 😀 four!"]
