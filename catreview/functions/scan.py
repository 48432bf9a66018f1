"""What a block of examples matches, found in all its texts at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import compress, count
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catreview.functions.columns import Columns, read
from catreview.functions.message import LONGEST, in_one_case
from catreview.patterns import Pattern, PatternSet, pattern_set
from catreview.records import Example

Flags = NDArray[np.bool_]
Kinds = NDArray[np.intp]
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


class _Found(NamedTuple):
    """What was found in a view.

    `has` is what each kind of texts has, shape (p, kinds); `own` and `previous` are the kinds of
    the messages and of the previous ones, shape (n,), 0 where RE2 did not look.
    """

    has: Flags
    own: Kinds
    previous: Kinds


class Scan:
    """All patterns are looked for in all texts, each distinct text once."""

    def __init__(self, examples: Sequence[Example], search: Search) -> None:
        if search.looks_back:
            # Mostly the message before is another one of these, just looked at.
            texts = [text for each in examples for text in (each.text, each.previous)]
        else:
            texts = [each.text for each in examples]
        first: dict[str, int] = {}
        place = np.fromiter(map(first.setdefault, texts, count()), np.intp, len(texts))
        place = (np.cumsum(place == np.arange(len(texts))) - 1)[place]
        step = 1 + search.looks_back
        self._texts = list(first)
        self._own, self._previous = place[::step], place[step - 1 :: step]
        self._sets = search.sets
        self._found: dict[View, _Found] = {}

    def found(self, sought: Sought) -> tuple[Flags, Flags] | None:
        """Which messages have it, and of which that is known, both of shape (n,).

        None where it was looked for in none of them.
        """
        wanted = self._sets.get(sought.view)
        if wanted is None or sought.pattern not in wanted.patterns:
            return None
        if sought.view not in self._found:
            self._found[sought.view] = self._look(sought.view, wanted)
        has, own, previous = self._found[sought.view]
        kinds = previous if sought.previous else own
        found, known = has[wanted.patterns.index(sought.pattern)].take(kinds), kinds != 0
        if sought.pattern in wanted.loose:
            return np.zeros_like(found), known & ~found
        return found, known

    def word_counts(self) -> tuple[NDArray[np.int64], Flags]:
        """Words in each message, and of which they are known, both of shape (n,)."""
        rows, columns = self._columns
        counts, known = np.zeros(len(self._texts), np.int64), np.zeros(len(self._texts), dtype=bool)
        counts[rows], known[rows] = columns.counts, True
        return counts[self._own], known[self._own]

    def _look(self, view: View, wanted: PatternSet) -> _Found:
        rows, strings = self._strings(view)
        kinds = np.zeros(len(self._texts), np.intp)
        kinds[rows], has = wanted.found(strings)
        return _Found(has, kinds[self._own], kinds[self._previous])

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
        ascii_ = np.fromiter(map(str.isascii, cased), bool, len(cased))
        return np.flatnonzero(ascii_), read([*compress(cased, ascii_)])
