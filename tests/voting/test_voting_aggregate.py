"""Majority vote: winners, ties, confidence and speed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from catreview.records import ABSTAIN
from catreview.voting import majority_vote

matrices = arrays.arrays(
    np.int16, st.tuples(st.integers(0, 8), st.integers(0, 5)), elements=st.integers(-1, 3)
)


def matrix(*rows: list[int]) -> np.ndarray:
    return np.array(rows, np.int16)


def test_the_most_voted_category_wins_with_its_share_as_confidence():
    result = majority_vote(matrix([2, 2, 0, -1], [1, -1, -1, -1]), 3)
    assert result.label.tolist() == [2, 1]
    assert result.confidence.tolist() == [2 / 3, 1.0]
    assert result.votes.tolist() == [3, 1]
    assert result.categories.tolist() == [2, 1]
    assert result.probs.tolist() == [[1 / 3, 0, 2 / 3], [0, 1, 0]]


def test_a_tie_goes_to_the_earlier_category_whatever_the_order_of_the_sources():
    result = majority_vote(matrix([2, 1], [1, 2], [2, 2]), 3)
    assert result.label.tolist() == [1, 1, 2]


def test_without_a_vote_the_label_is_abstain_and_the_rest_is_zero():
    result = majority_vote(matrix([-1, -1]), 3)
    assert result.label.tolist() == [ABSTAIN]
    assert result.confidence.tolist() == [0.0]
    assert result.probs.tolist() == [[0.0, 0.0, 0.0]]


def test_no_examples_and_no_sources_are_no_error():
    assert majority_vote(np.empty((0, 4), np.int16), 3).label.shape == (0,)
    assert majority_vote(np.empty((2, 0), np.int16), 3).label.tolist() == [ABSTAIN] * 2


@pytest.mark.parametrize("code", [3, -2])
def test_a_code_that_is_no_category_is_refused(code):
    with pytest.raises(ValueError, match=r"-1\.\.2"):
        majority_vote(matrix([0, code]), 3)


@given(matrices)
def test_it_equals_counting_row_by_row(votes):
    result = majority_vote(votes, 4)
    for row, label, confidence in zip(votes, result.label, result.confidence, strict=True):
        given_votes = [int(v) for v in row if v != ABSTAIN]
        if not given_votes:
            assert (label, confidence) == (ABSTAIN, 0)
            continue
        best = max(range(4), key=lambda k: (given_votes.count(k), -k))
        assert label == best
        assert confidence == given_votes.count(best) / len(given_votes)
