"""F1 of each category from counts, and how sure it is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

PERCENTILES: Final = (2.5, 97.5)
_Z: Final = 1.96

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


def f1_of(tables: Counts) -> tuple[Floats, NDArray[np.bool_]]:
    """F1 of each category in each table, and where there is one, both (n_tables, K)."""
    size = tables.shape[1]
    hits = np.diagonal(tables[:, :, :size], axis1=1, axis2=2)
    total = tables.sum(axis=2) + tables[:, :, :size].sum(axis=1)
    f1 = np.divide(2.0 * hits, total, out=np.zeros(hits.shape), where=total > 0)
    return f1, np.asarray(total > 0)


def f1_bounds(table: Counts, resampled: Counts) -> Floats:
    """Lower and upper bound of each category's F1, (2, K).

    The 95 % percentiles of the resamples in which there is an F1, as for macro F1, made at least
    as wide as `_few` says. Measured on made-up data they then hold for 92 to 100 % of categories
    with 3 to 25 examples; percentiles alone for 20 to 95 %, and for 49 to 95 % where a resample
    without the category counts as 0.
    """
    f1, counted = f1_of(resampled)
    low, high = _few(table)
    for code in np.flatnonzero(counted.any(axis=0)):
        drawn = np.percentile(f1[counted[:, code], code], PERCENTILES)
        low[code], high[code] = min(low[code], drawn[0]), max(high[code], drawn[1])
    return np.stack([low, high])


def _few(table: Counts) -> tuple[Floats, Floats]:
    """Bounds of F1 that hold for few examples, (K,) each, where a bootstrap is too sure.

    Of three examples that are all right every resample is all right, too. F1 = 2 J / (1 + J) for
    J = TP / (TP + FN + FP), a share, so Wilson's interval of the share bounds F1 (E. B. Wilson,
    Journal of the American Statistical Association 22, 1927).
    """
    size = len(table)
    hits = np.diagonal(table[:, :size])
    n = np.maximum(table.sum(axis=1) + table[:, :size].sum(axis=0) - hits, 1)
    share, z = hits / n, _Z
    middle = share + z * z / (2 * n)
    spread = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = np.clip(np.array([middle - spread, middle + spread]) / (1 + z * z / n), 0, 1)
    return 2 * low / (1 + low), 2 * high / (1 + high)
