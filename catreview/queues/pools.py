"""The pools of the sampling plan, by what the heuristic knows."""

from __future__ import annotations

from dataclasses import dataclass

from catreview.queues.evidence import Aggregated, Mask
from catreview.settings import HeuristicSettings


@dataclass(frozen=True, slots=True)
class Pools:
    """A partition: every example is in exactly one pool, each a mask (n,)."""

    confident: Mask
    """Kept for free."""
    disagreement: Mask
    """Functions in conflict, neither side ahead."""
    ambiguous: Mask
    """A single vote, or little confidence."""
    uncovered: Mask
    """No vote at all."""
    rest: Mask
    """More than one vote and some confidence, but not enough to be kept."""


def pools(heuristic: Aggregated, settings: HeuristicSettings) -> Pools:
    """Divide examples by the heuristic's confidence and votes; the first pool that fits wins.

    1. uncovered: no votes;
    2. confident: confidence >= `confident` with `min_votes` or more;
    3. disagreement: two categories or more, confidence within `disputed` (bounds included);
    4. ambiguous: confidence < `ambiguous`, or a single vote;
    5. rest.
    """
    confidence, votes = heuristic.confidence, heuristic.votes
    low, high = settings.disputed
    uncovered = votes == 0
    confident = ~uncovered & (confidence >= settings.confident) & (votes >= settings.min_votes)
    left = ~uncovered & ~confident
    disputed = (heuristic.categories >= 2) & (confidence >= low) & (confidence <= high)
    disagreement = left & disputed
    left &= ~disputed
    ambiguous = left & ((confidence < settings.ambiguous) | (votes == 1))
    return Pools(confident, disagreement, ambiguous, uncovered, rest=left & ~ambiguous)
