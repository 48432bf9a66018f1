"""How far two voters agree, and how sure a share of successes is."""

from __future__ import annotations

import math

import numpy as np

from catreview.records import ABSTAIN
from catreview.voting.aggregate import Codes


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


def wilson_interval(k: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Interval for a share of `k` successes in `n`; `z` = 1.96 gives 95 % confidence.

    (0, 1) for n = 0. E. B. Wilson, Journal of the American Statistical Association 22, 1927.
    """
    if n == 0:
        return 0.0, 1.0
    share, square = k / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    # At the ends the bounds are 0 and 1 exactly, which rounding would miss.
    return (middle - half if k else 0.0), (middle + half if k < n else 1.0)
