"""How like two messages are: the words they are made of, and what is said of both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from catreview.queues.duplicates import plain

_WORD: Final = re.compile(r"[^\s?\u061f]+|[?\u061f]")
Traits = frozenset[Any]


def form(text: str) -> Traits:
    """What a message is made of: words, pairs of neighbours, its first one to three, its last.

    Case, digits, punctuation other than a question mark and letters drawn out don't count.
    """
    words = _WORD.findall(plain(text))
    traits: set[tuple[str, ...]] = {("word", word) for word in words}
    traits.update(("pair", *pair) for pair in pairwise(words))
    traits.update(("first", *words[:n]) for n in (1, 2, 3))
    traits.add(("last", *words[-1:]))
    return frozenset(traits)


def likeness(
    text: str, said: Traits, texts: Sequence[str], all_said: Sequence[Traits]
) -> NDArray[np.float64]:
    """How like a message each of n others is, (n,) in 0..1.

    Half of it is form, half what the labelling functions say (`said`: their votes on each); where
    they are silent on both, form is all. Each half is Dice's coefficient (L. R. Dice, Ecology 26,
    1945): twice what two sets share over what they hold together.
    """
    own = form(text)
    found = np.empty(len(texts))
    for i, (other, also_said) in enumerate(zip(texts, all_said, strict=True)):
        alike = _dice(own, form(other))
        found[i] = (alike + _dice(said, also_said)) / 2 if said or also_said else alike
    return found


def _dice(one: Traits, other: Traits) -> float:
    return 2 * len(one & other) / (len(one) + len(other))
