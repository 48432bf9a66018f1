"""The race: which way to make one vote of many is best on a random sample that people reviewed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from catreview.jobs.labels.rules import MachineVotes, estimate_rates, label_by
from catreview.jobs.labels.sampling import sampled_truth
from catreview.jobs.labels.settling import Known, gather, looked_at
from catreview.jobs.labels.trust import learn_all
from catreview.jobs.project import Project
from catreview.records import ABSTAIN, SourceKind
from catreview.settings import LabelRule
from catreview.store import Codes, StoredSource, VoteMatrix
from catreview.training.evaluation import (
    Difference,
    Interval,
    conversation_folds,
    evaluate,
    paired_difference,
)
from catreview.voting import METHODS, cross_validated

ENOUGH: Final = 50
"""Reviewed examples of audit and pilot below which a race would be won by chance."""
FOLDS: Final = 5
RULES: Final[tuple[LabelRule, ...]] = get_args(LabelRule)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A method's macro F1 on the reviewed examples, by two sets of voters.

    `weak` are functions and given labels, which the heuristic is made of; `everyone` also the
    LLMs and the model.
    """

    method: str
    weak: Interval
    everyone: Interval


@dataclass(frozen=True, slots=True)
class Contest:
    """Who leads, by `gain` over what is in force; None where that leads itself."""

    in_force: str
    leader: str
    gain: Difference | None

    @property
    def proposed(self) -> str | None:
        """What to change to: the leader, where it is better beyond chance."""
        return self.leader if self.gain is not None and self.gain.low > 0 else None

    def as_json(self) -> dict[str, Any]:
        """The contest as JSON."""
        return {
            "in_force": self.in_force,
            "proposed": self.proposed,
            "leader": self.leader,
            "gain": asdict(self.gain) if self.gain else None,
        }


@dataclass(frozen=True)
class Race:
    """Two contests on the same examples: how functions make the heuristic, and the label rule.

    `missing` reviews of audit or pilot are needed before there is a race, else there are both.
    `rules` are macro F1 of the labels by each rule, without people's decisions.
    """

    reviewed: int
    missing: int
    entrants: tuple[Entrant, ...] = ()
    method: Contest | None = None
    rules: Mapping[str, Interval] | None = None
    rule: Contest | None = None

    def as_json(self) -> dict[str, Any]:
        """The race as one JSON object."""
        return {
            "schema_version": 1,
            "reviewed": self.reviewed,
            "missing": self.missing,
            "method": self.method.as_json() if self.method else None,
            "entrants": [asdict(entrant) for entrant in self.entrants],
            "rule": self.rule.as_json() if self.rule else None,
            "rules": {name: asdict(score) for name, score in (self.rules or {}).items()},
        }


@dataclass(frozen=True)
class Voters:
    """Every source's votes on every example, and what reviews say (gold left out)."""

    known: Known
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
    folds = np.zeros(len(truth), dtype=np.intp)
    folds[rows] = conversation_folds(
        _conversations(project, known, rows), FOLDS, project.settings.training.seed
    )
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
    """Race methods and label rules on the reviewed examples of audit and pilot, never on gold.

    What learns from reviews is measured on conversations it has not seen.
    """
    voters = all_voters(project)
    n = int((voters.sampled != ABSTAIN).sum())
    if n < ENOUGH:
        return Race(n, ENOUGH - n)
    k = len(project.schema.names)
    weak, everyone = (
        {
            method: cross_validated(method, codes, k, voters.sampled, voters.folds)
            for method in METHODS
        }
        for codes in (voters.codes[:, : voters.weak], voters.codes)
    )
    judge = _Judge(project, voters)
    method = project.settings.heuristic.method
    by_rule = {rule: _by_rule(project, voters, rule, weak[method]) for rule in RULES}
    return Race(
        reviewed=n,
        missing=0,
        entrants=tuple(Entrant(m, judge.score(weak[m]), judge.score(everyone[m])) for m in METHODS),
        method=judge.contest(method, weak),
        rules={rule: judge.score(labels) for rule, labels in by_rule.items()},
        rule=judge.contest(project.settings.labels.rule, by_rule),
    )


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

    def contest(self, in_force: str, entrants: Mapping[Any, Codes]) -> Contest:
        """Find the leader among labels (n,) by name; of equal ones what is in force."""
        scores = {name: self.score(labels).value for name, labels in entrants.items()}
        leader = max(entrants, key=lambda name: (scores[name], name == in_force))
        if leader == in_force:
            return Contest(in_force, leader, None)
        one, two = (entrants[name][self._rows] for name in (in_force, leader))
        gain = paired_difference(self._truth, one, two, seed=self._seed, groups=self._groups)
        return Contest(in_force, leader, gain)


def _conversations(project: Project, known: Known, rows: NDArray[np.intp]) -> Sequence[str]:
    return [e.conversation for e in project.store.examples.get(known.numbers[rows])]


def _by_rule(project: Project, voters: Voters, rule: LabelRule, weak: Codes) -> Codes:
    """The machine's label of every reviewed example by a rule that has not seen its fold, (n,).

    `weak` (n,) are the labels of the heuristic's method, which has not seen it either.
    """
    known, names = voters.known, project.schema.names
    sources, prior = known.llm.sources, project.settings.llm.confidence
    stated = project.store.votes.matrix(known.numbers, sources, names)
    sampled = voters.sampled != ABSTAIN
    label = np.where(sampled, weak, known.heuristic.label).astype(np.int16)
    heuristic = replace(known.heuristic, label=label)
    nobody = np.full(len(label), ABSTAIN, dtype=np.int16)
    labels = nobody.copy()
    for fold in np.unique(voters.folds[sampled]).tolist():
        inside = sampled & (voters.folds == fold)
        truth, drawn = (
            np.where(inside, ABSTAIN, said).astype(np.int16)
            for said in (voters.truth, voters.sampled)
        )
        trust = learn_all(stated, truth, drawn, len(names), prior)
        confidence = [
            one.confidence(codes, sure)
            for one, codes, sure in zip(trust, stated.codes.T, stated.confidence.T, strict=True)
        ]
        best = sorted(range(len(sources)), key=lambda i: -trust[i].accuracy)
        llm = VoteMatrix(
            known.numbers,
            tuple(sources[i] for i in best),
            stated.codes[:, best],
            np.array(confidence, dtype=np.float32).reshape(len(sources), -1).T[:, best],
        )
        votes, free = MachineVotes(llm, heuristic), ~known.gold
        accuracies = [trust[i].accuracy for i in best]
        rates = estimate_rates(project, rule, votes.at(free), drawn[free], accuracies)
        settled = label_by(project, nobody[inside], votes.at(inside), rates)
        labels[inside] = settled.label
    return labels
