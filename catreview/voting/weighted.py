"""Weighted majority: a source counts as much as it has been right."""

from __future__ import annotations

from typing import Final

import numpy as np

from catreview.records import ABSTAIN
from catreview.voting.aggregate import Aggregate, Codes, Floats, aggregate, count_votes, shares

_PRIOR_VOTES: Final = 8.0
"""Checked votes that weigh as much as what all sources are like on average."""


def source_weights(votes: Codes, truth: Codes, n_categories: int) -> Floats:
    """The weight of each source by its votes with a known truth, (sources,), 0 or more.

    The log odds of being right against one given wrong category, which is best where sources err
    independently (S. Nitzan and J. Paroush, International Economic Review 23, 1982); 0 for a
    source no better than chance. A source with few checked votes is taken to be like the others.
    """
    checked = (votes != ABSTAIN) & (truth != ABSTAIN)[:, None]
    right = (checked & (votes == truth[:, None])).sum(axis=0)
    n = checked.sum(axis=0)
    usual = (right.sum() + 1) / (n.sum() + 2)
    accuracy = (right + _PRIOR_VOTES * usual) / (n + _PRIOR_VOTES)
    return np.asarray(np.maximum(np.log(accuracy * (n_categories - 1) / (1 - accuracy)), 0.0))


def weighted_majority(votes: Codes, n_categories: int, weights: Floats) -> Aggregate:
    """Let every source count by its weight; confidence is the winner's share of the weights.

    `votes` is (n, sources), `weights` (sources,) 0 or more. Where all who vote weigh nothing,
    they count the same.
    """
    counts = count_votes(votes, n_categories)
    sums = np.stack([(votes == k) @ weights for k in range(n_categories)], axis=1)
    total = sums.sum(axis=1, keepdims=True)
    weighed = np.divide(sums, total, out=shares(counts), where=total > 0)
    return aggregate(counts, weighed)
