"""Dawid-Skene: the same posteriors as crowd-kit, and abstention that means something."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from catreview.records import ABSTAIN
from catreview.voting import dawid_skene, em, majority_vote

BENCH = Path(__file__).parents[2] / ".." / "shared" / "bench"
matrices = arrays.arrays(
    np.int16, st.tuples(st.integers(0, 12), st.integers(0, 5)), elements=st.integers(-1, 3)
)


def simulated(accuracies: list[float], n: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, n)
    wrong = (truth[:, None] + rng.integers(1, 3, (n, len(accuracies)))) % 3
    right = rng.random((n, len(accuracies))) < accuracies
    votes = np.where(right, truth[:, None], wrong)
    votes[rng.random(votes.shape) < 0.2] = ABSTAIN
    return votes.astype(np.int16), truth


@pytest.mark.parametrize("mix", [em._MIX, np.uint64(0)])
@given(codes=matrices)
def test_equal_rows_are_one_even_where_different_ones_share_a_number(mix, codes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(em, "_MIX", mix)
        rows, place, count = em.distinct(codes)
    assert len({tuple(row) for row in rows.tolist()}) == len(rows)
    assert (rows[place] == codes).all()
    assert (count == np.bincount(place, minlength=len(rows))).all()


@pytest.mark.skipif(not BENCH.is_dir(), reason="reference posteriors are not here")
@pytest.mark.parametrize("name", ["grouped6", "lf29"])
@pytest.mark.parametrize("iterations", [10, 100])
def test_with_abstain_missing_it_equals_crowd_kit(name, iterations):
    with np.load(BENCH / f"crowdkit_ds_{name}.npz") as file:
        known = {k: file[k] for k in file.files if k in ("votes", "has_vote")}
        known |= {k: file[f"{k}{iterations}"] for k in ("probs", "errors", "priors", "loss")}
    result = dawid_skene(known["votes"].astype(np.int16), 6, max_iter=iterations, abstain="missing")
    voted = known["has_vote"]
    np.testing.assert_allclose(result.aggregate.probs[voted], known["probs"][voted], atol=1e-6)
    np.testing.assert_allclose(result.errors, np.nan_to_num(known["errors"]), atol=1e-6)
    np.testing.assert_allclose(result.priors, known["priors"], atol=1e-6)
    np.testing.assert_allclose(result.losses, known["loss"], atol=1e-6)
    assert (result.aggregate.label[~voted] == ABSTAIN).all()


@pytest.mark.parametrize("abstain", ["outcome", "missing"])
def test_it_finds_out_who_is_reliable_and_beats_majority(abstain):
    accuracies = [0.9, 0.85, 0.4, 0.4, 0.4]
    votes, truth = simulated(accuracies)
    result = dawid_skene(votes, 3, abstain=abstain)
    voted = majority_vote(votes, 3).label
    assert (result.aggregate.label == truth).mean() > (voted == truth).mean() + 0.05
    said = result.errors[:, :3]
    estimated = (np.diagonal(said, axis1=1, axis2=2) / said.sum(axis=1)).mean(axis=1)
    np.testing.assert_allclose(estimated, accuracies, atol=0.06)


def test_functions_of_one_category_return_the_prior_only_when_abstaining_is_missing():
    rng = np.random.default_rng(0)
    truth = rng.choice(3, 3_000, p=[0.2, 0.3, 0.5])
    fires = rng.random((3_000, 6)) < np.where(np.arange(6) // 2 == truth[:, None], 0.6, 0.05)
    votes = np.where(fires, np.arange(6) // 2, ABSTAIN).astype(np.int16)
    voted = (votes != ABSTAIN).any(axis=1)
    missing = dawid_skene(votes, 3, abstain="missing")
    assert set(missing.aggregate.label[voted].tolist()) == {2}
    outcome = dawid_skene(votes, 3)
    assert outcome.voters == ((0, 1), (2, 3), (4, 5))
    assert outcome.errors.shape == (3, 4, 3)
    assert (outcome.aggregate.label == truth)[voted].mean() > 0.9


def test_a_copied_function_changes_nothing():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 500)
    fires = rng.random((500, 2)) < np.where(np.arange(2) == truth[:, None], 0.8, 0.2)
    votes = np.where(fires, np.arange(2), ABSTAIN).astype(np.int16)
    copied = np.hstack([votes, votes[:, [0, 0, 1, 1]]])
    once, thrice = dawid_skene(votes, 2), dawid_skene(copied, 2)
    np.testing.assert_allclose(once.aggregate.probs, thrice.aggregate.probs, atol=1e-12)


def test_functions_of_several_categories_stand_for_themselves():
    votes = np.array([[0, 1, -1], [0, 2, -1], [-1, 1, -1]], np.int16)
    assert dawid_skene(votes, 3).voters == ((0,), (1,))


def test_confidence_is_the_posterior_and_votes_count_functions_not_voters():
    votes = np.array([[0, 0, -1], [0, -1, 1], [-1, -1, -1]], np.int16)
    result = dawid_skene(votes, 2).aggregate
    assert result.votes.tolist() == [2, 2, 0]
    assert result.categories.tolist() == [1, 2, 0]
    assert result.label[2] == ABSTAIN
    np.testing.assert_array_equal(result.confidence, result.probs.max(axis=1))


def test_a_few_examples_rule_nothing_out():
    votes = np.array([[0, -1]] * 5 + [[-1, 1]] * 5, np.int16)
    assert dawid_skene(votes, 2).aggregate.confidence.max() < 0.999


def test_rows_of_unknown_truth_never_weigh_more_than_known_ones():
    votes = np.array([[0, 0, 0]] * 3 + [[1, 1, 1]], np.int16)
    found = dawid_skene(votes, 2, truth=np.array([0, 0, 0, -1], np.int16), abstain="missing")
    assert found.priors == pytest.approx([3 / 4, 1 / 4])


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3, 2)])
@pytest.mark.parametrize("abstain", ["outcome", "missing"])
def test_without_any_vote_nothing_is_labelled(shape, abstain):
    result = dawid_skene(np.full(shape, ABSTAIN, np.int16), 2, abstain=abstain)
    assert (result.aggregate.label == ABSTAIN).all()
    assert result.priors.tolist() == [0.5, 0.5]
    assert result.losses == ()


def test_a_code_that_is_no_category_is_refused():
    with pytest.raises(ValueError, match=r"-1\.\.1"):
        dawid_skene(np.array([[5, 0]], np.int16), 2)


@given(matrices, st.sampled_from(["outcome", "missing"]))
def test_posteriors_are_probabilities_and_equal_rows_get_equal_ones(votes, abstain):
    result = dawid_skene(votes, 4, abstain=abstain).aggregate
    voted = (votes != ABSTAIN).any(axis=1)
    np.testing.assert_allclose(result.probs.sum(axis=1), voted)
    assert ((result.label == ABSTAIN) == ~voted).all()
    doubled = dawid_skene(np.vstack([votes, votes]), 4, abstain="missing").aggregate
    np.testing.assert_array_equal(doubled.probs[: len(votes)], doubled.probs[len(votes) :])
