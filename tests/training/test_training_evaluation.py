"""Evaluation against hand-worked figures, scikit-learn and a brute-force bootstrap."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from catreview.errors import TrainingError
from catreview.records import ABSTAIN
from catreview.training.evaluation import evaluate, paired_difference

CATEGORIES = ("a", "b", "c")


def _random_predictions(n=800, wrong=0.3, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    return truth, np.where(rng.random(n) < wrong, rng.integers(0, 3, n), truth)


def test_a_hand_worked_example_gives_the_worked_figures():
    result = evaluate([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 0], CATEGORIES, seed=0)
    first, second, third = result.per_class
    assert (first.precision, first.recall, first.f1, first.n) == (2 / 3, 2 / 3, 2 / 3, 3)
    assert (second.precision, second.recall, second.f1) == (2 / 3, 1.0, 4 / 5)
    assert (third.precision, third.recall, third.f1, third.n) == (None, 0.0, 0.0, 1)
    assert result.macro_f1.value == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)
    assert result.accuracy == pytest.approx(4 / 6)
    assert result.confusion.tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_scores_equal_those_of_scikit_learn():
    truth, predicted = _random_predictions()
    result = evaluate(truth, predicted, CATEGORIES, seed=0)
    precision, recall, f1, n = precision_recall_fscore_support(truth, predicted)
    assert [s.precision for s in result.per_class] == pytest.approx(precision)
    assert [s.recall for s in result.per_class] == pytest.approx(recall)
    assert [s.f1 for s in result.per_class] == pytest.approx(f1)
    assert [s.n for s in result.per_class] == n.tolist()
    assert result.macro_f1.value == pytest.approx(f1.mean())
    assert result.confusion.tolist() == confusion_matrix(truth, predicted).tolist()


def test_an_abstention_is_wrong_but_spoils_no_precision():
    result = evaluate([0, 0, 1], [0, ABSTAIN, 1], ("a", "b"), seed=0)
    assert result.per_class[0].precision == 1.0
    assert result.per_class[0].recall == 0.5
    assert result.accuracy == pytest.approx(2 / 3)
    assert result.confusion.sum() == 2


def test_a_category_without_gold_is_listed_and_left_out_of_the_mean():
    result = evaluate([0, 0, 1, 1], [0, 0, 1, 2], CATEGORIES, seed=0)
    absent = result.per_class[2]
    assert (absent.n, absent.f1, absent.recall, absent.precision) == (0, None, None, 0.0)
    assert result.macro_f1.value == pytest.approx((1 + 2 / 3) / 2)


def test_the_interval_equals_a_brute_force_bootstrap_over_conversations():
    truth, predicted = _random_predictions(n=120)
    groups = [f"c{i // 4}" for i in range(120)]
    result = evaluate(truth, predicted, CATEGORIES, seed=1, n_bootstrap=2000, groups=groups)
    rng = np.random.default_rng(2)
    scores = []
    for _ in range(2000):
        rows = np.concatenate([np.arange(4) + 4 * c for c in rng.integers(0, 30, 30)])
        parts = precision_recall_fscore_support(truth[rows], predicted[rows], zero_division=0)
        scores.append(parts[2].mean())
    assert result.macro_f1.low == pytest.approx(np.percentile(scores, 2.5), abs=0.015)
    assert result.macro_f1.high == pytest.approx(np.percentile(scores, 97.5), abs=0.015)


def test_bounds_of_a_frequent_category_equal_a_brute_force_bootstrap():
    truth, predicted = _random_predictions(n=300)
    rows = np.random.default_rng(2).integers(0, 300, (1000, 300))
    scores = [precision_recall_fscore_support(truth[r], predicted[r])[2][1] for r in rows]
    second = evaluate(truth, predicted, CATEGORIES, seed=1).per_class[1]
    low, high = np.percentile(scores, (2.5, 97.5))
    assert (second.low, second.high) == pytest.approx((low, high), abs=0.02)


def test_bounds_hold_for_categories_with_few_examples():
    rng = np.random.default_rng(7)
    share, recall, false = 0.02, 0.95, 0.001
    f1 = 2 * share * recall / (share + share * recall + (1 - share) * false)
    held = []
    while len(held) < 200:
        truth = (rng.random(300) < share).astype(int)
        right = rng.random(300) < np.where(truth == 1, recall, 1 - false)
        if truth.any():
            found = evaluate(truth, np.where(right, truth, 1 - truth), "ab", seed=0, n_bootstrap=80)
            held.append(found.per_class[1].low <= f1 <= found.per_class[1].high)
    assert np.mean(held) > 0.92


@pytest.mark.parametrize("conversations", [1, 2, 60])
def test_three_examples_that_are_all_right_make_nobody_certain(conversations):
    truth = np.array([1] * 3 + [0] * 57)
    groups = [f"c{i % conversations}" for i in range(60)]
    rare = evaluate(truth, truth, ("a", "b"), seed=0, groups=groups).per_class[1]
    assert (rare.low, rare.high) == (pytest.approx(0.61, abs=0.01), 1.0)


def test_a_category_that_most_resamples_miss_is_not_said_to_have_no_f1():
    truth, groups = np.array([1] + [0] * 59), [f"c{i}" for i in range(60)]
    wrong = evaluate(truth, np.zeros(60, dtype=int), ("a", "b"), seed=0, groups=groups)
    right = evaluate(truth, truth, ("a", "b"), seed=0, groups=groups)
    assert (wrong.per_class[1].low, wrong.per_class[1].high) == (0.0, pytest.approx(0.88, abs=0.01))
    assert right.per_class[1].low == pytest.approx(0.34, abs=0.01)


def test_conversations_of_like_quality_widen_the_interval():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 400)
    right = np.repeat(rng.random(20) < 0.7, 20)
    predicted = np.where(right, truth, (truth + 1) % 3)
    groups = [f"c{i // 20}" for i in range(400)]
    alone = evaluate(truth, predicted, CATEGORIES, seed=0).macro_f1
    together = evaluate(truth, predicted, CATEGORIES, seed=0, groups=groups).macro_f1
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_examples_without_conversation_are_resampled_one_by_one():
    truth, predicted = _random_predictions(n=60)
    alone = evaluate(truth, predicted, CATEGORIES, seed=3)
    nameless = evaluate(truth, predicted, CATEGORIES, seed=3, groups=[""] * 60)
    assert nameless.macro_f1.high - nameless.macro_f1.low == pytest.approx(
        alone.macro_f1.high - alone.macro_f1.low, abs=0.05
    )
    assert nameless.macro_f1.low < nameless.macro_f1.value < nameless.macro_f1.high


def test_a_single_conversation_makes_nobody_certain():
    truth, predicted = _random_predictions(n=60)
    alone = evaluate(truth, predicted, CATEGORIES, seed=3)
    single = evaluate(truth, predicted, CATEGORIES, seed=3, groups=["c"] * 60)
    assert single.macro_f1 == alone.macro_f1
    changed = np.where(np.arange(60) < 30, truth, predicted)
    gain = paired_difference(truth, predicted, changed, seed=3, groups=["c"] * 60)
    assert gain.low < gain.value < gain.high


def test_the_interval_covers_the_value_and_repeats_with_its_seed():
    truth, predicted = _random_predictions()
    one = evaluate(truth, predicted, CATEGORIES, seed=5).macro_f1
    assert one.low < one.value < one.high
    assert evaluate(truth, predicted, CATEGORIES, seed=5).macro_f1 == one
    assert evaluate(truth, predicted, CATEGORIES, seed=6).macro_f1 != one


def test_the_json_object_has_the_promised_keys_and_survives_a_round_trip():
    truth, predicted = _random_predictions()
    result = evaluate(truth, predicted, CATEGORIES, seed=0)
    printed = json.loads(json.dumps(result.as_json()))
    assert list(printed) == ["schema_version", "macro_f1", "per_class", "confusion", "accuracy"]
    assert printed["schema_version"] == 1
    assert list(printed["macro_f1"]) == ["value", "low", "high", "n"]
    assert list(printed["per_class"][0]) == [
        "category", "precision", "recall", "f1", "low", "high", "n",
    ]  # fmt: skip
    assert printed["confusion"] == {
        "categories": list(CATEGORIES),
        "rows": result.confusion.tolist(),
    }


def test_without_a_difference_p_is_anywhere_between_0_and_1():
    truth, _ = _random_predictions(n=200)
    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        one, two = (np.where(rng.random(200) < 0.3, (truth + 1) % 3, truth) for _ in range(2))
        found.append(paired_difference(truth, one, two, seed=0, n_bootstrap=200).p)
    assert min(found) < 0.5
    assert max(found) > 0.7


def test_a_clear_improvement_is_told_from_none():
    truth, poor = _random_predictions(wrong=0.5)
    _, good = _random_predictions(wrong=0.2)
    better = paired_difference(truth, poor, good, seed=0)
    assert better.value > 0.1
    assert 0 < better.low < better.value < better.high
    # No resample says otherwise: as small as it can get with a thousand of them.
    assert better.p == pytest.approx(2 / 1001)
    same = paired_difference(truth, good, good, seed=0)
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)


def test_a_paired_difference_changes_sign_with_its_order():
    truth, first = _random_predictions(wrong=0.35, seed=1)
    second = np.roll(first, 1)
    forth = paired_difference(truth, first, second, seed=0)
    back = paired_difference(truth, second, first, seed=0)
    assert back.value == -forth.value
    assert back.p == forth.p


@pytest.mark.parametrize(
    ("truth", "predicted"),
    [([], []), ([0, 1], [0]), ([0, 3], [0, 0]), ([0, ABSTAIN], [0, 0]), ([0, 1], [0, -2])],
)
def test_gold_that_cannot_be_measured_is_refused(truth, predicted):
    with pytest.raises(TrainingError):
        evaluate(truth, predicted, CATEGORIES, seed=0)
