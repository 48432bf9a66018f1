"""Review queues: their order and their reasons, by hand-worked examples."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from catreview.queues import (
    Evidence,
    Queue,
    ambiguous_queue,
    disagreement_queue,
    pilot_queue,
)
from catreview.settings import HeuristicSettings

NAMES = ("closing", "request", "statement")
C, R, S, A = 0, 1, 2, -1


@dataclass(frozen=True)
class Heuristic:
    label: np.ndarray
    confidence: np.ndarray
    votes: np.ndarray
    categories: np.ndarray


def evidence(
    functions: list[list[int]], llm: list[list[int]] | None = None, model: list[int] | None = None
) -> Evidence:
    """Votes with the majority of the functions as the heuristic."""
    votes = np.array(functions, np.int16) if functions else np.empty((0, 2), np.int16)
    n = len(votes)
    counts = np.stack([(votes == k).sum(axis=1) for k in range(3)], axis=1)
    total = counts.sum(axis=1)
    heuristic = Heuristic(
        np.where(total > 0, counts.argmax(axis=1), A).astype(np.int16),
        counts.max(axis=1) / np.maximum(total, 1),
        total,
        (counts > 0).sum(axis=1),
    )
    llms = np.array(llm, np.int16) if llm else np.empty((n, 0), np.int16)
    return Evidence(
        NAMES,
        tuple("abcdefgh"[: votes.shape[1]]),
        votes,
        heuristic,
        ("big", "small", "old")[: llms.shape[1]],
        llms,
        np.array(model or [A] * n, np.int16),
        **labelled(n),
    )


def labelled(n: int) -> dict[str, np.ndarray]:
    """No labels, and a model that gives no confidence."""
    nothing = np.full(n, A, np.int16)
    return {
        "model_confidence": np.zeros(n),
        "given": nothing,
        "label": nothing,
        "label_confidence": np.zeros(n),
        "trusted": np.zeros(n, bool),
    }


def disagreements(given_evidence: Evidence, eligible: list[bool] | None = None) -> Queue:
    mask = np.array(eligible or [True] * len(given_evidence.model), bool)
    return disagreement_queue(given_evidence, HeuristicSettings(), mask)


def ambiguous(given_evidence: Evidence) -> Queue:
    everything = np.ones(len(given_evidence.model), bool)
    return ambiguous_queue(given_evidence, HeuristicSettings(), everything)


def reasons(queue: Queue) -> list[str]:
    return [queue.reason(place) for place in range(len(queue))]


def test_disagreements_come_in_the_order_of_what_they_tell():
    queue = disagreements(
        evidence(
            functions=[[S, S], [R, C], [S, A], [S, S], [R, A], [S, S]],
            llm=[[S, S], [A, A], [R, R], [R, A], [R, S], [A, A]],
            model=[S, S, S, S, S, R],
        )
    )
    assert queue.order.tolist() == [4, 3, 2, 1]
    assert reasons(queue) == [
        "big says request, small says statement",
        "big says request, the functions say statement (1.00)",
        "model says statement, big and small say request",
        "functions split 1 closing, 1 request",
    ]


def test_among_llms_the_closest_comes_first_and_ties_stay_in_row_order():
    queue = disagreements(
        evidence(
            functions=[[A], [A], [A], [A]],
            llm=[[R, R, S], [R, S, A], [R, S, C], [R, A, S]],
        )
    )
    assert queue.order.tolist() == [1, 2, 3, 0]
    assert queue.reason(3) == "big and small say request, old says statement"


def test_functions_that_split_evenly_come_first_and_those_an_llm_has_settled_last():
    queue = disagreements(
        evidence(
            functions=[[R, R, S, S, A], [R, R, R, S, S], [R, R, S, S, A]],
            llm=[[R], [A], [A]],
        )
    )
    assert queue.order.tolist() == [2, 1, 0]
    assert reasons(queue)[1] == "functions split 3 request, 2 statement"
    # As sure of its label as the second, and yet one category leads.
    queue = disagreements(evidence(functions=[[R, R, S, C], [R, R, S, S]]))
    assert queue.order.tolist() == [1, 0]


def test_agreement_is_not_queued():
    agreeing = evidence(
        functions=[[S, S], [S, A], [A, A]], llm=[[S, A], [S, S], [R, R]], model=[S, S, A]
    )
    assert len(disagreements(agreeing)) == 0


def test_rows_that_are_not_eligible_are_left_out():
    conflict = evidence(functions=[[R, S]] * 3)
    assert disagreements(conflict, [True, False, True]).order.tolist() == [0, 2]


def test_the_ambiguous_queue_begins_with_what_nobody_knows():
    queue = ambiguous(
        evidence(
            functions=[[S, S, A, A], [A, R, A, A], [A, A, A, A], [A, A, A, A], [R, S, C, A]],
            llm=[[A], [A], [S], [A], [A]],
        )
    )
    assert queue.order.tolist() == [3, 1, 4, 2]
    assert reasons(queue) == [
        "no function voted",
        "only one function voted (b)",
        "functions are unsure (0.33): 1 closing, 1 request, 1 statement",
        "no function voted",
    ]


def test_a_label_that_a_message_came_with_is_called_no_function():
    votes = evidence(functions=[[A, S], [R, A]])
    came = replace(votes, given=np.array([S, A], np.int16))
    assert reasons(ambiguous(came)) == [
        "no function voted; it came as statement",
        "only one function voted (a)",
    ]


def test_the_pilot_queue_keeps_the_order_of_its_sample():
    votes = evidence(functions=[[R], [S], [A], [C]])
    sample = np.array([3, 0, 2])
    queue = pilot_queue(votes, sample, np.array([False, True, True, True]))
    assert queue.order.tolist() == [3, 2]
    assert reasons(queue) == [
        "pilot sample: the functions say closing",
        "pilot sample: no function voted",
    ]


def test_no_examples_make_empty_queues():
    nothing = evidence(functions=[])
    assert len(disagreements(nothing)) == len(ambiguous(nothing)) == 0


codes = st.integers(-1, 2)


@given(
    arrays.arrays(np.int16, (12, 4), elements=codes),
    arrays.arrays(np.int16, (12, 3), elements=codes),
    arrays.arrays(np.int16, (12,), elements=codes),
    arrays.arrays(np.bool_, (12,)),
)
def test_queues_hold_each_eligible_row_once_at_most_and_explain_it(functions, llm, model, eligible):
    votes = evidence(functions.tolist(), llm.tolist(), model.tolist())
    for build in (disagreement_queue, ambiguous_queue):
        queue = build(votes, HeuristicSettings(), eligible)
        rows = queue.order.tolist()
        assert len(set(rows)) == len(rows)
        assert eligible[rows].all()
        assert all(line and "\n" not in line for line in reasons(queue))
        again = build(votes, HeuristicSettings(), eligible)
        assert again.order.tolist() == rows
    conflicting = [len({v for v in row if v != A}) > 1 for row in llm.tolist()]
    queued = set(disagreements(votes).order.tolist())
    assert {i for i, conflict in enumerate(conflicting) if conflict} <= queued


@pytest.mark.parametrize("dtype", [np.int8, np.int16])
def test_votes_may_be_stored_in_one_byte(dtype):
    votes = evidence(functions=[[R, S]], llm=[[R, S]])
    narrow = Evidence(
        NAMES,
        votes.function_names,
        votes.functions.astype(dtype),
        votes.heuristic,
        votes.llm_names,
        votes.llm.astype(dtype),
        votes.model.astype(dtype),
        **labelled(len(votes.model)),
    )
    assert reasons(disagreements(narrow)) == ["big says request, small says statement"]
