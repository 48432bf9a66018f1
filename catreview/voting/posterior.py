"""All sources weighed by their errors: Dawid and Skene's posterior over the heuristic and LLMs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from catreview.records import ABSTAIN, Basis
from catreview.settings import HeuristicSettings
from catreview.voting.aggregate import Aggregate, Codes, Floats
from catreview.voting.em import Model, distinct, fit, normalised
from catreview.voting.priority import BASES, Settled, is_confident

_PSEUDO_REVIEWS: Final = 2.0
"""Examples of each category that weigh as much as what was believed of a source before. Mean macro
F1 over fifteen simulated projects: 0.770 with ten, 0.786 with three, 0.791 with two and one."""
_CONFIDENT: Final = 0.8
_WEAK: Final = 0.5
"""How often the heuristic is believed to be right, before anything is learned."""
_STEPS: Final = 100
_CONVERGED: Final = 1e-5


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Who answers what where which category is true: columns sum to 1 (each voter's answers).

    The heuristic has 2k + 1 answers for k categories: each of them confidently, each of them
    weakly, and nothing. An LLM has k: where it was not asked, that says nothing of the truth.
    """

    priors: Floats
    """(k,) share of each category."""
    heuristic: Floats
    """(2k + 1, k)"""
    llm: Floats
    """(LLMs, k, k)"""


def believed_rates(accuracies: Sequence[float], n_categories: int) -> ErrorRates:
    """Build what is believed before anything is learned; `accuracies` are the LLMs', in 0..1."""
    k = n_categories
    heuristic = np.vstack([_right(_CONFIDENT, k) / 2, _right(_WEAK, k) / 2, np.full((1, k), 0.1)])
    return ErrorRates(
        np.full(k, 1 / k),
        heuristic / heuristic.sum(axis=0),
        np.array([_right(accuracy, k) for accuracy in accuracies]).reshape(-1, k, k),
    )


def learn_rates(
    llm: Codes,
    heuristic: Aggregate,
    truth: Codes,
    accuracies: Sequence[float],
    settings: HeuristicSettings,
) -> ErrorRates:
    """Estimate error rates by EM, from how sources agree and from what is known.

    `llm` is (n, LLMs), `truth` (n,) `ABSTAIN` where unknown, `accuracies` (LLMs,) what is believed
    of them before, for `believed_rates`, which weigh as two examples of each category.

    The functions speak through the heuristic, as one voter whose confidence is part of its answer:
    they look at the same words and err together, and counted apart they outvote an LLM that is
    right more often (demonstration, one reader, 200 reviews: macro F1 0.81, with the functions of
    `dawid_skene` as voters 0.75). A trained model is left out: it has learned the errors of these
    very sources, and with its held-out votes, discounted by `shared_errors` or not, labels got
    worse with each round of training. `tests/bench/README.md` has the figures.
    """
    k = heuristic.probs.shape[1]
    before = believed_rates(accuracies, k)
    if not len(llm):
        return before
    answers = np.column_stack([_answers(heuristic, settings), llm]).astype(np.int16)
    rows, _, times = distinct(np.column_stack([answers, truth]))
    pseudo = np.zeros((answers.shape[1], 2 * k + 1, k))
    pseudo[0] = before.heuristic * _PSEUDO_REVIEWS
    pseudo[1:, :k] = before.llm * _PSEUDO_REVIEWS
    model = Model(rows[:, :-1], times, rows[:, -1], pseudo, pseudo_rows=1.0)
    start = normalised(_log_likelihood(rows[:, :-1], before))
    _, errors, priors, _ = fit(model, start, _STEPS, _CONVERGED)
    return ErrorRates(priors, errors[0], errors[1:, :k])


def weigh(
    settled: Settled,
    llm: Codes,
    heuristic: Aggregate,
    rates: ErrorRates,
    settings: HeuristicSettings,
) -> Settled:
    """Replace the labels that LLMs decided by what they and the heuristic come to together.

    `settled` is the priority rule's. People's decisions stand, and so does the heuristic where no
    LLM has voted: there is nothing to weigh it against. The confidence is the posterior; `llm` of
    the result is the LLM whose vote pulls hardest towards the label, -1 where the heuristic's
    does.
    """
    rows = np.flatnonzero(settled.basis == BASES.index(Basis.LLM))
    if not len(rows):
        return settled
    answers = np.column_stack([_answers(heuristic, settings), llm])[rows].astype(np.int16)
    pulls = _pulls(answers, rates)
    probs = normalised(pulls.sum(axis=1) + np.log(rates.priors))
    order = np.argsort(-probs, axis=1, kind="stable")
    at = np.arange(len(rows))
    ahead = pulls[at, :, order[:, 0]] - pulls[at, :, order[:, 1]]
    silent = answers == np.array([2 * len(rates.priors), *[ABSTAIN] * llm.shape[1]])
    ahead = np.where(silent, -np.inf, ahead)
    label, confidence = settled.label.copy(), settled.confidence.copy()
    basis, column = settled.basis.copy(), settled.llm.copy()
    label[rows] = order[:, 0]
    confidence[rows] = probs.max(axis=1)
    basis[rows] = BASES.index(Basis.TOGETHER)
    column[rows] = ahead.argmax(axis=1) - 1
    return Settled(label, confidence, basis, column)


def opinions(
    llm: Codes, heuristic: Aggregate, rates: ErrorRates, settings: HeuristicSettings
) -> tuple[Floats, Floats]:
    """What each voter's answer alone makes of examples, (n, 1 + LLMs, k), and all, (n, k).

    Each sums to 1; the heuristic comes first. The prior counts for each voter; who was not asked
    gives just that.
    """
    answers = np.column_stack([_answers(heuristic, settings), llm]).astype(np.int16)
    pulls, priors = _pulls(answers, rates), np.log(rates.priors)
    alone = normalised((pulls + priors).reshape(-1, len(priors))).reshape(pulls.shape)
    return alone, normalised(pulls.sum(axis=1) + priors)


def _answers(heuristic: Aggregate, settings: HeuristicSettings) -> Codes:
    """What the heuristic answers, (n,): see `ErrorRates`."""
    k = heuristic.probs.shape[1]
    said = np.where(is_confident(heuristic, settings), heuristic.label, heuristic.label + k)
    return np.where(heuristic.label == ABSTAIN, 2 * k, said).astype(np.int16)


def _right(accuracy: float, k: int) -> Floats:
    """Errors of a source that is right with `accuracy` and errs evenly, (k, k)."""
    errors = np.full((k, k), (1 - accuracy) / max(k - 1, 1))
    np.fill_diagonal(errors, accuracy)
    return errors


def _pulls(answers: Codes, rates: ErrorRates) -> Floats:
    """The log-likelihood of each voter's answer, (n, 1 + LLMs, k); 0 where it was not asked."""
    tables = [rates.heuristic, *rates.llm]
    pulls = np.zeros((*answers.shape, len(rates.priors)))
    for voter, errors in enumerate(tables):
        asked = answers[:, voter] != ABSTAIN
        pulls[asked, voter] = np.log(errors[answers[asked, voter]])
    return pulls


def _log_likelihood(answers: Codes, rates: ErrorRates) -> Floats:
    return np.asarray(_pulls(answers, rates).sum(axis=1))
