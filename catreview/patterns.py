"""Regular expressions looked for all at once, in one pass over a text."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

try:  # no wheel for every platform: without it, rules are tested one by one
    import re2
except ImportError:
    re2 = None

# The tree of a pattern is not public, but the same in every Python that catreview runs on; what a
# later one may add to it is not understood below, and then left to `re`.
_parser: Final[Any] = importlib.import_module("re._parser")
_UNICODE: Final = 32
_COUNTED: Final = 8
"""Repeats that RE2 counts: it has a state for each count, times those of all other patterns."""
_MEMORY: Final = 32 << 20
"""Bytes that RE2 may use for its states, of one set."""
_CLASSES: Final = {
    "CATEGORY_DIGIT": "0-9",
    "CATEGORY_NOT_DIGIT": r"\x{0}-/:-\x{7f}",
    "CATEGORY_WORD": "0-9A-Za-z_",
    "CATEGORY_NOT_WORD": r"\x{0}-/:-@\[-\^`\{-\x{7f}",
    "CATEGORY_SPACE": r"\x{9}-\x{d}\x{1c}- ",
    "CATEGORY_NOT_SPACE": r"\x{0}-\x{8}\x{e}-\x{1b}!-\x{7f}",
}
_PLACES: Final = {
    "AT_BEGINNING": r"\A",
    "AT_BEGINNING_STRING": r"\A",
    "AT_END_STRING": r"\z",
    "AT_BOUNDARY": r"\b",
}


_LOOKING: Final = ("ASSERT", "ASSERT_NOT")


class Pattern(NamedTuple):
    """A regular expression of Python's, for which upper and lower case may count."""

    expression: str
    case: bool = True

    @property
    def flags(self) -> int:
        """Its flags, as `re.compile` takes them."""
        return 0 if self.case else int(re.IGNORECASE)


class PatternSet:
    """Patterns that RE2 looks for in ASCII texts, finding what `re.search` finds there.

    `patterns` is those that it takes: without back references and flags of their own. `loose` is
    those of them that it finds where they are, and in other texts too.
    """

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns: list[Pattern] = []
        self.loose: set[Pattern] = set()
        options = re2.Options()
        options.max_mem = _MEMORY
        options.log_errors = False
        asked = re2.Set.SearchSet(options)
        asked.Add(r"\A")  # found in every text, or else RE2 had no memory for that text
        for pattern in patterns:
            translated = translate(pattern)
            if translated is None:
                continue
            with suppress(re2.error):  # too large, once its repeats are written out
                asked.Add(translated.spelling)
                self.patterns.append(pattern)
                if translated.loose:
                    self.loose.add(pattern)
        asked.Compile()
        self._look = _bare(asked)

    def found(self, texts: Sequence[bytes]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """What is found in texts: the kind of each, shape (n,), and what a kind has, (p, kinds).

        Of kind 0, which has nothing, are texts in which RE2 did not look.
        """
        numbers = _Numbers({(): 0})
        found = map(tuple, map(self._look, texts))
        kinds = np.fromiter(map(numbers.__getitem__, found), np.intp, len(texts))
        has = np.zeros((len(self.patterns) + 1, len(numbers)), dtype=bool)
        for places, kind in numbers.items():
            has[list(places), kind] = True
        return kinds, has[1:]

    def maybe_in(self, text: bytes) -> list[Pattern]:
        """Patterns that may be in a text: all that are, and of the loose ones more."""
        found = self._look(text)
        return [self.patterns[at - 1] for at in found if at] if found else self.patterns


class _Numbers(dict[tuple[int, ...], int]):
    """Numbers, from 0, of what was found together."""

    def __missing__(self, found: tuple[int, ...]) -> int:
        self[found] = number = len(self)
        return number


def _bare(patterns: Any) -> Callable[[bytes], Sequence[int]]:
    """Give the search of a set, which for bytes a wrapper in Python makes half as long again."""
    inner = getattr(patterns, "_set", None)
    return inner.Match if inner is not None else lambda text: patterns.Match(text) or ()


@lru_cache(maxsize=8)
def pattern_set(patterns: tuple[Pattern, ...]) -> PatternSet | None:
    """Make the set of these patterns once; None where RE2 is not installed or refuses them."""
    if re2 is None:
        return None
    try:
        return PatternSet(patterns)
    except re2.error:
        return None


class _LeftToPythonError(Exception):
    """RE2 has no equal to a part of the pattern."""


class Translation(NamedTuple):
    """RE2's spelling of a pattern; `loose`, that it may also be found where the pattern is not."""

    spelling: str
    loose: bool


def translate(pattern: Pattern) -> Translation | None:
    r"""RE2's spelling of a pattern that finds the same in ASCII texts, None where there is none.

    It differs for `$`, which to Python also is before a last "\n", for `\s` and `\Z`. It is loose
    where one looks ahead or back, which is left out, and where many repeats are counted: `.{3,30}`
    becomes `.{3,}`.
    """
    tree = _parser.parse(pattern.expression)
    # Of other letters, the two don't agree which differ in case alone.
    if tree.state.flags != _UNICODE or not (pattern.case or pattern.expression.isascii()):
        return None
    speller = _Speller()
    try:
        spelling = speller.sequence(tree, last=True)
    except _LeftToPythonError:
        return None
    return Translation(spelling if pattern.case else f"(?i:{spelling})", speller.loose)


class _Speller:
    """Spells the parts of one pattern, and remembers whether it had to be loose."""

    def __init__(self) -> None:
        self.loose = False

    def sequence(self, nodes: Any, *, last: bool) -> str:
        items = [node for node in nodes if str(node[0]) not in _LOOKING]
        self.loose |= len(items) < len(nodes)
        return "".join(
            self._item(str(op), value, last=last and place == len(items))
            for place, (op, value) in enumerate(items, start=1)
        )

    def _item(self, op: str, value: Any, *, last: bool) -> str:
        """Spell one part of a pattern; `last`, that nothing follows it."""
        match op:
            case "LITERAL":
                spelled = _character(value)
            case "NOT_LITERAL":
                spelled = f"[^{_character(value)}]"
            case "ANY":
                spelled = r"[^\n]"
            case "IN":
                spelled = f"[{''.join(_member(str(kind), member) for kind, member in value)}]"
            case "BRANCH":
                spelled = f"(?:{'|'.join(self.sequence(way, last=last) for way in value[1])})"
            case "SUBPATTERN" if not value[1] and not value[2]:
                spelled = f"(?:{self.sequence(value[3], last=last)})"
            case "MAX_REPEAT" | "MIN_REPEAT":
                spelled = self._repeat(*value)
            case "AT" if str(value) in _PLACES:
                spelled = _PLACES[str(value)]
            case "AT" if str(value) == "AT_END" and last:
                spelled = r"(?:\n?\z)"
            case _:
                raise _LeftToPythonError
        return spelled

    def _repeat(self, low: int, high: int, body: Any) -> str:
        counted = f"{{{low},{'' if high == _parser.MAXREPEAT else high}}}"
        if low > _COUNTED or _COUNTED < high < _parser.MAXREPEAT:
            self.loose, counted = True, f"{{{min(low, _COUNTED)},}}"
        return f"(?:{self.sequence(body, last=False)}){counted}"


def _character(code: int) -> str:
    return rf"\x{{{code:x}}}"


def _member(kind: str, value: Any) -> str:
    if kind == "NEGATE":
        return "^"
    if kind == "LITERAL":
        return _character(value)
    if kind == "RANGE":
        return f"{_character(value[0])}-{_character(value[1])}"
    if kind == "CATEGORY":
        return _CLASSES[str(value)]
    raise _LeftToPythonError
