"""How far a voter's word can be trusted, learned from what reviewers decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN
from catreview.voting.aggregate import Codes, Floats

ENOUGH: Final = 20
"""Reviewed votes of a source from which on its own accuracy counts."""
_PSEUDO_REVIEWS: Final = 10.0
"""Weight of what was believed before: the smallest sample counts two thirds."""
_STATED: Final = (0.001, 0.999)
"""A stated probability beyond these is not taken at its word: its log-odds would outweigh all."""
_STEPS: Final = 50
_CONVERGED: Final = 1e-10


class LearnedFrom(StrEnum):
    """What a reliability rests on."""

    PRIOR = "prior"
    OTHERS = "others"
    """What was measured of other sources."""
    REVIEWS = "reviews"
    """Whatever was reviewed, which is what was doubtful as a rule."""
    SAMPLE = "sample"
    """Reviews of random samples."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often one source's votes are right.

    A vote for category c without a stated probability is right with `by_category[c]`, one with a
    stated probability p with sigmoid(slope * logit(p) + offsets[c]) where there are `offsets`.
    """

    reviews: int
    """Reviewed examples with a vote of the source."""
    accuracy: float
    """Over all categories, shrunk; the prior where there are fewer than `ENOUGH` reviews."""
    by_category: tuple[float, ...]
    """(n_categories,)"""
    learned_from: LearnedFrom = LearnedFrom.PRIOR
    calibrated: int = 0
    """Reviewed votes with a stated probability that `slope` and `offsets` are fitted to."""
    slope: float = 1.0
    offsets: tuple[float, ...] = ()
    """(n_categories,) in log-odds, empty where stated probabilities are taken at their word."""

    @property
    def measured(self) -> bool:
        """Whether the accuracy is learned from reviews of this source."""
        return self.learned_from in (LearnedFrom.REVIEWS, LearnedFrom.SAMPLE)

    def confidence(self, votes: Codes, stated: NDArray[np.floating]) -> Floats:
        """The probability (0..1) that each vote is right, (n,); 0 where there is no vote.

        `votes` (n,) are codes, `stated` (n,) the probabilities that came with them, NaN without.
        """
        voted = votes != ABSTAIN
        category = np.where(voted, votes, 0)
        confidence = np.asarray(self.by_category)[category]
        given = ~np.isnan(stated)
        if self.offsets:
            offsets = np.asarray(self.offsets)[category[given]]
            confidence[given] = _sigmoid(self.slope * _logit(stated[given]) + offsets)
        else:
            confidence[given] = stated[given]
        return np.where(voted, confidence, 0.0)


def learn_reliability(
    votes: Codes,
    stated: NDArray[np.floating],
    truth: Codes,
    n_categories: int,
    prior: float,
    learned_from: LearnedFrom = LearnedFrom.REVIEWS,
) -> Reliability:
    """Learn one source's reliability from reviewed examples; `learned_from` says what these are.

    `votes`, `stated` (NaN where the source said nothing of it) and `truth` are (n,); rows without
    a vote or a truth (`ABSTAIN`) count for nothing.

    Everything is shrunk by the same rule, `_PSEUDO_REVIEWS` more reviews that came out as was
    believed before: the source's accuracy towards `prior`, the accuracy of its votes for one
    category towards that (the posterior mean of a Beta prior; Gelman et al., Bayesian Data
    Analysis, 3rd ed., ch. 2 and 5). Stated probabilities, which models overrate, are calibrated
    by Platt scaling (J. Platt, Advances in Large Margin Classifiers, 1999) with pseudo-reviews
    that agree with them, then moved in log-odds to the shrunken accuracy of their category.
    """
    known = (votes != ABSTAIN) & (truth != ABSTAIN)
    votes, stated = votes[known], stated[known].astype(np.float64)
    right = (votes == truth[known]).astype(np.float64)
    if len(votes) < ENOUGH:
        return Reliability(len(votes), prior, (prior,) * n_categories)
    accuracy = _shrink(right, prior)
    by_category = tuple(_shrink(right[votes == c], accuracy) for c in range(n_categories))
    given = ~np.isnan(stated)
    if given.sum() < ENOUGH:
        return Reliability(len(votes), accuracy, by_category, learned_from)
    slope, offsets = _calibrate(votes[given], stated[given], right[given], n_categories)
    return Reliability(
        len(votes),
        accuracy,
        by_category,
        learned_from,
        int(given.sum()),
        slope,
        tuple(offsets.tolist()),
    )


def like_the_measured(
    own: Reliability, measured: Sequence[Reliability], prior: float
) -> Reliability:
    """What to believe of a source that reviews say too little of, where they do of `measured`.

    It is taken to be as right as those are on average, overall and by category, and in no case
    more than `prior`: what nobody has checked outranks nothing by being unknown. (The mean of the
    group, to which empirical Bayes shrinks what has no data of its own; B. Efron and C. Morris,
    Journal of the American Statistical Association 70, 1975.) The probabilities it states are
    moved in log-odds as far as those accuracies lie from `prior`.
    """
    if not measured:
        return own

    def mean(values: Sequence[float]) -> float:
        return min(float(np.mean(values)), prior)

    by_category = tuple(
        mean(values) for values in zip(*(one.by_category for one in measured), strict=True)
    )
    offsets = _logit(np.array(by_category)) - _logit(np.array(prior))
    return replace(
        own,
        accuracy=mean([one.accuracy for one in measured]),
        by_category=by_category,
        learned_from=LearnedFrom.OTHERS,
        offsets=tuple(offsets.tolist()),
    )


def _shrink(right: Floats, before: float) -> float:
    return float((right.sum() + _PSEUDO_REVIEWS * before) / (len(right) + _PSEUDO_REVIEWS))


def _calibrate(
    votes: Codes, stated: Floats, right: Floats, n_categories: int
) -> tuple[float, Floats]:
    x = _logit(stated)
    intercept, slope = _platt(x, right)
    if slope < 0:
        # What it is surer of is no more often right: its accuracy is all there is to know.
        slope, intercept = 0.0, float(_logit(np.array(_shrink(right, float(stated.mean())))))
    calibrated = _sigmoid(intercept + slope * x)
    offsets = np.full(n_categories, intercept)
    for category in np.unique(votes):
        own = votes == category
        expected = float(calibrated[own].mean())
        found = _shrink(right[own], expected)
        offsets[category] += float(_logit(np.array(found)) - _logit(np.array(expected)))
    return slope, offsets


def _platt(x: Floats, right: Floats) -> tuple[float, float]:
    """Fit intercept and slope of P(right) = sigmoid(intercept + slope * x) by Newton's method.

    The targets are pulled towards sigmoid(x), so a fit exists also where `x` separates right from
    wrong, and few reviews stay near the stated probabilities.
    """
    weight = _PSEUDO_REVIEWS / len(x)
    target = (right + weight * _sigmoid(x)) / (1 + weight)
    design = np.column_stack([np.ones(len(x)), x])

    def loss(at: Floats) -> float:
        z = design @ at
        return float((np.logaddexp(0.0, z) - target * z).sum())

    at = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        fitted = _sigmoid(design @ at)
        gradient = design.T @ (fitted - target)
        hessian = (design * (fitted * (1 - fitted))[:, None]).T @ design
        # Least squares: where all stated probabilities are equal there is no slope to find.
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        while loss(at - step) > loss(at) and np.abs(step).max() > _CONVERGED:
            step = step / 2
        at = at - step
        if np.abs(step).max() <= _CONVERGED:
            break
    return float(at[0]), float(at[1])


def _logit(p: NDArray[np.floating]) -> Floats:
    clipped = np.clip(np.asarray(p, dtype=np.float64), *_STATED)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(z / 2)))
