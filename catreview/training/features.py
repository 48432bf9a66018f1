"""Examples as rows of numbers: blocks of TF-IDF features, each with a weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from catreview.errors import TrainingError
from catreview.records import ABSTAIN, Example
from catreview.training.markers import message_markers, openings
from catreview.training.reading import MAX_CHARACTERS, Reading, read

FEATURES_VERSION: Final = 1
"""Raise it with every change of what reading, lexicon, markers or blocks give for a text.

A saved model holds columns, not the code that fills them, and is refused under another version.
"""

Grams = Sequence[str]


class ReadExample(NamedTuple):
    """An example whose text and previous message have been read once for all blocks."""

    text: str
    own: Reading
    previous: Reading


@dataclass(frozen=True, slots=True)
class Block:
    """One family of features: what it takes from an example, and how.

    `grams` gives the terms of an example; `characters` are n-gram lengths counted inside words of
    the raw text instead. Every row of a block has Euclidean length `weight`.
    """

    name: str
    weight: float
    grams: Callable[[ReadExample], Grams] | None = None
    characters: tuple[int, int] = (0, 0)
    idf: bool = True


def _n_grams(tokens: list[str], longest: int) -> Grams:
    grams = list(tokens)
    for n in range(2, longest + 1):
        grams += [" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return grams


def _words(example: ReadExample) -> Grams:
    return _n_grams(example.own.tokens, 3)


def _previous(example: ReadExample) -> Grams:
    return _n_grams(example.previous.tokens, 2)


def _openings(example: ReadExample) -> Grams:
    return openings(example.own)


def _markers(example: ReadExample) -> Grams:
    return message_markers(example.text, example.own, example.previous)


BLOCKS: Final = (
    Block("words", 1.0, _words),
    Block("characters", 1.0, characters=(2, 4)),
    Block("previous", 0.5, _previous),
    Block("openings", 1.0, _openings),
    Block("markers", 1.0, _markers, idf=False),
)
"""The weights come from conversation-wise cross-validation on LLM votes, never from gold."""


VOTE_WEIGHT: Final = np.float32(0.5)
"""Of each labelling function's vote, chosen as the blocks' weights; flat from 0.35 to 0.8."""


class Vectoriser:
    """Turns examples into float32 rows; fit once on training examples, then only transform.

    Terms met in a single training example are left out, unless there are so few examples that
    everything is rare. A block that finds no term at all (no example has a previous message) is
    left out.
    """

    _FEW: Final = 200

    def __init__(self, blocks: Sequence[Block] = BLOCKS) -> None:
        self._blocks = tuple(blocks)
        self._fitted: list[tuple[Block, Any]] = []

    def fit_transform(self, examples: Sequence[Example]) -> Any:
        """CSR matrix (n_examples, n_features); raises TrainingError where no text has a word."""
        batch = _read_all(examples)
        min_df = 2 if len(examples) >= self._FEW else 1
        matrices = []
        self._fitted = []
        for block in self._blocks:
            vectoriser = _vectoriser(block, min_df)
            try:
                matrix = vectoriser.fit_transform(_documents(block, batch))
            except ValueError as error:
                # Of several ValueErrors only these two texts mean "no terms"; there is no type.
                if "empty vocabulary" in str(error) or "no terms remain" in str(error):
                    continue
                raise
            self._fitted.append((block, vectoriser))
            matrices.append(matrix)
        if not matrices:
            raise TrainingError("no example has any text", "check the column given with --text")
        return self._stack(matrices)

    def transform(self, examples: Sequence[Example]) -> Any:
        """CSR matrix (n_examples, n_features) in the columns of the fit."""
        batch = _read_all(examples)
        return self._stack([v.transform(_documents(block, batch)) for block, v in self._fitted])

    def _stack(self, matrices: list[Any]) -> Any:
        for (block, _), matrix in zip(self._fitted, matrices, strict=True):
            matrix.data *= np.float32(block.weight)
        return sparse.hstack(matrices, format="csr", dtype=np.float32)


def vote_rows(votes: NDArray[np.int16], n_categories: int) -> Any:
    """Votes, shape (n_examples, n_sources), as features: CSR (n, n_sources * n_categories).

    A column is one source saying one category; an abstention is a row without it. A source need
    not be right to be of use: the classifier learns what its vote is worth, also beside others.
    """
    n, n_sources = votes.shape
    row, source = np.nonzero(votes != ABSTAIN)
    column = source * n_categories + votes[row, source]
    data = np.full(len(row), VOTE_WEIGHT, dtype=np.float32)
    return sparse.csr_matrix((data, (row, column)), shape=(n, n_sources * n_categories))


def _read_all(examples: Sequence[Example]) -> list[ReadExample]:
    return [ReadExample(e.text, read(e.text), read(e.previous)) for e in examples]


def _documents(block: Block, batch: list[ReadExample]) -> list[Any]:
    if block.grams is None:
        return [example.text[:MAX_CHARACTERS] for example in batch]
    return [block.grams(example) for example in batch]


def _vectoriser(block: Block, min_df: int) -> Any:
    shared = {"min_df": min_df, "sublinear_tf": True, "use_idf": block.idf, "dtype": np.float32}
    if block.grams is None:
        return TfidfVectorizer(analyzer="char_wb", ngram_range=block.characters, **shared)
    return TfidfVectorizer(analyzer=_as_is, **shared)


def _as_is(document: Grams) -> Grams:
    return document
