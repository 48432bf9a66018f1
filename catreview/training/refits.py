"""The classifier refitted on other labels of the same examples, which are read only once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN, Example
from catreview.training.features import Vectoriser
from catreview.training.model import Codes, beside, check_enough, feature_rows, fit_svm
from catreview.training.vectors import Encoded, VectorFeatures, Vectors


class Refits:
    """Trains on `examples` (n) under ever new labels, and decides other examples.

    `votes` (n, n_sources) are what labelling functions say of them, `encoded` (n vectors) what an
    encoder does. Reading and vectorising take most of a training, and here happen once: all fits
    share term frequencies, no labels. There is no confidence, and so nothing is calibrated.

    Raises TrainingError where no example has any text.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        votes: Codes,
        categories: Sequence[str],
        *,
        seed: int,
        encoded: Encoded | None = None,
    ) -> None:
        self._categories = tuple(categories)
        self._seed = seed
        self._vectoriser = Vectoriser()
        texts = self._vectoriser.fit_transform(examples)
        self._vector_features = None if encoded is None else VectorFeatures.fit(encoded)
        vectors = None if encoded is None else encoded.vectors
        self._rows = self._beside(texts, votes, vectors)

    def rows(
        self, examples: Sequence[Example], votes: Codes, vectors: Vectors | None = None
    ) -> Any:
        """Other examples as `decide` takes them: CSR (m, n_features); `votes` (m, n_sources)."""
        return self._beside(self._vectoriser.transform(examples), votes, vectors)

    def _beside(self, texts: Any, votes: Codes, vectors: Vectors | None) -> Any:
        rows = feature_rows(texts, votes, len(self._categories))
        if self._vector_features is None:
            return rows
        return beside(rows, self._vector_features.rows(vectors, len(votes)))

    def own(self, at: NDArray[np.intp]) -> Any:
        """The examples at these places, as `decide` takes them."""
        return self._rows[at]

    def decide(self, labels: Codes, asked: Any) -> Codes:
        """The categories (m,) of `asked` by an SVM trained on `labels` (n,), but not on ABSTAIN.

        Raises TrainingError where fewer than two categories have enough labels.
        """
        used = np.flatnonzero(labels != ABSTAIN)
        check_enough(labels[used], self._categories)
        weights, intercept = fit_svm(
            self._rows[used], labels[used], len(self._categories), self._seed
        )
        return np.asarray((asked @ weights.T + intercept).argmax(axis=1), dtype=np.int16)
