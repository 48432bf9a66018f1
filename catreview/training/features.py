"""Examples as rows of numbers: blocks of TF-IDF features, each with a weight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from catreview.errors import TrainingError
from catreview.records import ABSTAIN, Example
from catreview.training.markers import message_markers, openings
from catreview.training.reading import MAX_CHARACTERS, Reading, read
from catreview.training.terms import Documents, Terms, TfIdf

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


def _words(example: ReadExample) -> Terms:
    tokens, pairs, _ = example.own
    triples = [f"{pair} {third}" for pair, third in zip(pairs, tokens[2:], strict=False)]
    return [*tokens, *pairs, *triples]


def _previous(example: ReadExample) -> Terms:
    return [*example.previous.tokens, *example.previous.pairs]


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


_COUNTED_AT_ONCE: Final = 4_000
"""Examples whose terms are in memory together."""
_WORDS: Final = 50_000
"""Words known, after which all are forgotten."""
Numbers = Callable[[ReadExample], Iterable[int]]

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
        numbers = [_numbers(block, terms.numbered) for block, terms in tried]
        for batch in _batches(examples):
            for (_, terms), documents in zip(tried, _documents(batch, numbers), strict=True):
                terms.learn(documents)
        matrices = [terms.fitted() for _, terms in tried]
        self._fitted = [t for t, m in zip(tried, matrices, strict=True) if m.shape[1]]
        if not self._fitted:
            raise TrainingError("no example has any text", "check the column given with --text")
        return self._stack([m for m in matrices if m.shape[1]])

    def transform(self, examples: Sequence[Example]) -> Any:
        """CSR matrix (n_examples, n_features) in the columns of the fit."""
        numbers = [_numbers(block, terms.known) for block, terms in self._fitted]
        rows = [
            self._stack(
                [
                    terms.transform(documents)
                    for (_, terms), documents in zip(
                        self._fitted, _documents(batch, numbers), strict=True
                    )
                ]
            )
            for batch in _batches(examples)
        ]
        return sparse.vstack(rows, format="csr")

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


def _batches(examples: Sequence[Example]) -> Iterator[Iterator[ReadExample]]:
    """Examples as they are read: none is kept, or collecting garbage would take a fifth."""
    for start in range(0, max(len(examples), 1), _COUNTED_AT_ONCE):
        yield _read(examples[start : start + _COUNTED_AT_ONCE])


def _read(examples: Sequence[Example]) -> Iterator[ReadExample]:
    text, own = "", read("")
    for example in examples:
        # Most messages are also the previous one of the next.
        previous = own if example.previous == text else read(example.previous)
        text, own = example.text, read(example.text)
        yield ReadExample(text, own, previous)


def _documents(batch: Iterable[ReadExample], numbers: Sequence[Numbers]) -> list[Documents]:
    """Documents of each block."""
    documents = [Documents() for _ in numbers]
    for example in batch:
        for document, of in zip(documents, numbers, strict=True):
            document.add(of(example))
    return documents


def _numbers(block: Block, of_terms: Callable[[Terms], Iterable[int]]) -> Numbers:
    """What a block takes from an example, as numbers of terms."""
    grams = block.grams
    if grams is not None:
        return lambda example: of_terms(grams(example))
    inside = _Inside(block.characters, of_terms)

    def of_characters(example: ReadExample) -> Iterable[int]:
        words = example.text[:MAX_CHARACTERS].lower().split()
        return chain.from_iterable(map(inside.__getitem__, words))

    return of_characters


class _Inside(dict[str, tuple[int, ...]]):
    """The numbers of the character n-grams of words, which recur."""

    def __init__(
        self, lengths: tuple[int, int], of_terms: Callable[[Terms], Iterable[int]]
    ) -> None:
        super().__init__()
        self._lengths, self._of_terms = lengths, of_terms

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) > _WORDS:
            self.clear()
        self[word] = numbers = tuple(self._of_terms(_inside(word, self._lengths)))
        return numbers


def _inside(word: str, lengths: tuple[int, int]) -> tuple[str, ...]:
    """N-grams of the characters of a word and a space at either end.

    A word shorter than n counts once, whole.
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
