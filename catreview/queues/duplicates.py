"""Messages that say the same in all but spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

_DIGITS: Final = re.compile(r"\d+")
_LENGTHENED: Final = re.compile(r"(.)\1{2,}")
_QUESTION_MARKS: Final = "?\u061f"
_EMOJI_AS_PICTURE: Final = "\ufe0f"


def near_duplicates(texts: Iterable[str]) -> NDArray[np.intp]:
    """Number the texts 0, 1, … so that near-duplicates share a number, (n,).

    Texts are alike when they differ only in case, punctuation other than a question mark, digits,
    spacing, letters drawn out (sooo, soooo), and how the same characters are written in Unicode
    (NFKC). Emoji and the marks of a script (Hindi's vowels) say something.
    """
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(plain(text), len(seen)) for text in texts], dtype=np.intp)


def plain(text: str) -> str:
    """The text without what near-duplicates may differ in; punctuation alone as it is."""
    regular = unicodedata.normalize("NFKC", text).casefold().replace(_EMOJI_AS_PICTURE, "")
    short = _LENGTHENED.sub(r"\1\1", _DIGITS.sub("0", regular))
    # A message of punctuation alone ("!!!") is only like itself.
    return " ".join(short.translate(_SAID).split()) or text


class _Said(dict[int, str]):
    """What stands for a character, by its code: itself, a space, or nothing."""

    def __missing__(self, code: int) -> str:
        character, category = chr(code), unicodedata.category(chr(code))
        if category[0] in "LMN" or character in _QUESTION_MARKS:
            said = character
        elif category == "So" and code >= 128:
            said = f" {character} "
        else:
            # What is invisible, or colours the emoji before it, parts no words.
            said = "" if code >= 128 and category in ("Cf", "Sk") else " "
        self[code] = said
        return said


_SAID: Final = _Said()


def firsts(
    groups: NDArray[np.intp], order: NDArray[np.intp], taken: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which places of `order` come first in their group, (len(order),).

    `groups` and `taken` are (n,), `order` holds rows; no place is first in a group of which a
    row is `taken` already.
    """
    _, where = np.unique(groups[order], return_index=True)
    first = np.zeros(len(order), dtype=np.bool_)
    first[where] = True
    return first & ~np.isin(groups[order], groups[taken])
