"""The pilot's sample: a few of everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catreview.queues.evidence import Codes


def pilot_sample(strata: Codes, size: int, rank: NDArray[np.float64]) -> NDArray[np.intp]:
    """Draw `size` rows, as many from each stratum as there are, up to an equal share.

    `strata` (n,) is the heuristic's label; examples without one (`ABSTAIN`) are a stratum of
    their own. What a small stratum cannot give is shared by the larger ones; all rows come where
    `size` is n or more. `rank` (n,) are random numbers in 0..1: each stratum gives its lowest.
    Every stratum is spread evenly over the sample, in random order, so that a batch mixes them
    and any beginning is itself a stratified sample. With the same ranks, most of a sample stays
    when a few strata change.
    """
    names, sizes = np.unique(strata, return_counts=True)
    left = min(size, len(strata))
    by_rank = np.argsort(rank, kind="stable")
    place = np.full(len(strata), np.inf)
    # Smallest first: each then knows how much of the whole the larger ones have to share.
    for smaller, stratum in enumerate(np.argsort(sizes, kind="stable")):
        share = min(int(sizes[stratum]), left // (len(sizes) - smaller))
        rows = by_rank[strata[by_rank] == names[stratum]][:share]
        # The lowest ranks are all near 0; only their last digits are still random.
        place[rows] = (np.arange(share) + rank[rows] * 2**30 % 1) / max(share, 1)
        left -= share
    return np.argsort(place, kind="stable")[: np.isfinite(place).sum()]
