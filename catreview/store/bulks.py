"""Acts on many examples at once: rows of the log that share a number."""

from __future__ import annotations

from collections.abc import Sequence

from catreview.store.database import Connections
from catreview.store.reviews import STANDING, STANDING_DECISION, Review, Reviews
from catreview.store.selecting import listed


class Bulks:
    """The column `bulk` of the table `review`."""

    def __init__(self, connections: Connections, reviews: Reviews) -> None:
        self._c = connections
        self._reviews = reviews

    def next(self) -> int:
        """A number that no bulk has yet; to be asked for in the transaction that uses it."""
        return int(self._c.value("SELECT coalesce(max(bulk), 0) + 1 FROM review"))

    def whole(self, act: Review) -> list[Review]:
        """The act with all others of its bulk on which the last word is the same."""
        if act.bulk is None:
            return [act]
        return self._reviews.query(
            f"""bulk = ? AND action NOT IN ('undo', 'redo')
            AND ({STANDING}) = (SELECT {STANDING} FROM review WHERE id = ?) ORDER BY id""",  # noqa: S608
            act.bulk,
            act.id,
        )

    def categories(self, reviewer: str, numbers: Sequence[int]) -> dict[int, str]:
        """The category that this reviewer's newest standing decision gives each of these."""
        return dict(
            self._c.rows(
                f"""SELECT example, category FROM review WHERE reviewer = ?
                AND example IN (SELECT value FROM json_each(?))
                AND {STANDING_DECISION} ORDER BY id""",  # noqa: S608
                [reviewer, listed(numbers)],
            )
        )

    def unseen(self, reviewer: str) -> set[int]:
        """Examples that this reviewer has decided in bulk alone, without looking at them."""
        rows = self._c.rows(
            f"""SELECT example, min(bulk IS NOT NULL) FROM review WHERE reviewer = ?
            AND example IN (SELECT example FROM review WHERE bulk IS NOT NULL AND reviewer = ?)
            AND {STANDING_DECISION} GROUP BY example""",  # noqa: S608
            [reviewer, reviewer],
        )
        return {example for example, only_in_bulk in rows if only_in_bulk}
