"""How far two voters agree, and how sure a share of successes is."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from catreview.records import ABSTAIN
from catreview.voting.aggregate import Codes, count_votes

_Z: Final = 1.96
"""Standard deviations to either side that hold 95 % of a normal distribution."""


def cohen_kappa(a: Codes, b: Codes, n_categories: int) -> float | None:
    """Agreement beyond chance on the examples both voted on: 1 perfect, 0 chance, -1 at worst.

    `a` and `b` are (n,). None where it is undefined: no common example, or both give one and the
    same category to all. J. Cohen, Educational and Psychological Measurement 20, 1960.
    """
    both = (a != ABSTAIN) & (b != ABSTAIN)
    n = int(both.sum())
    if n == 0:
        return None
    pairs = np.bincount(
        a[both].astype(np.intp) * n_categories + b[both], minlength=n_categories**2
    ).reshape(n_categories, n_categories)
    by_chance = int(pairs.sum(axis=1) @ pairs.sum(axis=0))
    if by_chance == n * n:
        return None
    # In whole numbers until the division: agreement n_agree/n, chance by_chance/n^2.
    return float((int(np.trace(pairs)) * n - by_chance) / (n * n - by_chance))


def krippendorff_alpha(votes: Codes, n_categories: int) -> float | None:
    """Agreement of several voters beyond chance, nominal data: 1 perfect, 0 chance.

    `votes` is (n, voters); examples with one vote tell nothing. None where it is undefined: no
    example with two votes, or one and the same category throughout. K. Krippendorff, Content
    Analysis, 2004, section 11.3: alpha = 1 - observed / expected disagreement.
    """
    counts = count_votes(votes, n_categories).astype(np.float64)
    counts = counts[counts.sum(axis=1) >= 2]
    each = counts.sum(axis=1)
    totals = counts.sum(axis=0)
    n = float(totals.sum())
    expected = n * n - float(totals @ totals)
    if expected == 0:
        return None
    differing = float(((each**2 - (counts**2).sum(axis=1)) / (each - 1)).sum())
    return 1.0 - (n - 1) * differing / expected


def wilson_interval(k: int, n: int) -> tuple[float, float]:
    """95 % interval for a share of `k` successes in `n`.

    (0, 1) for n = 0. E. B. Wilson, Journal of the American Statistical Association 22, 1927.
    """
    if n == 0:
        return 0.0, 1.0
    share, square = k / n, _Z * _Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    # At the ends the bounds are 0 and 1 exactly, which rounding would miss.
    return (middle - half if k else 0.0), (middle + half if k < n else 1.0)


def newcombe_interval(k1: int, n1: int, k2: int, n2: int) -> tuple[float, float]:
    """95 % interval for the share k1/n1 minus the share k2/n2, both n above 0.

    R. Newcombe, Statistics in Medicine 17, 1998, method 10: from the two Wilson intervals.
    """
    first, second = k1 / n1, k2 / n2
    (low1, high1), (low2, high2) = wilson_interval(k1, n1), wilson_interval(k2, n2)
    difference = first - second
    return (
        difference - math.hypot(first - low1, high2 - second),
        difference + math.hypot(high1 - first, second - low2),
    )
