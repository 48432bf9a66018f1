"""What a labelling function is tried out on: the messages, and what is known of them.

Gold is not among them: it neither tunes nor is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.functions import Block
from catreview.jobs.project import Project
from catreview.records import ABSTAIN, Basis, Example, SourceKind
from catreview.store import Codes, Numbers, StoredSource
from catreview.training.evaluation import conversation_folds
from catreview.voting import cross_validated

MOST: Final = 100_000
"""Messages held for trying out; of more, a random sample and all that were reviewed."""
BLOCK: Final = 2_000
"""Messages read at once: few enough for other threads to have their turn in between."""
FOLDS: Final = 5


class Ground:
    """A project's messages with what is known of them, read when first asked for.

    Rows are examples that are not gold, ascending; never more than `MOST` and those reviewed.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    @cached_property
    def numbers(self) -> Numbers:
        """Number of each row's example."""
        everything = self._project.store.examples.all_numbers()
        gold = np.fromiter(self._project.store.examples.gold(), dtype=np.int64)
        numbers = everything[~np.isin(everything, gold)]
        if len(numbers) <= MOST:
            return numbers
        rng = np.random.default_rng(self._project.settings.training.seed)
        drawn = rng.choice(numbers, MOST, replace=False, shuffle=False)
        return np.union1d(drawn, np.intersect1d(numbers, list(self._decided)))

    @cached_property
    def total(self) -> int:
        """How many there are, of which `numbers` may be a sample."""
        store = self._project.store.examples
        return store.count() - len(store.gold())

    @cached_property
    def texts(self) -> tuple[list[str], list[str]]:
        """The messages, and those before them.

        Strings alone: so many records would keep the garbage collector busy, and all threads with
        it.
        """
        store = self._project.store.examples
        texts: list[str] = []
        previous: list[str] = []
        for start in range(0, len(self.numbers), BLOCK):
            for text, before in store.wordings(self.numbers[start : start + BLOCK]):
                texts.append(text)
                previous.append(before)
        return texts, previous

    def block(self, rows: Iterable[int]) -> Block:
        """Messages as functions see them."""
        texts, previous = self.texts
        return Block([Example("", texts[row], previous[row]) for row in rows])

    @cached_property
    def _decided(self) -> dict[int, str]:
        return {n: d.category for n, d in self._project.store.reviews.decided().items()}

    @cached_property
    def truth(self) -> Codes:
        """What people decided, or ABSTAIN."""
        return self._codes(self._decided)

    @cached_property
    def label(self) -> Codes:
        """The category of the present label, or ABSTAIN."""
        return self._codes({row[0]: row[1] for row in self._labels})

    @cached_property
    def _labels(self) -> list[tuple[int, str, float, str]]:
        return self._project.store.labels.all()

    @cached_property
    def by_llm(self) -> NDArray[np.bool_]:
        """Whether the label is a language model's."""
        given = [row[0] for row in self._labels if row[3] == Basis.LLM]
        return np.isin(self.numbers, given)

    def _codes(self, categories: dict[int, str]) -> Codes:
        codes = np.full(len(self.numbers), ABSTAIN, dtype=np.int16)
        if not categories or not len(codes):
            return codes
        index = self._project.schema.index
        known = np.fromiter(categories, dtype=np.int64, count=len(categories))
        at = np.minimum(np.searchsorted(self.numbers, known), len(codes) - 1)
        said = np.array([index.get(c, ABSTAIN) for c in categories.values()], dtype=np.int16)
        here = self.numbers[at] == known
        codes[at[here]] = said[here]
        return codes

    @cached_property
    def sources(self) -> list[StoredSource]:
        """Functions and given labels: those that the heuristic is made of."""
        return self._project.store.votes.sources(SourceKind.FUNCTION, SourceKind.GIVEN)

    @cached_property
    def votes(self) -> Codes:
        """Their votes, (rows, sources)."""
        votes = self._project.store.votes
        return votes.matrix(self.numbers, self.sources, self._project.schema.names).codes

    @cached_property
    def reviewed(self) -> NDArray[np.intp]:
        """Rows that people decided."""
        return np.flatnonzero(self.truth != ABSTAIN)

    @cached_property
    def _folds(self) -> NDArray[np.intp]:
        """For cross-validation; a conversation is in one fold."""
        folds = np.zeros(len(self.truth), dtype=np.intp)
        folds[self.reviewed] = conversation_folds(self.conversations, FOLDS, self.seed)
        return folds

    @cached_property
    def conversations(self) -> list[str]:
        """Of the reviewed examples."""
        return [
            example.conversation
            for example in self._project.store.examples.get(self.numbers[self.reviewed])
        ]

    @cached_property
    def heuristic(self) -> Codes:
        """What the heuristic says of the reviewed examples without the draft."""
        return self.combined(self.votes)

    def combined(self, votes: Codes) -> Codes:
        """The heuristic's label of each reviewed example, learned from the others."""
        method = self._project.settings.heuristic.method
        rows, truth, folds = self.reviewed, self.truth, self._folds
        if method == "majority":  # row by row: the others need not be looked at
            votes, truth, folds = votes[rows], truth[rows], folds[rows]
            rows = np.arange(len(rows))
        return cross_validated(method, votes, len(self.names), truth, folds)[rows]

    @property
    def names(self) -> tuple[str, ...]:
        """The categories."""
        return self._project.schema.names

    @property
    def seed(self) -> int:
        """The seed of the project's measurements."""
        return self._project.settings.training.seed
