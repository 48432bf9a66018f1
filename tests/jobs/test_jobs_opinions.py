"""Several decisions on one example: overlap, what is contested, adjudication."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from helpers.projects import Command, write_jsonl
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.holders import new_holder
from catreview.jobs.importing import import_messages
from catreview.jobs.labels.agreeing import agree
from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.review.adding_up import add_up
from catreview.jobs.review.cards import Opinion, State
from catreview.jobs.review.opinions import contested, opinions, shared
from catreview.jobs.review.reviewers import reviewers
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Basis, SourceKind
from catreview.settings import ReviewSettings
from catreview.store import DECISIONS


def session_of(project: Project, name: str, queue: str = "audit") -> ReviewSession:
    return ReviewSession(project, queue, name)


def overlapping(project: Project, share: float, reviewers: int = 2) -> Project:
    review = replace(project.settings.review, overlap=share, reviewers=reviewers)
    return replace(project, settings=replace(project.settings, review=review))


def decide(project: Project, who: str, number: int, category: str, queue: str = "audit") -> None:
    session = session_of(project, who, queue)
    session.decide(session.card(number), category)


def numbers(session: ReviewSession) -> list[int]:
    return [session.number(i) for i in range(len(session))]


@pytest.fixture
def first(filled: Project) -> int:
    """The number of a message that the functions have voted on."""
    return session_of(filled, "rita").number(0)


def test_the_overlap_is_a_share_of_the_examples_and_always_the_same_ones() -> None:
    tenth, half = ReviewSettings(overlap=0.1), ReviewSettings(overlap=0.5)
    found = [n for n in range(20_000) if shared(tenth, n)]
    assert abs(len(found) / 20_000 - 0.1) < 0.01
    assert all(shared(half, n) for n in found), "a larger overlap holds the smaller one"
    assert not any(shared(ReviewSettings(), n) for n in range(1_000))
    assert all(shared(ReviewSettings(overlap=1.0), n) for n in range(1_000))


def test_what_others_decided_of_the_overlap_stays_open_to_me_and_hidden(
    filled: Project, first: int
) -> None:
    project = overlapping(filled, 1.0)
    bo = session_of(project, "bo")
    before = bo.card(first)
    decide(project, "rita", first, "emotion")
    rita = session_of(project, "rita")
    rita.note(rita.card(first), "it is only a feeling")
    assert bo.next_open(0) == 0
    (row,) = bo.rows(0, 1)
    assert (row.category, row.state) == (None, State.OPEN)
    card = bo.card(first)
    assert card.label == before.label
    assert card.votes == before.votes
    assert (card.decided, card.opinions, card.notes) == (None, (), ())
    assert [turn.category for turn in card.turns] == [turn.category for turn in before.turns]
    assert add_up(project, card).history == ()
    review = bo.decide(card, "closing")
    assert review.proposed == (before.label.category if before.label else None)
    assert [o.reviewer for o in bo.card(first).opinions] == ["rita", "bo"]


def test_what_others_decided_of_the_overlap_comes_to_me_when_i_open_the_queue_later(
    filled: Project, first: int
) -> None:
    project = overlapping(filled, 1.0)
    reason = session_of(project, "rita").card(first).reason
    decide(project, "rita", first, "emotion")
    bo = session_of(project, "bo")
    assert first in numbers(bo)
    assert bo.card(first).reason == reason
    assert first not in numbers(session_of(project, "rita"))
    decide(project, "bo", first, "emotion")
    assert first not in numbers(session_of(project, "bo"))


def test_the_overlap_goes_to_so_many_reviewers_and_no_more(filled: Project, first: int) -> None:
    project = overlapping(filled, 1.0)
    third = session_of(project, "third")
    for name in ("rita", "bo"):
        decide(project, name, first, "emotion")
    assert third.next_open(0) == 1
    assert third.card(first).label is not None
    assert third.card(first).label.basis is Basis.HUMAN
    assert first not in numbers(session_of(project, "third"))
    three = overlapping(filled, 1.0, reviewers=3)
    assert first in numbers(session_of(three, "third"))


def test_two_may_have_the_same_of_the_overlap_on_their_desks_a_third_may_not(
    filled: Project,
) -> None:
    project = overlapping(filled, 1.0)
    places = [
        ReviewSession(project, "audit", name, new_holder()).next_open(0)
        for name in ("rita", "bo", "third")
    ]
    assert places[:2] == [0, 0]
    late = ReviewSession(project, "audit", "late", new_holder())
    assert late.card(late.number(0)).elsewhere == ()
    assert places[2] not in (0, None)


def test_without_overlap_one_decision_is_enough(filled: Project, first: int) -> None:
    bo = session_of(filled, "bo")
    decide(filled, "rita", first, "emotion")
    assert bo.next_open(0) == 1
    assert bo.card(first).opinions == (Opinion("rita", "emotion", ruling=False, notes=()),)


def test_while_two_differ_the_newest_counts_and_the_example_is_contested(
    filled: Project, first: int
) -> None:
    decide(filled, "rita", first, "emotion")
    decide(filled, "bo", first, "request")
    card = session_of(filled, "rita").card(first)
    assert card.contested
    assert card.label is not None
    assert (card.label.category, card.label.source) == ("request", "bo")
    decide(filled, "rita", first, "request")
    assert not session_of(filled, "rita").card(first).contested


@pytest.fixture
def disputed(filled: Project, first: int) -> Project:
    """Rita says emotion, Bo says request, and why."""
    for name, category, note in (("rita", "emotion", "sighs"), ("bo", "request", "asks")):
        decide(filled, name, first, category)
        session = session_of(filled, name)
        session.note(session.card(first), note)
    return filled


def test_the_adjudicator_sees_both_decisions_with_their_notes(
    disputed: Project, first: int
) -> None:
    ada = session_of(disputed, "ada", "adjudicate")
    assert numbers(ada) == [first]
    card = ada.card(first)
    assert card.opinions == (
        Opinion("rita", "emotion", ruling=False, notes=("sighs",)),
        Opinion("bo", "request", ruling=False, notes=("asks",)),
    )
    assert card.reason == "rita says emotion, bo says request"
    assert ada.rows(0, 1)[0].state is State.CONTESTED


def test_an_adjudication_outranks_decisions_before_and_after_it(
    disputed: Project, first: int
) -> None:
    ada = session_of(disputed, "ada", "adjudicate")
    review = ada.decide(ada.card(first), "question")
    assert review.queue == "adjudicate"
    assert disputed.store.labels.get(first) == ("question", 1.0, "human", "ada")
    decide(disputed, "bo", first, "closing")
    assert disputed.store.labels.get(first) == ("question", 1.0, "human", "ada")
    assert not ada.card(first).contested
    assert ada.rows(0, 1)[0].state is State.DECIDED
    assert ada.next_open(0) is None
    assert numbers(session_of(disputed, "ada", "adjudicate")) == []


def test_undoing_an_adjudication_makes_it_contested_again(disputed: Project, first: int) -> None:
    ada = session_of(disputed, "ada", "adjudicate")
    ada.decide(ada.card(first), "question")
    ada.undo()
    assert disputed.store.labels.get(first) == ("request", 1.0, "human", "bo")
    assert numbers(session_of(disputed, "ada", "adjudicate")) == [first]
    ada.redo()
    assert disputed.store.labels.get(first) == ("question", 1.0, "human", "ada")


def test_an_adjudicator_may_change_their_mind_in_any_queue(disputed: Project, first: int) -> None:
    decide(disputed, "ada", first, "question", "adjudicate")
    decide(disputed, "ada", first, "closing", "find: is:decided")
    assert disputed.store.labels.get(first) == ("closing", 1.0, "human", "ada")
    assert numbers(session_of(disputed, "ada", "adjudicate")) == [first]


def test_who_is_to_give_a_third_opinion_is_not_blind_as_adjudicator(
    disputed: Project, first: int
) -> None:
    project = overlapping(disputed, 1.0, reviewers=3)
    assert session_of(project, "ada", "audit").card(first).opinions == ()
    assert len(session_of(project, "ada", "adjudicate").card(first).opinions) == 2


def test_gold_is_not_adjudicated(disputed: Project, tmp_path, first: int) -> None:
    name = disputed.store.examples.get([first])[0].id
    gold = write_jsonl(tmp_path / "gold.jsonl", [{"id": name, "label": "statement"}])
    import_messages(disputed, gold, Columns(), gold=True)
    assert numbers(session_of(disputed, "ada", "adjudicate")) == []


def test_each_reviewer_has_a_line_with_pace_agreement_and_what_they_differ_on(
    disputed: Project, first: int
) -> None:
    second = session_of(disputed, "rita").number(0)
    for name in ("rita", "bo"):
        session = session_of(disputed, name)
        session.decide(session.card(second), "closing", 4.0)
    decide(disputed, "rita", session_of(disputed, "rita").number(0), "closing")
    found = reviewers(disputed)
    rita, bo = found.reviewers
    assert (rita.reviewer, rita.today, rita.decided, rita.seconds) == ("rita", 3, 3, 4.0)
    assert (bo.decided, bo.compared, bo.agreed) == (2, 2, 1)
    assert (bo.apart, bo.times) == (("emotion", "request"), 1)
    assert (found.contested, found.adjudicated) == (1, 0)
    decide(disputed, "ada", first, "emotion", "adjudicate")
    found = reviewers(disputed)
    assert (found.contested, found.adjudicated) == (0, 1)
    assert [(line.reviewer, line.compared) for line in found.reviewers] == [
        ("rita", 2), ("bo", 2), ("ada", 0),
    ]  # fmt: skip


def test_who_adjudicates_does_not_agree_with_themselves(disputed: Project, first: int) -> None:
    before = agree(disputed)
    assert (before.several, before.contested, before.adjudicated) == (1, 1, 0)
    decide(disputed, "rita", first, "request", "adjudicate")
    after = agree(disputed)
    assert (after.contested, after.adjudicated) == (0, 1)
    assert after.alpha == before.alpha
    (pair,) = (p for p in after.pairs if {p.first, p.second} == {"rita", "bo"})
    assert pair.kappa == 0.0


def test_status_and_agree_name_what_is_contested_and_where_to_settle_it(
    disputed: Project, catreview: Command
) -> None:
    people = catreview("status", "--project", disputed.folder, "--json").json()
    assert [line["reviewer"] for line in people["reviewers"]] == ["rita", "bo"]
    assert people["contested"] == 1
    shown = catreview("status", "--project", disputed.folder).out
    assert "0.0 % of 1" in shown
    assert "emotion / request (1)" in shown
    remedy = f"1 contested: catreview review --project {disputed.folder} --queue adjudicate"
    assert remedy in shown
    assert remedy in catreview("agree", "--project", disputed.folder).out


def test_an_export_says_what_is_contested(
    disputed: Project, first: int, catreview: Command
) -> None:
    lines = catreview("export", "--project", disputed.folder).out.splitlines()
    contested_ids = [row["id"] for row in map(json.loads, lines) if row["contested"]]
    assert contested_ids == [disputed.store.examples.get([first])[0].id]


@pytest.mark.parametrize("value", ["1.5", "-0.1", "many"])
def test_an_overlap_that_is_no_share_is_refused(
    folder: Path, catreview: Command, value: str
) -> None:
    ran = catreview("review", "--project", folder, "--overlap", value)
    assert ran.code == 2
    assert "--overlap" in ran.err
    (folder / "catreview.toml").write_text(f"[review]\noverlap = {value!r}\n")
    ran = catreview("status", "--project", folder)
    assert ran.code == 2
    assert "catreview.toml:2: review.overlap" in ran.err


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project with six messages."""
    folder = tmp_path_factory.mktemp("small") / "chats"
    init_project(folder)
    with open_project(folder) as project:
        rows = [{"id": f"m{i}", "text": f"can you bring {i} bags?"} for i in range(6)]
        import_messages(project, write_jsonl(folder / "m.jsonl", rows), Columns())
        run_functions(project)
    return folder


@given(seed=st.integers(0, 2**32))
@hypothesis(max_examples=200)
def test_after_any_interleaving_labels_and_votes_follow_from_the_log(
    small: Path, seed: int
) -> None:
    with TemporaryDirectory() as folder:
        shutil.copytree(small, folder, dirs_exist_ok=True)
        with open_project(Path(folder)) as project:
            interleave(project, random.Random(seed))
            check(project)


def interleave(project: Project, rng: random.Random) -> None:
    """Two reviewers do up to 25 things in any order; none gets what only the other may have."""
    project = overlapping(project, rng.choice([0.0, 0.5, 1.0]))
    names, review = project.schema.names, project.settings.review
    desks = {
        who: ReviewSession(project, rng.choice(["audit", "adjudicate"]), who, new_holder())
        for who in ("rita", "bo")
    }
    for _ in range(rng.randint(1, 25)):
        session = desks[rng.choice(["rita", "bo"])]
        match rng.choice(["decide", "decide", "decide", "skip", "undo", "redo", "open"]):
            case "open":
                session.open(rng.choice(["audit", "adjudicate"]))
            case "undo":
                session.undo()
            case "redo":
                session.redo()
            case act if (place := session.next_open(0)) is not None:
                card = session.lay(session.number(place))
                deciders = {r.reviewer for r in project.store.reviews.decisions([card.number])}
                assert session.reviewer not in deciders or session.queue == "adjudicate"
                if not shared(review, card.number) and session.queue == "audit":
                    assert not deciders
                    assert card.elsewhere == ()
                if act == "skip":
                    session.skip(card)
                else:
                    session.decide(card, rng.choice(names))


def check(project: Project) -> None:
    """Labels and votes of people are what the log says, read anew from its first row."""
    store = project.store
    standing: dict[int, object] = {}
    for number in store.examples.all_numbers().tolist():
        acts = {act.id: act for act in store.reviews.history(number)}
        for act in acts.values():
            if act.action == "undo":
                standing.pop(act.undoes, None)
            elif act.action == "redo" and acts[act.undoes].action in DECISIONS:
                standing[act.undoes] = acts[act.undoes]
            elif act.action in DECISIONS:
                standing[act.id] = act
    newest: dict[int, dict[str, object]] = {}
    for _, act in sorted(standing.items()):
        newest.setdefault(act.example, {}).pop(act.reviewer, None)
        newest[act.example][act.reviewer] = act
    for number in store.examples.all_numbers().tolist():
        said = newest.get(number, {})
        votes = {
            line.source.name: line.category
            for line in store.votes.of(number)
            if line.source.kind is SourceKind.REVIEWER
        }
        assert votes == {who: act.category for who, act in said.items()}
        label = store.labels.get(number)
        assert label is not None
        assert (label[2] == "human") == bool(said)
        if said:
            rulings = [act for act in said.values() if act.queue == "adjudicate"]
            winner = (rulings or list(said.values()))[-1]
            assert (label[0], label[3]) == (winner.category, winner.reviewer)
        differing = len(set(votes.values())) > 1 and not rulings if said else False
        found = opinions(store.reviews.decisions([number])).get(number, {})
        assert contested(found) == differing
