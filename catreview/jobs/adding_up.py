"""How the votes on an example add up to its label, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catreview.jobs.cards import Card
from catreview.jobs.project import Project
from catreview.jobs.weak import function_statistics, project_functions
from catreview.records import Basis, SourceKind
from catreview.store import Action, Review
from catreview.voting import SourceStatistics

LEVELS = (
    ("people", (SourceKind.REVIEWER,), (Basis.HUMAN,)),
    ("language models", (SourceKind.LLM,), (Basis.LLM,)),
    ("heuristic", (SourceKind.FUNCTION, SourceKind.GIVEN), (Basis.CONFIDENT, Basis.WEAK)),
    ("model", (SourceKind.MODEL,), ()),
)
"""Who votes at each level of the priority rule, strongest first; the model learns, it is no
judge of its own labels."""


@dataclass(frozen=True, slots=True)
class Pull:
    """One source's vote: `weight` in 0..1 is its share in what its level comes to.

    `doc` and `right` of `n` (examples that people decided) are known of functions alone,
    `origin` (where the confidence comes from) of LLMs.
    """

    source: str
    category: str
    weight: float
    doc: str = ""
    right: float | None = None
    n: int = 0
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the priority rule; the first one with votes that count `decides`."""

    name: str
    decides: bool
    pulls: tuple[Pull, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """One row of the log; `taken_back` where an undo has the last word on it."""

    review: Review
    taken_back: bool


@dataclass(frozen=True, slots=True)
class AddedUp:
    """The levels, strongest first, and the log of the example, oldest first."""

    levels: tuple[Level, ...]
    history: tuple[Past, ...]


def add_up(project: Project, card: Card) -> AddedUp:
    """Read what is behind the label of an example.

    LLMs pull with their confidence, functions with one vote each, as their aggregation weighs
    them before it looks at agreement.

    Raises:
        FunctionsError: `functions.py` cannot be loaded.
    """
    basis = card.label.basis if card.label else None
    functions = {f.name: f.doc for f in project_functions(project)}
    records = _records(project, card)
    levels = []
    for name, kinds, bases in LEVELS:
        votes = [vote for vote in card.votes if vote.kind in kinds]
        prior = project.settings.llm.confidence
        weights = [
            1.0 / len(votes) if SourceKind.FUNCTION in kinds else vote.confidence or prior
            for vote in votes
        ]
        pulls = []
        for vote, weight in zip(votes, weights, strict=True):
            known = records.get(vote.source) if vote.kind is SourceKind.FUNCTION else None
            pulls.append(
                Pull(
                    vote.source,
                    vote.category,
                    weight,
                    functions.get(vote.source, "") if known else "",
                    known.accuracy if known else None,
                    known.n if known else 0,
                    vote.origin,
                )
            )
        levels.append(Level(name, basis in bases, tuple(pulls)))
    return AddedUp(tuple(levels), _history(project, card))


def _records(project: Project, card: Card) -> dict[str, SourceStatistics]:
    """How right the functions that voted on the card were where people decided."""
    voted = {v.source for v in card.votes if v.kind is SourceKind.FUNCTION}
    store = project.store
    sources = [s for s in store.votes.sources(SourceKind.FUNCTION) if s.name in voted]
    known = store.reviews.decided(looked_at=True).keys() | store.examples.gold().keys()
    return function_statistics(project, sources, np.array(sorted(known), dtype=np.int64))


def _history(project: Project, card: Card) -> tuple[Past, ...]:
    rows = project.store.reviews.history(card.number)
    if card.apart:
        rows = [row for row in rows if row.reviewer == card.apart]
    standing = {row.id for row in project.store.reviews.of(card.number)}
    words = (Action.UNDO, Action.REDO)
    return tuple(Past(row, row.action not in words and row.id not in standing) for row in rows)
