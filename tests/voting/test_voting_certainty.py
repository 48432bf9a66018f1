"""How right labels are at least, against published and brute-force figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from catreview.voting import lower_bound, more_to_certify


def test_the_rule_of_three_when_all_are_right():
    assert lower_bound(100, 100) == pytest.approx(0.05 ** (1 / 100))
    assert lower_bound(0, 10) == 0.0
    assert lower_bound(0, 0) == 0.0


@given(st.integers(1, 60), st.integers(0, 60))
def test_at_the_bound_so_many_right_come_up_one_time_in_twenty(n, right):
    right = min(right, n)
    bound = lower_bound(right, n)
    if right:
        assert binom.sf(right - 1, n, bound) == pytest.approx(0.05)


def test_it_covers_the_truth_at_least_as_often_as_it_says():
    for truth in (0.5, 0.8, 0.94):
        missed = sum(binom.pmf(k, 80, truth) for k in range(81) if lower_bound(k, 80) > truth)
        assert missed <= 0.05


def test_more_checks_certify_what_the_share_right_allows():
    assert lower_bound(192, 200) < 0.94
    more = more_to_certify(192, 200, 0.94)
    assert more is not None
    right = (200 + more) * 192 // 200
    assert lower_bound(right, 200 + more) >= 0.94 > lower_bound(right - 1, 199 + more)
    assert more_to_certify(192, 200, 0.96) is None
    assert more_to_certify(192, 200, 0.90) == 0
    assert more_to_certify(0, 0, 0.95) == 59
