"""Labels that the classifier contradicts with confidence: noise, found by cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from catreview.training.model import Predictions


def doubtful(codes: NDArray[np.int16], out_of_fold: Predictions) -> NDArray[np.bool_]:
    """Find the labels that are wrong for all one can tell, (n,).

    `codes` (n,) are the labels, none `ABSTAIN`, `out_of_fold` predictions by models that have not
    seen them. A label is in doubt where another category is predicted, and as surely as that
    category is on average where label and prediction agree (confident learning: C. Northcutt,
    L. Jiang and I. Chuang, Journal of Artificial Intelligence Research 70, 2021). A category that
    would lose more than half of its labels keeps them all: there the classifier may be what is
    wrong.
    """
    said, sure = out_of_fold
    differs = said != codes
    doubt = np.zeros(len(codes), dtype=np.bool_)
    for category in np.unique(said[differs]):
        agreed = (said == category) & (codes == category)
        if agreed.any():
            doubt |= differs & (said == category) & (sure >= sure[agreed].mean())
    for category in np.unique(codes[doubt]):
        own = codes == category
        if 2 * (doubt & own).sum() > own.sum():
            doubt &= ~own
    return doubt
