"""The pools of the sampling plan and the pilot's sample."""

from dataclasses import dataclass, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catreview.queues import Pools, pilot_sample, pools
from catreview.settings import HeuristicSettings


@dataclass(frozen=True)
class Heuristic:
    label: np.ndarray
    confidence: np.ndarray
    votes: np.ndarray
    categories: np.ndarray


def heuristic(*rows: tuple[float, int, int]) -> Heuristic:
    """Rows of confidence, votes, categories."""
    confidence, votes, categories = (
        np.array(c) for c in (zip(*rows, strict=True) if rows else [()] * 3)
    )
    return Heuristic(np.where(votes > 0, 0, -1), confidence, votes, categories)


def pool_names(divided: Pools) -> list[list[str]]:
    masks = {f.name: getattr(divided, f.name) for f in fields(divided)}
    n = len(divided.rest)
    return [[name for name, mask in masks.items() if mask[i]] for i in range(n)]


@pytest.mark.parametrize(
    ("confidence", "votes", "categories", "pool"),
    [
        (0.0, 0, 0, "uncovered"),
        (0.8, 2, 1, "confident"),
        (0.8, 5, 2, "confident"),
        (0.79, 5, 2, "rest"),
        (1.0, 1, 1, "ambiguous"),
        (0.6, 5, 2, "disagreement"),
        (0.4, 5, 3, "disagreement"),
        (0.5, 4, 2, "disagreement"),
        (0.39, 5, 4, "ambiguous"),
        (0.49, 2, 1, "ambiguous"),
        (0.61, 5, 2, "rest"),
    ],
)
def test_each_example_is_in_the_pool_of_the_plan(confidence, votes, categories, pool):
    divided = pools(heuristic((confidence, votes, categories)), HeuristicSettings())
    assert pool_names(divided) == [[pool]]


def test_confident_beats_disagreement_where_the_settings_overlap():
    settings = HeuristicSettings(confident=0.5, disputed=(0.4, 0.6))
    assert pool_names(pools(heuristic((0.5, 4, 2)), settings)) == [["confident"]]


@given(
    rows=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), st.integers(0, 3))),
    confident=st.floats(0, 1),
    ambiguous=st.floats(0, 1),
    min_votes=st.integers(1, 3),
)
def test_pools_are_a_partition_whatever_the_settings(rows, confident, ambiguous, min_votes):
    settings = HeuristicSettings(
        confident=confident, ambiguous=ambiguous, min_votes=min_votes, disputed=(0.2, 0.9)
    )
    assert all(len(names) == 1 for names in pool_names(pools(heuristic(*rows), settings)))


def random_ranks(strata: np.ndarray, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(len(strata))


def test_a_pilot_has_equal_shares_as_far_as_they_go():
    strata = np.array([0] * 100 + [1] * 3 + [2] * 50 + [-1] * 40, np.int16)
    drawn = strata[pilot_sample(strata, 30, random_ranks(strata, 0))]
    assert {k: int((drawn == k).sum()) for k in (-1, 0, 1, 2)} == {-1: 9, 0: 9, 1: 3, 2: 9}


def test_a_pilot_is_the_same_for_the_same_seed_and_another_for_another():
    strata = np.arange(1_000, dtype=np.int16) % 6
    first, again, other = (
        pilot_sample(strata, 50, random_ranks(strata, seed)).tolist() for seed in (1, 1, 2)
    )
    assert first == again
    assert sorted(first) != sorted(other)


def test_any_part_of_a_pilot_mixes_the_strata():
    strata = np.repeat(np.arange(6, dtype=np.int16), [40, 200, 500, 1_000, 3_000, 5_000])
    drawn = strata[pilot_sample(strata, 240, random_ranks(strata, 0))]
    for start in range(0, 240, 48):
        part = np.bincount(drawn[start : start + 48], minlength=6)
        assert part.min() >= 6
        assert part.max() <= 10


def test_no_stratum_comes_first_everywhere_in_a_pilot_however_large_it_is():
    strata = np.repeat(np.arange(2, dtype=np.int16), [100, 20_000])
    drawn = strata[pilot_sample(strata, 200, random_ranks(strata, 0))].reshape(100, 2)
    assert 30 < (drawn[:, 0] == 1).sum() < 70


def test_most_of_a_pilot_stays_when_a_part_of_it_leaves_the_strata():
    strata = np.random.default_rng(4).integers(-1, 6, 2_000).astype(np.int16)
    ranks = random_ranks(strata, 0)
    sample = pilot_sample(strata, 200, ranks)
    others = np.setdiff1d(np.arange(2_000), sample[:60])
    again = others[pilot_sample(strata[others], 140, ranks[others])]
    assert len(np.setdiff1d(again, sample)) <= 14


@given(strata=st.lists(st.integers(-1, 5)), size=st.integers(0, 60), seed=st.integers(0, 2**32 - 1))
def test_a_pilot_has_its_size_and_no_row_twice_nor_a_stratum_left_behind(strata, size, seed):
    codes = np.array(strata, np.int16)
    rows = pilot_sample(codes, size, random_ranks(codes, seed)).tolist()
    assert len(set(rows)) == len(rows) == min(size, len(strata))
    taken = [int((codes[rows] == k).sum()) for k in range(-1, 6)]
    unexhausted = [t for t, k in zip(taken, range(-1, 6), strict=True) if t < strata.count(k)]
    # Whoever has rows left has got as many as anyone, but for the division's remainder.
    assert all(t >= max(taken) - 1 for t in unexhausted)
