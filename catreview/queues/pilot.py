"""The pilot's sample: a few of everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catreview.queues.evidence import Codes


def pilot_sample(strata: Codes, size: int, rank: NDArray[np.float64]) -> NDArray[np.intp]:
    """Draw `size` rows, as many from each stratum as there are, up to an equal share.

    `strata` (n,) is the heuristic's label; examples without one (`ABSTAIN`) are a stratum of
    their own. What a small stratum cannot give is shared by the larger ones; all rows come where
    `size` is n or more. `rank` (n,) are random numbers: each stratum gives its lowest, and the
    rows come in their order, so that a batch mixes the strata and the part done so far is itself
    a fair sample. With the same ranks, most of a sample stays when a few strata change.
    """
    names, sizes = np.unique(strata, return_counts=True)
    left = min(size, len(strata))
    by_rank = np.argsort(rank, kind="stable")
    drawn = np.zeros(len(strata), dtype=np.bool_)
    # Smallest first: each then knows how much of the whole the larger ones have to share.
    for place, stratum in enumerate(np.argsort(sizes, kind="stable")):
        share = min(int(sizes[stratum]), left // (len(sizes) - place))
        drawn[by_rank[strata[by_rank] == names[stratum]][:share]] = True
        left -= share
    return by_rank[drawn[by_rank]]
