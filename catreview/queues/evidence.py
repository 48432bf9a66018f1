"""All that has been said about the examples, as arrays with one row for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN

Codes = NDArray[np.signedinteger[Any]]
"""Category positions in the schema, or `ABSTAIN`."""
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Aggregated(Protocol):
    """The functions' votes as one, each (n,); `catreview.voting.Aggregate` is one."""

    @property
    def label(self) -> Codes:
        """Category, `ABSTAIN` without a vote."""

    @property
    def confidence(self) -> Floats:
        """In 0..1, 0 without a vote."""

    @property
    def votes(self) -> Codes:
        """Functions that voted."""

    @property
    def categories(self) -> Codes:
        """Different categories voted for."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The votes on n examples."""

    categories: tuple[str, ...]
    """Names of the schema's categories, in order."""
    function_names: tuple[str, ...]
    functions: Codes
    """(n, functions)"""
    heuristic: Aggregated
    llm_names: tuple[str, ...]
    llm: Codes
    """(n, LLMs)"""
    model: Codes
    """(n,) the newest trained model's votes; `ABSTAIN` throughout where there is none."""
    model_confidence: Floats
    """(n,) in 0..1, 0 without a vote; of a model that had not seen the example."""
    given: Codes
    """(n,) the label that came with the example."""
    label: Codes
    """(n,) what the project believes now, also by a person's decision."""
    label_confidence: Floats
    """(n,) in 0..1, 0 without a label."""
    trusted: Mask
    """(n,) where the label is a person's or an LLM's."""

    @property
    def voted(self) -> Mask:
        """Where anything is known: a label, or the model's vote."""
        return np.asarray((self.label != ABSTAIN) | (self.model != ABSTAIN))


def count_votes(votes: Codes, n_categories: int) -> NDArray[np.int64]:
    """Count the votes for each category: (n, sources) to (n, n_categories)."""
    return np.stack([(votes == category).sum(axis=1) for category in range(n_categories)], axis=1)


def margin(votes: Codes, n_categories: int) -> Floats:
    """Measure how far the first category leads, as a share of the votes, (n,).

    0 is a tie, 1 is unanimous; 1 also without a vote, where there is no contest.
    """
    counts = np.sort(count_votes(votes, n_categories), axis=1)
    total = counts.sum(axis=1)
    lead = (counts[:, -1] - counts[:, -2]) / np.maximum(total, 1)
    return np.asarray(np.where(total > 0, lead, 1.0))


def first_vote(votes: Codes) -> Codes:
    """Take the first column's vote that is no abstention: (n, sources) to (n,)."""
    if not votes.shape[1]:
        return np.full(len(votes), ABSTAIN, np.int16)
    first = (votes != ABSTAIN).argmax(axis=1)
    return np.take_along_axis(votes, first[:, None], axis=1)[:, 0]


def in_conflict(votes: Codes) -> Mask:
    """Tell where two sources vote for different categories: (n, sources) to (n,)."""
    leading = first_vote(votes)[:, None]
    return np.asarray(((votes != leading) & (votes != ABSTAIN)).any(axis=1))
