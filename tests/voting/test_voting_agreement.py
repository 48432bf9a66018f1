"""Kappa and intervals against worked examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catreview.records import ABSTAIN
from catreview.voting import (
    cohen_kappa,
    krippendorff_alpha,
    newcombe_interval,
    wilson_interval,
)


def codes(*values: int) -> np.ndarray:
    return np.array(values, np.int16)


def test_kappa_of_a_textbook_table():
    # 20 both yes, 15 both no, 5 and 10 split: observed 0.7, by chance 0.5.
    a = codes(*[0] * 25, *[1] * 25)
    b = codes(*[0] * 20, *[1] * 5, *[0] * 10, *[1] * 15)
    assert cohen_kappa(a, b, 2) == pytest.approx(0.4)


def test_kappa_is_one_for_the_same_and_negative_for_the_opposite():
    a = codes(0, 1, 0, 1)
    assert cohen_kappa(a, a, 3) == 1.0
    assert cohen_kappa(a, 1 - a, 3) == -1.0


def test_kappa_ignores_where_either_abstains():
    assert cohen_kappa(codes(0, 1, 2, -1), codes(0, 1, -1, 2), 3) == 1.0


@pytest.mark.parametrize(("a", "b"), [((), ()), ((0, -1), (-1, 0)), ((1, 1), (1, 1))])
def test_kappa_is_none_where_it_is_undefined(a, b):
    assert cohen_kappa(codes(*a), codes(*b), 3) is None


def test_the_interval_of_a_share_is_wilsons():
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_share_and_stays_in_range(k_of_n):
    k, n = k_of_n
    low, high = wilson_interval(k, n)
    assert 0 <= low <= k / n + 1e-12
    assert k / n - 1e-12 <= high <= 1


def test_alpha_is_that_of_krippendorff_s_examples():
    # K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, A and C (nominal).
    two = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], np.int16).T
    assert krippendorff_alpha(two, 2) == pytest.approx(0.095, abs=5e-4)
    rows = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    four = np.array([[ABSTAIN if c == "." else int(c) - 1 for c in row] for row in rows], np.int16)
    assert krippendorff_alpha(four.T, 5) == pytest.approx(0.743, abs=5e-4)


def test_alpha_is_undefined_without_two_votes_or_two_categories():
    assert krippendorff_alpha(np.array([[0, ABSTAIN], [1, ABSTAIN]], np.int16), 2) is None
    assert krippendorff_alpha(np.array([[0, 0], [0, 0]], np.int16), 2) is None
    assert krippendorff_alpha(np.empty((0, 3), np.int16), 2) is None


def test_the_interval_of_a_difference_is_newcombe_s():
    # R. Newcombe, Statistics in Medicine 17, 1998, table II (a), method 10.
    assert newcombe_interval(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    low, high = newcombe_interval(10, 10, 0, 10)
    assert 0.5 < low < 1.0 == pytest.approx(high)
