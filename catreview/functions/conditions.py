"""Conditions on messages, tested a block at a time: what declared rules are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from operator import attrgetter
from typing import Final, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from catreview.functions.message import Message, Views
from catreview.functions.scan import Flags, Scan, Search, Sought
from catreview.patterns import Pattern
from catreview.records import Example

Rows = NDArray[np.intp]
View = Literal["plain", "clauses", "previous_clauses"]
_FEW: Final = 16
"""Examples that are sooner tested one by one than scanned."""


class Condition(Protocol):
    """Something true or false of each message; equal conditions are tested once a block."""

    def test(self, block: Block, rows: Rows) -> Flags:
        """Whether it holds for the messages at `rows`: same shape."""
        ...


@runtime_checkable
class Seeks(Condition, Protocol):
    """A condition that something is found in a text, for which many texts are scanned at once."""

    @property
    def sought(self) -> Sought:
        """What is to be found."""
        ...


@dataclass(frozen=True, slots=True)
class Matches:
    """The regular expression is found in the view."""

    view: View
    pattern: str

    @property
    def sought(self) -> Sought:
        """What is to be found."""
        previous = self.view == "previous_clauses"
        return Sought(
            "plain" if self.view == "plain" else "clauses", Pattern(self.pattern), previous
        )

    def test(self, block: Block, rows: Rows) -> Flags:
        """Whether it is found in the messages at `rows`: same shape."""
        view, pattern, previous = self.sought
        views = map(block.views, rows.tolist(), repeat(previous))
        texts = map(attrgetter(view), views)
        return np.fromiter(map(re.compile(pattern.expression).search, texts), bool, len(rows))


@dataclass(frozen=True, slots=True)
class Length:
    """The message has `low` to `high` words, both included."""

    low: int
    high: int

    def test(self, block: Block, rows: Rows) -> Flags:
        """Whether the messages at `rows` have: same shape."""
        counts = block.word_counts[rows]
        flags: Flags = (counts >= self.low) & (counts <= self.high)
        return flags


@dataclass(frozen=True, slots=True)
class Both:
    """Two conditions hold together."""

    one: Condition
    other: Condition

    def test(self, block: Block, rows: Rows) -> Flags:
        """Whether both hold for the messages at `rows`: same shape."""
        among = np.zeros(len(block), dtype=bool)
        among[rows] = True
        flags: Flags = block.where(self.other, block.where(self.one, among))[rows]
        return flags


@dataclass(frozen=True, slots=True)
class Without:
    """The first condition holds and the second does not."""

    one: Condition
    other: Condition

    def test(self, block: Block, rows: Rows) -> Flags:
        """Whether that is so for the messages at `rows`: same shape."""
        among = np.zeros(len(block), dtype=bool)
        among[rows] = True
        one = block.where(self.one, among)
        flags: Flags = (one & ~block.where(self.other, one))[rows]
        return flags


def says(phrases: str) -> Matches:
    """Hold where one of the phrases stands in the message, as whole words."""
    return Matches("plain", f" (?:{phrases}) ")


def is_just(phrases: str) -> Matches:
    """Hold where the words of the message are one of the phrases and nothing else."""
    return Matches("plain", f"^ (?:{phrases}) $")


def opens(phrases: str) -> Matches:
    """Hold where a sentence of the message begins with one of the phrases."""
    return Matches("clauses", rf"\n(?:{phrases})\b")


def clause(pattern: str) -> Matches:
    """Hold where the pattern is found in the message, one sentence a line."""
    return Matches("clauses", pattern)


def after(pattern: str) -> Matches:
    """Hold where the pattern is found in the previous message, one sentence a line."""
    return Matches("previous_clauses", pattern)


def sought_by(conditions: Iterable[Condition]) -> Iterator[Sought]:
    """All that the conditions look for."""
    for condition in conditions:
        if isinstance(condition, Seeks):
            yield condition.sought
        elif isinstance(condition, Both | Without):
            yield from sought_by((condition.one, condition.other))


class Block:
    """Examples side by side, with what is already known about them.

    What `search` is after is looked for in all texts at once. Anything else, and all of it in the
    texts that cannot be scanned, is looked for one by one, which finds the same.
    """

    def __init__(self, examples: Sequence[Example], search: Search | None = None) -> None:
        self.examples = examples
        self._search = search if len(examples) > _FEW else None
        self._tested: dict[Condition, tuple[Flags, Flags]] = {}
        self._known: dict[str, Views] = {}

    def __len__(self) -> int:
        return len(self.examples)

    @cached_property
    def messages(self) -> list[Message]:
        """The examples as Python functions are given them, length n."""
        return [Message(example) for example in self.examples]

    @cached_property
    def word_counts(self) -> NDArray[np.int64]:
        """Words in each message, shape (n,)."""
        if self._scan is None:
            return np.fromiter((self.views(row).count for row in range(len(self))), np.int64)
        counts, known = self._scan.word_counts()
        for row in np.flatnonzero(~known).tolist():
            counts[row] = self.views(row).count
        return counts

    def views(self, row: int, previous: bool = False) -> Views:
        """The text of a message, or of the previous one, as rules see it."""
        example = self.examples[row]
        text = example.previous if previous else example.text
        # Most messages are quoted as the previous one of the next.
        views = self._known.get(text)
        if views is None:
            views = self._known[text] = Views(text)
        return views

    @cached_property
    def _scan(self) -> Scan | None:
        return None if self._search is None else Scan(self.examples, self._search)

    def where(self, condition: Condition, among: Flags) -> Flags:
        """Those of `among`, shape (n,), for which the condition holds.

        A message is tested at most once for a condition, and never for the sake of rules that
        something else has already decided.
        """
        if condition not in self._tested:
            self._tested[condition] = self._scanned(condition)
        holds, tested = self._tested[condition]
        left = among & ~tested
        if left.any():
            rows = np.flatnonzero(left)
            holds[rows] = condition.test(self, rows)
            tested[rows] = True
        flags: Flags = among & holds
        return flags

    def _scanned(self, condition: Condition) -> tuple[Flags, Flags]:
        """For which messages the scan found that the condition holds, and where it looked."""
        if self._scan is not None and isinstance(condition, Seeks):
            found = self._scan.found(condition.sought)
            if found is not None:
                return found
        return np.zeros(len(self), dtype=bool), np.zeros(len(self), dtype=bool)
