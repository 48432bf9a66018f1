"""Expectation-maximisation over answers: who errs how, and what is true."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN
from catreview.voting.aggregate import Codes, Floats

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
TINY: Final = 1e-10
_MOST: Final = 30.0
"""A known row weighs as much as so many unknown ones at most: among a few dozen known ones a rare
category hangs on one or two. Measured with 50 of 8,000 known and the functions of one category
joined, macro F1 0.766; without this bound 0.483 (0.768 and 0.768 with none known)."""


class Model:
    """The M step and the likelihood over distinct rows of answers.

    `answers` (rows, voters) are codes from 0, `ABSTAIN` where a voter was not asked; row r occurs
    `counts[r]` times, and its category is `anchors[r]` where that is known. `pseudo` (voters,
    answers, n_categories) are answers taken for seen before any was; an answer that has none and
    never occurs is left out. `pseudo_rows` are added to the count of each category.
    """

    def __init__(
        self,
        answers: Codes,
        counts: Floats,
        anchors: Codes,
        pseudo: Floats,
        pseudo_rows: float = 0.0,
    ) -> None:
        from scipy import sparse  # late: the review app needs no scipy

        row, voter = np.nonzero(answers != ABSTAIN)
        self.shape = pseudo.shape
        n_answers = self.shape[1]
        self.given = sparse.csr_matrix(
            (np.ones(len(row)), (row, voter * n_answers + answers[row, voter])),
            shape=(len(answers), self.shape[0] * n_answers),
        )
        self.transposed = self.given.T.tocsr()
        self.per_row = np.asarray(self.given.sum(axis=1)).ravel()
        self.anchors = anchors
        self.weight = _weight(counts, anchors)
        self.pseudo = pseudo
        self.pseudo_rows = pseudo_rows
        seen = (self.transposed @ counts > 0).reshape(self.shape[0], n_answers, 1)
        self.occurs = seen | (pseudo > 0).any(axis=2, keepdims=True)

    def estimate(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Estimate errors (voters, answers, categories) and priors (categories,)."""
        weighted = posterior * self.weight[:, None]
        errors = (self.transposed @ weighted).reshape(self.shape) + self.pseudo
        errors = np.where(self.occurs, np.maximum(errors, TINY), 0.0)
        errors /= np.maximum(errors.sum(axis=1, keepdims=True), TINY)
        mass = weighted.sum(axis=0) + self.pseudo_rows
        return errors, np.maximum(mass / mass.sum(), TINY)

    def log_likelihood(self, errors: Floats) -> Floats:
        """Sum the logarithms of what was answered, (rows, categories)."""
        logs = np.log(np.where(self.occurs, errors, 1.0))
        return np.asarray(self.given @ logs.reshape(-1, self.shape[2]))

    def bound(self, posterior: Floats, log_likelihood: Floats, priors: Floats) -> float:
        """Measure the fit per answer as crowd-kit does: the prior counts with every answer."""
        joint = log_likelihood + self.per_row[:, None] * np.log(priors)
        entropy = np.maximum(posterior, TINY) * np.log(np.maximum(posterior, TINY))
        total = (posterior * joint - entropy).sum(axis=1) @ self.weight
        return float(total / (self.per_row @ self.weight))


def _weight(counts: Floats, anchors: Codes) -> Floats:
    """What rows count for in the errors: unknown ones less, so that all outweigh no known ones."""
    known = anchors != ABSTAIN
    told, untold = counts[known].sum(), counts[~known].sum()
    if not told or untold <= told:
        return counts
    return np.where(known, counts, counts * max(told / untold, 1 / _MOST))


def fit(
    model: Model, posterior: Floats, max_iter: int, tol: float
) -> tuple[Floats, Floats, Floats, tuple[float, ...]]:
    """Fit from a first `posterior` (rows, categories): posterior, errors, priors, bounds.

    What is known is certain while errors are learned; the posterior given back is that of the
    votes, for these rows too. Stops when the bound rises by less than `tol`.
    """
    k = posterior.shape[1]
    if not len(posterior):
        return posterior, np.zeros(model.shape), np.full(k, 1 / k), ()
    known = np.flatnonzero(model.anchors != ABSTAIN)
    certain = np.eye(k)[model.anchors[known]]
    posterior[known] = certain
    errors, priors = model.estimate(posterior)
    log_likelihood = model.log_likelihood(errors)
    losses: list[float] = []
    for _ in range(max_iter):
        posterior = normalised(log_likelihood + np.log(priors))
        by_votes = posterior[known]
        posterior[known] = certain
        errors, priors = model.estimate(posterior)
        log_likelihood = model.log_likelihood(errors)
        losses.append(model.bound(posterior, log_likelihood, priors))
        if len(losses) > 1 and losses[-1] - losses[-2] < tol:
            break
    if losses:
        posterior[known] = by_votes
    return posterior, errors, priors, tuple(losses)


def normalised(logs: Floats) -> Floats:
    """Probabilities (rows, categories) from their logarithms, each row up to a constant."""
    posterior = np.exp(logs - logs.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    return np.asarray(posterior)


def distinct(codes: NDArray[np.int16]) -> tuple[Codes, NDArray[np.intp], Floats]:
    """Find the different rows, the one that each row equals, and how often each occurs."""
    # Numbers made of the rows sort four times as fast as rows do, and hardly ever share one.
    width = np.min_scalar_type(-int(codes.max(initial=0)) - 1)
    packed = np.zeros((len(codes), 8 * (codes.shape[1] // 8 + 1)), width)
    packed[:, : codes.shape[1]] = codes
    rows, place, count = _grouped(codes, _mixed(packed.view(np.uint64)))
    if (rows[place] != codes).any():
        whole = packed.view(np.dtype((np.void, packed.itemsize * packed.shape[1]))).ravel()
        rows, place, count = _grouped(codes, whole)
    return rows, place, count


def _grouped(codes: Codes, keys: NDArray[Any]) -> tuple[Codes, NDArray[np.intp], Floats]:
    _, first, place, count = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    return codes[first], place.ravel(), count.astype(np.float64)


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A number for each row of (n, m)."""
    mixed = np.zeros(len(words), np.uint64)
    for word in words.T:
        mixed = (mixed ^ word) * _MIX
        mixed ^= mixed >> np.uint64(32)
    return mixed
