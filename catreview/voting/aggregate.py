"""Many votes on an example become one: the aggregate, and majority vote."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN

Codes = NDArray[np.int16]
"""Category positions in the schema, or `ABSTAIN`."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What the voters say together about each of n examples.

    Examples without a vote have label `ABSTAIN` and zeros everywhere else.
    """

    label: Codes
    """(n,) the winning category."""
    confidence: Floats
    """(n,) of the label, in 0..1."""
    votes: NDArray[np.int16]
    """(n,) sources that voted."""
    categories: NDArray[np.int16]
    """(n,) different categories voted for; 2 or more is a conflict."""
    probs: Floats
    """(n, n_categories) the confidence of every category."""


def count_votes(votes: Codes, n_categories: int) -> NDArray[np.int16]:
    """Count the votes for each category.

    `votes` is (n, sources); the result is (n, n_categories). Raises as `check_codes` does.
    """
    check_codes(votes, n_categories)
    counts = np.zeros((len(votes), n_categories), np.int16)
    for said in votes.T:
        voted = np.flatnonzero(said != ABSTAIN)
        counts[voted, said[voted]] += 1
    return counts


def check_codes(votes: Codes, n_categories: int) -> None:
    """Raise `ValueError` for a code that is neither a category nor `ABSTAIN`."""
    if votes.size and (votes.max() >= n_categories or votes.min() < ABSTAIN):
        raise ValueError(f"votes must be in {ABSTAIN}..{n_categories - 1}")


def aggregate(counts: NDArray[np.int16], probs: Floats) -> Aggregate:
    """Take the likeliest category; of equal ones the earlier in the schema.

    The schema is a decision tree in which the first category that fits wins, so where the voters
    find two equally fitting, the earlier is the answer its author asked for.

    `counts` and `probs` are (n, n_categories); `probs` of examples without a vote are ignored.
    """
    votes = counts.sum(axis=1, dtype=np.int16)
    voted = votes > 0
    probs = np.where(voted[:, None], probs, 0.0)
    return Aggregate(
        label=np.where(voted, probs.argmax(axis=1), ABSTAIN).astype(np.int16),
        confidence=probs.max(axis=1),
        votes=votes,
        categories=(counts > 0).sum(axis=1, dtype=np.int16),
        probs=probs,
    )


def majority_vote(votes: Codes, n_categories: int) -> Aggregate:
    """Let every source count the same; confidence is the winner's share of the votes.

    `votes` is (n, sources) with codes 0..n_categories-1 or `ABSTAIN`. Ties go to the earlier
    category of the schema, see `aggregate`.
    """
    counts = count_votes(votes, n_categories)
    return aggregate(counts, shares(counts))


def shares(counts: NDArray[np.int16]) -> Floats:
    """Turn counts into shares of each row, (n, n_categories); zeros where there are no votes."""
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
