"""What a key press commits, and what it takes to take it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.projects import write_jsonl

from catreview.errors import ConfigError
from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.cards import State
from catreview.jobs.review.queueing import QUEUES
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Basis, Source, SourceKind
from catreview.store import Action


@pytest.fixture
def voted(filled: Project, tmp_path) -> Project:
    """The functions and two LLMs have voted; the LLMs differ on a2, a3 and b3."""
    rows = [
        {"id": i, "source": source, "label": label}
        for i, labels in {
            "a2": ("statement", "emotion"),
            "b3": ("question", "statement"),
            "a3": ("question", "request"),
            "b1": ("request", "request"),
        }.items()
        for source, label in zip(("one", "two"), labels, strict=True)
    ]
    import_votes(filled, write_jsonl(tmp_path / "votes.jsonl", rows))
    from catreview.jobs.labels.settling import settle

    settle(filled)
    return filled


def session_of(project: Project, queue: str = "disagreement") -> ReviewSession:
    return ReviewSession(project, queue, "me")


def ids(project: Project, session: ReviewSession) -> list[str]:
    return [
        e.id for e in project.store.examples.get([session.number(i) for i in range(len(session))])
    ]


def test_a_reviewer_is_called_the_same_with_blanks_around_and_never_by_blanks_alone(
    voted: Project,
) -> None:
    settings = replace(voted.settings, review=replace(voted.settings.review, reviewer=" bo"))
    configured = replace(voted, settings=settings)
    called = [ReviewSession(configured, "gold", name).reviewer for name in ("ana", " ana ", " ")]
    assert called == ["ana", "ana", "bo"]


def test_the_disagreement_queue_starts_with_the_llms_that_differ(voted: Project) -> None:
    session = session_of(voted)
    assert set(ids(voted, session)[:3]) == {"a2", "a3", "b3"}
    card = session.card(voted.store.examples.numbers(["a2"])["a2"])
    assert card.reason == "two says emotion, one says statement"


@pytest.mark.parametrize(
    ("turn", "first", "last"), [(0, 0, 9), (2, 0, 9), (100, 95, 104), (198, 190, 199)]
)
def test_of_a_long_conversation_as_many_messages_show_before_as_after(
    folder: Path, turn: int, first: int, last: int
) -> None:
    rows = [{"id": f"m{i}", "conversation": "long", "text": f"turn {i}"} for i in range(200)]
    with open_project(folder, {"review": {"context": 10}}) as project:
        import_messages(project, write_jsonl(folder / "long.jsonl", rows), Columns())
        card = ReviewSession(project, "find: turn", "rita").card(turn + 1)
    assert [t.text for t in card.turns] == [f"turn {i}" for i in range(first, last + 1)]
    assert [t.text for t in card.turns if t.offset == 0] == [f"turn {turn}"]
    assert (card.place, card.total) == (turn + 1, 200)


def test_a_card_shows_the_conversation_around_the_message_and_every_vote(voted: Project) -> None:
    card = session_of(voted).card(voted.store.examples.numbers(["a2"])["a2"])
    assert [(t.speaker, t.offset) for t in card.turns] == [
        ("Ana", -2),
        ("Bo", -1),
        ("Ana", 0),
        ("Bo", 1),
    ]
    assert {(v.source, v.category) for v in card.votes if v.kind == "llm"} == {
        ("one", "statement"),
        ("two", "emotion"),
    }
    assert card.abstaining + sum(v.kind == "function" for v in card.votes) == 29
    assert card.label is not None
    assert card.label.basis is Basis.LLM


def test_deciding_is_one_log_row_one_vote_and_one_label(voted: Project) -> None:
    session = session_of(voted)
    card = session.card(session.number(0))
    review = session.decide(card, "emotion", 2.5)
    assert voted.store.labels.get(card.number) == ("emotion", 1.0, "human", "me")
    assert [r.id for r in voted.store.reviews.of(card.number)] == [review.id]
    assert review.queue == "disagreement"
    assert review.reason == card.reason
    assert review.seconds == 2.5
    assert [v.category for v in voted.store.votes.of(card.number) if v.source.name == "me"] == [
        "emotion"
    ]


def test_the_proposed_category_is_an_accept_another_one_a_fix(voted: Project) -> None:
    session = session_of(voted)
    first, second = (session.card(session.number(i)) for i in (0, 1))
    assert first.label is not None
    assert session.decide(first, first.label.category).action is Action.ACCEPT
    assert session.decide(second, "closing").action is Action.FIX


def test_undo_restores_the_label_from_before_also_after_a_restart(voted: Project) -> None:
    session = session_of(voted)
    card = session.card(session.number(0))
    before = voted.store.labels.get(card.number)
    session.decide(card, "closing")
    session.decide(session.card(card.number), "request")
    with open_project(voted.folder) as reopened:
        undone = session_of(reopened).undo()
        assert undone is not None
        assert (undone.review.example, undone.review.category) == (card.number, "request")
        assert reopened.store.labels.get(card.number) == ("closing", 1.0, "human", "me")
        session_of(reopened).undo()
        assert reopened.store.labels.get(card.number) == before
        assert session_of(reopened).undo() is None
    assert [v for v in voted.store.votes.of(card.number) if v.source.name == "me"] == []


def test_reopening_goes_on_where_one_stopped(voted: Project) -> None:
    session = session_of(voted)
    order = [session.number(i) for i in range(len(session))]
    for position in range(2):
        session.decide(session.card(order[position]), "statement")
    with open_project(voted.folder) as reopened:
        again = session_of(reopened)
        assert again.number(0) == order[2]
        assert again.pace(0).place == 3
        assert again.pace(0).total == len(order)
        assert again.pace(0).today == 2


def test_skipped_examples_come_back_at_the_end(voted: Project) -> None:
    session = session_of(voted)
    order = [session.number(i) for i in range(len(session))]
    session.skip(session.card(order[0]))
    assert session.rows(0, 1)[0].state is State.SKIPPED
    assert session.next_open(0) == 1
    again = session_of(voted)
    assert [again.number(i) for i in range(len(again))] == [*order[1:], order[0]]


def test_decided_examples_stay_in_their_place_while_the_queue_is_open(voted: Project) -> None:
    session = session_of(voted)
    order = [session.number(i) for i in range(len(session))]
    session.decide(session.card(order[0]), "closing")
    row = session.rows(0, 1)[0]
    assert (row.number, row.category, row.state) == (order[0], "closing", State.DECIDED)


def test_when_all_is_decided_there_is_no_next(voted: Project) -> None:
    session = session_of(voted)
    for position in range(len(session)):
        session.decide(session.card(session.number(position)), "statement")
    assert session.next_open(0) is None


def test_flags_and_notes_are_kept_with_the_example(voted: Project) -> None:
    session = session_of(voted)
    number = session.number(0)
    session.toggle_flag(session.card(number))
    session.note(session.card(number), "ask [bold]Dana[/]")
    card = session.card(number)
    assert card.flagged
    assert card.notes == ("ask [bold]Dana[/]",)
    session.toggle_flag(card)
    assert not session.card(number).flagged


def test_gold_is_in_no_queue_and_has_no_label(voted: Project, tmp_path) -> None:
    gold = write_jsonl(tmp_path / "gold.jsonl", [{"id": "a2", "label": "statement"}])
    import_messages(voted, gold, Columns(), gold=True)
    number = voted.store.examples.numbers(["a2"])["a2"]
    for queue in QUEUES:
        session = session_of(voted, queue)
        assert session.position(number) is None
    assert len(session_of(voted, "find: bus")) == 0
    assert voted.store.labels.get(number) is None


def test_the_pilot_queue_is_the_same_each_time(voted: Project) -> None:
    assert ids(voted, session_of(voted, "pilot")) == ids(voted, session_of(voted, "pilot"))


def test_an_unknown_queue_names_those_there_are(voted: Project) -> None:
    with pytest.raises(ConfigError, match="No queue is called 'nope'") as error:
        session_of(voted, "nope")
    assert "disagreement" in error.value.hint


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_opens_and_says_why_each_example_is_there(voted: Project, queue: str) -> None:
    model = voted.store.votes.source(Source(SourceKind.MODEL, "svm #1"))
    numbers = voted.store.examples.all_numbers().tolist()
    voted.store.votes.put(model.id, [(n, "request", 0.7) for n in numbers])
    session = session_of(voted, queue)
    # The functions vote on all eight messages but b3, and there LLMs do; nothing is decided.
    assert len(session) > 0 or queue in ("coverage", "again", "adjudicate")
    assert all(session.card(session.number(i)).reason for i in range(len(session)))


def test_the_audit_keeps_its_order_when_some_are_decided_and_more_are_imported(
    voted: Project, tmp_path
) -> None:
    before = ids(voted, session_of(voted, "audit"))
    session = session_of(voted, "audit")
    session.decide(session.card(session.number(0)), "statement")
    more = [{"id": f"c{i}", "text": f"are you there {i}?"} for i in range(5)]
    import_messages(voted, write_jsonl(tmp_path / "more.jsonl", more), Columns())
    run_functions(voted)
    after = [i for i in ids(voted, session_of(voted, "audit")) if not i.startswith("c")]
    assert after == before[1:]


def test_the_value_queue_learns_the_reviewer_s_pace_from_the_log(voted: Project) -> None:
    session = session_of(voted)
    card = session.card(session.number(0))
    session.decide(card, "statement", 4.0)
    session.skip(session.card(session.number(1)), 9.0)
    assert voted.store.paces.timed() == [(len(card.example.text), 4.0)]


@pytest.fixture
def forgetful(voted: Project) -> Project:
    """Four of the messages are decided, the first two so long ago that they come again."""
    session = session_of(voted, "pilot")
    for position in range(4):
        session.decide(session.card(session.number(position)), "statement")
    review = replace(voted.settings.review, again_after=2)
    return replace(voted, settings=replace(voted.settings, review=review))


def gold_of(project: Project) -> dict[str, str]:
    gold = project.store.examples.gold()
    ids = [example.id for example in project.store.examples.get(list(gold))]
    return dict(zip(ids, gold.values(), strict=True))


def test_what_is_decided_in_the_queue_gold_is_decided_blind_and_set_aside(voted: Project) -> None:
    session = session_of(voted, "gold")
    card = session.card(session.number(0))
    assert (card.votes, card.label) == ((), None)
    review = session.decide(card, "emotion")
    assert review.blind
    assert gold_of(voted) == {card.example.id: "emotion"}
    assert voted.store.labels.get(card.number) is None
    assert all(session_of(voted, queue).position(card.number) is None for queue in QUEUES)


def test_undo_and_redo_take_gold_back_and_set_it_aside_again(voted: Project) -> None:
    session = session_of(voted, "gold")
    card = session.card(session.number(0))
    label = voted.store.labels.get(card.number)
    session.decide(card, "emotion")
    session.decide(card, "closing")
    assert gold_of(voted) == {card.example.id: "closing"}
    session.undo()
    assert gold_of(voted) == {card.example.id: "emotion"}
    session_of(voted).undo()
    assert gold_of(voted) == {}
    assert voted.store.labels.get(card.number) == label
    session_of(voted).redo()
    assert gold_of(voted) == {card.example.id: "emotion"}
    assert voted.store.labels.get(card.number) is None


def test_a_decision_in_another_queue_is_no_gold(voted: Project) -> None:
    session = session_of(voted, "pilot")
    session.decide(session.card(session.number(0)), "emotion")
    session.undo()
    assert gold_of(voted) == {}


def test_gold_that_was_imported_counts_towards_what_is_wanted(
    voted: Project, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("catreview.jobs.review.ordering.GOLD_WANTED", 5)
    assert len(session_of(voted, "gold")) == 5
    rows = [{"id": i, "label": "statement"} for i in ("a0", "a1", "a2")]
    import_messages(voted, write_jsonl(tmp_path / "gold.jsonl", rows), Columns(), gold=True)
    session = session_of(voted, "gold")
    assert len(session) == 2
    for position in range(2):
        session.decide(session.card(session.number(position)), "statement")
    assert len(session_of(voted, "gold")) == 0


def test_again_shows_old_decisions_without_anything_that_was_thought(forgetful: Project) -> None:
    old = {r.example for r in forgetful.store.reviews.decisions()[:2]}
    session = session_of(forgetful, "again")
    assert {session.number(i) for i in range(len(session))} == old
    card = session.card(session.number(0))
    assert (card.votes, card.label, card.decided) == ((), None, None)
    assert [turn.category for turn in card.turns if turn.offset == 0] == [None]
    assert {row.state for row in session.rows(0, 2)} == {State.OPEN}
    assert session.next_open(0) == 0


def test_deciding_again_is_blind_shows_all_and_comes_once(forgetful: Project) -> None:
    session = session_of(forgetful, "again")
    review = session.decide(session.card(session.number(0)), "emotion")
    assert (review.blind, review.proposed, review.queue) == (True, None, "again")
    assert session.card(session.number(0)).decided == "emotion"
    assert session.next_open(0) == 1
    assert session_of(forgetful, "again").position(review.example) is None
    session.undo()
    assert session_of(forgetful, "again").position(review.example) is not None
    assert session.card(session.number(0)).decided is None


def test_blind_hides_what_others_think_until_one_has_decided(voted: Project) -> None:
    session = session_of(voted)
    number = session.number(0)
    session.blind = True
    card = session.card(number)
    assert card.hidden
    assert (card.votes, card.label, card.notes, card.decided) == ((), None, (), None)
    assert {row.category for row in session.rows(0, len(session))} == {None}
    review = session.decide(card, "closing")
    assert review.blind
    label = voted.store.labels.get(number)
    assert review.proposed is not None
    assert label is not None
    assert label[0] == "closing"
    shown = session.card(number)
    assert not shown.hidden
    assert shown.votes
    assert session.rows(0, 1)[0].category == "closing"


def test_a_decision_after_a_look_at_the_votes_is_not_blind(voted: Project) -> None:
    session = session_of(voted)
    card = session.card(session.number(0))
    assert not session.decide(card, "closing").blind
    seen = session.card(session.number(1))
    assert seen.votes
    session.blind = True
    hidden = session.card(session.number(1))
    assert hidden.hidden
    assert not session.decide(hidden, "closing").blind


def test_a_decision_taken_back_is_not_blind_again_as_its_proposal_was_told(voted: Project) -> None:
    session = session_of(voted, "gold")
    number = session.number(0)
    assert session.decide(session.card(number), "closing").blind
    session.undo()
    later = session_of(voted, "gold")
    for again in (session, later):
        card = again.card(number)
        assert card.hidden
        assert not again.decide(card, "emotion").blind
        again.undo()
    other = session.number(1)
    later.skip(later.card(other))
    later.undo()
    assert later.decide(later.card(other), "emotion").blind


def test_the_reason_is_logged_also_where_it_does_not_show(voted: Project) -> None:
    session = session_of(voted)
    reason = session.card(session.number(0)).reason
    session = session_of(voted)
    session.blind = True
    card = session.card(session.number(0))
    assert reason not in card.reason
    assert session.decide(card, "closing").reason == reason


def test_redo_restores_the_decision_also_after_a_restart_and_can_be_undone(voted: Project) -> None:
    session = session_of(voted)
    card = session.card(session.number(0))
    before = voted.store.labels.get(card.number)
    session.decide(card, "closing")
    session.undo()
    with open_project(voted.folder) as reopened:
        again = session_of(reopened)
        redone = again.redo()
        assert redone is not None
        assert (redone.review.example, redone.review.category) == (card.number, "closing")
        assert reopened.store.labels.get(card.number) == ("closing", 1.0, "human", "me")
        assert again.redo() is None
        again.undo()
        assert reopened.store.labels.get(card.number) == before
