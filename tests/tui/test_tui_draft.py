"""A function from the message in view: from the words taken to the rows of its votes."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from textual import events

from catreview.functions import Draft, Rule, load_user_functions
from catreview.jobs.functions import authoring
from catreview.jobs.functions.authoring import last_taken_back, write_function
from catreview.jobs.project import Project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Example, SourceKind
from catreview.tui.screens.code import CodeScreen
from catreview.tui.screens.draft import DraftScreen
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.phrase import PhrasePane

ROOT = Path(__file__).resolve().parents[2]
DONE = "macro F1"
HOSTILE = 'say "hi" \\n [bold]it\'s\x1b[31m (a+)+$ \u202e{0}%s\n"""done\\'


def idle(_: object) -> list[str]:
    """A job that does nothing until the app is left, so that no news of it comes between."""
    return [sys.executable, "-c", "import sys; sys.stdin.read(); print('{}')"]


async def ended(opened: Any) -> None:
    """Wait until the app is done with functions.py."""
    await opened.until(lambda: opened.app.review.drafting._writing.is_finished)


async def opened_draft(opened: Any) -> DraftScreen:
    await opened.press("+")
    await opened.until(lambda: DONE in opened.text)
    assert isinstance(opened.app.screen, DraftScreen)
    return opened.app.screen


async def drafted(opened: Any, *keys: str) -> Draft:
    """Press keys and wait until the figures are those of what is drafted then."""
    screen = opened.app.screen
    await opened.press(*keys)
    await opened.until(lambda: DONE in opened.text and not screen.query_one("#figures")._waiting)
    return screen._draft


async def shows(opened: Any, project: Project, text: str, previous: str = "") -> None:
    """Lay a new message on the desk."""
    project.store.examples.add([Example("new", text, previous)])
    opened.desk.find(project.store.examples.numbers(["new"])["new"])
    opened.app.review._show()
    await opened.pilot.pause()


def user_rules(project: Project) -> list[Rule]:
    functions = load_user_functions(project.functions_file, project.schema)
    return [function for function in functions if isinstance(function, Rule)]


async def test_words_become_a_function_that_votes_and_u_takes_it_back(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    before = project.functions_file.read_bytes()
    runner = None
    async with review(project) as opened:
        runner = opened.app.review.background.runner
        await shows(opened, project, "well, could you tell me more")
        await opened_draft(opened)
        draft = await drafted(opened, "right", "right", "shift+right", "3")
        assert draft == Draft("could you", "request")
        assert "reviewed" in opened.text
        assert "messages (" in opened.text
        await opened.press("enter")
        await opened.until(lambda: 'return phrase("could you")' in opened.text)
        assert project.functions_file.read_bytes() == before
        await opened.until(lambda: opened.app.screen._armed)
        await opened.press("enter")
        await opened.until(lambda: "says_could_you is in functions.py" in opened.text)
        [rule] = user_rules(project)
        assert rule.when == draft.rule().when
        assert project.functions_file.read_bytes().startswith(before)
        await opened.until(lambda: not runner.running, 60)
        assert "says_could_you gave" in opened.text
        sources = {s.name: s.id for s in project.store.votes.sources(SourceKind.FUNCTION)}
        number = project.store.examples.numbers(["new"])["new"]
        assert number in project.store.votes.voted(sources["says_could_you"])
        assert project.store.labels.get(number)[0] == "request"
        await opened.press("u")
        await opened.until(lambda: "Taken back: says_could_you" in opened.text)
        assert project.functions_file.read_bytes() == before
        await opened.until(lambda: not runner.running, 60)
        names = {s.name for s in project.store.votes.sources(SourceKind.FUNCTION)}
        assert "says_could_you" not in names


async def test_hostile_words_are_shown_inert_and_written_as_they_are(
    project: Project, review: Any
) -> None:
    async with review(project, command=idle, size=(80, 24)) as opened:
        await shows(opened, project, HOSTILE)
        screen = await opened_draft(opened)
        pane = screen.query_one(PhrasePane)
        await opened.press(*["shift+right"] * 30)
        draft = await drafted(opened, "w", "3")
        assert draft.words == HOSTILE.strip()
        assert "\x1b" not in opened.text
        assert "\u202e" not in opened.text
        assert "It says nothing" not in opened.text
        assert pane.taken == HOSTILE
        await opened.press("enter")
        await opened.until(lambda: isinstance(opened.app.screen, CodeScreen))
        await opened.until(lambda: opened.app.screen._armed)
        assert "\x1b" not in opened.text
        await opened.press("enter")
        await opened.until(lambda: opened.app.screen is opened.app.review)
        [rule] = user_rules(project)
        assert rule.when == draft.rule().when


async def test_options_are_keys_and_a_second_press_takes_them_back(
    project: Project, review: Any
) -> None:
    async with review(project, command=idle) as opened:
        await shows(opened, project, "Can you come now", "how may I help you")
        await opened_draft(opened)
        draft = await drafted(opened, "s", "e", "c", "w", "<", "<", "1")
        assert draft == Draft(
            "Can", "closing", whole_words=False, start=True, end=True, case=True, at_most=3
        )
        draft = await drafted(opened, "s", "e", "c", "w", ">", *["tab"] * 2)
        assert draft == Draft("Can", "request", at_most=4)
        assert "at most 4 words" in opened.text
        draft = await drafted(opened, "p")
        assert (draft.words, draft.previous) == ("how", True)
        assert "The message before" in opened.text


async def test_a_phrase_or_an_expression_can_be_typed_and_letters_are_no_commands(
    project: Project, review: Any
) -> None:
    async with review(project, command=idle) as opened:
        await shows(opened, project, "can you")
        await opened_draft(opened)
        assert "? help" in opened.lines[-1]
        await opened.press("/")
        assert opened.lines[-1].split() == ["⏎", "done"]
        await opened.press("enter")
        assert "? help" in opened.lines[-1]
        draft = await drafted(opened, "/", *["backspace"] * 3, *"q3s?", "enter")
        assert draft.words == "q3s?"
        assert not draft.start
        assert "It says nothing of the message" in opened.text
        draft = await drafted(opened, "/", *["backspace"] * 4, *"can|could", "escape", "r")
        assert (draft.words, draft.regex) == ("can|could", True)
        assert "It says nothing of the message" not in opened.text
        await opened.press("s")
        assert "An expression says that itself" in opened.text
        await opened.press("/", "(", "enter")
        await opened.until(lambda: "no regular expression" in opened.text)
        await opened.press("enter")
        await opened.until(lambda: "✗" in opened.text)
        assert user_rules(project) == []
        await opened.pilot.resize_terminal(80, 24)
        await opened.until(lambda: opened.lines[-2].rstrip().endswith("…"))
        await opened.press("/")
        await opened.pilot.click(KeyLine, offset=(3, 0))
        await opened.until(lambda: "? help" in opened.lines[-1])


async def test_the_arrows_walk_through_the_messages_those_against_it_first(
    project: Project, review: Any
) -> None:
    session = ReviewSession(project, "audit", "rita")
    project.store.examples.add([Example("odd", "zzz one"), Example("even", "zzz two")])
    numbers = project.store.examples.numbers(["odd", "even"])
    session.decide(session.card(numbers["even"]), "closing")
    async with review(project, command=idle) as opened:
        await shows(opened, project, "zzz three")
        await opened_draft(opened)
        await drafted(opened, "3")
        line = next(x for x in opened.lines if "a person said closing" in x)
        assert "▌≠ zzz two" in line
        await opened.press("down")
        assert any("▌" in x and "zzz one" in x for x in opened.lines)
        await opened.press("up")
        assert any("▌≠ zzz two" in x for x in opened.lines)
        assert "0 of 1 reviewed: 0 %" in opened.text


async def test_a_click_takes_a_word_and_shift_click_up_to_it(project: Project, review: Any) -> None:
    async with review(project, command=idle) as opened:
        await shows(opened, project, "one two three four")
        screen = await opened_draft(opened)
        await opened.pilot.click(PhrasePane, offset=(7, 1))
        assert (await drafted(opened)).words == "two"
        await opened.pilot.click(PhrasePane, offset=(11, 1), shift=True)
        assert (await drafted(opened)).words == "two three"
        await opened.pilot.click("#where", offset=(13, 0))
        assert (await drafted(opened)).start
        await opened.pilot.click(screen.query_one("#drafting #categories"), offset=(20, 1))
        assert (await drafted(opened)).category == "acknowledge"


async def test_escape_writes_nothing_and_the_review_is_as_it_was(
    project: Project, review: Any
) -> None:
    before = project.functions_file.read_bytes()
    async with review(project, command=idle) as opened:
        number = opened.desk.card.number
        await opened_draft(opened)
        await opened.press("enter")
        await opened.until(lambda: isinstance(opened.app.screen, CodeScreen))
        await opened.press("escape")
        assert isinstance(opened.app.screen, DraftScreen)
        await opened.press("escape")
        assert opened.app.screen is opened.app.review
        assert opened.desk.card.number == number
        assert project.store.reviews.decided() == {}
    assert project.functions_file.read_bytes() == before


async def test_what_is_to_be_decided_blind_gives_no_function_first(
    project: Project, review: Any
) -> None:
    async with review(project, command=idle) as opened:
        opened.desk.session.blind = True
        opened.desk.refresh()
        await opened.press("+")
        assert "Votes and labels are hidden until you have decided." in opened.text
        assert opened.app.screen is opened.app.review


async def test_a_held_enter_neither_writes_the_function_nor_accepts_a_label(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catreview.tui.screens.code.ARMED_SECONDS", 2.0)
    async with review(project, command=idle, step=0.02) as opened:
        await opened_draft(opened)
        await opened.press("enter")
        await opened.until(lambda: isinstance(opened.app.screen, CodeScreen))
        await opened.press("enter", "enter")
        assert isinstance(opened.app.screen, CodeScreen)
        await opened.until(lambda: opened.app.screen._armed)
        for _ in range(3):
            opened.app.post_message(events.Key("enter", "\r"))
        await opened.until(lambda: opened.app.screen is opened.app.review)
        await opened.pilot.pause()
        assert project.store.reviews.decided() == {}
        assert len(user_rules(project)) == 1


async def test_who_leaves_while_a_function_is_saved_still_hears_of_it_and_it_votes(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    def slowly(*what: Any) -> Any:
        assert gate.wait(10)
        return write_function(*what)

    monkeypatch.setattr("catreview.tui.screens.draft.write_function", slowly)
    async with review(project, command=idle) as opened:
        await opened_draft(opened)
        await opened.press("enter")
        await opened.until(lambda: isinstance(opened.app.screen, CodeScreen))
        await opened.until(lambda: opened.app.screen._armed)
        await opened.press("enter", "escape")
        assert "saving…" in opened.text
        gate.set()
        # That it is in functions.py is said first; the job of this test ends at once.
        told = ("is in functions.py and votes in the background", "The functions have voted")
        await opened.until(lambda: any(words in opened.text for words in told))
        assert len(user_rules(project)) == 1


async def test_a_file_that_does_not_load_is_said_and_stays_as_it_is(
    project: Project, review: Any
) -> None:
    async with review(project, command=idle) as opened:
        await opened_draft(opened)
        project.functions_file.write_text("def broken(:\n")
        await opened.press("enter")
        await opened.until(lambda: "✗" in opened.text and "line 1" in opened.text)
        assert project.functions_file.read_text() == "def broken(:\n"


async def test_u_takes_back_the_newest_act_be_it_a_function_or_a_label(
    project: Project, review: Any
) -> None:
    async with review(project, command=idle) as opened:
        number = opened.desk.card.number
        await opened.press("3")
        write_function(project, Draft("can you", "request"), reviewer="rita")
        await opened.press("u")
        await ended(opened)
        assert user_rules(project) == []
        assert list(project.store.reviews.decided()) == [number]
        await opened.press("u")
        await opened.until(lambda: "Taken back: request" in opened.text)
        assert project.store.reviews.decided() == {}


async def test_u_does_nothing_while_a_function_is_still_being_taken_back(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_back, go_on = authoring.take_back, threading.Event()

    def slowly(where: Project) -> str:
        go_on.wait(30)
        return take_back(where)

    monkeypatch.setattr(authoring, "take_back", slowly)
    async with review(project, command=idle) as opened:
        number = opened.desk.card.number
        await opened.press("3")
        write_function(project, Draft("can you", "request"), reviewer="rita")
        await opened.press("u")
        await opened.press("u")
        assert "still being written" in opened.text
        go_on.set()
        await ended(opened)
        assert user_rules(project) == []
        assert list(project.store.reviews.decided()) == [number]


async def test_u_leaves_a_function_that_was_changed_since_or_is_another_reviewers(
    project: Project, review: Any
) -> None:
    write_function(project, Draft("would you", "request"), reviewer="sam")
    write_function(project, Draft("can you", "request"), reviewer="rita")
    path = project.functions_file
    path.write_text(path.read_text().replace('"can you"', '"could you"'))
    async with review(project, command=idle) as opened:
        await opened.press("u")
        await opened.until(lambda: "was changed since" in opened.text)
        await opened.press("u")
        await opened.until(lambda: "Nothing to undo" in opened.text)
    assert len(user_rules(project)) == 2


async def test_y_redoes_what_u_took_back_last_be_it_a_function_or_a_label_also_after_a_restart(
    project: Project, review: Any
) -> None:
    async with review(project, command=idle) as opened:
        number = opened.desk.card.number
        await opened.press("3")
        write_function(project, Draft("can you", "request"), reviewer="rita")
        written = project.functions_file.read_bytes()
        await opened.press("u")
        await ended(opened)
        assert user_rules(project) == []
        await opened.press("u")
        await opened.until(lambda: project.store.reviews.decided() == {})
    async with review(project, command=idle) as opened:
        await opened.press("y")
        await opened.until(lambda: list(project.store.reviews.decided()) == [number])
        assert user_rules(project) == []
        await opened.press("y")
        await ended(opened)
        assert project.functions_file.read_bytes() == written
        await opened.press("y")
        await opened.until(lambda: "Nothing to do again" in opened.text)
        await opened.press("u")
        await ended(opened)
        assert last_taken_back(project) is not None
        assert list(project.store.reviews.decided()) == [number]


@pytest.mark.parametrize("since", ["label", "function"])
async def test_who_did_something_since_cannot_redo_a_function(
    project: Project, review: Any, since: str
) -> None:
    write_function(project, Draft("can you", "request"), reviewer="rita")
    async with review(project, command=idle) as opened:
        await opened.press("u")
        await ended(opened)
        assert last_taken_back(project) is not None
        if since == "label":
            await opened.press("3")
        else:
            write_function(project, Draft("would you", "request"), reviewer="rita")
        rules = len(user_rules(project))
        await opened.press("y")
        await opened.until(lambda: "Nothing to do again" in opened.text)
        assert len(user_rules(project)) == rules


async def test_a_function_whose_name_is_taken_by_now_is_not_written_again(
    project: Project, review: Any
) -> None:
    write_function(project, Draft("can you", "request"), reviewer="rita")
    before = project.functions_file.read_bytes()
    async with review(project, command=idle) as opened:
        await opened.press("u")
        await ended(opened)
        assert last_taken_back(project) is not None
        project.functions_file.write_bytes(before)
        await opened.press("y")
        await opened.until(lambda: "✗" in opened.text and "Rename one of them." in opened.text)
        assert project.functions_file.read_bytes() == before
