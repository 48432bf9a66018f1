"""Exact tests, against values worked out by hand and against counting every case."""

from __future__ import annotations

from itertools import product

import pytest

from catreview.voting import holm, homogeneity, mcnemar


def test_mcnemars_mid_p_by_hand() -> None:
    # 1 against 5 of 6: P(0) + P(1) = 7/64, twice is 14/64; less P(1) = 6/64 leaves 8/64.
    assert mcnemar(1, 5).p == mcnemar(5, 1).p == 8 / 64
    # None against 4: 2 * 1/16 - 1/16.
    assert mcnemar(0, 4).p == 1 / 16


@pytest.mark.parametrize("both", [0, 1, 7, 100])
def test_equal_counts_are_no_difference(both: int) -> None:
    assert mcnemar(both, both).p == 1


def test_mcnemar_agrees_with_the_published_example() -> None:
    # Fagerland et al. 2013, table 1: airway hyper-responsiveness before and after, 1 and 7.
    assert mcnemar(1, 7).p == pytest.approx(0.039, abs=0.0005)


def test_thousands_of_examples_give_a_number() -> None:
    assert 0 < mcnemar(2000, 2200).p < 0.01


def test_holm_multiplies_step_by_step_and_never_goes_down() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1, 1]
    assert holm([]) == []


def test_homogeneity_is_the_share_of_deals_as_rare_as_the_one_seen() -> None:
    groups = [0] * 3 + [1] * 2 + [2] * 2
    successes = (3, 0, 1)
    deals: dict[tuple[int, ...], int] = {}
    for right in product((0, 1), repeat=7):
        if sum(right) == 4:
            deal = tuple(
                sum(r for r, g in zip(right, groups, strict=True) if g == k) for k in range(3)
            )
            deals[deal] = deals.get(deal, 0) + 1
    rare = sum(n for n in deals.values() if n <= deals[successes])
    assert homogeneity(successes, (3, 2, 2)) == pytest.approx(rare / sum(deals.values()))


def test_equal_rates_are_homogeneous() -> None:
    assert homogeneity([5, 5, 5], [10, 10, 10]) == 1
    assert homogeneity([0, 0, 0], [4, 4, 4]) == 1
    assert homogeneity([0, 0], [0, 0]) == 1
