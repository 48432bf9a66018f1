"""The learning curve: scores at several sizes, the power law through them, what it promises."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EXPONENTS: Final = np.linspace(0.1, 1.0, 10)
_HEAD_STARTS: Final = (0.0, 0.25, 1.0, 4.0)
"""What the machine's labels are worth, in multiples of the largest size."""
_PERCENTILES: Final = (2.5, 97.5)
_SHOWN: Final = (2.0, 6.0)
"""The curve goes on to this many times the largest size at least and at most."""
_POINTS: Final = 60


class CurvePoint(NamedTuple):
    """The fitted score after `size` examples, with its 95 % interval."""

    size: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many more examples until a target. Infinite where the curve levels off below it."""

    more: float
    low: float
    high: float
    """Bounds of a 95 % residual bootstrap."""
    limit: float
    """The score at which the curve levels off."""
    curve: tuple[CurvePoint, ...]
    """From the smallest size to somewhat beyond the target, where that is not too far."""


class _Fits(NamedTuple):
    """k curves, score = limit - slope (size + start) ** -exponent; each field is (k,)."""

    limit: Floats
    slope: Floats
    exponent: Floats
    start: Floats

    def at(self, sizes: Floats) -> Floats:
        """The scores (k, m) at `sizes` (m,)."""
        x = (sizes + self.start[:, None]) ** -self.exponent[:, None]
        return np.asarray(self.limit[:, None] - self.slope[:, None] * x)

    def size_at(self, target: float) -> Floats:
        """The size (k,) at which each reaches `target`; infinite where none does."""
        size = np.full(len(self.limit), np.inf)
        gap = self.limit - target
        above = gap > 0
        with np.errstate(over="ignore"):
            size[above] = (self.slope[above] / gap[above]) ** (1 / self.exponent[above])
        return np.asarray(size - self.start)


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
    best = _fit(sizes, scores[None])
    fitted = best.at(sizes)
    residuals = scores - fitted[0]
    # A fit takes up degrees of freedom: its residuals are smaller than the noise.
    residuals *= math.sqrt(len(scores) / max(len(scores) - 3, 1))
    drawn = np.random.default_rng(seed).choice(residuals, (n_bootstrap, len(scores)))
    resampled = _fit(sizes, fitted + drawn)
    needed = resampled.size_at(target)
    low, high = np.percentile(needed, _PERCENTILES, method="nearest")
    at_target = float(best.size_at(target)[0])
    shown = np.linspace(sizes.min(), largest * np.clip(1.2 * at_target / largest, *_SHOWN), _POINTS)
    bounds = np.percentile(resampled.at(shown), _PERCENTILES, axis=0)
    return Forecast(
        more=max(at_target - largest, 0.0),
        low=max(float(low) - largest, 0.0),
        high=max(float(high) - largest, 0.0),
        limit=float(best.limit[0]),
        curve=tuple(
            map(CurvePoint._make, np.stack([shown, best.at(shown)[0], *bounds], axis=1).tolist())
        ),
    )


def _fit(sizes: Floats, curves: Floats) -> _Fits:
    """The curve nearest to each of `curves` (k, m) by least squares."""
    k = len(curves)
    best, loss = _Fits(*np.empty((4, k))), np.full(k, np.inf)
    for head_start in _HEAD_STARTS:
        start = np.full(k, head_start * float(sizes.max()))
        for exponent in _EXPONENTS:
            limit, slope = _line((sizes + start[0]) ** -exponent, curves)
            tried = _Fits(limit, slope, np.full(k, exponent), start)
            missed = np.square(curves - tried.at(sizes)).sum(axis=1)
            better = missed < loss
            loss[better] = missed[better]
            for kept, new in zip(best, tried, strict=True):
                kept[better] = new[better]
    return best


def _line(x: Floats, curves: Floats) -> tuple[Floats, Floats]:
    """Least squares for score = limit - slope x with slope >= 0 and limit <= 1, each (k,)."""
    centred = x - x.mean()
    mean = curves.mean(axis=1)
    slope = np.maximum(-(curves @ centred) / (centred @ centred), 0.0)
    limit = mean + slope * x.mean()
    above = limit > 1.0
    slope = np.where(above, np.maximum((1.0 - curves) @ x / (x @ x), 0.0), slope)
    return np.where(above, 1.0, limit), slope
