"""What a pretrained encoder says of the examples, kept from one training to the next."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from catreview.store.database import Connections
from catreview.store.examples import Numbers


class VectorTable:
    """The table `vector`: one vector per example, of whichever encoder read it last."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def get(
        self, encoder: str, numbers: Numbers, size: int
    ) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
        """The vectors (n, size) that this encoder gave, and which of the n there are.

        A row without one is zeros. No number may stand in `numbers` twice.
        """
        found: NDArray[np.float16] = np.zeros((len(numbers), size), dtype=np.float16)
        known = np.zeros(len(numbers), dtype=np.bool_)
        place = {number: at for at, number in enumerate(numbers.tolist())}
        rows = self._c.rows(
            "SELECT example, data FROM vector"
            " WHERE encoder = ? AND example IN (SELECT value FROM json_each(?))",
            [encoder, json.dumps(list(place))],
        )
        for number, data in rows:
            found[place[number]] = np.frombuffer(data, "<f2")
            known[place[number]] = True
        return found, known

    def put(self, encoder: str, numbers: Numbers, vectors: NDArray[np.float16]) -> None:
        """Store vectors (n, size), in place of another encoder's, of examples that are there."""
        with self._c.write() as db:
            db.executemany(
                "INSERT OR REPLACE INTO vector (example, encoder, data)"
                " SELECT number, ?, ? FROM example WHERE number = ?",
                [
                    (encoder, vector.astype("<f2").tobytes(), number)
                    for number, vector in zip(numbers.tolist(), vectors, strict=True)
                ],
            )
