"""How the votes on an example add up to its label, as the screen tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catreview.jobs.demo import make_demo
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.adding_up import AddedUp, Level, add_up
from catreview.jobs.review.cards import Card
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Basis, Source, SourceKind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demonstration, labelled by priority."""
    with make_demo(tmp_path / "demo"):
        return tmp_path / "demo"


def by(method: str) -> dict[str, Any]:
    return {"heuristic": {"method": method}}


def level_of(added: AddedUp, name: str) -> Level:
    return next(level for level in added.levels if level.name == name)


def test_votes_of_a_kind_stand_in_the_order_of_their_weight(folder: Path) -> None:
    with open_project(folder) as project:
        session = ReviewSession(project, "disagreement", "me")
        number = session.number(0)
        for name, confidence in (("unsure", 0.4), ("sure", 0.99), ("fair", 0.7)):
            llm = project.store.votes.source(Source(SourceKind.LLM, name))
            project.store.votes.put(llm.id, [(number, "request", confidence)])
        card = session.card(number)
        llms = [vote for vote in card.votes if vote.kind is SourceKind.LLM]
        names = [vote.source for vote in llms if vote.source in ("unsure", "sure", "fair")]
        assert names == ["sure", "fair", "unsure"]
        weights = [vote.confidence for vote in llms]
        assert weights == sorted(weights, key=lambda weight: -(weight or 0))
        pulls = level_of(add_up(project, card), "language models").pulls
        assert [pull.source for pull in pulls] == [vote.source for vote in llms]


def disputed(project: Project) -> Card:
    """An example on which functions differ."""
    session = ReviewSession(project, "disagreement", "me")
    for place in range(len(session)):
        card = session.card(session.number(place))
        said = [vote.category for vote in card.votes if vote.kind is SourceKind.FUNCTION]
        if len(said) > 2 and len(set(said)) > 1:
            return card
    raise AssertionError("functions never differ")


def reviewed(project: Project) -> None:
    session = ReviewSession(project, "audit", "me")
    for place in range(60):
        card = session.card(session.number(place))
        session.decide(card, "question" if "?" in card.example.text else "statement")


def test_functions_pull_with_the_weights_that_made_the_heuristic(folder: Path) -> None:
    with open_project(folder, by("weighted-majority")) as project:
        reviewed(project)
        run_functions(project)
        card = disputed(project)
        heuristic = next(vote for vote in card.votes if vote.kind is SourceKind.HEURISTIC)
        added = add_up(project, card)
        level = level_of(added, "heuristic")
        assert added.method == "weighted-majority"
        weights = [pull.weight or 0.0 for pull in level.pulls]
        assert sum(weights) == pytest.approx(1.0)
        assert weights == sorted(weights, reverse=True)
        assert len(set(weights)) > 1, "one vote for each is the other method"
        assert level.comes_to[0] == (heuristic.category, pytest.approx(heuristic.confidence))


def test_where_nobody_has_reviewed_functions_weigh_the_same(folder: Path) -> None:
    with open_project(folder, by("weighted-majority")) as project:
        level = level_of(add_up(project, disputed(project)), "heuristic")
        weights = [pull.weight for pull in level.pulls]
        assert weights == pytest.approx([1 / len(weights)] * len(weights))


def test_no_weights_are_made_up_where_the_method_gives_functions_none(folder: Path) -> None:
    with open_project(folder, by("dawid-skene")) as project:
        run_functions(project)
        level = level_of(add_up(project, disputed(project)), "heuristic")
        assert {pull.weight for pull in level.pulls} == {None}
        assert level.comes_to == ()


def test_the_sum_ends_in_the_label_that_the_example_has(folder: Path) -> None:
    with open_project(folder) as project:
        card = disputed(project)
        other = project.store.votes.source(Source(SourceKind.LLM, "other"))
        said = next(vote for vote in card.votes if vote.kind is SourceKind.LLM).category
        against = "closing" if said != "closing" else "request"
        project.store.votes.put(other.id, [(card.number, against, 0.3)])
        settle(project, [card.number])
        card = ReviewSession(project, "disagreement", "me").card(card.number)
        added = add_up(project, card)
        level = next(level for level in added.levels if level.decides)
        assert (added.label, level.name) == (card.label, "language models")
        assert added.label is not None
        assert added.label.basis is Basis.LLM
        (category, share), _ = level.comes_to
        strongest = max(pull.weight or 0.0 for pull in level.pulls if pull.category == category)
        assert added.label.category == category
        assert added.label.confidence == pytest.approx(strongest * share, abs=1e-4)
