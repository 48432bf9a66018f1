"""The priority rule, by hand-worked examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from catreview.records import ABSTAIN, Basis
from catreview.settings import HeuristicSettings
from catreview.voting import BASES, Settled, majority_vote, settle_labels

FUNCTIONS = np.array([[0, 0], [0, 1], [1, -1], [-1, -1]], np.int16)
"""Confident, in conflict, a single vote, none."""


def settle(
    human: list[int] | None = None,
    llm: list[list[int]] | None = None,
    confidence: list[list[float]] | None = None,
    functions: np.ndarray = FUNCTIONS,
) -> Settled:
    n = len(functions)
    votes = np.array(llm if llm is not None else np.empty((n, 0)), np.int16)
    given_confidence = np.full(votes.shape, 0.95) if confidence is None else np.array(confidence)
    return settle_labels(
        np.array(human if human is not None else [ABSTAIN] * n, np.int16),
        votes,
        given_confidence,
        majority_vote(functions, 3),
        HeuristicSettings(),
    )


def bases(settled: Settled) -> list[str | None]:
    return [BASES[code] if code >= 0 else None for code in settled.basis]


def test_alone_the_heuristic_is_confident_with_two_votes_and_else_weak():
    settled = settle()
    assert settled.label.tolist() == [0, 0, 1, ABSTAIN]
    assert settled.confidence.tolist() == [1.0, 0.5, 1.0, 0.0]
    assert bases(settled) == [Basis.CONFIDENT, Basis.WEAK, Basis.WEAK, None]


def test_an_llm_beats_the_confident_heuristic_and_a_person_beats_all():
    settled = settle(human=[-1, 1, -1, 2], llm=[[2], [2], [-1], [0]])
    assert settled.label.tolist() == [2, 1, 1, 2]
    assert settled.confidence.tolist() == [0.95, 1.0, 1.0, 1.0]
    assert bases(settled) == [Basis.LLM, Basis.HUMAN, Basis.WEAK, Basis.HUMAN]
    assert settled.llm.tolist() == [0, -1, -1, -1]


NO_FUNCTIONS = np.full((1, 1), ABSTAIN, np.int16)


@pytest.mark.parametrize(
    ("votes", "confidence", "label", "expected", "column"),
    [
        ([1, 1], [0.9, 0.8], 1, 0.9, 0),
        ([1, 2], [0.6, 0.9], 2, 0.9 * 0.6, 1),
        ([1, 2, 2], [0.9, 0.5, 0.6], 2, 0.6 * 1.1 / 2, 1),
        ([2, 1], [0.7, 0.7], 2, 0.35, 0),
        ([1, 2, 2], [0.9, 0.7, 0.2], 1, 0.45, 0),
        ([2, 2, 1], [0.7, 0.2, 0.9], 2, 0.35, 0),
        ([-1, 2], [0.0, 0.8], 2, 0.8, 1),
        ([2, 1], [0.0, 0.0], 2, 0.0, 0),
        ([-1, -1], [0.9, 0.9], ABSTAIN, 0.0, -1),
    ],
    ids=[
        "agree",
        "surer",
        "outnumbered",
        "tie",
        "rounded tie",
        "the other way round",
        "one votes",
        "no idea",
        "none",
    ],
)
def test_between_llms_the_largest_summed_confidence_wins(
    votes, confidence, label, expected, column
):
    settled = settle(llm=[votes], confidence=[confidence], functions=NO_FUNCTIONS)
    assert settled.label.tolist() == [label]
    assert settled.confidence[0] == pytest.approx(expected)
    assert settled.llm.tolist() == [column]


def test_the_heuristic_given_in_is_not_changed():
    heuristic = majority_vote(FUNCTIONS, 3)
    before = heuristic.label.copy()
    llm = np.full((4, 1), 2, np.int16)
    settle_labels(llm[:, 0], llm, np.ones((4, 1)), heuristic, HeuristicSettings())
    np.testing.assert_array_equal(heuristic.label, before)


@given(
    arrays.arrays(np.int16, (6,), elements=st.integers(-1, 2)),
    arrays.arrays(np.int16, (6, 2), elements=st.integers(-1, 2)),
    arrays.arrays(np.int16, (6, 3), elements=st.integers(-1, 2)),
)
def test_a_label_is_always_a_vote_of_its_basis(human, llm, functions):
    settled = settle_labels(
        human, llm, np.full((6, 2), 0.95), majority_vote(functions, 3), HeuristicSettings()
    )
    for i, basis in enumerate(bases(settled)):
        match basis:
            case Basis.HUMAN:
                assert settled.label[i] == human[i]
            case Basis.LLM:
                assert settled.label[i] == llm[i, settled.llm[i]]
                assert human[i] == ABSTAIN
            case None:
                assert settled.label[i] == ABSTAIN
                assert {human[i], *llm[i], *functions[i]} == {ABSTAIN}
            case _:
                assert settled.label[i] in functions[i]
                assert {human[i], *llm[i]} == {ABSTAIN}
