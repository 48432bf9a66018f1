"""Who is right how often, who errs together, and who does harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from catreview.records import ABSTAIN
from catreview.voting.aggregate import Codes, Floats
from catreview.voting.comparison import holm

_SIGNIFICANT = 0.05


def expected_accuracy(votes: Codes, probs: Floats) -> Floats:
    """The share of each source's votes that is right by `probs` (n, n_categories), (sources,).

    `votes` is (n, sources); NaN for a source without a vote. Rows of zeros in `probs` are left
    out.
    """
    known = probs.sum(axis=1) > 0
    accuracy = np.full(votes.shape[1], np.nan)
    for column, codes in enumerate(votes.T):
        rows = np.flatnonzero(known & (codes != ABSTAIN))
        if len(rows):
            accuracy[column] = probs[rows, codes[rows]].mean()
    return accuracy


def shared_errors(votes: Codes, probs: Floats) -> Floats:
    """How far two sources make the same errors, beyond chance given the truth.

    `votes` is (n, sources), `probs` (n, n_categories) the chance of each truth. The result
    (sources, sources) is 0 where two err independently given the truth, 1 where every error of
    the one that errs less is also the other's, below 0 where they avoid each other's errors; NaN
    on the diagonal and where one has no errors. It is kappa's measure (agreement above chance as
    a share of what is possible) applied to equal wrong votes.
    """
    n_categories = probs.shape[1]
    mass = probs.sum(axis=0)
    observed = np.zeros((votes.shape[1],) * 2)
    by_chance = np.zeros_like(observed)
    wrong = np.zeros(votes.shape[1])
    for k in range(n_categories):
        said = (votes == k).astype(np.float64)
        doubt = np.where(probs.sum(axis=1) > 0, 1.0 - probs[:, k], 0.0)
        observed += said.T @ (said * doubt[:, None])
        wrong += doubt @ said
        given_truth = (said.T @ probs)[:, np.arange(n_categories) != k]
        masses = np.maximum(mass[np.arange(n_categories) != k], 1e-12)
        by_chance += given_truth @ (given_truth / masses).T
    possible = np.minimum(wrong[:, None], wrong) - by_chance
    shared = np.divide(
        observed - by_chance, possible, out=np.full_like(observed, np.nan), where=possible > 1e-9
    )
    np.fill_diagonal(shared, np.nan)
    return shared


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What leaving a source out does to the labels with a known truth."""

    fixed: int
    """Wrong with it, right without."""
    broken: int
    """Right with it, wrong without."""

    @property
    def p(self) -> float:
        """How likely so many are fixed by leaving out one that does no harm (sign test)."""
        n = self.fixed + self.broken
        return float(sum(comb(n, k) for k in range(self.fixed, n + 1)) / 2**n)


def harmful(left_out: Sequence[LeftOut]) -> list[bool]:
    """Which sources do harm: where it is more than chance for any of them to look so, at 5 %.

    One-sided sign tests, adjusted by `holm`: of 35 harmless sources that decide six labels each,
    one would be accused in two projects of five.
    """
    return [p < _SIGNIFICANT for p in holm([one.p for one in left_out])]


def leave_one_out(
    votes: Codes, truth: Codes, label: Callable[[Codes], Codes]
) -> tuple[LeftOut, ...]:
    """Judge each source by how the labels of `truth` (n,) fare without it.

    `label` gives the labels (n,) for a vote matrix (n, sources); a row without a label is wrong.
    """
    known = truth != ABSTAIN
    with_all = (label(votes) == truth)[known]
    left_out = []
    for column in range(votes.shape[1]):
        without = (label(np.delete(votes, column, axis=1)) == truth)[known]
        left_out.append(LeftOut(int((without & ~with_all).sum()), int((with_all & ~without).sum())))
    return tuple(left_out)
