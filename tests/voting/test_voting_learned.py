"""Voting that learns from reviews, and what it finds out about the sources."""

import numpy as np
import pytest
from scipy.stats import binomtest

from catreview.records import ABSTAIN
from catreview.voting import (
    METHODS,
    LeftOut,
    combine,
    cross_validated,
    dawid_skene,
    expected_accuracy,
    harmful,
    leave_one_out,
    majority_vote,
    shared_errors,
    source_weights,
    weighted_majority,
)

A = ABSTAIN


def simulated(accuracies: list[float], n: int = 3_000, seed: int = 3) -> tuple:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n).astype(np.int16)
    wrong = (truth[:, None] + rng.integers(1, 3, (n, len(accuracies)))) % 3
    right = rng.random((n, len(accuracies))) < accuracies
    return np.where(right, truth[:, None], wrong).astype(np.int16), truth


def anchored(truth: np.ndarray, n: int) -> np.ndarray:
    return np.where(np.arange(len(truth)) < n, truth, A).astype(np.int16)


def certain(truth: np.ndarray) -> np.ndarray:
    return np.eye(3)[truth]


def test_sources_that_are_right_weigh_more_and_chance_weighs_nothing():
    votes, truth = simulated([0.9, 0.6, 0.3])
    weights = source_weights(votes, truth, 3)
    np.testing.assert_allclose(weights[:2], np.log([0.9 * 2 / 0.1, 0.6 * 2 / 0.4]), atol=0.1)
    assert weights[2] == 0
    weighted = weighted_majority(votes, 3, weights)
    assert (weighted.label == truth).mean() > (majority_vote(votes, 3).label == truth).mean()


def test_one_right_vote_makes_nobody_the_best():
    votes, truth = simulated([0.9, 0.6, 1.0])
    votes[1:, 2] = A
    good, fair, once = source_weights(votes, truth, 3)
    assert fair < once < good


def test_without_reviews_every_source_weighs_the_same():
    votes, truth = simulated([0.9, 0.6, 0.3])
    unknown = np.full(len(truth), A, np.int16)
    weights = source_weights(votes, unknown, 3)
    assert len(set(weights.tolist())) == 1
    np.testing.assert_array_equal(
        combine("weighted-majority", votes, 3, unknown).label, majority_vote(votes, 3).label
    )


def test_confidence_is_the_share_of_the_weights():
    votes = np.array([[0, 1, 1], [0, A, A], [A, A, A]], np.int16)
    found = weighted_majority(votes, 2, np.array([3.0, 1.0, 1.0]))
    assert found.label.tolist() == [0, 0, A]
    np.testing.assert_allclose(found.confidence, [0.6, 1, 0])
    nobody = weighted_majority(votes, 2, np.zeros(3))
    np.testing.assert_array_equal(nobody.probs, majority_vote(votes, 2).probs)


def test_reviews_anchor_dawid_skene_against_a_majority_that_errs_together():
    votes, truth = simulated([0.85, 0.85, 0.5])
    # A source and its copy agree so well that EM alone believes them against the better two.
    copied = votes[:, [0, 1, 2, 2]]
    alone = dawid_skene(copied, 3)
    helped = dawid_skene(copied, 3, truth=anchored(truth, 100))
    unseen = np.arange(len(truth)) >= 100
    right = [(r.aggregate.label == truth)[unseen].mean() for r in (alone, helped)]
    assert right[1] > right[0] + 0.1
    assert right[1] > 0.8


def test_an_anchored_row_still_says_what_its_votes_say():
    votes, truth = simulated([0.9, 0.9, 0.9])
    lie = anchored((truth + 1) % 3, 5)
    found = dawid_skene(votes, 3, truth=lie).aggregate
    assert (found.label[:5] == truth[:5]).mean() > 0.5
    same = (votes == votes[0]).all(axis=1)
    assert len(set(found.label[same].tolist())) == 1


def test_anchors_of_nothing_change_nothing():
    votes, truth = simulated([0.8, 0.7, 0.6], n=300)
    plain = dawid_skene(votes, 3)
    unknown = dawid_skene(votes, 3, truth=np.full(len(truth), A, np.int16))
    np.testing.assert_array_equal(plain.aggregate.probs, unknown.aggregate.probs)


@pytest.mark.parametrize("method", METHODS)
def test_cross_validation_never_learns_from_the_fold_it_labels(method):
    votes, truth = simulated([0.8, 0.7, 0.6], n=200)
    folds = np.arange(200) % 5
    known = anchored(truth, 150)
    labels = cross_validated(method, votes, 3, known, folds)
    assert (labels[150:] == A).all()
    spoiled = np.where((folds == 2) & (known != A), (known + 1) % 3, known).astype(np.int16)
    again = cross_validated(method, votes, 3, spoiled, folds)
    inside = (folds == 2) & (known != A)
    np.testing.assert_array_equal(labels[inside], again[inside])


def test_expected_accuracy_is_accuracy_where_the_truth_is_certain():
    votes, truth = simulated([0.9, 0.5])
    votes[:100, 1] = A
    votes = np.column_stack([votes, np.full(len(truth), A, np.int16)])
    found = expected_accuracy(votes, certain(truth))
    assert found[0] == (votes[:, 0] == truth).mean()
    assert found[1] == (votes[100:, 1] == truth[100:]).mean()
    assert np.isnan(found[2])
    unknown = np.where(np.arange(len(truth))[:, None] < 100, 0.0, certain(truth))
    assert expected_accuracy(votes, unknown)[0] == (votes[100:, 0] == truth[100:]).mean()


def test_a_copy_shares_every_error_and_strangers_share_none():
    votes, truth = simulated([0.8, 0.7, 0.75], n=20_000)
    shared = shared_errors(np.column_stack([votes, votes[:, 0]]), certain(truth))
    assert shared[0, 3] == pytest.approx(1)
    np.testing.assert_allclose([shared[0, 1], shared[1, 2], shared[0, 2]], 0, atol=0.03)
    np.testing.assert_allclose(shared, shared.T)
    assert np.isnan(np.diagonal(shared)).all()


def test_sources_without_errors_share_none():
    votes, truth = simulated([1.0, 1.0], n=50)
    assert np.isnan(shared_errors(votes, certain(truth))).all()


def test_a_source_hurts_when_labels_are_better_without_it():
    votes, truth = simulated([0.8, 0.8, 0.8, 0.1, 0.1], n=400)
    known = anchored(truth, 300)
    judged = leave_one_out(votes, known, lambda matrix: majority_vote(matrix, 3).label)
    assert harmful(judged) == [False, False, False, True, True]
    assert judged[3].fixed > judged[3].broken
    assert judged[0].fixed + judged[0].broken <= 300


def test_a_source_that_changes_nothing_does_no_harm():
    votes, truth = simulated([0.8, 0.8, 0.8], n=50)
    silent = np.column_stack([votes, np.full(50, A, np.int16)])
    judged = leave_one_out(silent, truth, lambda matrix: majority_vote(matrix, 3).label)
    assert (judged[3].fixed, judged[3].broken, judged[3].p) == (0, 0, 1.0)
    assert not harmful(judged)[3]


def test_the_sign_test_is_the_binomial_one():
    for fixed in range(8):
        for broken in range(8):
            n = fixed + broken
            expected = binomtest(fixed, n, alternative="greater").pvalue if n else 1.0
            assert LeftOut(fixed, broken).p == pytest.approx(expected)


def test_among_many_harmless_sources_hardly_ever_one_is_accused():
    rng, accused = np.random.default_rng(0), 0
    for _ in range(200):
        changed = rng.poisson(6, 35)
        fixed = rng.binomial(changed, 0.5)
        judged = [LeftOut(f, n - f) for f, n in zip(fixed.tolist(), changed.tolist(), strict=True)]
        accused += any(harmful(judged))
    assert accused <= 10
    assert harmful([*judged, LeftOut(14, 1)])[-1]
