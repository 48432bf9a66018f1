"""What to review next for the most gain in macro F1 a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catreview.queues.duplicates import firsts
from catreview.queues.evidence import Evidence, Floats, Mask
from catreview.queues.reasons import Reason
from catreview.queues.review import Queue
from catreview.queues.worth import worth


def value_queue(
    evidence: Evidence,
    seconds: Floats,
    groups: NDArray[np.intp],
    reviewed: Mask,
    eligible: Mask,
) -> Queue:
    """Queue examples by the gain in macro F1 that a second of review promises, see `worth`.

    `seconds` (n,) is what each review takes; `groups` (n,) numbers near-duplicates alike. Of a
    group only the first counts: the others, and all of a group with a row in `reviewed` (n,),
    come last. Only rows in `eligible` (n,); those that nobody voted on are left out.
    """
    known = worth(evidence)
    rows = np.flatnonzero(eligible & evidence.voted)
    order = rows[np.argsort(-known.gain[rows] / seconds[rows], kind="stable")]
    first = firsts(groups, order, reviewed)
    reasons = np.where(first, Reason.VALUE, Reason.DUPLICATE).astype(np.int8)
    place = np.argsort(~first, kind="stable")
    return Queue(order[place], reasons[place], evidence, known)
