"""The learning curve: a known one is found again, and doubt is admitted."""

import numpy as np
import pytest

from catreview.training.curve import forecast_size

SIZES = np.repeat([40.0, 80, 120, 160, 200], 3)


def curve(sizes, limit=0.9, scale=2.0, exponent=0.5):
    return limit - scale * sizes**-exponent


def noisy(scores, spread, seed=0):
    return scores + np.random.default_rng(seed).normal(0, spread, len(scores))


def test_a_power_law_is_carried_on_to_the_target():
    found = forecast_size(SIZES, curve(SIZES), 0.8, seed=0)
    assert found.more == pytest.approx(400 - 200, rel=1e-6)
    assert found.limit == pytest.approx(0.9)
    assert found.low == pytest.approx(found.high)


def test_the_range_holds_the_truth_nearly_as_often_as_it_says():
    truth = (2.0 / 0.11) ** 2 - 200
    held = 0
    for seed in range(30):
        found = forecast_size(
            SIZES, noisy(curve(SIZES), 0.004, seed), 0.79, seed=0, n_bootstrap=200
        )
        held += found.low <= truth <= found.high
        assert found.low < found.high
    assert held >= 26


def test_the_band_allows_for_what_a_fit_to_few_points_takes_up():
    sizes, held = np.array([40.0, 80, 120, 160, 200]), 0
    for seed in range(150):
        scores = noisy(curve(sizes + 50, scale=1.2), 0.01, seed)
        found = forecast_size(sizes, scores, 0.88, seed=0, n_bootstrap=200)
        middle = min(found.curve, key=lambda point: abs(point.size - 120))
        held += middle.low <= curve(middle.size + 50, scale=1.2) <= middle.high
    # Five points tell little of their own noise; without the allowance it is 113.
    assert held >= 122


def test_a_target_above_the_limit_is_infinitely_far():
    found = forecast_size(SIZES, curve(SIZES, limit=0.75, exponent=0.8), 0.85, seed=0)
    assert found.more == np.inf
    assert found.low > 10 * SIZES.max()


def test_a_flat_curve_never_gets_there():
    found = forecast_size(SIZES, np.full(15, 0.7), 0.85, seed=0)
    assert found.more == found.low == np.inf


def test_a_falling_curve_counts_as_flat():
    assert forecast_size(SIZES, 0.8 - SIZES / 1000, 0.85, seed=0).more == np.inf


def test_what_is_reached_needs_no_more():
    assert forecast_size(SIZES, curve(SIZES), 0.7, seed=0).more == 0


def test_the_limit_is_at_most_one():
    rising = 0.3 + SIZES / 400
    assert forecast_size(SIZES, rising, 0.99, seed=0).limit <= 1.0


def test_machine_labels_give_a_head_start():
    with_start = 0.9 - 2.0 * (SIZES + 200) ** -0.5
    assert forecast_size(SIZES, with_start, 0.83, seed=0).more == pytest.approx(416, abs=2)


def test_two_sizes_make_no_curve():
    with pytest.raises(ValueError, match="three sizes"):
        forecast_size(np.array([10.0, 20.0]), np.array([0.5, 0.6]), 0.8, seed=0)


def test_the_curve_runs_from_the_first_size_beyond_the_target_inside_its_interval():
    noisy_scores = noisy(curve(SIZES), 0.004)
    found = forecast_size(SIZES, noisy_scores, 0.8, seed=0)
    sizes = [point.size for point in found.curve]
    assert sizes[0] == 40
    assert sizes == sorted(sizes)
    assert found.more > 0
    assert 200 + found.more < sizes[-1] <= 6 * 200
    assert all(point.low <= point.value <= point.high for point in found.curve)
    width = [point.high - point.low for point in found.curve]
    assert width[-1] > min(width)
