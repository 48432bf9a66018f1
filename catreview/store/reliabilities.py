"""How far each LLM can be trusted, as learned from reviews: what the labels were settled with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catreview.store.database import Connections


@dataclass(frozen=True, slots=True)
class StoredReliability:
    """What is known of one source.

    `by_category` is the share of its votes for a category that are right; `offsets` (by category)
    and `slope` calibrate its stated probabilities, where `calibrated` reviews say how.
    """

    source: int
    reviews: int
    accuracy: float
    by_category: Mapping[str, float]
    calibrated: int = 0
    slope: float = 1.0
    offsets: Mapping[str, float] | None = None


class Reliabilities:
    """The table `reliability`."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def replace(self, learned: Iterable[StoredReliability]) -> None:
        """Replace all that is stored."""
        with self._c.write() as db:
            db.execute("DELETE FROM reliability")
            self._c.many(
                "INSERT INTO reliability (source, reviews, accuracy, by_category, calibrated,"
                " slope, offsets) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        row.source,
                        row.reviews,
                        row.accuracy,
                        json.dumps(dict(row.by_category)),
                        row.calibrated,
                        row.slope,
                        json.dumps(dict(row.offsets)) if row.offsets is not None else None,
                    )
                    for row in learned
                ],
            )

    def all(self) -> dict[int, StoredReliability]:
        """What is stored, by source."""
        rows = self._c.rows(
            "SELECT source, reviews, accuracy, by_category, calibrated, slope, offsets"
            " FROM reliability"
        )
        return {
            r[0]: StoredReliability(
                r[0], r[1], r[2], json.loads(r[3]), r[4], r[5], json.loads(r[6]) if r[6] else None
            )
            for r in rows
        }
