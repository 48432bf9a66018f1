"""Conditions on messages, tested a block at a time: what declared rules are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from catreview.functions.message import Message, Views
from catreview.records import Example

Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
View = Literal["plain", "clauses", "previous_clauses"]


class Condition(Protocol):
    """Something true or false of each message; equal conditions are tested once a block."""

    def test(self, block: Block, rows: Rows) -> Flags:
        """Whether it holds for the messages at `rows`: same shape."""
        ...


@dataclass(frozen=True, slots=True)
class Matches:
    """The regular expression is found in the view."""

    view: View
    pattern: str

    def test(self, block: Block, rows: Rows) -> Flags:
        """Whether it is found in the messages at `rows`: same shape."""
        column = block.column(self.view)
        texts = map(column.__getitem__, rows.tolist())
        return np.fromiter(map(re.compile(self.pattern).search, texts), bool, len(rows))


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


class Block:
    """Examples side by side, with what is already known about them."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        self._columns: dict[View, list[str]] = {}
        self._tested: dict[Condition, tuple[Flags, Flags]] = {}
        self._known: dict[str, Views] = {}

    def __len__(self) -> int:
        return len(self.examples)

    @cached_property
    def messages(self) -> list[Message]:
        """The examples as Python functions are given them, length n."""
        return [Message(example) for example in self.examples]

    @cached_property
    def views(self) -> list[Views]:
        """The texts as rules see them, length n."""
        return [self._viewed(example.text) for example in self.examples]

    def column(self, view: View) -> list[str]:
        """One view of every message, length n."""
        if view not in self._columns:
            if view == "previous_clauses":
                column = [self._viewed(example.previous).clauses for example in self.examples]
            else:
                column = [getattr(views, view) for views in self.views]
            self._columns[view] = column
        return self._columns[view]

    @cached_property
    def word_counts(self) -> NDArray[np.int64]:
        """Words in each message, shape (n,)."""
        return np.fromiter((views.count for views in self.views), np.int64, len(self))

    def _viewed(self, text: str) -> Views:
        """Share views: most messages are quoted as the previous one of the next."""
        views = self._known.get(text)
        if views is None:
            views = self._known[text] = Views(text)
        return views

    def where(self, condition: Condition, among: Flags) -> Flags:
        """Those of `among`, shape (n,), for which the condition holds.

        A message is tested at most once for a condition, and never for the sake of rules that
        something else has already decided.
        """
        if condition not in self._tested:
            blank = np.zeros(len(self), dtype=bool)
            self._tested[condition] = (blank, blank.copy())
        holds, tested = self._tested[condition]
        rows = np.flatnonzero(among & ~tested)
        if len(rows):
            holds[rows] = condition.test(self, rows)
            tested[rows] = True
        flags: Flags = among & holds
        return flags
