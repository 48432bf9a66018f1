"""What to review next by what sources say: queues of examples, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catreview.queues.evidence import Evidence, Mask, first_vote, in_conflict, margin
from catreview.queues.pools import pools
from catreview.queues.reasons import Reason, explain
from catreview.queues.worth import Worth
from catreview.records import ABSTAIN
from catreview.settings import HeuristicSettings


@dataclass(frozen=True, slots=True)
class Queue:
    """Examples in an order."""

    order: NDArray[np.intp]
    """Rows of the evidence, the first to review first."""
    reasons: NDArray[np.int8]
    """Codes of `Reason`, one for each place in `order`."""
    evidence: Evidence
    worth: Worth | None = None
    """What reviews are worth, where that is the reason."""

    def __len__(self) -> int:
        return len(self.order)

    def reason(self, place: int) -> str:
        """Say in one line why the example at `place` of the queue is here."""
        row, reason = int(self.order[place]), Reason(int(self.reasons[place]))
        if self.worth is not None and reason is Reason.VALUE:
            return self.worth.explain(self.evidence, row)
        return explain(reason, self.evidence, row)


def pilot_queue(evidence: Evidence, sample: NDArray[np.intp], eligible: Mask) -> Queue:
    """Queue the pilot's sample in its own random order, without the rows not `eligible` (n,)."""
    order = sample[eligible[sample]]
    return Queue(order, np.full(len(order), Reason.PILOT, np.int8), evidence)


def disagreement_queue(evidence: Evidence, settings: HeuristicSettings, eligible: Mask) -> Queue:
    """Queue examples on which sources disagree, in the order in which a review tells most.

    LLMs against each other; the LLMs against the confident heuristic; the model against the LLMs;
    functions against each other (the disagreement pool), there first where no LLM has voted.
    Within each the closest first: by the lead among the LLMs, or the functions in the last
    group, then by the heuristic's confidence, then by row. Only rows in `eligible` (n,).
    """
    heuristic, llm = evidence.heuristic, first_vote(evidence.llm)
    pool = pools(heuristic, settings)
    by_llm = llm != ABSTAIN
    reasons = np.full(len(llm), -1, np.int8)
    for reason, holds in (
        (Reason.FUNCTIONS, pool.disagreement),
        (Reason.MODEL_LLM, by_llm & (evidence.model != ABSTAIN) & (evidence.model != llm)),
        (Reason.LLM_HEURISTIC, by_llm & pool.confident & (heuristic.label != llm)),
        (Reason.LLMS, in_conflict(evidence.llm)),
    ):
        reasons[holds] = reason
    rows = np.flatnonzero(eligible & (reasons >= 0))
    reason_of, n_categories = reasons[rows], len(evidence.categories)
    by_functions = reason_of == Reason.FUNCTIONS
    lead = margin(evidence.llm[rows], n_categories)
    lead[by_functions] = margin(evidence.functions[rows[by_functions]], n_categories)
    # The last key counts most; equal rows stay in row order because lexsort is stable.
    place = np.lexsort((heuristic.confidence[rows], lead, by_llm[rows], reason_of))
    return Queue(rows[place], reason_of[place], evidence)


def ambiguous_queue(evidence: Evidence, settings: HeuristicSettings, eligible: Mask) -> Queue:
    """Queue examples the functions know little about.

    Those without any function's vote, then with a single one, then with little confidence, the
    least first; examples on which an LLM has voted come after all others. Ties in row order.
    Only rows in `eligible` (n,).
    """
    heuristic = evidence.heuristic
    pool = pools(heuristic, settings)
    rows = np.flatnonzero(eligible & (pool.uncovered | pool.ambiguous))
    reasons = np.select(
        [pool.uncovered[rows], heuristic.votes[rows] == 1],
        [np.int8(Reason.UNCOVERED), np.int8(Reason.SINGLE)],
        np.int8(Reason.UNSURE),
    ).astype(np.int8)
    by_llm = first_vote(evidence.llm[rows]) != ABSTAIN
    place = np.lexsort((heuristic.confidence[rows], reasons, by_llm))
    return Queue(rows[place], reasons[place], evidence)
