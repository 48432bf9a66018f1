"""The learning curve: scores at several sizes, the power law through them, what it promises."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EXPONENTS: Final = np.linspace(0.1, 1.0, 10)
_HEAD_STARTS: Final = (0.0, 0.25, 1.0, 4.0)
"""What the machine's labels are worth, in multiples of the largest size."""
_PERCENTILES: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many more examples until a target. Infinite where the curve levels off below it."""

    more: float
    low: float
    high: float
    """Bounds of a 95 % residual bootstrap."""
    limit: float
    """The score at which the curve levels off."""
    reachable: float
    """Share of the resampled curves that reach the target, 0..1."""


def forecast_size(
    sizes: Floats, scores: Floats, target: float, *, seed: int, n_bootstrap: int = 1000
) -> Forecast:
    """Fit score = limit - b (size + start) ** -c and solve it for `target`.

    `sizes` and `scores` (m,) are points of the learning curve, several for a size where it was
    repeated; scores are in 0..1. `more` counts from the largest size. The inverse power law is
    that of C. Cortes and others, "Learning curves: asymptotic values and rate of convergence",
    1994; `start` is what was known before the first example. Residuals are drawn anew for the
    range (Efron & Tibshirani 1993, ch. 9). Raises ValueError with fewer than three sizes.
    """
    if len(np.unique(sizes)) < 3:
        raise ValueError("a learning curve needs three sizes or more")
    largest = float(sizes.max())
    fitted, more, limit = _fit(sizes, scores[None], target)
    residuals = scores - fitted[0]
    # A fit takes up degrees of freedom: its residuals are smaller than the noise.
    residuals *= math.sqrt(len(scores) / max(len(scores) - 3, 1))
    drawn = np.random.default_rng(seed).choice(residuals, (n_bootstrap, len(scores)))
    _, resampled, _ = _fit(sizes, fitted + drawn, target)
    low, high = np.percentile(resampled, _PERCENTILES, method="nearest")
    return Forecast(
        more=max(float(more[0]) - largest, 0.0),
        low=max(float(low) - largest, 0.0),
        high=max(float(high) - largest, 0.0),
        limit=float(limit[0]),
        reachable=float(np.isfinite(resampled).mean()),
    )


def _fit(sizes: Floats, curves: Floats, target: float) -> tuple[Floats, Floats, Floats]:
    """Fit each of `curves` (k, m): fitted values (k, m), size at the target (k,), limit (k,)."""
    best = np.full(len(curves), np.inf)
    fitted = np.empty_like(curves)
    needed, limits = np.empty(len(curves)), np.empty(len(curves))
    for head_start in _HEAD_STARTS:
        start = head_start * float(sizes.max())
        for exponent in _EXPONENTS:
            x = (sizes + start) ** -exponent
            limit, slope = _line(x, curves)
            values = limit[:, None] - slope[:, None] * x
            loss = np.square(curves - values).sum(axis=1)
            better = loss < best
            gap = limit[better] - target
            at = np.full(len(gap), np.inf)
            above = gap > 0
            with np.errstate(over="ignore"):
                at[above] = (slope[better][above] / gap[above]) ** (1 / exponent) - start
            best[better], fitted[better] = loss[better], values[better]
            needed[better], limits[better] = at, limit[better]
    return fitted, needed, limits


def _line(x: Floats, curves: Floats) -> tuple[Floats, Floats]:
    """Least squares for score = limit - slope x with slope >= 0 and limit <= 1, each (k,)."""
    centred = x - x.mean()
    mean = curves.mean(axis=1)
    slope = np.maximum(-(curves @ centred) / (centred @ centred), 0.0)
    limit = mean + slope * x.mean()
    above = limit > 1.0
    slope = np.where(above, np.maximum((1.0 - curves) @ x / (x @ x), 0.0), slope)
    return np.where(above, 1.0, limit), slope
