"""The leases that keep two workers, or two reviewers, off the same example."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from catreview.store.database import Connections


@dataclass(frozen=True, slots=True)
class Occupied:
    """An example on a reviewer's desk; `holder` names the app that laid it there."""

    example: int
    reviewer: str
    holder: str


IN_FORCE: Final = "expires >= :now AND at <= :now + (expires - at) / 10"
"""SQL for a lease that holds. One taken in the future, by a tenth of its length, is none: the clock
was set back, and it would hold for as much longer."""


class Leases:
    """The table `lease`: who works on which example for which source, until when.

    A labelling job leases for its LLM, a review app for its reviewer.
    """

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def claim(
        self, source: int, candidates: Sequence[int], holder: str, *, most: int, seconds: float
    ) -> list[int]:
        """Claim up to `most` of `candidates` that nobody holds and `source` has no vote on.

        What was taken back with its import is passed over.
        """
        now = time.time()
        with self._c.write() as db:
            db.execute(f"DELETE FROM lease WHERE NOT ({IN_FORCE})", {"now": now})  # noqa: S608 - ours
            rows = self._c.rows(
                """SELECT value FROM json_each(?) AS wanted
                WHERE EXISTS (SELECT 1 FROM example WHERE number = value)
                AND NOT EXISTS (SELECT 1 FROM vote WHERE example = value AND source = ?)
                AND NOT EXISTS (SELECT 1 FROM lease WHERE example = value AND source = ?)
                AND NOT EXISTS (SELECT 1 FROM set_aside WHERE example = value AND source = ?)
                ORDER BY wanted.key LIMIT ?""",
                [json.dumps([int(n) for n in candidates]), source, source, source, most],
            )
            claimed = [row[0] for row in rows]
            self._c.many(
                "INSERT INTO lease (example, source, holder, expires, at) VALUES (?, ?, ?, ?, ?)",
                [(number, source, holder, now + seconds, now) for number in claimed],
            )
        return claimed

    def renew(self, holder: str, seconds: float) -> None:
        """Hold on to everything claimed for so long from now."""
        now = time.time()
        with self._c.write() as db:
            db.execute(
                "UPDATE lease SET expires = ?, at = ? WHERE holder = ?",
                [now + seconds, now, holder],
            )

    def holders(self) -> set[str]:
        """Everyone who holds a lease."""
        return {row[0] for row in self._c.rows("SELECT DISTINCT holder FROM lease")}

    def drop(self, holders: Iterable[str]) -> None:
        """Give back everything these hold, as when they are known to be gone."""
        with self._c.write():
            self._c.many("DELETE FROM lease WHERE holder = ?", [(holder,) for holder in holders])

    def release(self, source: int, numbers: Iterable[int]) -> None:
        """Give claimed examples back."""
        with self._c.write():
            self._c.many(
                "DELETE FROM lease WHERE source = ? AND example = ?",
                [(source, int(number)) for number in numbers],
            )

    def seat(self, source: int, numbers: Sequence[int], holder: str, seconds: float) -> None:
        """Lay examples on a reviewer's desk for so long; what `holder` had before is given back.

        Call it in the transaction in which `desks` said that there is room.
        """
        wanted, now = [int(n) for n in numbers], time.time()
        with self._c.write() as db:
            db.execute(
                "DELETE FROM lease WHERE holder = ?"
                " AND example NOT IN (SELECT value FROM json_each(?))",
                [holder, json.dumps(wanted)],
            )
            self._c.many(
                "INSERT INTO lease (example, source, holder, expires, at)"
                " SELECT number, ?, ?, ?, ? FROM example WHERE number = ?"
                " ON CONFLICT DO UPDATE SET holder = excluded.holder, expires = excluded.expires,"
                " at = excluded.at",
                [(source, holder, now + seconds, now, number) for number in wanted],
            )

    def desks(self, numbers: Sequence[int], holder: str) -> list[Occupied]:
        """These examples on desks of other review apps than `holder`, one for each desk."""
        rows = self._c.rows(
            f"""SELECT example, source.name, holder FROM lease
            JOIN source ON source.id = lease.source
            WHERE example IN (SELECT value FROM json_each(:numbers)) AND source.kind = 'reviewer'
            AND holder <> :holder AND {IN_FORCE} ORDER BY example, source.id""",  # noqa: S608 - ours
            {
                "numbers": json.dumps([int(n) for n in numbers]),
                "holder": holder,
                "now": time.time(),
            },
        )
        return [Occupied(*row) for row in rows]
