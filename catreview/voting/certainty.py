"""How right labels are at least, from a random sample of them."""

from __future__ import annotations

import math
from typing import Final

CONFIDENCE: Final = 0.95
MOST: Final = 100_000
"""So many more are never checked."""


def lower_bound(right: int, n: int) -> float:
    """The share that is right at least, where `right` of a random sample of `n` are, at 95 %.

    The exact one-sided binomial bound (C. Clopper and E. Pearson, Biometrika 26, 1934): were the
    true share lower, so many right ones would come up with a chance under 1 - `CONFIDENCE`.
    """
    if right == 0:
        return 0.0
    from scipy.special import betaincinv  # late: the review app needs no scipy

    return float(betaincinv(right, n - right + 1, 1 - CONFIDENCE))


def more_to_certify(right: int, n: int, target: float) -> int | None:
    """How many more to check until the bound reaches `target`, errors staying as frequent as now.

    0 where it does already; None where the share right is not above the target, or where `MOST`
    are not enough.
    """
    if n and lower_bound(right, n) >= target:
        return 0
    share = right / n if n else 1.0

    def enough(more: int) -> bool:
        return lower_bound(math.floor(share * (n + more)), n + more) >= target

    if share <= target or not enough(MOST):
        return None
    low, high = 0, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    # Rounding makes the bound dip with each further error: the first that holds is near.
    return next(more for more in range(max(high - 100, 1), high + 1) if enough(more))
