"""The race: which way to make one vote of many is best on a random sample that people reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from catreview.jobs.project import Project
from catreview.jobs.sampling import sampled_truth
from catreview.jobs.settling import Evidence, gather, looked_at
from catreview.records import ABSTAIN, SourceKind
from catreview.store import Codes, StoredSource
from catreview.training.evaluation import (
    Difference,
    Interval,
    evaluate,
    group_codes,
    paired_difference,
)
from catreview.voting import METHODS, cross_validated, settle_labels

ENOUGH: Final = 50
"""Reviewed examples of audit and pilot below which a race would be won by chance."""
FOLDS: Final = 5
PRIORITY: Final = "priority rule"


@dataclass(frozen=True, slots=True)
class Entrant:
    """A method's macro F1 on the reviewed examples, by two sets of voters.

    `weak` are functions and given labels, which the heuristic is made of; `everyone` also the
    LLMs and the model.
    """

    method: str
    weak: Interval | None
    everyone: Interval


@dataclass(frozen=True)
class Race:
    """The entrants, and the method proposed where it beats the one in force beyond chance.

    `missing` reviews of audit or pilot are needed before there is a race. `gain` is the leader's
    lead over the method in force, None where that leads.
    """

    reviewed: int
    missing: int
    in_force: str
    entrants: tuple[Entrant, ...] = ()
    leader: str = ""
    gain: Difference | None = None

    @property
    def proposed(self) -> str | None:
        """The method to change to."""
        return self.leader if self.gain is not None and self.gain.low > 0 else None

    def as_json(self) -> dict[str, Any]:
        """The race as one JSON object."""
        return {
            "schema_version": 1,
            "reviewed": self.reviewed,
            "missing": self.missing,
            "in_force": self.in_force,
            "proposed": self.proposed,
            "leader": self.leader or None,
            "gain": asdict(self.gain) if self.gain else None,
            "entrants": [asdict(entrant) for entrant in self.entrants],
        }


@dataclass(frozen=True)
class Voters:
    """Every source's votes on every example, and what reviews say (gold left out)."""

    known: Evidence
    sources: tuple[StoredSource, ...]
    codes: Codes
    weak: int
    """The first so many columns are functions and given labels."""
    truth: Codes
    """(n,) what a reviewer who looked at it decided last; `ABSTAIN` without that and on gold."""
    sampled: Codes
    """(n,) the same where it was drawn at random: what to learn from, and to judge by."""
    folds: NDArray[np.intp]
    """(n,) for cross-validation; a conversation is in one fold."""


def all_voters(project: Project) -> Voters:
    """Read every source but the reviewers and the heuristic, which repeats the functions."""
    known, votes = gather(project), project.store.votes
    weak = votes.matrix(
        known.numbers,
        votes.sources(SourceKind.FUNCTION, SourceKind.GIVEN),
        project.schema.names,
    )
    truth = np.where(known.gold, ABSTAIN, looked_at(project, known)).astype(np.int16)
    sampled = sampled_truth(project, known.numbers)
    rows = np.flatnonzero(sampled != ABSTAIN)
    group = group_codes(_conversations(project, known, rows))
    place = np.random.default_rng(project.settings.training.seed).permutation(len(rows))
    folds = np.zeros(len(truth), dtype=np.intp)
    folds[rows] = place[group] % FOLDS
    return Voters(
        known=known,
        sources=(*weak.sources, *known.llm.sources, *known.model.sources),
        codes=np.hstack([weak.codes, known.llm.codes, known.model.codes]),
        weak=len(weak.sources),
        truth=truth,
        sampled=sampled,
        folds=folds,
    )


def race(project: Project) -> Race:
    """Race the methods on the reviewed examples of audit and pilot; gold has no part in it.

    What learns from reviews is measured on conversations it has not seen.
    """
    voters = all_voters(project)
    in_force = project.settings.heuristic.method
    n = int((voters.sampled != ABSTAIN).sum())
    if n < ENOUGH:
        return Race(n, ENOUGH - n, in_force)
    k = len(project.schema.names)
    weak, everyone = (
        {
            method: cross_validated(method, codes, k, voters.sampled, voters.folds)
            for method in METHODS
        }
        for codes in (voters.codes[:, : voters.weak], voters.codes)
    )
    judge = _Judge(project, voters)
    scores = {method: judge.score(labels) for method, labels in weak.items()}
    entrants = [Entrant(m, scores[m], judge.score(everyone[m])) for m in METHODS]
    by_rule = _by_priority(project, voters.known, weak[in_force])
    entrants.append(Entrant(PRIORITY, None, judge.score(by_rule)))
    leader = max(METHODS, key=lambda method: (scores[method].value, method == in_force))
    gain = None if leader == in_force else judge.gain(weak[in_force], weak[leader])
    return Race(n, 0, in_force, tuple(entrants), leader, gain)


class _Judge:
    """Scores on the random sample."""

    def __init__(self, project: Project, voters: Voters) -> None:
        self._rows = rows = np.flatnonzero(voters.sampled != ABSTAIN)
        self._truth = voters.sampled[rows]
        self._names = project.schema.names
        self._seed = project.settings.training.seed
        self._groups = _conversations(project, voters.known, rows)

    def score(self, labels: Codes) -> Interval:
        """Macro F1 of `labels` (n,)."""
        return evaluate(
            self._truth, labels[self._rows], self._names, seed=self._seed, groups=self._groups
        ).macro_f1

    def gain(self, first: Codes, second: Codes) -> Difference:
        """Macro F1 of `second` minus `first`, each (n,)."""
        one, two = first[self._rows], second[self._rows]
        return paired_difference(self._truth, one, two, seed=self._seed, groups=self._groups)


def _conversations(project: Project, known: Evidence, rows: NDArray[np.intp]) -> Sequence[str]:
    return [e.conversation for e in project.store.examples.get(known.numbers[rows])]


def _by_priority(project: Project, known: Evidence, heuristic: Codes) -> Codes:
    """The labels of the priority rule without people's decisions."""
    return settle_labels(
        np.full(len(heuristic), ABSTAIN, dtype=np.int16),
        known.llm.codes,
        known.llm.confidence.astype(np.float64),
        replace(known.heuristic, label=heuristic),
        project.settings.heuristic,
    ).label
