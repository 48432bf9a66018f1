"""Messages that say the same in all but spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

_DIGITS: Final = re.compile(r"\d+")
_LENGTHENED: Final = re.compile(r"(.)\1{2,}")
_NOT_WORDS: Final = re.compile(r"[^\w?]+|_")


def near_duplicates(texts: Iterable[str]) -> NDArray[np.intp]:
    """Number the texts 0, 1, … so that near-duplicates share a number, (n,).

    Texts are alike when they differ only in case, punctuation other than a question mark, digits,
    spacing, and letters drawn out (sooo, soooo).
    """
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(plain(text), len(seen)) for text in texts], dtype=np.intp)


def plain(text: str) -> str:
    """The text without what near-duplicates may differ in; a text of signs alone as it is."""
    words = _LENGTHENED.sub(r"\1\1", _DIGITS.sub("0", text.casefold()))
    # A message of signs alone ("!!!", an emoji) is only like itself.
    return _NOT_WORDS.sub(" ", words).strip() or text


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
