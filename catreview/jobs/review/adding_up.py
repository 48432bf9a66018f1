"""How the votes on an example add up to its label, and what was done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catreview.jobs.functions.weak import function_statistics, project_functions
from catreview.jobs.labels.rules import known_rates
from catreview.jobs.labels.sampling import sampled_truth
from catreview.jobs.labels.settling import gather
from catreview.jobs.project import Project
from catreview.jobs.review.cards import Card, VoteRow
from catreview.records import ABSTAIN, Basis, Label, SourceKind
from catreview.settings import Aggregator
from catreview.store import Action, Review
from catreview.voting import SourceStatistics, opinions, source_weights

LEAST = 0.005
"""A posterior below this is not worth a word."""

HEURISTIC = ("heuristic", (SourceKind.FUNCTION, SourceKind.GIVEN), (Basis.CONFIDENT, Basis.WEAK))
MODEL = ("model", (SourceKind.MODEL,), ())
PEOPLE = ("people", (SourceKind.REVIEWER,), (Basis.HUMAN,))
LEVELS = (PEOPLE, ("language models", (SourceKind.LLM,), (Basis.LLM,)), HEURISTIC, MODEL)
"""Who votes at each level of the priority rule, strongest first; the model learns, it is no
judge of its own labels."""
TOGETHER = ("all together", (SourceKind.LLM, SourceKind.HEURISTIC), (Basis.TOGETHER,))
LEVELS_TOGETHER = (PEOPLE, TOGETHER, HEURISTIC, MODEL)
"""The same where LLMs and heuristic are weighed by how each errs."""


@dataclass(frozen=True, slots=True)
class Pull:
    """One source's vote: `weight` in 0..1 is its share in what its level comes to.

    It is None where Dawid and Skene's method makes the heuristic: it gives functions no weights of
    their own. `doc` and `right` of `n` (examples that people decided) are known of functions alone,
    `origin` (where the confidence comes from) of LLMs.
    """

    source: str
    category: str
    weight: float | None
    doc: str = ""
    right: float | None = None
    n: int = 0
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the rule in force, its strongest pulls first; `decides`: the label is its.

    `comes_to` has the share of each category voted for, largest first, where there are several
    votes.
    """

    name: str
    decides: bool
    pulls: tuple[Pull, ...]
    comes_to: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Past:
    """One row of the log; `taken_back` where an undo has the last word on it."""

    review: Review
    taken_back: bool


@dataclass(frozen=True, slots=True)
class AddedUp:
    """The levels, strongest first, what they come to, and the log of the example, oldest first.

    `method` is how functions' votes become the heuristic; `label` is None where there is none.
    """

    levels: tuple[Level, ...]
    method: Aggregator
    label: Label | None
    history: tuple[Past, ...]


def add_up(project: Project, card: Card) -> AddedUp:
    """Read what is behind the label of an example.

    LLMs pull with their confidence, functions as the heuristic's method weighs them before it
    looks at agreement: with one vote each, or as they have been right. Where all are weighed
    together, each pulls with what its vote alone would make of its category, and they come to the
    posterior.

    Raises:
        FunctionsError: `functions.py` cannot be loaded.
    """
    basis = card.label.basis if card.label else None
    functions = {f.name: f.doc for f in project_functions(project)}
    records = _records(project, card)
    weighed = _weighed(project, card)
    levels = []
    for name, kinds, bases in LEVELS_TOGETHER if weighed else LEVELS:
        together = weighed if name == TOGETHER[0] else None
        votes = [vote for vote in card.votes if vote.kind in kinds]
        weights = together.alone if together else _weights(project, name, votes)
        pulls = []
        for vote in votes:
            known = records.get(vote.source) if vote.kind is SourceKind.FUNCTION else None
            pulls.append(
                Pull(
                    vote.source,
                    vote.category,
                    weights.get(vote.id, 0.0),
                    functions.get(vote.source, "") if known else "",
                    known.accuracy if known else None,
                    known.n if known else 0,
                    "" if together else vote.origin,
                )
            )
        pulls.sort(key=lambda pull: -(pull.weight or 0.0))
        comes_to = together.posterior if together else _shares(pulls)
        levels.append(Level(name, basis in bases, tuple(pulls), comes_to))
    method = project.settings.heuristic.method
    return AddedUp(tuple(levels), method, card.label, _history(project, card))


def _weights(project: Project, level: str, votes: Sequence[VoteRow]) -> Mapping[int, float | None]:
    """What the votes of a level weigh, by the source's number."""
    if level != HEURISTIC[0]:
        # An LLM's confidence is unknown where the category has left the schema.
        return {vote.id: vote.confidence or 0.0 for vote in votes}
    method = project.settings.heuristic.method
    if method == "dawid-skene":
        return {vote.id: None for vote in votes}
    weights = dict.fromkeys((vote.id for vote in votes), 1.0)
    if method == "weighted-majority":
        learned = _learned_weights(project)
        if any(learned.get(source) for source in weights):
            weights = {source: learned.get(source, 0.0) for source in weights}
    return {source: weight / sum(weights.values()) for source, weight in weights.items()}


def _learned_weights(project: Project) -> dict[int, float]:
    """What functions and given labels weigh by what is reviewed now, by the source's number."""
    store, names = project.store, project.schema.names
    kinds = (SourceKind.FUNCTION, SourceKind.GIVEN)
    sources = [source for kind in kinds for source in store.votes.sources(kind)]
    numbers = np.array(sorted(store.reviews.decided(looked_at=True)), dtype=np.int64)
    codes = store.votes.matrix(numbers, sources, names).codes
    learned = source_weights(codes, sampled_truth(project, numbers), len(names))
    return {source.id: weight for source, weight in zip(sources, learned.tolist(), strict=True)}


def _shares(pulls: Sequence[Pull]) -> tuple[tuple[str, float], ...]:
    """The share of each category in the summed weights."""
    sums: dict[str, float] = {}
    for pull in pulls:
        sums[pull.category] = sums.get(pull.category, 0.0) + (pull.weight or 0.0)
    total = sum(sums.values())
    if len(pulls) < 2 or not total:
        return ()
    return tuple(sorted(((c, w / total) for c, w in sums.items() if w), key=_most))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """An example's votes weighed together: what each source's alone makes of its category, and all.

    `alone` goes by the source's number.
    """

    alone: Mapping[int, float | None]
    posterior: tuple[tuple[str, float], ...]


def _weighed(project: Project, card: Card) -> _Weighed | None:
    """None where the rule in force weighs nothing, or no LLM has voted."""
    if not any(vote.kind is SourceKind.LLM for vote in card.votes):
        return None
    known = gather(project, [card.number])
    rates = known_rates(project, known.llm.sources)
    if rates is None:
        return None
    names, settings = project.schema.names, project.settings.heuristic
    each, together = opinions(known.llm.codes, known.heuristic, rates, settings)
    heuristic = next((v.id for v in card.votes if v.kind is SourceKind.HEURISTIC), 0)
    voters = [heuristic, *(source.id for source in known.llm.sources)]
    codes = [known.heuristic.label[0], *known.llm.codes[0]]
    alone = {
        source: float(each[0, voter, code])
        for voter, (source, code) in enumerate(zip(voters, codes, strict=True))
        if code != ABSTAIN
    }
    posterior = zip(names, together[0].tolist(), strict=True)
    return _Weighed(alone, tuple(sorted((s for s in posterior if s[1] >= LEAST), key=_most)))


def _most(share: tuple[str, float]) -> float:
    return -share[1]


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
