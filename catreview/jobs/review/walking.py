"""The way through an open queue: what is decided and what was skipped, kept up with the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from catreview.store import Action, Numbers, Reviews

FEW = 8
"""Up to so many examples are looked for one by one; above, all at once."""


class Walk:
    """Where each example of a queue stands; `numbers` (n,) stay in their places.

    Every question first reads the rows that have come to the review log, also by other processes:
    a few microseconds, however long the queue and the log are. `closed` says which of some
    examples (of all, for None) are not to be decided any more.
    """

    def __init__(
        self, reviews: Reviews, numbers: Numbers, closed: Callable[[Sequence[int] | None], set[int]]
    ) -> None:
        self._reviews = reviews
        self._numbers = numbers
        self._closed = closed
        self._read = reviews.last()
        self._decided = among(numbers, closed(None))
        self._skipped = among(numbers, reviews.skipped())

    def position(self, number: int) -> int | None:
        """Where an example stands in the queue, None where it doesn't."""
        found = np.flatnonzero(self._numbers == number)
        return int(found[0]) if len(found) else None

    def open_from(self, position: int) -> Iterator[int]:
        """The places from `position` on, then from the start, that are to be decided.

        What was skipped comes after all else.
        """
        self._catch_up()
        for wanted in (~self._decided & ~self._skipped, ~self._decided & self._skipped):
            for start, stop in ((position, len(wanted)), (0, position)):
                place = start
                # The first few are asked for, of a million.
                while (ahead := wanted[place:stop]).any():
                    place += int(ahead.argmax())
                    yield place
                    place += 1

    def _catch_up(self) -> None:
        changed, self._read = self._reviews.since(self._read)
        if len(changed) > FEW:
            at = np.flatnonzero(np.isin(self._numbers, changed)).tolist()
            places = {int(self._numbers[place]): place for place in at}
        else:
            places = {n: p for n in changed if (p := self.position(n)) is not None}
        if not places:
            return
        decided = self._closed(list(places))
        states = self._reviews.states(list(places))
        for number, place in places.items():
            self._decided[place] = number in decided
            self._skipped[place] = states.get(number) == Action.SKIP


def among(numbers: Numbers, some: Iterable[int]) -> NDArray[np.bool_]:
    """Tell which of `numbers` (n,) are among `some`; ten times as fast as sorting them."""
    wanted = np.fromiter(some, dtype=np.int64)
    table = np.zeros(max(numbers.max(initial=0), wanted.max(initial=0)) + 1, dtype=np.bool_)
    table[wanted] = True
    return table[numbers]
