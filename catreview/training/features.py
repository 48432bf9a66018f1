"""Examples as rows of numbers: blocks of TF-IDF features, each with a weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat, starmap
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from catreview.errors import TrainingError
from catreview.records import ABSTAIN, Example
from catreview.training.markers import message_markers, openings
from catreview.training.reading import MAX_CHARACTERS, Reading, read
from catreview.training.terms import Terms, TfIdf

FEATURES_VERSION: Final = 2
"""Raise it with every change of what reading, lexicon, markers or blocks give for a text.

A saved model holds columns, not the code that fills them, and is refused under another version.
"""


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
    grams: Callable[[ReadExample], Terms] | None = None
    characters: tuple[int, int] = (0, 0)
    idf: bool = True


def _n_grams(tokens: list[str], longest: int) -> Terms:
    grams = list(tokens)
    for n in range(2, longest + 1):
        grams += map(" ".join, zip(*(tokens[start:] for start in range(n)), strict=False))
    return grams


def _words(example: ReadExample) -> Terms:
    return _n_grams(example.own.tokens, 3)


def _previous(example: ReadExample) -> Terms:
    return _n_grams(example.previous.tokens, 2)


def _openings(example: ReadExample) -> Terms:
    return openings(example.own)


def _markers(example: ReadExample) -> Terms:
    return message_markers(example.text, example.own, example.previous)


BLOCKS: Final = (
    Block("words", 1.0, _words),
    Block("characters", 0.7, characters=(3, 3)),
    Block("previous", 0.5, _previous),
    Block("openings", 1.0, _openings),
    Block("markers", 1.0, _markers, idf=False),
)
"""The weights come from conversation-wise cross-validation on LLM votes, never from gold."""


_READ_AT_ONCE: Final = 1_000

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
        self._fitted: list[tuple[Block, TfIdf]] = []

    def fit_transform(self, examples: Sequence[Example]) -> Any:
        """CSR matrix (n_examples, n_features); raises TrainingError where no text has a word."""
        min_df = 2 if len(examples) >= self._FEW else 1
        tried = [(block, TfIdf(min_df, idf=block.idf)) for block in self._blocks]
        for batch in _batches(examples):
            for block, terms in tried:
                terms.learn(_documents(block, batch))
        matrices = [terms.fitted() for _, terms in tried]
        self._fitted = [t for t, m in zip(tried, matrices, strict=True) if m.shape[1]]
        if not self._fitted:
            raise TrainingError("no example has any text", "check the column given with --text")
        return self._stack([m for m in matrices if m.shape[1]])

    def transform(self, examples: Sequence[Example]) -> Any:
        """CSR matrix (n_examples, n_features) in the columns of the fit."""
        return sparse.vstack(
            [
                self._stack([t.transform(_documents(block, batch)) for block, t in self._fitted])
                for batch in _batches(examples)
            ],
            format="csr",
        )

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


def _batches(examples: Sequence[Example]) -> Iterator[list[ReadExample]]:
    """Read examples, a few at a time: with many lists alive, collecting garbage takes half."""
    for start in range(0, max(len(examples), 1), _READ_AT_ONCE):
        known: dict[str, Reading] = {}

        # Most messages are also the previous one of the next.
        def reading(text: str, known: dict[str, Reading] = known) -> Reading:
            if text not in known:
                known[text] = read(text)
            return known[text]

        yield [
            ReadExample(e.text, reading(e.text), reading(e.previous))
            for e in examples[start : start + _READ_AT_ONCE]
        ]


def _documents(block: Block, batch: list[ReadExample]) -> list[Terms]:
    if block.grams is None:
        return _character_grams([example.text[:MAX_CHARACTERS] for example in batch], block)
    return [block.grams(example) for example in batch]


def _character_grams(texts: list[str], block: Block) -> list[Terms]:
    words = (zip(text.lower().split(), repeat(block.characters)) for text in texts)
    return [list(chain.from_iterable(starmap(_inside, each))) for each in words]


@lru_cache(50_000)
def _inside(word: str, lengths: tuple[int, int]) -> tuple[str, ...]:
    """N-grams of the characters of a word and a space at either end.

    A word shorter than n counts once, whole. Kept for the next time, as words recur.
    """
    padded = f" {word} "
    shortest, longest = lengths
    size = len(padded)
    grams = tuple(
        padded[start : start + n]
        for n in range(shortest, min(longest, size) + 1)
        for start in range(size - n + 1)
    )
    return grams or (padded,)
