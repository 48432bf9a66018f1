"""Vectors that an encoder gives of messages, as features of the classifier."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from catreview.errors import TrainingError

Vectors = NDArray[np.float16]
"""Shape (n_examples, size)."""

_LENGTH: Final = 0.8
"""Length of each part of a row, the words' rows having 1; chosen by conversation-wise
cross-validation."""


class EncoderName(NamedTuple):
    """Which encoder: where it came from, and a digest of its weights."""

    source: str
    fingerprint: str


class Encoded(NamedTuple):
    """What an encoder says of examples."""

    encoder: EncoderName
    vectors: Vectors
    parts: tuple[int, ...] = ()
    """How many numbers of a vector belong together; empty: all do."""


class VectorFeatures(NamedTuple):
    """Turns the vectors of one encoder into rows; `mean` and `scale`, shape (size,), are fitted."""

    encoder: EncoderName
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def fit(cls, encoded: Encoded) -> Self:
        """Every number gets mean 0 and, within its part, the same variance over these vectors."""
        values = encoded.vectors.astype(np.float32)
        parts = np.array(encoded.parts or [values.shape[1]])
        deviation = values.std(axis=0)
        length = _LENGTH / np.sqrt(np.repeat(parts, parts))
        scale = length / np.where(deviation > 0, deviation, 1)
        return cls(encoded.encoder, values.mean(axis=0), scale.astype(np.float32))

    def rows(self, vectors: Vectors | None, n_examples: int) -> Any:
        """CSR matrix (n_examples, size); raises TrainingError where the vectors do not fit."""
        expected = (n_examples, len(self.mean))
        if vectors is None or vectors.shape != expected:
            given = "no vectors" if vectors is None else f"vectors of shape {vectors.shape}"
            raise TrainingError(f"{given} where the model needs those of {self.encoder.source}")
        return sparse.csr_matrix((vectors.astype(np.float32) - self.mean) * self.scale)
