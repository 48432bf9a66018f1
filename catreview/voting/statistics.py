"""What a vote matrix says about each source in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN
from catreview.voting.agreement import wilson_interval


@dataclass(frozen=True, slots=True)
class SourceStatistics:
    """One source's column of the vote matrix; shares are of all rows, 0..1.

    `accuracy`, `low` and `high` are None where no row has both a vote and a known truth.
    """

    votes: int
    """Rows it voted on."""
    coverage: float
    """Share of rows it voted on."""
    overlap: float
    """Share of rows it voted on where another source voted too."""
    conflict: float
    """Share of rows it voted on where another source voted for another category."""
    accuracy: float | None
    """Share of its votes that are right, of those with a known truth; higher is better."""
    low: float | None
    high: float | None
    """Wilson 95 % interval of the accuracy."""
    n: int
    """Votes with a known truth."""


def source_statistics(
    votes: NDArray[np.int16],
    truth: NDArray[np.int16] | None = None,
    counts: NDArray[np.int64] | None = None,
) -> list[SourceStatistics]:
    """Describe each column of `votes`, shape (n, sources), in order.

    `truth` has shape (n,), ABSTAIN where unknown. `counts` (n,) says how many examples each row
    stands for, by default one. ValueError if the shapes do not match.

    Three sources on four rows; the last row has no known truth:

    >>> votes = np.array([[0, 0, -1], [0, 1, -1], [-1, 1, -1], [0, -1, -1]], dtype=np.int16)
    >>> first, second, third = source_statistics(votes, np.array([0, 1, 1, -1], dtype=np.int16))
    >>> first.votes, first.coverage, first.overlap, first.conflict
    (3, 0.75, 0.5, 0.25)
    >>> first.accuracy, first.n, round(first.low, 3), round(first.high, 3)
    (0.5, 2, 0.095, 0.905)
    >>> second.accuracy, third.coverage, third.accuracy
    (1.0, 0.0, None)
    """
    if votes.ndim != 2:
        raise ValueError(f"votes must have shape (n, sources), not {votes.shape}")
    if truth is None:
        truth = np.full(len(votes), ABSTAIN, dtype=np.int16)
    if truth.shape != (len(votes),):
        raise ValueError(f"truth must have shape ({len(votes)},), not {truth.shape}")
    if counts is None:
        counts = np.ones(len(votes), dtype=np.int64)
    if counts.shape != (len(votes),):
        raise ValueError(f"counts must have shape ({len(votes)},), not {counts.shape}")
    rows, sources = int(counts.sum()), votes.shape[1]
    if sources == 0:
        return []
    voted = votes != ABSTAIN
    several = voted.sum(axis=1) >= 2
    top = np.iinfo(np.int16).max
    # Someone differs from a given voter exactly when the row's votes are not all the same.
    split = np.where(voted, votes, top).min(axis=1) < votes.max(axis=1)
    known = truth != ABSTAIN
    statistics = []
    for column in range(sources):
        own = voted[:, column]
        n = int(counts[own & known].sum())
        right = int(counts[own & known & (votes[:, column] == truth)].sum())
        low, high = wilson_interval(right, n) if n else (None, None)
        statistics.append(
            SourceStatistics(
                votes=int(counts[own].sum()),
                coverage=_share(counts[own], rows),
                overlap=_share(counts[own & several], rows),
                conflict=_share(counts[own & split], rows),
                accuracy=right / n if n else None,
                low=low,
                high=high,
                n=n,
            )
        )
    return statistics


def _share(counts: NDArray[np.int64], rows: int) -> float:
    return int(counts.sum()) / rows if rows else 0.0
