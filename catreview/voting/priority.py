"""The priority rule: which of all voters an example's label comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN, Basis
from catreview.settings import HeuristicSettings
from catreview.voting.aggregate import Aggregate, Codes, Floats

BASES: Final = tuple(Basis)
"""What the codes in `Settled.basis` stand for."""
_EQUAL: Final = 1e-9
"""Summed confidences that differ by less are a tie: 0.7 + 0.2 is not 0.9 in binary."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The label of each of n examples and where it comes from."""

    label: Codes
    """(n,) category, `ABSTAIN` where nobody voted."""
    confidence: Floats
    """(n,) in 0..1; 0 without a label."""
    basis: NDArray[np.int8]
    """(n,) position in `BASES`, -1 without a label."""
    llm: NDArray[np.int16]
    """(n,) the column of the deciding LLM, -1 where none decided."""


def settle_labels(
    human: Codes,
    llm: Codes,
    llm_confidence: Floats,
    heuristic: Aggregate,
    settings: HeuristicSettings,
) -> Settled:
    """Label by priority: human > LLM > confident heuristic > weak heuristic.

    - `human` (n,): a person's category or `ABSTAIN`; its confidence is 1.
    - `llm` (n, m) with `llm_confidence` (n, m) in 0..1: one column for each LLM, best first.
      The category with the largest summed confidence wins, of equal ones the one that the
      earlier column gives. The label's confidence is the highest vote for it, times the
      category's share of the sum where the LLMs disagree.
    - `heuristic`: confident at `settings.confident` and `settings.min_votes`, else weak.
    """
    label, confidence = heuristic.label.copy(), heuristic.confidence.copy()
    enough = is_confident(heuristic, settings)
    basis = np.where(enough, BASES.index(Basis.CONFIDENT), BASES.index(Basis.WEAK))
    basis = np.where(label == ABSTAIN, -1, basis).astype(np.int8)

    decided, certainty, column = _decide(llm, llm_confidence, heuristic.probs.shape[1])
    by_llm = decided != ABSTAIN
    label[by_llm], confidence[by_llm] = decided[by_llm], certainty[by_llm]
    basis[by_llm] = BASES.index(Basis.LLM)

    by_human = human != ABSTAIN
    label[by_human], confidence[by_human] = human[by_human], 1.0
    basis[by_human] = BASES.index(Basis.HUMAN)
    column[by_human] = -1
    return Settled(label, confidence, basis, column)


def is_confident(heuristic: Aggregate, settings: HeuristicSettings) -> NDArray[np.bool_]:
    """Tell where the heuristic is good enough to be kept for free, (n,)."""
    return np.asarray(
        (heuristic.confidence >= settings.confident) & (heuristic.votes >= settings.min_votes)
    )


def _decide(
    votes: Codes, confidence: Floats, n_categories: int
) -> tuple[Codes, Floats, NDArray[np.int16]]:
    """Settle between LLMs: category, confidence and earliest column for it, each (n,)."""
    n, columns = votes.shape
    sums = np.zeros((n, n_categories))
    for j in range(columns):
        voted = np.flatnonzero(votes[:, j] != ABSTAIN)
        sums[voted, votes[voted, j]] += confidence[voted, j]
    highest = sums.max(axis=1, initial=0.0)
    label = np.full(n, ABSTAIN, np.int16)
    column = np.full(n, -1, np.int16)
    for j in reversed(range(columns)):
        voted = np.flatnonzero(votes[:, j] != ABSTAIN)
        wins = voted[sums[voted, votes[voted, j]] >= highest[voted] - _EQUAL]
        label[wins], column[wins] = votes[wins, j], j
    agrees = (votes == label[:, None]) & (votes != ABSTAIN)
    best = np.where(agrees, confidence, 0.0).max(axis=1, initial=0.0)
    share = np.divide(highest, sums.sum(axis=1), out=np.zeros(n), where=highest > 0)
    return label, best * share, column
