"""Queues by what the model says, and by what a review is worth."""

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from catreview.queues import (
    Evidence,
    audit_queue,
    coverage_queue,
    label_error_queue,
    near_duplicates,
    review_seconds,
    uncertain_queue,
    value_queue,
)
from catreview.queues.worth import believe, worth
from catreview.voting import majority_vote

NAMES = ("request", "emotion", "statement")
R, E, S, A = 0, 1, 2, -1


def evidence(
    label: list[int],
    model: list[int],
    sure: list[float],
    *,
    given: list[int] | None = None,
    functions: list[list[int]] | None = None,
    trusted: bool = True,
) -> Evidence:
    n = len(label)
    votes = np.array(functions, np.int16) if functions else np.full((n, 2), A, np.int16)
    labels = np.array(label, np.int16)
    return Evidence(
        NAMES,
        ("a", "b"),
        votes,
        majority_vote(votes, 3),
        ("big",),
        (labels if trusted else np.full(n, A, np.int16))[:, None],
        np.array(model, np.int16),
        np.array(sure, float),
        np.array(given or [A] * n, np.int16),
        labels,
        np.where(labels == A, 0.0, 0.9),
        (labels != A) & trusted,
    )


def everything(known: Evidence) -> np.ndarray:
    return np.ones(len(known.label), bool)


def value(known: Evidence, **changes: object) -> list[int]:
    n = len(known.label)
    arguments: dict[str, object] = {
        "seconds": np.ones(n),
        "groups": np.arange(n),
        "reviewed": np.zeros(n, bool),
        "eligible": everything(known),
    }
    return value_queue(known, **{**arguments, **changes}).order.tolist()


def test_label_errors_start_with_what_the_model_is_surer_of_than_usual():
    known = evidence(
        label=[S, S, R, S, S, A], model=[S, R, R, E, R, R], sure=[0.9, 0.6, 0.7, 0.3, 0.8, 0.99]
    )
    queue = label_error_queue(known, everything(known))
    # The model is usually 0.7 sure of request; of emotion nothing is known.
    assert queue.order.tolist() == [4, 3, 1]
    assert queue.reason(0) == "labelled statement, model says request (0.80)"


def test_a_given_label_is_an_error_even_where_the_current_one_is_right():
    known = evidence(label=[R, R], model=[R, R], sure=[0.9, 0.9], given=[S, R])
    queue = label_error_queue(known, everything(known))
    assert queue.order.tolist() == [0]
    assert queue.reason(0) == "it came as statement, model says request (0.90)"


def test_a_review_is_worth_the_same_whichever_of_two_categories_it_takes_from():
    frequent, rare = [S] * 40, [R] * 2
    known = evidence(
        label=[R, S, *frequent, *rare], model=[S, R, *frequent, *rare], sure=[0.7] * 44
    )
    to_frequent, to_rare = worth(known).gain[:2]
    assert to_frequent == pytest.approx(to_rare, rel=0.2)


def test_uncertain_is_what_the_model_is_least_sure_of():
    known = evidence(label=[S, S, S], model=[S, R, A], sure=[0.8, 0.4, 0.0])
    queue = uncertain_queue(known, everything(known))
    assert queue.order.tolist() == [1, 0]
    assert queue.reason(0) == "uncertain: model says request (0.40)"


def test_coverage_is_what_no_source_but_the_model_votes_on():
    known = evidence(
        label=[S, A, A, A], model=[S, S, R, R], sure=[1, 0.9, 0.5, 0.7],
        functions=[[A, A], [A, A], [A, A], [A, R]],
    )  # fmt: skip
    queue = coverage_queue(known, everything(known))
    assert queue.order.tolist() == [2, 1]
    assert queue.reason(0) == "nobody voted; model says request (0.50)"


def test_the_audit_draws_labelled_examples_by_chance_alone():
    known = evidence(label=[S, A, R, S], model=[S, R, E, R], sure=[0.9] * 4)
    eligible = np.array([True, True, True, False])
    queue = audit_queue(known, np.array([0.5, 0.1, 0.2, 0.3]), eligible)
    assert queue.order.tolist() == [2, 0]
    assert queue.reason(0) == "random sample, labelled request"


def test_beliefs_join_label_and_model():
    known = evidence(label=[S, S, A, A], model=[S, R, R, A], sure=[0.9, 0.9, 0.6, 0.0])
    beliefs = believe(known)
    np.testing.assert_allclose(beliefs.sum(axis=1), 1)
    assert beliefs[0, S] > 0.98
    assert beliefs[1, S] == pytest.approx(beliefs[1, R], rel=0.15)
    # That the functions abstain says hardly anything.
    np.testing.assert_allclose(beliefs[2], [0.6, 0.2, 0.2], atol=0.05)
    np.testing.assert_allclose(beliefs[3], 1 / 3, atol=0.05)


def test_a_label_that_rests_on_functions_speaks_through_them_alone():
    votes = [[S, S], [A, A]]
    weak = evidence([S, S], [R, A], [0.6, 0.0], functions=votes, trusted=False)
    none = evidence([A, A], [R, A], [0.6, 0.0], functions=votes, trusted=False)
    np.testing.assert_array_equal(believe(weak), believe(none))


def test_a_model_that_is_certain_rules_nothing_out():
    beliefs = believe(evidence(label=[S], model=[R], sure=[1.0]))
    assert 0.2 < beliefs[0, S] < beliefs[0, R]


def test_functions_count_by_how_right_they_have_been():
    always_statement = evidence(
        label=[S, R] * 40 + [A, A], model=[A] * 82, sure=[0.0] * 82,
        functions=[[S, A]] * 80 + [[S, A], [A, A]],
    )  # fmt: skip
    beliefs = believe(always_statement)
    assert beliefs[80, S] == pytest.approx(beliefs[80, R], rel=0.1)
    telling = evidence(
        label=[S, R] * 40 + [A, A], model=[A] * 82, sure=[0.0] * 82,
        functions=[[S, A], [R, A]] * 40 + [[S, A], [A, A]],
    )  # fmt: skip
    assert believe(telling)[80, S] > 0.75


def test_a_likely_error_in_a_rare_category_is_worth_most():
    known = evidence(
        label=[S] * 50 + [R] * 50 + [E] * 4 + [S, S, S],
        model=[S] * 50 + [R] * 50 + [E] * 4 + [S, R, E],
        sure=[0.9] * 107,
    )
    assert value(known)[:2] == [106, 105]
    assert worth(known).wrong[104] < 0.05


def test_of_equal_gains_the_quicker_review_comes_first():
    known = evidence(label=[S, S], model=[R, R], sure=[0.8, 0.8])
    assert value(known) == [0, 1]
    assert value(known, seconds=np.array([9.0, 3.0])) == [1, 0]


def test_near_duplicates_count_once_and_not_at_all_once_reviewed():
    known = evidence(label=[S, S, S, S], model=[R, R, R, S], sure=[0.9, 0.8, 0.7, 0.9])
    assert value(known, groups=np.array([0, 0, 1, 2])) == [0, 2, 3, 1]
    reviewed = np.array([True, False, False, False])
    groups = np.array([0, 0, 1, 2])
    queue = value_queue(known, np.ones(4), groups, reviewed, ~reviewed)
    assert queue.order.tolist() == [2, 3, 1]
    assert queue.reason(2) == "says the same as one before"


def test_the_reason_says_what_is_doubted():
    known = evidence(label=[S, S, R], model=[R, S, R], sure=[0.9, 0.9, 0.9])
    queue = value_queue(known, np.ones(3), np.arange(3), np.zeros(3, bool), everything(known))
    assert queue.reason(0) == "labelled statement, 50 % likely wrong; perhaps request (F1 0.60)"


def test_without_a_model_no_f1_is_told():
    known = evidence(label=[S, S, R], model=[A, A, A], sure=[0, 0, 0])
    queue = value_queue(known, np.ones(3), np.arange(3), np.zeros(3, bool), everything(known))
    assert "F1" not in queue.reason(0)
    assert queue.reason(0).startswith("labelled ")


def test_without_any_vote_nothing_is_queued():
    known = evidence(label=[A, A], model=[A, A], sure=[0, 0])
    assert value(known) == []
    assert len(label_error_queue(known, everything(known))) == 0


def test_texts_alike_but_for_spelling_share_a_number():
    texts = [
        "Ok!!",
        "ok",
        "OK.",
        "ok?",
        "at 5 pm",
        "at 17 PM",
        "sooooo good",
        "sooo good",
        "!!",
        "😀",
        "...",
        "!!",
    ]
    assert near_duplicates(texts).tolist() == [0, 0, 0, 1, 2, 2, 3, 3, 4, 5, 6, 4]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("ok 👍", "ok 👎", False),
        ("great 😡", "great 😍", False),
        ("I ❤️ you", "I you", False),
        ("I ❤️ you", "i ❤ you!", True),
        ("ok👍🏽", "OK 👍!", True),
        ("मैं", "मा", False),
        ("cafe\u0301", "CAFÉ", True),
        ("好吗\uff1f", "好吗?", True),
        ("好吗\uff1f", "好吗。", False),
        ("a\u200bb", "ab", True),
        ("£5 off", "$7 off", True),
    ],
)
def test_emoji_and_marks_of_a_script_tell_texts_apart_and_their_spelling_does_not(
    one, other, alike
):
    first, second = near_duplicates([one, other])
    assert (first == second) == alike


def test_a_longer_message_is_never_expected_to_be_quicker():
    logged = np.arange(60.0) + 1
    seconds = review_seconds(np.array([10.0, 100.0]), logged, 10.0 - 0.1 * logged)
    assert seconds[0] == seconds[1] == pytest.approx((10.0 - 0.1 * logged).mean())


def test_seconds_follow_the_log_once_it_is_long_enough():
    lengths = np.array([10.0, 100.0])
    few = review_seconds(lengths, np.full(5, 10.0), np.full(5, 60.0))
    assert few.tolist() == [2.4, 6.0]
    logged = np.arange(60.0) + 1
    seconds = 1.0 + 0.1 * logged
    np.testing.assert_allclose(review_seconds(lengths, logged, seconds), [2, 11])
    assert review_seconds(np.zeros(1), logged, 0.1 * logged).tolist() == [0.5]
    seconds[3] = 3_600
    assert review_seconds(lengths, logged, seconds).max() < 15


@for_all(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2), st.floats(0, 1)), max_size=9))
def test_every_queue_holds_each_row_once_and_explains_it(rows):
    label, model, sure = (list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 3
    known = evidence(label, model, sure)
    n = len(label)
    for queue in (
        label_error_queue(known, everything(known)),
        uncertain_queue(known, everything(known)),
        coverage_queue(known, everything(known)),
        value_queue(known, np.ones(n), np.arange(n), np.zeros(n, bool), everything(known)),
    ):
        assert len(set(queue.order.tolist())) == len(queue)
        assert all(queue.reason(place) for place in range(len(queue)))
