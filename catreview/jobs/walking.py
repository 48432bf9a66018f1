"""The way through an open queue: what is decided and what was skipped, kept up with the log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catreview.store import Action, Numbers, Reviews


class Walk:
    """Where each example of a queue stands; `numbers` (n,) stay in their places.

    Every question first reads the rows that have come to the review log, also by other processes:
    a few microseconds, however long the queue and the log are. With `only_in`, only what was
    decided in the queue of that name counts as decided.
    """

    def __init__(self, reviews: Reviews, numbers: Numbers, only_in: str | None = None) -> None:
        self._reviews = reviews
        self._numbers = numbers
        self._only_in = only_in
        self._read = reviews.last()
        self._decided = np.isin(numbers, _array(self._decided_of(None)))
        self._skipped = np.isin(numbers, _array(reviews.skipped()))

    def position(self, number: int) -> int | None:
        """Where an example stands in the queue, None where it doesn't."""
        found = np.flatnonzero(self._numbers == number)
        return int(found[0]) if len(found) else None

    def next_open(self, position: int) -> int | None:
        """The first place from `position` on, then from the start, that is not decided.

        What was skipped comes after all else.
        """
        self._catch_up()
        for wanted in (~self._decided & ~self._skipped, ~self._decided):
            for start, stop in ((position, len(wanted)), (0, position)):
                ahead = wanted[start:stop]
                if ahead.any():
                    return start + int(ahead.argmax())
        return None

    def decided(self, numbers: Sequence[int]) -> set[int]:
        """Those of these examples that are decided."""
        return self._decided_of(numbers)

    def _decided_of(self, numbers: Sequence[int] | None) -> set[int]:
        if self._only_in is not None:
            return self._reviews.decided_in(self._only_in, numbers)
        return set(self._reviews.decided(numbers))

    def _catch_up(self) -> None:
        changed, self._read = self._reviews.since(self._read)
        places = {n: p for n in changed if (p := self.position(n)) is not None}
        if not places:
            return
        decided = self._decided_of(list(places))
        states = self._reviews.states(list(places))
        for number, place in places.items():
            self._decided[place] = number in decided
            self._skipped[place] = states.get(number) == Action.SKIP


def _array(numbers: set[int]) -> NDArray[np.int64]:
    return np.fromiter(numbers, dtype=np.int64, count=len(numbers))
