"""How far sources and reviewers agree, and who is right when they don't."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from catreview.jobs.functions.racing import Voters, all_voters
from catreview.jobs.labels.source_names import voter_names
from catreview.jobs.project import Project
from catreview.jobs.review.opinions import adjudicated, all_opinions, contested
from catreview.jobs.review.queueing import AGAIN
from catreview.records import ABSTAIN, SourceKind
from catreview.store import ADJUDICATE, Codes, Numbers, Review, StoredSource
from catreview.voting import (
    cohen_kappa,
    cross_validated,
    dawid_skene,
    expected_accuracy,
    harmful,
    krippendorff_alpha,
    leave_one_out,
    newcombe_interval,
    shared_errors,
    source_statistics,
)

LEAST_ACCOMPLICE = 0.2
"""Errors shared beyond chance from which on a pair is worth naming."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sources on the `n` examples both voted on.

    `kappa` is Cohen's, None where undefined; `by_category` that of each category against all
    others. Of the examples on which they differ, `judged` have been reviewed: there the first
    was right `first_right` times, the second `second_right` times.
    """

    first: str
    second: str
    n: int
    kappa: float | None
    by_category: Mapping[str, float | None]
    judged: int
    first_right: int
    second_right: int


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source beside all others.

    `expected` is the share of its votes that is right by what all say together, anchored by
    reviews; `right` that on the `n` reviewed examples it voted on. `accomplice` shares most of
    its errors, `shared` of them beyond chance (at most 1). Without the source `fixed` reviewed
    examples would come out right that are wrong, `broken` the other way round; it `hurts`
    where that is more than chance would do to any of so many sources.
    """

    source: str
    votes: int
    expected: float | None
    right: float | None
    n: int
    accomplice: str | None
    shared: float | None
    fixed: int
    broken: int
    hurts: bool


@dataclass(frozen=True, slots=True)
class Blind:
    """How often the proposed category is kept where it is seen and where it is not.

    `low` and `high` bound seen minus unseen with 95 % confidence; None without both kinds.
    """

    seen: int
    seen_kept: int
    unseen: int
    unseen_kept: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that `catreview agree` shows.

    Sources are left out on the `judged` reviewed examples of audit and pilot. `alpha` is
    Krippendorff's between the `reviewers` of the `several` examples that two or more decided,
    before anybody adjudicated; `contested` are those on which they differ and nobody has. `again`
    decisions of the queue `again` were compared with the same reviewer's earlier one;
    `again_same` were the same.
    """

    reviewed: int
    judged: int
    pairs: tuple[Pair, ...]
    sources: tuple[SourceReport, ...]
    reviewers: tuple[str, ...]
    several: int
    alpha: float | None
    contested: int
    adjudicated: int
    again: int
    again_same: int
    blind: Blind

    def as_json(self) -> dict[str, Any]:
        """The agreement as one JSON object."""
        return {"schema_version": 1, **asdict(self)}


def agree(project: Project) -> Agreement:
    """Measure the agreement of all sources; gold judges nothing, and decisions in bulk neither."""
    # Before the examples: of whatever somebody decides meanwhile none is missing there.
    decisions = project.store.reviews.decisions()
    voters = all_voters(project)
    gold = project.store.examples.gold()
    decisions = [review for review in decisions if review.example not in gold]
    reviewers = project.store.votes.sources(SourceKind.REVIEWER)
    names = project.schema.names
    said = _said(project, voters.known.numbers, reviewers, decisions)
    several = (said != ABSTAIN).sum(axis=1) >= 2
    compared = (said[several] != ABSTAIN).any(axis=0)
    by_all = all_opinions(project).values()
    same = _second_thoughts(decisions)
    return Agreement(
        reviewed=int((voters.truth != ABSTAIN).sum()),
        judged=int((voters.sampled != ABSTAIN).sum()),
        pairs=_pairs(project, voters, reviewers, said),
        sources=_sources(project, voters),
        reviewers=tuple(reviewers[column].name for column in np.flatnonzero(compared)),
        several=int(several.sum()),
        alpha=krippendorff_alpha(said, len(names)),
        contested=sum(map(contested, by_all)),
        adjudicated=sum(map(adjudicated, by_all)),
        again=len(same),
        again_same=sum(same),
        blind=_blind(decisions),
    )


def _said(
    project: Project,
    numbers: Numbers,
    reviewers: Sequence[StoredSource],
    decisions: Sequence[Review],
) -> Codes:
    """What each reviewer decided by themselves, (n, reviewers): who adjudicates has seen others."""
    said = np.full((len(numbers), len(reviewers)), ABSTAIN, dtype=np.int16)
    column = {source.name: i for i, source in enumerate(reviewers)}
    index = project.schema.index
    for review in decisions:
        if review.queue != ADJUDICATE:
            row = np.searchsorted(numbers, review.example)
            said[row, column[review.reviewer]] = index.get(review.category or "", ABSTAIN)
    return said


def _pairs(
    project: Project, voters: Voters, reviewers: Sequence[StoredSource], said: Codes
) -> tuple[Pair, ...]:
    """Every two of the LLMs, the model, the heuristic and the reviewers.

    Functions are left out: each knows one category as a rule, and the heuristic speaks for them.
    """
    called = voter_names(project, voters.sources, voters.codes)
    single = [
        (called[source.id], voters.codes[:, column])
        for column, source in enumerate(voters.sources)
        if source.kind is not SourceKind.FUNCTION
    ]
    heuristic = ("heuristic", voters.known.heuristic.label)
    people = [(source.name, said[:, column]) for column, source in enumerate(reviewers)]
    machine = {name for name, _ in [*single, heuristic]}
    found = []
    for (first, a), (second, b) in combinations([*single, heuristic, *people], 2):
        both = (a != ABSTAIN) & (b != ABSTAIN)
        if not both.any():
            continue
        # A reviewer's decision is the truth itself: nobody judges between it and a source.
        apart = both & (a != b) & (voters.truth != ABSTAIN) & ({first, second} <= machine)
        found.append(
            Pair(
                first,
                second,
                int(both.sum()),
                cohen_kappa(a, b, len(project.schema.names)),
                _by_category(project, a[both], b[both]),
                int(apart.sum()),
                int((a == voters.truth)[apart].sum()),
                int((b == voters.truth)[apart].sum()),
            )
        )
    return tuple(found)


def _by_category(project: Project, a: Codes, b: Codes) -> dict[str, float | None]:
    return {
        name: cohen_kappa((a == code).astype(np.int16), (b == code).astype(np.int16), 2)
        for code, name in enumerate(project.schema.names)
    }


def _sources(project: Project, voters: Voters) -> tuple[SourceReport, ...]:
    if not voters.sources:
        return ()
    k, truth = len(project.schema.names), voters.truth
    method = project.settings.heuristic.method
    probs = dawid_skene(voters.codes, k, truth=voters.sampled).aggregate.probs
    reviewed = np.flatnonzero(truth != ABSTAIN)
    probs[reviewed] = np.eye(k)[truth[reviewed]]
    shared = shared_errors(voters.codes, probs)
    judges = np.flatnonzero(voters.sampled != ABSTAIN)
    sampled, folds = voters.sampled[judges], voters.folds[judges]
    # Only these rows: with and without each source over all rows would take minutes.
    left_out = leave_one_out(
        voters.codes[judges],
        sampled,
        lambda votes: cross_validated(method, votes, k, sampled, folds),
    )
    hurts = harmful(left_out)
    called = voter_names(project, voters.sources, voters.codes)
    statistics = source_statistics(voters.codes, truth)
    expected = expected_accuracy(voters.codes, probs)
    rows = []
    for column, source in enumerate(voters.sources):
        partner = _accomplice(shared[column])
        rows.append(
            SourceReport(
                called[source.id],
                statistics[column].votes,
                None if np.isnan(expected[column]) else float(expected[column]),
                statistics[column].accuracy,
                statistics[column].n,
                None if partner is None else called[voters.sources[partner].id],
                None if partner is None else float(shared[column, partner]),
                left_out[column].fixed,
                left_out[column].broken,
                hurts[column],
            )
        )
    return tuple(rows)


def _accomplice(shared: np.ndarray[Any, np.dtype[np.float64]]) -> int | None:
    """The source that shares most errors, if any shares enough to be named."""
    filled = np.nan_to_num(shared, nan=-1.0)
    partner = int(filled.argmax())
    return partner if filled[partner] >= LEAST_ACCOMPLICE else None


def _second_thoughts(decisions: Sequence[Review]) -> list[bool]:
    """Whether each decision of the queue `again` was the same reviewer's earlier one."""
    last: dict[tuple[int, str], str | None] = {}
    same = []
    for review in decisions:
        key = review.example, review.reviewer
        if review.queue == AGAIN and key in last:
            same.append(last[key] == review.category)
        last[key] = review.category
    return same


def _blind(decisions: Sequence[Review]) -> Blind:
    kept: dict[bool, list[bool]] = {False: [], True: []}
    for review in decisions:
        if review.proposed is not None:
            kept[review.blind].append(review.category == review.proposed)
    seen, unseen = kept[False], kept[True]
    low, high = (
        newcombe_interval(sum(seen), len(seen), sum(unseen), len(unseen))
        if seen and unseen
        else (None, None)
    )
    return Blind(len(seen), sum(seen), len(unseen), sum(unseen), low, high)
