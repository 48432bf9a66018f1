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
    and `slope` turn its stated probabilities into ones to believe, fitted to `calibrated` reviews.
    `learned_from` is the word of `voting.LearnedFrom`.
    """

    source: int
    reviews: int
    accuracy: float
    by_category: Mapping[str, float]
    learned_from: str
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
                "INSERT INTO reliability (source, reviews, accuracy, by_category, learned_from,"
                " calibrated, slope, offsets) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        row.source,
                        row.reviews,
                        row.accuracy,
                        json.dumps(dict(row.by_category)),
                        row.learned_from,
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
            "SELECT source, reviews, accuracy, learned_from, calibrated, slope, by_category,"
            " offsets FROM reliability"
        )
        return {
            r[0]: StoredReliability(
                source=r[0],
                reviews=r[1],
                accuracy=r[2],
                learned_from=r[3],
                calibrated=r[4],
                slope=r[5],
                by_category=json.loads(r[6]),
                offsets=json.loads(r[7]) if r[7] else None,
            )
            for r in rows
        }
