"""The pilot's sample: a few of everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catreview.queues.evidence import Codes


def pilot_sample(strata: Codes, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw `size` rows, as many from each stratum as there are, up to an equal share.

    `strata` (n,) is the heuristic's label; examples without one (`ABSTAIN`) are a stratum of
    their own. What a small stratum cannot give is shared by the larger ones; all rows come where
    `size` is n or more. The rows come in random order, so that a batch mixes the strata and the
    part done so far is itself a fair sample. The same `rng` state gives the same rows.
    """
    names, sizes = np.unique(strata, return_counts=True)
    left = min(size, len(strata))
    drawn = []
    # Smallest first: each then knows how much of the whole the larger ones have to share.
    for place, stratum in enumerate(np.argsort(sizes, kind="stable")):
        share = min(int(sizes[stratum]), left // (len(sizes) - place))
        rows = np.flatnonzero(strata == names[stratum])
        drawn.append(rng.choice(rows, share, replace=False))
        left -= share
    return rng.permutation(np.concatenate([np.empty(0, np.intp), *drawn]))
