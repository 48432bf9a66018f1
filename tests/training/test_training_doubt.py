"""Which labels are in doubt, by hand-worked examples."""

import numpy as np

from catreview.training.doubt import doubtful
from catreview.training.model import Predictions


def doubts(labels: list[int], said: list[int], sure: list[float]) -> list[int]:
    predicted = Predictions(np.array(said, np.int16), np.array(sure))
    return np.flatnonzero(doubtful(np.array(labels, np.int16), predicted)).tolist()


def test_a_label_is_in_doubt_where_another_is_predicted_as_surely_as_it_usually_is() -> None:
    # Of category 1 the classifier is 0.8 sure on average where the label says so too.
    labels = [1, 1, 0, 0, 0, 0]
    said = [1, 1, 1, 1, 0, 0]
    assert doubts(labels, said, [0.7, 0.9, 0.85, 0.75, 0.9, 0.9]) == [2]


def test_no_prediction_and_agreement_are_no_doubt() -> None:
    assert doubts([0, 0, 1, 1], [0, -1, 1, -1], [0.2, 0.0, 0.2, 0.0]) == []


def test_a_category_that_would_lose_most_of_its_labels_keeps_them() -> None:
    said = [1] * 5
    assert doubts([1, 0, 0, 0, 1], said, [0.5, 0.9, 0.9, 0.9, 0.5]) == []


def test_a_category_that_would_lose_half_of_its_labels_loses_them() -> None:
    labels, said = [1, 0, 0, 0, 0], [1, 1, 1, 0, 0]
    assert doubts(labels, said, [0.8, 0.9, 0.9, 0.9, 0.9]) == [1, 2]


def test_a_category_that_is_never_predicted_rightly_casts_no_doubt() -> None:
    assert doubts([0, 0, 0, 0], [0, 0, 0, 2], [0.5, 0.6, 0.5, 0.99]) == []
