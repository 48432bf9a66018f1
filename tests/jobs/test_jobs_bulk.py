"""One category for many examples: who is like one, what is checked, what a bulk counts for."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from helpers.projects import write_jsonl

from catreview.importers import Columns
from catreview.jobs.functions.weak import function_report, run_functions
from catreview.jobs.holders import new_holder
from catreview.jobs.importing import import_messages
from catreview.jobs.labels.agreeing import agree
from catreview.jobs.labels.auditing import audit
from catreview.jobs.labels.settling import settle
from catreview.jobs.labels.trust import learn_reliabilities
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.bulk import SPOT_CHECKS, Bulk
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.review.similar import find_alike
from catreview.queues import likeness
from catreview.records import Source, SourceKind

THINGS = [
    "milk",
    "bread",
    "beer",
    "wine",
    "cake",
    "soap",
    "tape",
    "glue",
    "salt",
    "fish",
    "rice",
    "eggs",
    "tea",
    "jam",
]


@pytest.fixture
def many(project: Project, tmp_path: Path) -> Project:
    """Fourteen requests that differ in one word, and two other messages; an LLM calls all so."""
    rows = [{"id": f"r{i}", "text": f"can you get me {what}"} for i, what in enumerate(THINGS)]
    rows += [{"id": "x", "text": "I'm so happy!!"}, {"id": "y", "text": "can you see the sea"}]
    import_messages(project, write_jsonl(tmp_path / "many.jsonl", rows), Columns())
    run_functions(project)
    llm = project.store.votes.source(Source(SourceKind.LLM, "llm"))
    numbers = project.store.examples.numbers([f"r{i}" for i in range(len(THINGS))])
    project.store.votes.put(llm.id, [(n, "request", 0.9) for n in numbers.values()])
    settle(project)
    return project


def number(project: Project, id_: str) -> int:
    return project.store.examples.numbers([id_])[id_]


def bulk_of(project: Project, reviewer: str = "me") -> Bulk:
    return Bulk(project, number(project, "r0"), reviewer)


def checked(bulk: Bulk) -> Bulk:
    """All of a round are right."""
    bulk.draw()
    while bulk.checking:
        bulk.judge(bulk.category or "", 1.0)
    return bulk


def test_what_lies_on_another_reviewer_s_desk_is_left_out(many: Project) -> None:
    bo = ReviewSession(many, "disagreement", "bo", new_holder())
    on_desk = number(many, "r2")
    bo.lay(on_desk)
    bulk = checked(bulk_of(many))
    assert on_desk not in {check.row.number for check in bulk.checks}
    bulk.accept()
    assert on_desk not in many.store.reviews.decided()
    assert bulk.accepted == len(THINGS) - SPOT_CHECKS - 1


def test_messages_are_alike_in_their_words_and_in_what_functions_say_of_them() -> None:
    nothing: frozenset[object] = frozenset()
    others = ["Can you get me BREAD!", "so happy for you", "can you get me milk"]
    alike = likeness("can you get me milk", nothing, others, [nothing] * 3)
    assert alike[2] == 1.0
    assert 0.6 < alike[0] < 1.0
    assert alike[1] < 0.2
    said, other = frozenset({(0, 1)}), frozenset({(2, 3)})
    halves = likeness("can you get me milk", said, [others[2]] * 3, [said, other, nothing])
    assert halves.tolist() == [1.0, 0.5, 0.5]
    up, down = likeness("call me 👍", nothing, ["call me👍", "call me 👎"], [nothing] * 2)
    assert (up, down < 0.8) == (1.0, True)


def test_the_most_alike_come_first_and_what_is_decided_or_gold_is_not_among_them(
    many: Project,
) -> None:
    session = ReviewSession(many, "disagreement", "you")
    session.decide(session.card(number(many, "r1")), "request")
    many.store.examples.mark_gold({"r2": "request"})
    found = find_alike(many, number(many, "r0"))
    assert {row.number for row in found} == {number(many, f"r{i}") for i in range(3, 14)}
    assert [row.likeness for row in found] == sorted((r.likeness for r in found), reverse=True)
    assert found[0].label == "request"


@pytest.mark.parametrize("text", ["", "!!!", "😀", '"OR" NOT', "ça va?", "x" * 5000])
def test_any_message_can_be_looked_up(many: Project, tmp_path: Path, text: str) -> None:
    rows = [{"id": "odd", "text": text or " ."}]
    import_messages(many, write_jsonl(tmp_path / "odd.jsonl", rows), Columns())
    assert find_alike(many, number(many, "odd")) == []


def test_accents_and_case_do_not_hide_what_is_alike(many: Project, tmp_path: Path) -> None:
    rows = [{"id": "a", "text": "Où est le CAFÉ noir"}, {"id": "b", "text": "où est le café noir?"}]
    import_messages(many, write_jsonl(tmp_path / "accents.jsonl", rows), Columns())
    assert [r.number for r in find_alike(many, number(many, "a"))] == [number(many, "b")]


def test_the_odd_ones_stand_first_and_depend_on_the_category(many: Project) -> None:
    llm = many.store.votes.sources(SourceKind.LLM)[0]
    odd = number(many, "r9")
    many.store.votes.put(llm.id, [(odd, "question", 0.9)])
    bulk = bulk_of(many)
    assert bulk.category == "request"
    assert bulk.rows[0].number == odd
    bulk.toggle_odd()
    assert [row.number for row in bulk.rows if bulk.is_out(row)] == [odd]
    bulk.toggle_odd()
    assert len(bulk.inside) == len(bulk.rows) == 13
    bulk.category = "question"
    assert bulk.rows[-1].number == odd


def test_checks_are_drawn_at_random_and_the_same_again(many: Project) -> None:
    drawn = []
    for _ in range(2):
        bulk = checked(bulk_of(many))
        assert len(bulk.checks) == SPOT_CHECKS
        drawn.append([check.row.number for check in bulk.checks])
        session = ReviewSession(many, "disagreement", "me")
        for _ in range(SPOT_CHECKS):
            session.undo()
    assert drawn[0] == drawn[1] != sorted(drawn[0])


def test_only_a_round_without_error_passes_and_the_bound_counts_all_rounds(many: Project) -> None:
    bulk = bulk_of(many)
    bulk.draw()
    bulk.judge("question", 1.0)
    while bulk.checking:
        bulk.judge("request", 1.0)
    assert not bulk.passed
    checked(bulk)
    assert bulk.passed
    assert (bulk.right, len(bulk.checks)) == (9, 10)
    assert bulk.at_least == pytest.approx(0.606, abs=1e-3)


def test_what_somebody_else_decided_meanwhile_stays_theirs(many: Project) -> None:
    bulk = checked(bulk_of(many))
    other = bulk.inside[0].number
    session = ReviewSession(many, "disagreement", "you")
    session.decide(session.card(other), "statement")
    bulk.accept()
    assert bulk.accepted == 1 + 13 - SPOT_CHECKS - 1
    label = many.store.labels.get(other)
    assert label is not None
    assert label[:4:3] == ("statement", "you")


def test_a_bulk_says_in_the_log_that_it_is_one_and_what_was_checked(many: Project) -> None:
    bulk = checked(bulk_of(many))
    bulk.accept()
    act = many.store.reviews.history(bulk.inside[0].number)[-1]
    assert (act.bulk, act.seconds, act.category, act.proposed) == (1, None, "request", "request")
    assert act.reason == "in bulk, 5 of 5 spot checks right"
    assert act.queue == f"similar to {bulk.origin.number}"


def test_what_was_decided_in_bulk_tells_nothing_of_who_is_right(many: Project) -> None:
    bulk = checked(bulk_of(many))
    before = _figures(many)
    bulk.accept()
    assert _figures(many) == before
    assert len(many.store.reviews.decided()) == SPOT_CHECKS + bulk.accepted


def _figures(project: Project) -> tuple[object, ...]:
    learn_reliabilities(project)
    agreement = agree(project)
    session = ReviewSession(project, "again", "me")
    return (
        project.store.reliabilities.all(),
        agreement.reviewed,
        agreement.blind,
        [(p.first, p.second, p.n) for p in agreement.pairs if "me" in (p.first, p.second)],
        function_report(project).reviewed,
        audit(project),
        project.store.paces.timed(),
        session.pace(0).today,
        len(session),
    )


def test_looking_at_one_later_makes_it_count(many: Project) -> None:
    bulk = checked(bulk_of(many))
    bulk.accept()
    session = ReviewSession(many, "disagreement", "me")
    session.decide(session.card(bulk.inside[0].number), "request")
    assert len(many.store.reviews.decided(looked_at=True)) == SPOT_CHECKS + 1
    assert bulk.inside[0].number not in many.store.bulks.unseen("me")


def test_any_undo_and_redo_leaves_labels_and_votes_as_the_log_says(many: Project) -> None:
    chance = random.Random(7)
    for step in range(120):
        with open_project(many.folder) as project:
            session = ReviewSession(project, "disagreement", "me")
            free = number(project, f"r{chance.randrange(len(THINGS))}")
            match chance.choice(("decide", "bulk", "undo", "undo", "redo")):
                case "decide":
                    session.decide(session.card(free), chance.choice(("request", "question")))
                case "bulk" if len(Bulk(project, free, "me").rows) > SPOT_CHECKS:
                    bulk = Bulk(project, free, "me")
                    bulk.category = chance.choice(("request", "emotion"))
                    bulk.accept()
                case "undo":
                    session.undo()
                case "redo":
                    session.redo()
            if step % 10 == 9:
                _consistent(project)


def _consistent(project: Project) -> None:
    decided = {n: d.category for n, d in project.store.reviews.decided().items()}
    source = next(s for s in project.store.votes.sources(SourceKind.REVIEWER) if s.name == "me")
    votes = dict(project.store.votes.by_id(source.id))
    assert {number(project, i): category for i, (category, _) in votes.items()} == decided
    before = project.store.labels.all()
    settle(project, project.store.examples.all_numbers().tolist())
    assert project.store.labels.all() == before
    assert {n: c for n, c, _, basis in before if basis == "human"} == decided


def test_the_queue_of_similar_messages_opens_by_name(many: Project) -> None:
    session = ReviewSession(many, f"similar to {number(many, 'r0')}", "me")
    assert np.isin(number(many, "r5"), [session.number(i) for i in range(len(session))])
    assert session.card(session.number(0)).reason.endswith("% like another one")
