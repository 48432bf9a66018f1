"""Coverage, overlap, conflict and accuracy, against examples worked by hand."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from catreview.records import ABSTAIN
from catreview.voting import source_statistics
from catreview.voting import statistics as module

# Rows: all agree; two differ; one alone; nobody; third differs from two who agree.
VOTES = np.array(
    [[2, 2, 2], [0, 1, -1], [-1, 3, -1], [-1, -1, -1], [0, 0, 1]],
    dtype=np.int16,
)
TRUTH = np.array([2, 1, -1, 0, 0], dtype=np.int16)


def test_coverage_is_the_share_of_rows_with_a_vote() -> None:
    assert [s.coverage for s in source_statistics(VOTES)] == [0.6, 0.8, 0.4]
    assert [s.votes for s in source_statistics(VOTES)] == [3, 4, 2]


def test_a_row_may_stand_for_several_examples() -> None:
    counts = np.array([3, 1, 2, 4, 1], dtype=np.int64)
    every = np.repeat(np.arange(5), counts)
    assert source_statistics(VOTES, TRUTH, counts) == source_statistics(VOTES[every], TRUTH[every])
    with pytest.raises(ValueError, match="counts"):
        source_statistics(VOTES, TRUTH, counts[1:])


def test_overlap_is_the_share_of_rows_where_another_votes_too() -> None:
    assert [s.overlap for s in source_statistics(VOTES)] == [0.6, 0.6, 0.4]


def test_conflict_is_the_share_of_rows_where_another_votes_differently() -> None:
    assert [s.conflict for s in source_statistics(VOTES)] == [0.4, 0.4, 0.2]


def test_accuracy_counts_votes_on_rows_with_a_known_truth() -> None:
    found = source_statistics(VOTES, TRUTH)
    assert [s.n for s in found] == [3, 3, 2]
    assert [s.accuracy for s in found] == [pytest.approx(2 / 3), 1.0, 0.5]


def test_accuracy_is_unknown_without_truth() -> None:
    for found in (source_statistics(VOTES), source_statistics(VOTES, np.full(5, -1, np.int16))):
        assert [(s.accuracy, s.low, s.high, s.n) for s in found] == [(None, None, None, 0)] * 3


def test_no_rows_give_zero_shares() -> None:
    [found] = source_statistics(np.empty((0, 1), np.int16))
    assert (found.coverage, found.overlap, found.conflict, found.accuracy) == (0, 0, 0, None)


def test_shapes_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        source_statistics(np.zeros(3, np.int16))
    with pytest.raises(ValueError, match="shape"):
        source_statistics(VOTES, TRUTH[:2])


def test_the_worked_example_in_the_docstring_is_right() -> None:
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


MATRICES = st.tuples(st.integers(1, 8), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(
        arrays(np.int16, shape, elements=st.integers(-1, 2)),
        arrays(np.int16, shape[0], elements=st.integers(-1, 2)),
    )
)


@given(MATRICES)
def test_statistics_agree_with_counting_one_row_at_a_time(
    matrices: tuple[np.ndarray, np.ndarray],
) -> None:
    votes, truth = matrices
    for column, found in enumerate(source_statistics(votes, truth)):
        own = [row for row in range(len(votes)) if votes[row, column] != ABSTAIN]
        others = {
            row: [v for i, v in enumerate(votes[row]) if i != column and v != ABSTAIN]
            for row in own
        }
        assert found.coverage == len(own) / len(votes)
        assert found.overlap == sum(bool(others[r]) for r in own) / len(votes)
        differing = [r for r in own if any(v != votes[r, column] for v in others[r])]
        assert found.conflict == len(differing) / len(votes)
        known = [r for r in own if truth[r] != ABSTAIN]
        right = [r for r in known if truth[r] == votes[r, column]]
        assert found.n == len(known)
        if known:
            assert found.accuracy == len(right) / len(known)
            assert found.low is not None
            assert found.high is not None
            assert 0 <= found.low <= found.accuracy <= found.high <= 1
