"""The ways to make one vote of many, by name, and how they do on what they have not seen."""

from __future__ import annotations

from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN
from catreview.settings import Aggregator
from catreview.voting.aggregate import Aggregate, Codes, majority_vote
from catreview.voting.dawid_skene import dawid_skene
from catreview.voting.weighted import source_weights, weighted_majority

METHODS: Final[tuple[Aggregator, ...]] = get_args(Aggregator)


def combine(method: Aggregator, votes: Codes, n_categories: int, truth: Codes) -> Aggregate:
    """Aggregate `votes` (n, sources), learning from `truth` (n,), `ABSTAIN` where unknown."""
    match method:
        case "majority":
            return majority_vote(votes, n_categories)
        case "weighted-majority":
            weights = source_weights(votes, truth, n_categories)
            return weighted_majority(votes, n_categories, weights)
        case "dawid-skene":
            return dawid_skene(votes, n_categories, truth=truth).aggregate


def cross_validated(
    method: Aggregator,
    votes: Codes,
    n_categories: int,
    truth: Codes,
    folds: NDArray[np.intp],
) -> Codes:
    """The label of each row by a method that has not seen the truth of its fold, (n,).

    `folds` (n,) counts from 0. Rows without a known truth get no label.
    """
    labels = np.full(len(votes), ABSTAIN, np.int16)
    known = truth != ABSTAIN
    if method == "majority":
        labels[known] = majority_vote(votes[known], n_categories).label
        return labels
    for fold in np.unique(folds[known]).tolist():
        inside = folds == fold
        learned = combine(method, votes, n_categories, np.where(inside, ABSTAIN, truth))
        labels[inside & known] = learned.label[inside & known]
    return labels
