"""Conditions on a message as it was written: a phrase or a regular expression in it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from catreview.errors import FunctionsError
from catreview.functions.conditions import Block, Rows
from catreview.functions.scan import Flags, Sought
from catreview.patterns import Pattern
from catreview.records import Example


@dataclass(frozen=True, slots=True)
class Found:
    """The regular expression is found in the message, or in the `previous` one.

    Upper and lower case count only with `case`. `needle` stands in lower case in every ASCII text
    in which the expression is found; empty where no such word is known.
    """

    expression: str
    case: bool = False
    previous: bool = False
    needle: str = ""

    @property
    def flags(self) -> int:
        """The expression's flags, as `re.compile` takes them."""
        return self.sought.pattern.flags

    @property
    def sought(self) -> Sought:
        """What is to be found."""
        return Sought("text", Pattern(self.expression, self.case), self.previous)

    def span(self, text: str) -> tuple[int, int]:
        """Where it is found first in a text; (0, 0) where it is not."""
        found = re.search(self.expression, text, self.flags)
        return found.span() if found else (0, 0)

    def text(self, example: Example) -> str:
        """What is searched."""
        return example.previous if self.previous else example.text

    def test(self, block: Block, rows: Rows) -> Flags:
        """Whether it is found in the messages at `rows`: same shape."""
        texts = map(self.text, map(block.examples.__getitem__, rows.tolist()))
        return np.fromiter(self.found_in(texts), bool, len(rows))

    def found_in(self, texts: Iterable[str]) -> Iterator[bool]:
        """Whether it is found in each text."""
        search, needle = re.compile(self.expression, self.flags).search, self.needle
        # Looking for a plain word is ten times as quick, and most messages lack it.
        return (
            (needle in text.lower() or not text.isascii()) and search(text) is not None
            for text in texts
        )


def phrase(
    words: str,
    *,
    whole_words: bool = True,
    start: bool = False,
    end: bool = False,
    previous: bool = False,
    case: bool = False,
) -> Found:
    """Hold where the message has these words, whatever space is between them.

    With `whole_words` the phrase neither begins nor ends within a word; at the `start` or `end`
    of the message there may be punctuation around it; with `previous` it is looked for in the
    message before. FunctionsError without a word.
    """
    parts = words.split()
    if not parts:
        raise FunctionsError("There is no phrase to look for.", "Give it a word or two.")
    expression = r"\s+".join(map(re.escape, parts))
    if whole_words:
        first, last = r"\b" * _in_word(parts[0][0]), r"\b" * _in_word(parts[-1][-1])
        expression = f"{first}{expression}{last}"
    if start:
        expression = rf"\A\W*{expression}"
    if end:
        expression = rf"{expression}\W*\Z"
    plain = [part.lower() for part in parts if part.isascii()]
    return Found(expression, case, previous, max(plain, key=len, default=""))


def pattern(expression: str, *, previous: bool = False, case: bool = False) -> Found:
    """Hold where the regular expression is found in the message, or in the `previous` one.

    FunctionsError where it is none.
    """
    if not expression.strip():
        raise FunctionsError("There is no regular expression to look for.", "Write one.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            re.compile(expression)
    except (re.error, FutureWarning, OverflowError, RecursionError) as error:
        raise FunctionsError(
            f"That is no regular expression: {error}.", "Mend it, or look for it as a phrase."
        ) from error
    return Found(expression, case, previous)


def _in_word(character: str) -> bool:
    return re.match(r"\w", character) is not None
