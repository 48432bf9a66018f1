"""What a block of examples matches, found in all its texts at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import count
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catreview.functions.columns import Columns, read, readable
from catreview.functions.message import LONGEST, in_one_case
from catreview.patterns import Pattern, PatternSet, pattern_set
from catreview.records import Example

Flags = NDArray[np.bool_]
View = Literal["plain", "clauses", "text"]


class Sought(NamedTuple):
    """What a condition looks for in a view of the message, or of the previous one."""

    view: View
    pattern: Pattern
    previous: bool = False


class Search:
    """What all the conditions of some rules look for, each pattern once a view."""

    def __init__(self, wanted: Iterable[Sought]) -> None:
        patterns: dict[View, dict[Pattern, None]] = defaultdict(dict)
        self.looks_back = False
        for sought in wanted:
            patterns[sought.view][sought.pattern] = None
            self.looks_back |= sought.previous
        self.sets = {view: pattern_set(tuple(found)) for view, found in patterns.items()}


class Scan:
    """All patterns are looked for in all texts, each distinct text once."""

    def __init__(self, examples: Sequence[Example], search: Search) -> None:
        texts = [example.text for example in examples]
        if search.looks_back:
            texts += [example.previous for example in examples]
        first: dict[str, int] = {}
        place = np.fromiter(map(first.setdefault, texts, count()), np.intp, len(texts))
        place = (np.cumsum(place == np.arange(len(texts))) - 1)[place]
        self._texts = list(first)
        self._own, self._previous = place[: len(examples)], place[len(examples) :]
        self._sets = search.sets
        self._found: dict[View, dict[Pattern, Flags]] = {}
        self._looked: dict[View, Flags] = {}

    def found(self, sought: Sought) -> tuple[Flags, Flags] | None:
        """Which messages have it, and of which that is known, both of shape (n,).

        None where it was looked for in none of them.
        """
        wanted = self._sets.get(sought.view)
        if wanted is None or sought.pattern not in wanted.patterns:
            return None
        if sought.view not in self._found:
            self._look(sought.view, wanted)
        rows = self._previous if sought.previous else self._own
        found = self._found[sought.view][sought.pattern][rows]
        known = self._looked[sought.view][rows]
        if sought.pattern in wanted.loose:
            return np.zeros_like(found), known & ~found
        return found, known

    def word_counts(self) -> tuple[NDArray[np.int64], Flags]:
        """Words in each message, and of which they are known, both of shape (n,)."""
        rows, columns = self._columns
        counts, known = np.zeros(len(self._texts), np.int64), np.zeros(len(self._texts), dtype=bool)
        counts[rows], known[rows] = columns.counts, True
        return counts[self._own], known[self._own]

    def _look(self, view: View, wanted: PatternSet) -> None:
        rows, strings = self._strings(view)
        looked = np.zeros(len(self._texts), dtype=bool)
        found = np.zeros((len(wanted.patterns), len(self._texts)), dtype=bool)
        flags, looked[rows] = wanted.found(strings)
        found[:, rows] = flags.T
        self._found[view] = dict(zip(wanted.patterns, found, strict=True))
        self._looked[view] = looked

    def _strings(self, view: View) -> tuple[NDArray[np.intp], list[bytes]]:
        """Strings of the view, and whose: of those in ASCII, on which RE2 and Python agree."""
        if view == "text":
            rows = np.flatnonzero(np.fromiter(map(str.isascii, self._texts), bool))
            return rows, [self._texts[row].encode() for row in rows.tolist()]
        rows, columns = self._columns
        return rows, columns.plain if view == "plain" else columns.clauses

    @cached_property
    def _columns(self) -> tuple[NDArray[np.intp], Columns]:
        cased = [
            text
            if text.isascii() and "\n" not in text and len(text) <= LONGEST
            else in_one_case(text)
            for text in self._texts
        ]
        rows = np.flatnonzero(np.fromiter(map(readable, cased), bool, len(cased)))
        return rows, read([cased[row] for row in rows.tolist()])
