"""What to review next by what the model says, and what nobody chose: the audit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catreview.queues.evidence import Evidence, Floats, Mask, first_vote
from catreview.queues.reasons import Reason
from catreview.queues.review import Queue
from catreview.records import ABSTAIN


def label_error_queue(evidence: Evidence, eligible: Mask) -> Queue:
    """Queue examples whose given or current label the model contradicts, the surest error first.

    The model has not seen the examples it votes on, so a vote it is sure of speaks against the
    label. As in confident learning (C. Northcutt and others, Journal of Artificial Intelligence
    Research 70, 2021) those come first on which it is at least as sure as it is on average where
    it agrees with labels of that category; then by its confidence. Only rows in `eligible` (n,).
    """
    model, confidence = evidence.model, evidence.model_confidence
    from_given = (evidence.given != ABSTAIN) & (evidence.given != model)
    from_label = (evidence.label != ABSTAIN) & (evidence.label != model)
    rows = np.flatnonzero(eligible & (model != ABSTAIN) & (from_given | from_label))
    usual = _usual_confidence(evidence)
    short = confidence[rows] < usual[model[rows]]
    place = np.lexsort((-confidence[rows], short))
    reasons = np.where(from_given[rows], Reason.GIVEN_ERROR, Reason.LABEL_ERROR).astype(np.int8)
    return Queue(rows[place], reasons[place], evidence)


def _usual_confidence(evidence: Evidence) -> Floats:
    """The mean confidence of the model where it agrees with the label, by category."""
    k = len(evidence.categories)
    agrees = (evidence.model != ABSTAIN) & (evidence.model == evidence.label)
    codes = evidence.model[agrees]
    sums = np.bincount(codes, weights=evidence.model_confidence[agrees], minlength=k)
    return np.asarray(sums / np.maximum(np.bincount(codes, minlength=k), 1))


def uncertain_queue(evidence: Evidence, eligible: Mask) -> Queue:
    """Queue examples by the model's confidence, the least first; only rows in `eligible` (n,).

    D. Lewis and W. Gale, "A sequential algorithm for training text classifiers", 1994.
    """
    rows = np.flatnonzero(eligible & (evidence.model != ABSTAIN))
    order = rows[np.argsort(evidence.model_confidence[rows], kind="stable")]
    return _of(order, Reason.UNCERTAIN, evidence)


def coverage_queue(evidence: Evidence, eligible: Mask) -> Queue:
    """Queue examples that no function, given label or LLM covers; only rows in `eligible` (n,).

    Those the model is least sure of come first; without a model, in row order.
    """
    silent = (evidence.heuristic.votes == 0) & (first_vote(evidence.llm) == ABSTAIN)
    rows = np.flatnonzero(eligible & silent)
    order = rows[np.argsort(evidence.model_confidence[rows], kind="stable")]
    return _of(order, Reason.SILENT, evidence)


def audit_queue(evidence: Evidence, chance: Floats, eligible: Mask) -> Queue:
    """Queue labelled examples in random order, by `chance` (n,); only rows in `eligible` (n,).

    Any beginning of it is a simple random sample of the machine's labels.
    """
    rows = np.flatnonzero(eligible & (evidence.label != ABSTAIN))
    return _of(rows[np.argsort(chance[rows], kind="stable")], Reason.AUDIT, evidence)


def gold_queue(evidence: Evidence, rows: NDArray[np.intp]) -> Queue:
    """Queue `rows`, in their order, for people to decide unaided what scores are measured on."""
    return _of(rows, Reason.GOLD, evidence)


def _of(order: NDArray[np.intp], reason: Reason, evidence: Evidence) -> Queue:
    return Queue(order, np.full(len(order), reason, np.int8), evidence)
