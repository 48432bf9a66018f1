"""How many weak votes each example has: what the heuristic was made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catreview.store.database import Connections
from catreview.store.examples import Numbers
from catreview.store.selecting import among, positions

Counts = NDArray[np.int16]


class Tallies:
    """The table `tally`; an example without a weak vote has no row."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def put(self, numbers: Numbers, votes: Counts, categories: Counts) -> None:
        """Set how many weak votes there are on these, (n,), for how many categories, (n,)."""
        rows = list(zip(numbers.tolist(), votes.tolist(), categories.tolist(), strict=True))
        with self._c.write():
            self._c.many(
                "INSERT OR REPLACE INTO tally (example, votes, categories) VALUES (?, ?, ?)",
                [row for row in rows if row[1]],
            )
            self._c.many(
                "DELETE FROM tally WHERE example = ?", [row[:1] for row in rows if not row[1]]
            )

    def of(self, numbers: Numbers) -> tuple[Counts, Counts]:
        """Weak votes and their different categories on each of `numbers` (ascending)."""
        votes = np.zeros(len(numbers), dtype=np.int16)
        categories = np.zeros(len(numbers), dtype=np.int16)
        some, parameters = among(numbers)
        rows = self._c.rows(
            f"SELECT example, votes, categories FROM tally WHERE {some}",  # noqa: S608 - fixed text
            parameters,
        )
        if rows:
            table = np.array(rows, dtype=np.int64)
            at, inside = positions(numbers, table[:, 0])
            votes[at] = table[inside, 1]
            categories[at] = table[inside, 2]
        return votes, categories
