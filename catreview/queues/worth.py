"""What a review is worth: the gain in macro F1 to expect from it, for each second it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from catreview.queues.evidence import Codes, Evidence, Floats
from catreview.records import ABSTAIN

_SUREST: Final = 0.95
"""No voter is believed more than this; confidence says how it compares, not that it cannot err."""
_RIGHT: Final = 0.6
"""How often the functions are right where nothing is known of them yet."""
_PRIOR_LABELS: Final = 10.0
"""Labels of a category that weigh as much as that assumption."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What reviewing each of n examples is worth."""

    gain: Floats
    """(n,) in no unit, higher is better; only its order means something."""
    wrong: Floats
    """(n,) chance that what is believed now is wrong, 0..1."""
    rival: Codes
    """(n,) the likeliest category besides the one believed."""
    f1: Floats
    """(n_categories,) of the model's votes against the labels."""

    def explain(self, evidence: Evidence, row: int) -> str:
        """Say in one line why row `row` is worth a review."""
        names, rival = evidence.categories, int(self.rival[row])
        label = evidence.label[row]
        now = f"labelled {names[label]}" if label != ABSTAIN else "no label"
        # Without a model's vote there is no F1 to tell.
        f1 = f" (F1 {self.f1[rival]:.2f})" if evidence.model[row] != ABSTAIN else ""
        return f"{now}, {100 * self.wrong[row]:.0f} % likely wrong; perhaps {names[rival]}{f1}"


def worth(evidence: Evidence) -> Worth:
    """Estimate the expected gain of each review.

    Where the review changes what is believed (the label, or the likeliest category without one),
    it gives an example to the category that is true and takes a wrong one from the other. An
    error rate that falls with the examples n as a power of n (C. Cortes and others, Learning
    curves, 1994) falls by error/n an example, so each of the two categories gains (1 - F1)/n:
    rare and weak ones most. Macro F1 is their mean.
    """
    beliefs = believe(evidence)
    n, k = beliefs.shape
    believed = np.where(evidence.label == ABSTAIN, beliefs.argmax(axis=1), evidence.label)
    others = beliefs.copy()
    others[np.arange(n), believed] = 0.0
    f1 = _f1(evidence, k)
    counts = np.bincount(evidence.label[evidence.label != ABSTAIN], minlength=k)
    weight = (1.0 - f1) / (counts + 1.0)
    wrong = others.sum(axis=1)
    return Worth(
        gain=others @ weight + wrong * weight[believed],
        wrong=wrong,
        rival=others.argmax(axis=1).astype(np.int16),
        f1=f1,
    )


def believe(evidence: Evidence) -> Floats:
    """Weigh label, model and functions against each other: (n, n_categories), rows sum to 1.

    A label by a person or an LLM and the model's vote speak with their confidence, the rest of
    which is shared by the other categories. The functions speak with the error rates they have
    against those labels. All count as independent given the truth (naive Bayes); the model has
    not seen the example it votes on.
    """
    k = len(evidence.categories)
    trusted = np.where(evidence.trusted, evidence.label, ABSTAIN)
    joint = _likelihood(trusted, evidence.label_confidence, k)
    joint *= _likelihood(evidence.model, evidence.model_confidence, k)
    functions = np.where(evidence.heuristic.label == ABSTAIN, k, evidence.heuristic.label)
    joint *= _error_rates(functions, trusted, k)[:, functions].T
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def _error_rates(votes: Codes, truth: Codes, k: int) -> Floats:
    """Probability of each vote, abstaining the last, given the truth: (k, k + 1)."""
    known = truth != ABSTAIN
    told = np.bincount(votes, minlength=k + 1) + 1.0
    # Before any label is known: as often right as not, abstaining as often as it does.
    silent = told[k] / told.sum()
    prior = np.full((k, k + 1), (1 - silent) * (1 - _RIGHT) / (k - 1))
    prior[np.arange(k), np.arange(k)] = (1 - silent) * _RIGHT
    prior[:, k] = silent
    counts = np.zeros((k, k + 1))
    np.add.at(counts, (truth[known], votes[known]), 1.0)
    rates = counts + _PRIOR_LABELS * prior
    return np.asarray(rates / rates.sum(axis=1, keepdims=True))


def _likelihood(codes: Codes, confidence: Floats, k: int) -> Floats:
    sure = np.clip(confidence, 1 / k, _SUREST)[:, None]
    spread = np.repeat((1 - sure) / (k - 1), k, axis=1)
    spread[np.arange(len(codes)), np.maximum(codes, 0)] = sure[:, 0]
    spread[codes == ABSTAIN] = 1 / k
    return spread


def _f1(evidence: Evidence, k: int) -> Floats:
    """F1 of each category between labels and model; one half where nothing is known."""
    both = (evidence.label != ABSTAIN) & (evidence.model != ABSTAIN)
    label, model = evidence.label[both], evidence.model[both]
    hits = np.bincount(label[label == model], minlength=k)
    total = np.bincount(label, minlength=k) + np.bincount(model, minlength=k)
    return np.asarray((2 * hits + 1) / (total + 2))
