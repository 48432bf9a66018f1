"""All sources weighed by their errors, by hand-worked and simulated examples."""

import numpy as np
import pytest

from catreview.records import ABSTAIN, Basis
from catreview.settings import HeuristicSettings
from catreview.voting import (
    BASES,
    Aggregate,
    ErrorRates,
    Settled,
    believed_rates,
    learn_rates,
    majority_vote,
    opinions,
    settle_labels,
    weigh,
)

A = ABSTAIN
SETTINGS = HeuristicSettings()
RATES = ErrorRates(
    priors=np.array([0.5, 0.5]),
    # Confidently 0, confidently 1, weakly 0, weakly 1, nothing: given 0, given 1.
    heuristic=np.array([[0.6, 0.1], [0.1, 0.6], [0.1, 0.1], [0.1, 0.1], [0.1, 0.1]]),
    llm=np.array([[[0.9, 0.5], [0.1, 0.5]]]),
)
FUNCTIONS = np.array([[0, 0], [1, 1], [1, A], [A, A]], np.int16)


def by_priority(llm: np.ndarray, heuristic: Aggregate, human: np.ndarray | None = None) -> Settled:
    people = np.full(len(llm), A, np.int16) if human is None else human
    return settle_labels(people, llm, np.full(llm.shape, 0.9), heuristic, SETTINGS)


def test_the_posterior_is_bayes_rule_over_the_heuristic_and_the_llms() -> None:
    heuristic = majority_vote(FUNCTIONS, 2)
    llm = np.zeros((4, 1), np.int16)
    found = weigh(by_priority(llm, heuristic), llm, heuristic, RATES, SETTINGS)
    # The LLM says 0 also in half of what is 1: confident functions overrule it.
    expected = [0.54 / (0.54 + 0.05), 0.30 / (0.09 + 0.30), 0.9 / 1.4, 0.9 / 1.4]
    assert found.label.tolist() == [0, 1, 0, 0]
    assert found.confidence == pytest.approx(expected)
    assert {BASES[code] for code in found.basis} == {Basis.TOGETHER}
    # Who pulls hardest: the heuristic (6 to 1) in the first two, else the LLM.
    assert found.llm.tolist() == [-1, -1, 0, 0]


def test_a_person_is_final_and_the_heuristic_alone_stands() -> None:
    heuristic = majority_vote(FUNCTIONS, 2)
    llm = np.array([[0], [A], [A], [A]], np.int16)
    human = np.array([1, A, A, A], np.int16)
    before = by_priority(llm, heuristic, human)
    found = weigh(before, llm, heuristic, RATES, SETTINGS)
    assert found.label.tolist() == [1, 1, 1, A]
    for name in ("label", "confidence", "basis", "llm"):
        np.testing.assert_array_equal(getattr(found, name), getattr(before, name))


def test_an_llm_that_was_not_asked_says_nothing_and_decides_nothing() -> None:
    rates = ErrorRates(RATES.priors, RATES.heuristic, np.repeat(RATES.llm, 2, axis=0))
    heuristic = majority_vote(FUNCTIONS, 2)
    one, two = np.zeros((4, 1), np.int16), np.array([[A, 0]] * 4, np.int16)
    alone = weigh(by_priority(one, heuristic), one, heuristic, RATES, SETTINGS)
    found = weigh(by_priority(two, heuristic), two, heuristic, rates, SETTINGS)
    np.testing.assert_allclose(found.confidence, alone.confidence)
    assert found.llm.tolist() == [-1, -1, 1, 1]


def test_silent_functions_are_not_who_decides_however_much_their_silence_tells() -> None:
    heuristic = np.array([[0.5, 0.1], [0.1, 0.3], [0.1, 0.1], [0.1, 0.1], [0.2, 0.4]])
    rates = ErrorRates(RATES.priors, heuristic, np.array([[[0.4, 0.5], [0.6, 0.5]]]))
    silent = majority_vote(np.full((1, 2), A, np.int16), 2)
    llm = np.zeros((1, 1), np.int16)
    found = weigh(by_priority(llm, silent), llm, silent, rates, SETTINGS)
    # Silence is twice as frequent where 1 is true; the LLM's word hardly differs.
    assert (found.label.tolist(), found.llm.tolist()) == ([1], [0])


def test_an_opinion_is_what_a_vote_alone_makes_of_an_example() -> None:
    heuristic = majority_vote(FUNCTIONS, 2)
    each, together = opinions(np.zeros((4, 1), np.int16), heuristic, RATES, SETTINGS)
    np.testing.assert_allclose(each[:, 1], [[0.9 / 1.4, 0.5 / 1.4]] * 4)
    np.testing.assert_allclose(each[0, 0], [6 / 7, 1 / 7])
    assert together[0, 0] == pytest.approx(0.54 / 0.59)
    np.testing.assert_allclose(together.sum(axis=1), 1)


def simulated(n: int = 4_000) -> tuple[np.ndarray, Aggregate, np.ndarray]:
    """Functions right in 7 of 10 where they vote, an LLM that calls all of 2 a 1."""
    rng = np.random.default_rng(7)
    truth = rng.choice(3, n, p=[0.3, 0.4, 0.3]).astype(np.int16)
    said = np.where(rng.random((n, 3)) < 0.7, truth[:, None], rng.integers(0, 3, (n, 3)))
    said[rng.random((n, 3)) < 0.3] = A
    llm = np.where(rng.random(n) < 0.9, np.array([0, 1, 1])[truth], rng.integers(0, 3, n))
    return llm[:, None].astype(np.int16), majority_vote(said.astype(np.int16), 3), truth


@pytest.mark.parametrize("known", [40, 200])
def test_it_finds_out_how_a_source_errs_and_beats_believing_it(known: int) -> None:
    llm, heuristic, truth = simulated()
    anchors = np.where(np.arange(len(truth)) < known, truth, A).astype(np.int16)
    rates = learn_rates(llm, heuristic, anchors, [0.95], SETTINGS)
    before = by_priority(llm, heuristic)
    found = weigh(before, llm, heuristic, rates, SETTINGS)
    unseen = np.arange(len(truth)) >= known
    right = [(s.label == truth)[unseen].mean() for s in (before, found)]
    assert right[1] > right[0] + 0.15
    # Given 2 it says 1 in nine of ten.
    assert rates.llm[0, 1, 2] == pytest.approx(0.93, abs=0.1)
    np.testing.assert_allclose(rates.llm.sum(axis=1), 1)
    np.testing.assert_allclose(rates.heuristic.sum(axis=0), 1)


def test_a_category_that_nothing_speaks_for_keeps_a_share() -> None:
    llm = np.zeros((20, 1), np.int16)
    heuristic = majority_vote(np.zeros((20, 2), np.int16), 2)
    known = np.zeros(20, np.int16)
    rates = learn_rates(llm, heuristic, known, [0.9], SETTINGS)
    # One more example of each category than there are.
    assert rates.priors == pytest.approx([21 / 22, 1 / 22])


def test_without_votes_nothing_but_what_is_believed_is_learned() -> None:
    heuristic = majority_vote(np.full((0, 2), A, np.int16), 3)
    rates = learn_rates(
        np.empty((0, 1), np.int16), heuristic, np.empty(0, np.int16), [0.8], SETTINGS
    )
    believed = believed_rates([0.8], 3)
    assert np.diag(believed.llm[0]).tolist() == pytest.approx([0.8] * 3)
    assert rates.priors == pytest.approx(believed.priors)
    np.testing.assert_allclose(believed.heuristic.sum(axis=0), 1)
    np.testing.assert_allclose(rates.llm, believed.llm)
