"""The order of each review queue as it was made last, with the reason for every example."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catreview.store.database import Connections, utc_now
from catreview.store.examples import Numbers


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """Examples of a queue in order, n of them.

    `why` (n,) says which of the `reasons` each has; `basis` is what `Orders.basis` gave
    when it was made, `reviews` the newest row of the review log then.
    """

    numbers: Numbers
    why: NDArray[np.uint32]
    reasons: Sequence[str]
    basis: str
    reviews: int


class Orders:
    """The table `queue_order`."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def put(self, queue: str, order: StoredOrder) -> None:
        """Store the order of a queue in place of the one before."""
        with self._c.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO queue_order"
                " (queue, examples, why, reasons, basis, reviews, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    queue, order.numbers.astype("<i8").tobytes(), order.why.astype("<u4").tobytes(),
                    json.dumps(list(order.reasons)), order.basis, order.reviews, utc_now(),
                ],
            )  # fmt: skip

    def get(self, queue: str) -> StoredOrder | None:
        """The order of a queue made last, where there is one."""
        rows = self._c.rows(
            "SELECT examples, why, reasons, basis, reviews FROM queue_order WHERE queue = ?",
            [queue],
        )
        if not rows:
            return None
        examples, why, reasons, basis, reviews = rows[0]
        return StoredOrder(
            np.frombuffer(examples, "<i8"), np.frombuffer(why, "<u4"), json.loads(reasons), basis,
            reviews,
        )  # fmt: skip

    def basis(self) -> str:
        """What orders are made from, reviews aside: changes with examples, sources and jobs.

        Also when all labels begin to be derived anew, and when they have been.
        """
        return "/".join(
            str(self._c.value(sql) or 0)
            for sql in (
                "SELECT max(number) FROM example",
                "SELECT max(id) FROM source",
                "SELECT max(id) FROM run",
                "SELECT count(ended) FROM run",
                "SELECT max(id) FROM request",
                "SELECT seq FROM sqlite_sequence WHERE name = 'unsettled'",
                "SELECT count(*) FROM unsettled",
            )
        )
