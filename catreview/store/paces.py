"""How fast a reviewer goes: read from the log, of which every key adds a row."""

from __future__ import annotations

from typing import NamedTuple

from catreview.store.database import Connections, utc_now
from catreview.store.reviews import DECIDED, STANDING_DECISION


class _Today(NamedTuple):
    """How many examples a reviewer has `decided` by looking at them on a `day` (UTC).

    As the log was up to its row `last`.
    """

    day: str
    decided: int
    last: int


class Paces:
    """What the table `review` says of a reviewer's pace."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections
        self._today: dict[str, _Today] = {}

    def today(self, reviewer: str) -> int:
        """How many examples this reviewer has decided by looking at them since midnight UTC."""
        found = self._counted(reviewer, self._today.get(reviewer))
        self._today[reviewer] = found
        return found.decided

    def _counted(self, reviewer: str, before: _Today | None) -> _Today:
        # Of what was counted before only newer rows are read, unless an undo or a redo is among
        # them or another day has begun.
        day = utc_now()[:10]
        if before is not None and before.day == day:
            last, decided, changed = self._c.rows(
                f"SELECT max(id), total(reviewer = :reviewer AND at >= :day AND bulk IS NULL"  # noqa: S608
                f" AND {DECIDED}), total(reviewer = :reviewer"
                " AND action IN ('undo', 'redo')) FROM review WHERE id > :last",
                {"reviewer": reviewer, "day": day, "last": before.last},
            )[0]
            if not changed:
                return _Today(day, before.decided + int(decided), last or before.last)
        # One statement: what is written between two would be counted twice, or never.
        decided, last = self._c.rows(
            f"SELECT count(*), (SELECT max(id) FROM review) FROM review"  # noqa: S608 - fixed text
            f" WHERE reviewer = ? AND at >= ?"
            f" AND bulk IS NULL AND {STANDING_DECISION}",
            [reviewer, day],
        )[0]
        return _Today(day, decided, last or 0)

    def usual_seconds(self, reviewer: str, limit: int = 20) -> float | None:
        """Seconds spent on the newest decisions of a reviewer: their median, None of none."""
        rows = self._c.rows(
            "SELECT seconds FROM review WHERE reviewer = ? AND seconds IS NOT NULL"  # noqa: S608 - fixed text
            f" AND +{DECIDED} ORDER BY at DESC, id DESC LIMIT ?",
            [reviewer, limit],
        )
        seconds, half = sorted(row[0] for row in rows), len(rows) // 2
        return (seconds[half] + seconds[~half]) / 2 if seconds else None

    def timed(self) -> list[tuple[int, float]]:
        """Characters of the message and seconds spent, for every timed decision."""
        return self._c.rows(
            "SELECT length(text), seconds FROM review JOIN example ON number = example"  # noqa: S608
            f" WHERE seconds IS NOT NULL AND {DECIDED} ORDER BY review.id"
        )
