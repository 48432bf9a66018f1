"""How far a source is trusted, from reviews: shrunk, calibrated, and never from nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from catreview.records import ABSTAIN
from catreview.voting import (
    ENOUGH,
    LearnedFrom,
    Reliability,
    learn_reliability,
    like_the_measured,
)

PRIOR = 0.95


def codes(*values: int) -> NDArray[np.int16]:
    return np.array(values, dtype=np.int16)


def learn(
    votes: NDArray[np.int16], truth: NDArray[np.int16], stated: NDArray[np.float64] | None = None
) -> Reliability:
    unsaid = np.full(len(votes), np.nan)
    return learn_reliability(votes, unsaid if stated is None else stated, truth, 3, PRIOR)


def test_below_twenty_reviews_the_prior_stands() -> None:
    votes = np.zeros(ENOUGH - 1, dtype=np.int16)
    known = learn(votes, np.ones_like(votes))
    assert not known.measured
    assert (known.reviews, known.accuracy, known.by_category) == (19, PRIOR, (PRIOR,) * 3)
    assert known.confidence(codes(0), np.array([np.nan])).tolist() == [PRIOR]


def test_accuracy_is_shrunk_to_the_prior_and_a_categorys_to_that() -> None:
    # 30 reviews: 20 votes for 0, all right; 10 for 1, all wrong; none for 2.
    votes = codes(*[0] * 20, *[1] * 10)
    truth = codes(*[0] * 30)
    known = learn(votes, truth)
    overall = (20 + 10 * 0.95) / (30 + 10)
    assert known.accuracy == pytest.approx(overall)
    assert known.by_category == pytest.approx(
        ((20 + 10 * overall) / 30, (0 + 10 * overall) / 20, overall)
    )


def test_rows_without_a_vote_or_a_truth_count_for_nothing() -> None:
    votes, truth = codes(*[0] * 20), codes(*[0] * 20)
    more = learn(
        np.concatenate([votes, codes(ABSTAIN, 1)]), np.concatenate([truth, codes(0, ABSTAIN)])
    )
    assert more == learn(votes, truth)


def overconfident(n: int) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.float64]]:
    """Votes whose log-odds are right in a third of their size, as logprobs of LLMs are."""
    rng = np.random.default_rng(3)
    logit = rng.normal(5, 2, n)
    right = rng.random(n) < 1 / (1 + np.exp(-logit / 3))
    votes = rng.integers(3, size=n).astype(np.int16)
    return votes, np.where(right, votes, (votes + 1) % 3).astype(np.int16), 1 / (1 + np.exp(-logit))


def test_overconfident_probabilities_are_brought_down_and_keep_their_order() -> None:
    votes, truth, stated = overconfident(400)
    known = learn(votes, truth, stated)
    assert known.calibrated == 400
    given = np.array([0.7, 0.95, 0.999])
    said = known.confidence(codes(1, 1, 1), given)
    assert (said < given).all()
    assert (np.diff(said) > 0).all()
    fresh, is_, stated = overconfident(2000)
    mean = known.confidence(fresh, stated).mean()
    assert mean == pytest.approx((fresh == is_).mean(), abs=0.03)
    assert stated.mean() > (fresh == is_).mean() + 0.1


def test_calibration_lessens_the_squared_error_on_unseen_votes() -> None:
    votes, truth, stated = overconfident(1200)
    known = learn(votes[:200], truth[:200], stated[:200])
    right = (votes == truth)[200:]
    before = np.mean((stated[200:] - right) ** 2)
    after = np.mean((known.confidence(votes[200:], stated[200:]) - right) ** 2)
    assert after < 0.9 * before


def test_probabilities_that_say_nothing_leave_the_accuracy() -> None:
    """Surer where it is wrong: the stated probability is not believed the other way round."""
    stated = np.r_[np.full(20, 0.6), np.full(20, 0.99)]
    votes = np.zeros(40, dtype=np.int16)
    known = learn(votes, np.r_[np.zeros(20), np.ones(20)].astype(np.int16), stated)
    low, high = known.confidence(codes(0, 0), np.array([0.6, 0.99]))
    assert low == high
    assert 0.5 < low < 0.65


def test_a_category_it_is_bad_at_is_trusted_less_at_the_same_stated_probability() -> None:
    votes = codes(*[0] * 40, *[1] * 40)
    truth = codes(*[0] * 60, *[1] * 20)
    known = learn(votes, truth, np.tile([0.9, 0.99], 40))
    good, bad = known.confidence(codes(0, 1), np.array([0.95, 0.95]))
    assert good > bad + 0.2


def test_few_probabilities_among_many_votes_are_taken_as_stated() -> None:
    stated = np.r_[np.full(5, 0.7), np.full(35, np.nan)]
    known = learn(np.zeros(40, dtype=np.int16), np.zeros(40, dtype=np.int16), stated)
    assert known.calibrated == 0
    assert known.confidence(codes(0, 0), np.array([0.7, np.nan])) == pytest.approx(
        [0.7, (40 + 10 * known.accuracy) / 50]
    )


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-1, 2), st.integers(-1, 2), st.sampled_from([0.0, 1e-9, 0.5, 0.9, 1.0])
        ),
        min_size=20,
        max_size=60,
    )
)
def test_every_confidence_is_a_probability_whatever_was_reviewed(
    rows: list[tuple[int, int, float]],
) -> None:
    votes, truth, stated = (np.array(column) for column in zip(*rows, strict=True))
    known = learn(votes.astype(np.int16), truth.astype(np.int16), stated)
    for said in (stated, np.full(len(stated), np.nan)):
        confidence = known.confidence(votes.astype(np.int16), said)
        assert ((confidence >= 0) & (confidence <= 1)).all()
        assert (confidence[votes == ABSTAIN] == 0).all()


def test_what_nobody_checked_is_believed_as_the_measured_are_on_average() -> None:
    unknown = Reliability(3, PRIOR, (PRIOR,) * 2)
    measured = [
        Reliability(50, 0.9, (0.8, 0.99), LearnedFrom.SAMPLE),
        Reliability(50, 0.7, (0.6, 0.97), LearnedFrom.REVIEWS),
    ]
    known = like_the_measured(unknown, measured, PRIOR)
    assert (known.reviews, known.measured) == (3, False)
    assert known.accuracy == pytest.approx(0.8)
    # Nowhere above the prior: being unknown is no merit.
    assert known.by_category == pytest.approx((0.7, PRIOR))
    votes, stated = codes(0, 1), np.array([PRIOR, PRIOR])
    assert known.confidence(votes, stated) == pytest.approx((0.7, PRIOR))
    assert like_the_measured(unknown, [], PRIOR) == unknown
