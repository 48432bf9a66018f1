"""Trying out a function, writing it, letting it vote alone, taking it back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.projects import Command

from catreview.errors import FunctionsError
from catreview.functions import Draft
from catreview.jobs.functions import ground as grounds
from catreview.jobs.functions import trying
from catreview.jobs.functions.authoring import draft_name, new_function, take_back, write_function
from catreview.jobs.functions.ground import Ground
from catreview.jobs.functions.solo import vote_alone
from catreview.jobs.functions.trial_words import told
from catreview.jobs.functions.trying import Trial, try_out
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.project import Project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.works import works
from catreview.records import Example, SourceKind

TALK = [
    ("can you call me", "request"),
    ("can you hear me", "question"),
    ("yes can you see it", ""),
    ("the bus was late", "statement"),
    ("can you bring the bag", "gold"),
    ("so what can you do", ""),
]


@pytest.fixture
def talked(project: Project) -> Project:
    """Three reviewed messages, one of gold, two that nobody has decided."""
    store = project.store
    store.examples.add([Example(f"m{i}", text, "hello") for i, (text, _) in enumerate(TALK)])
    store.examples.mark_gold({f"m{i}": "request" for i, (_, c) in enumerate(TALK) if c == "gold"})
    run_functions(project)
    session = ReviewSession(project, "ambiguous", "rita")
    for number, (_, category) in zip(store.examples.all_numbers().tolist(), TALK, strict=True):
        if category in project.schema.index:
            session.decide(session.card(number), category)
    return project


def tried(project: Project, draft: Draft) -> Trial:
    *_, last = try_out(Ground(project), draft)
    return last


def test_a_trial_counts_what_people_decided_and_leaves_gold_out(talked: Project) -> None:
    trial = tried(talked, Draft("can you", "request"))
    assert (trial.looked, trial.total, trial.covers) == (5, 5, 4)
    assert (trial.right, trial.checked) == (1, 2)
    assert trial.low < 0.5 < trial.high
    assert not any("bag" in match.text for match in trial.matches)


def test_what_contradicts_comes_first_and_says_who_does(talked: Project) -> None:
    matches = tried(talked, Draft("can you", "request")).matches
    assert matches[0].text == "can you hear me"
    assert matches[0].against == "a person said question"
    assert matches[-1].text == "can you call me"
    assert matches[-1].against == ""


def test_conflicts_name_the_functions_that_say_something_else(talked: Project) -> None:
    trial = tried(talked, Draft("can you", "closing"))
    assert trial.conflicts
    assert dict(trial.conflicts)["asks_you_to"] >= 1
    assert sorted((n for _, n in trial.conflicts), reverse=True) == [n for _, n in trial.conflicts]


def test_the_heuristic_gains_by_a_function_that_is_right_where_it_was_wrong(
    talked: Project,
) -> None:
    better = tried(talked, Draft("hear me", "question")).gain
    worse = tried(talked, Draft("bus", "closing")).gain
    assert better is not None
    assert worse is not None
    assert better.value >= 0 >= worse.value
    assert better.n == 3
    assert not better.tells


def test_figures_come_in_steps_that_know_more_and_stop_when_nobody_waits(talked: Project) -> None:
    ground, draft = Ground(talked), Draft("can you", "request")
    steps = list(try_out(ground, draft))
    assert [step.done for step in steps] == [False, False, True]
    assert steps[0].conflicts is None
    assert steps[1].conflicts is not None
    assert {step.covers for step in steps} == {4}
    assert list(try_out(ground, draft, stop=lambda: True)) == []


@pytest.mark.parametrize("draft", [
    Draft("can you", "request", start=True), Draft("hello", "request", previous=True),
    Draft("CAN", "request", case=True), Draft("can", "request", at_most=4),
    Draft(r"\bcan (you|u)\b", "request", regex=True),
    Draft(r"hello$", "request", regex=True, previous=True, at_most=4),
    Draft("zzz", "request"),
])  # fmt: skip
def test_a_trial_covers_what_the_written_function_then_votes_on(
    talked: Project, draft: Draft
) -> None:
    trial = tried(talked, draft)
    written = write_function(talked, draft)
    run = vote_alone(talked, written.name)
    gold = set(talked.store.examples.gold())
    sources = {s.name: s.id for s in talked.store.votes.sources(SourceKind.FUNCTION)}
    voted = set(talked.store.votes.voted(sources[written.name]).tolist())
    assert trial.covers == len(voted - gold)
    assert run.votes == len(voted)


def test_an_expression_that_never_ends_is_stopped_and_said(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked.store.examples.add([Example("long", "a" * 40 + "b")])
    monkeypatch.setattr(trying, "EXPRESSION_SECONDS", 0.5)
    with pytest.raises(FunctionsError, match="takes more than"):
        tried(talked, Draft("(a+)+$", "request", regex=True))


def test_an_expression_is_searched_for_in_all_messages_however_slow_the_machine(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked.store.examples.add([Example(f"x{i}", f"{i} " + "filler " * 20) for i in range(3_000)])
    monkeypatch.setattr(trying, "LOOK_SECONDS", 0.001)
    assert tried(talked, Draft(r"^\d+7 fil+er", "request", regex=True)).covers == 300 - 1


def test_of_very_many_messages_a_sample_with_all_reviewed_ones_is_looked_at(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grounds, "MOST", 2)
    trial = tried(talked, Draft("can you", "request"))
    assert trial.total == 5
    assert trial.looked == 4
    assert trial.checked == 2
    assert "of 4 messages" in dict(told(trial))["covers"]
    assert "a random sample of 5" in dict(told(trial))["covers"]


def test_a_function_with_the_same_votes_is_named(talked: Project) -> None:
    draft = Draft("can you", "request")
    vote_alone(talked, write_function(talked, draft).name)
    trial = tried(talked, draft)
    assert trial.same == ("says_can_you",)
    assert "says_can_you" in dict(told(trial))["new"]


def test_a_project_without_messages_or_reviews_can_be_tried_on(project: Project) -> None:
    trial = tried(project, Draft("can you", "request"))
    assert (trial.covers, trial.gain, trial.matches) == (0, None, ())
    assert all(words for _, words in told(trial))


def test_one_function_votes_alone_and_its_labels_follow(talked: Project) -> None:
    store = talked.store
    before = {s.name for s in store.votes.sources(SourceKind.FUNCTION)}
    write_function(talked, Draft("bus", "emotion"), "about_buses")
    extra = "\n\n@labelling_function('request')\ndef other(message):\n    return True\n"
    talked.functions_file.write_text(talked.functions_file.read_text() + extra)
    run = vote_alone(talked, "about_buses")
    after = {s.name for s in store.votes.sources(SourceKind.FUNCTION)}
    assert after - before == {"about_buses"}
    assert run.votes == 1
    assert works(talked).runs[0].result == "about_buses: 1 vote, 0 labels changed"


def test_a_changed_label_is_counted_with_what_it_was(talked: Project) -> None:
    talked.store.examples.add([Example("z", "zzz qqq")])
    run_functions(talked)
    number = talked.store.examples.numbers(["z"])["z"]
    label = talked.store.labels.get(number)
    assert label is not None
    assert label[0] == "statement"
    write_function(talked, Draft("zzz qqq", "closing"), "about_zzz")
    assert vote_alone(talked, "about_zzz").changed == {("statement", "closing"): 1}
    label = talked.store.labels.get(number)
    assert label is not None
    assert label[0] == "closing"


@pytest.mark.parametrize("name", ["nobody", "says_please"])
def test_who_is_not_there_or_off_cannot_vote_alone(talked: Project, name: str) -> None:
    talked.store.switches.turn("says_please", on=False)
    with pytest.raises(FunctionsError, match=r"no function|switched off"):
        vote_alone(talked, name)


def test_writing_and_taking_back_leaves_the_file_as_it_was_also_after_a_restart(
    talked: Project,
) -> None:
    before = talked.functions_file.read_bytes()
    first = write_function(talked, Draft("can you", "request"))
    second = write_function(talked, Draft("Can you", "request"))
    assert (first.name, second.name) == ("says_can_you", "says_can_you_2")
    lines = talked.functions_file.read_text().splitlines()
    assert lines[first.line - 1] == '@labelling_function("request")'
    assert take_back(talked) == "says_can_you_2"
    assert take_back(talked) == "says_can_you"
    assert talked.functions_file.read_bytes() == before
    with pytest.raises(FunctionsError, match="No function"):
        take_back(talked)


def test_what_was_changed_since_stays(talked: Project) -> None:
    write_function(talked, Draft("can you", "request"))
    path = talked.functions_file
    path.write_text(path.read_text().replace("can you", "could you"))
    after = path.read_bytes()
    with pytest.raises(FunctionsError, match="changed since"):
        take_back(talked)
    assert path.read_bytes() == after


@pytest.mark.parametrize("source", ["def broken(:\n", "phrase = 1\n", "raise ValueError\n"])
def test_a_file_that_cannot_take_it_stays_as_it_is(talked: Project, source: str) -> None:
    talked.functions_file.write_text(source)
    with pytest.raises(FunctionsError):
        write_function(talked, Draft("can you", "request"), "asks")
    assert talked.functions_file.read_text() == source
    assert [p.name for p in talked.folder.glob("*functions*")] == ["functions.py"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("says_please", "already"), ("2nd", "no name"), ("class", "no name"), ("phrase", "already")],
)
def test_a_name_that_is_taken_or_none_is_refused(talked: Project, name: str, words: str) -> None:
    before = talked.functions_file.read_bytes()
    with pytest.raises(FunctionsError, match=words):
        write_function(talked, Draft("can you", "request"), name)
    assert talked.functions_file.read_bytes() == before


def test_a_skeleton_and_a_draft_are_written_in_the_same_way(talked: Project) -> None:
    talked.functions_file.unlink()
    line = new_function(talked, "asks", "request")
    assert talked.functions_file.read_text().splitlines()[line - 1].startswith("@labelling")
    assert draft_name(talked, Draft("x", "request")) == "says_x"


def test_the_command_prints_the_figures_and_the_code_and_writes_only_when_told(
    talked: Project, catreview: Command
) -> None:
    path, folder = talked.functions_file, talked.folder
    before = path.read_bytes()
    ran = catreview("lf", "try", "can you", "request", "--start", "--project", folder)
    assert ran.code == 0
    assert "covers     2 of 5 messages (40.0 %)" in ran.out
    assert "right      1 of 2 reviewed: 50 %" in ran.out
    assert 'return phrase("can you", start=True)' in ran.out
    assert path.read_bytes() == before
    saved = catreview("lf", "try", "can you", "request", "--save", "--json", "--project", folder)
    found = saved.json()
    assert found["written"]["name"] == "says_can_you"
    assert found["reviewed"]["n"] == 2
    assert json.dumps(found["code"])[1:-1].encode("ascii").decode("unicode_escape") in (
        path.read_text()
    )
    voted = catreview("lf", "run", "--only", "says_can_you", "--project", folder)
    assert "says_can_you gave 5 votes on 6 examples" in voted.out
    alone = catreview("lf", "run", "--only", "says_can_you", "--json", "--project", folder)
    assert alone.json()["votes"] == 5
    assert catreview("lf", "undo", "--project", folder).code == 0
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [("(", "request", "--regex"), ("x", "nothing"), (" ", "request"),
     ("x", "request", "--regex", "--start"), ("x", "request", "--at-most", "0")],
)  # fmt: skip
def test_what_makes_no_sense_ends_with_exit_code_2(
    project: Project, catreview: Command, arguments: tuple[str, ...], folder: Path
) -> None:
    assert catreview("lf", "try", *arguments, "--save", "--project", folder).code == 2
    assert catreview("lf", "undo", "--project", folder).code == 2
