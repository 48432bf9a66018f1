"""Agreement of sources and reviewers."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from helpers.projects import Command

from catreview.jobs.labels.agreeing import agree
from catreview.jobs.project import Project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Example, Source, SourceKind
from catreview.store import Action, Review

IDS = ("a0", "a1", "a2", "a3", "b0")
ONE = dict(zip(IDS, ("request", "acknowledge", "statement", "question", "emotion"), strict=True))
TWO = dict(zip(IDS, ("request", "acknowledge", "emotion", "request", "statement"), strict=True))


def put(project: Project, kind: SourceKind, name: str, labels: Mapping[str, str]) -> None:
    source = project.store.votes.source(Source(kind, name))
    numbers = project.store.examples.numbers(list(labels))
    project.store.votes.put(source.id, [(numbers[i], c, None) for i, c in labels.items()])


def decide(project: Project, who: str, labels: Mapping[str, str], **more: object) -> None:
    put(project, SourceKind.REVIEWER, who, labels)
    numbers = project.store.examples.numbers(list(labels))
    for i, category in labels.items():
        project.store.reviews.append(Review(numbers[i], who, Action.FIX, category, **more))


@pytest.fixture
def voted(filled: Project) -> Project:
    """Two LLMs that differ on a2, a3 and b0."""
    put(filled, SourceKind.LLM, "one", ONE)
    put(filled, SourceKind.LLM, "two", TWO)
    return filled


def test_a_pair_has_its_kappa_and_says_who_is_right_where_reviewed(voted: Project) -> None:
    decide(voted, "me", {"a2": "emotion", "a3": "question", "a0": "closing"})
    found = agree(voted)
    (pair,) = (p for p in found.pairs if {p.first, p.second} == {"one", "two"})
    assert pair.n == 5
    # Two of five agree; by chance 5 of 25 pairs would.
    assert pair.kappa == pytest.approx((2 / 5 - 5 / 25) / (1 - 5 / 25))
    assert pair.by_category["acknowledge"] == 1
    right = {pair.first: pair.first_right, pair.second: pair.second_right}
    assert (pair.judged, right) == (2, {"one": 1, "two": 1})
    with_me = [p for p in found.pairs if "me" in (p.first, p.second)]
    assert with_me
    assert all(p.judged == 0 for p in with_me)


def test_what_reviewers_said_of_gold_is_no_part_of_their_agreement(voted: Project) -> None:
    decide(voted, "me", {"a0": "request", "a1": "acknowledge", "a2": "emotion"})
    decide(voted, "you", {"a0": "closing", "a1": "acknowledge", "a2": "emotion"})
    apart = agree(voted)
    # Where nothing was proposed, nothing was kept.
    assert (apart.blind.seen, apart.blind.unseen) == (0, 0)
    assert (apart.several, apart.contested) == (3, 1)
    voted.store.examples.mark_gold({"a0": "request"})
    found = agree(voted)
    assert (found.several, found.alpha, found.contested) == (2, 1.0, 0)


def test_a_source_that_makes_labels_wrong_is_said_to_hurt(voted: Project) -> None:
    labels = {f"x{i}": "statement" for i in range(30)}
    voted.store.examples.add([Example(i, "zzz qqq") for i in labels])
    put(voted, SourceKind.LLM, "good", labels)
    put(voted, SourceKind.LLM, "bad", dict.fromkeys(labels, "closing"))
    put(voted, SourceKind.MODEL, "worse", dict.fromkeys([*labels][:20], "closing"))
    decide(voted, "me", labels, queue="audit")
    reports = {s.source: s for s in agree(voted).sources}
    assert reports["bad"].hurts
    assert not reports["good"].hurts
    assert (reports["bad"].right, reports["good"].right) == (0.0, 1.0)
    assert (reports["bad"].accomplice, reports["worse"].accomplice) == ("worse", "bad")
    assert reports["good"].expected == pytest.approx(1, abs=0.01)


def test_reviewers_are_compared_by_alpha(voted: Project) -> None:
    decide(voted, "ana", {"a0": "request", "a1": "closing", "a2": "statement"})
    decide(voted, "bo", {"a0": "request", "a1": "closing", "a3": "question"})
    found = agree(voted)
    assert (found.reviewers, found.several, found.alpha) == (("ana", "bo"), 2, 1.0)


def test_between_whom_alpha_is_neither_an_adjudicator_is_nor_who_decided_alone(
    catreview: Command, voted: Project
) -> None:
    decide(voted, "cy", {"a3": "question"})
    decide(voted, "ana", {"a0": "request", "a1": "closing"})
    decide(voted, "bo", {"a0": "emotion", "a1": "closing"})
    shown = catreview("agree", "--project", voted.folder).out
    assert "0 adjudicated, 1 contested: catreview review" in shown
    decide(voted, "dora", {"a0": "emotion"}, queue="adjudicate")
    assert agree(voted).reviewers == ("ana", "bo")
    shown = catreview("agree", "--project", voted.folder).out
    assert "between ana, bo on 2 examples" in shown
    assert "1 adjudicated, 0 contested\n" in shown


def test_deciding_again_counts_against_one_s_own_earlier_decision(voted: Project) -> None:
    decide(voted, "me", {"a0": "request", "a1": "closing", "a2": "statement"})
    decide(voted, "bo", {"a3": "question"})
    # Whoever thinks better of it in another queue has their label in view.
    decide(voted, "me", {"a2": "question"})
    decide(voted, "me", {"a0": "request", "a1": "emotion", "a3": "question"}, queue="again")
    found = agree(voted)
    assert (found.again, found.again_same) == (2, 1)


def test_blind_decisions_show_how_far_the_proposal_pulls(voted: Project) -> None:
    decide(voted, "me", {"a0": "request", "a1": "request"}, proposed="request")
    decide(voted, "me", {"a2": "emotion", "a3": "request"}, proposed="request", blind=True)
    blind = agree(voted).blind
    assert (blind.seen, blind.seen_kept, blind.unseen, blind.unseen_kept) == (2, 2, 2, 1)
    assert blind.low is not None
    assert blind.high is not None
    assert blind.low < 0.5 < blind.high


def test_agree_prints_and_gives_json(catreview: Command, voted: Project) -> None:
    session = ReviewSession(voted, "ambiguous", "me")
    session.decide(session.card(session.number(0)), "statement")
    decide(voted, "me", {"a2": "emotion"}, proposed="emotion")
    decide(voted, "me", {"a3": "emotion"}, proposed="request", blind=True)
    ran = catreview("agree", "--project", voted.folder)
    assert ran.code == 0
    for words in ("Cohen's kappa", "Who is right", "errs with", "--queue again", "is kept"):
        assert words in ran.out
    assert f"catreview review --project {voted.folder} --queue again" in ran.out
    found = catreview("agree", "--json", "--project", voted.folder).json()
    assert {p["first"] for p in found["pairs"]} >= {"one", "two"}
    json.dumps(found, allow_nan=False)


def test_what_agree_prints_of_long_names_fits_eighty_columns(
    catreview: Command, voted: Project
) -> None:
    labels = {f"x{i}": "question" for i in range(30)}
    voted.store.examples.add([Example(i, "zzz qqq") for i in labels])
    for name in ("an-llm-with-a-long-name-120b", "another-llm-with-a-long-name"):
        put(voted, SourceKind.LLM, name, dict.fromkeys(labels, "closing"))
    decide(voted, "me", labels, queue="audit")
    shown = catreview("agree", "--project", voted.folder).out
    hint = shown.rstrip().splitlines()[-1]
    assert max(len(line) for line in shown.splitlines() if line != hint) <= 80
    assert "an-llm-with-a-long-name-120b" in shown


def test_agree_works_before_anybody_has_voted(catreview: Command, project: Project) -> None:
    ran = catreview("agree", "--project", project.folder)
    assert (ran.code, "No source has voted yet" in ran.out) == (0, True)
