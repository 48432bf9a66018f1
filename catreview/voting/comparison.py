"""Exact tests on counts: which of two voters is better, and does it matter where one stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, prod


@dataclass(frozen=True, slots=True)
class McNemar:
    """Two yes-or-no readings of the same examples.

    `first_only` and `second_only` count the examples on which one alone says yes; `p` is the
    two-sided mid-p-value of both saying yes equally often.
    """

    first_only: int
    second_only: int
    p: float


def mcnemar(first_only: int, second_only: int) -> McNemar:
    """Test by McNemar's mid-p whether two readings of the same examples differ.

    Twice the smaller binomial tail at 1/2, with half the probability of what was seen; 1 where
    the counts are equal. M. W. Fagerland, S. Lydersen and P. Laake, BMC Medical Research
    Methodology 13:91, 2013, who find it closer to its nominal level than the exact test.

    >>> mcnemar(1, 5).p  # (2 * (1 + 6) - 6) / 2**6
    0.125
    """
    n, fewer = first_only + second_only, min(first_only, second_only)
    tail = sum(comb(n, k) for k in range(fewer + 1))
    return McNemar(first_only, second_only, (2 * tail - comb(n, fewer)) / 2**n)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number, in the order given; each is then one for the family.

    S. Holm, Scandinavian Journal of Statistics 6, 1979.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for place, i in enumerate(order):
        largest = max(largest, (len(order) - place) * p_values[i])
        adjusted[i] = min(1.0, largest)
    return adjusted


def homogeneity(successes: Sequence[int], sizes: Sequence[int]) -> float:
    """Test exactly whether groups have the same rate of success; the p-value.

    The probability, with the same successes dealt out at random, of a deal no likelier than the
    one seen. G. H. Freeman and J. H. Halton, Biometrika 38, 1951.

    >>> round(homogeneity([3, 0], [3, 3]), 6)  # 3 of 3 against 0 of 3: 2 of the 20 deals
    0.1
    """
    if 2 * sum(successes) > sum(sizes):
        # Failures say the same, and fewer of them have fewer deals.
        successes = [size - k for size, k in zip(sizes, successes, strict=True)]
    total = sum(successes)
    ways = [[comb(size, k) for k in range(size + 1)] for size in sizes]
    seen = prod(way[k] for way, k in zip(ways, successes, strict=True))
    as_rare = 0
    *others, last = sizes
    for deal in product(*(range(min(size, total) + 1) for size in others)):
        rest = total - sum(deal)
        if 0 <= rest <= last:
            count = prod(way[k] for way, k in zip(ways, (*deal, rest), strict=True))
            as_rare += count if count <= seen else 0
    return as_rare / comb(sum(sizes), total)
