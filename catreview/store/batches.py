"""Batches that wait at a provider: what was handed in, and what of it is still to come."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catreview.store.database import Connections, utc_now


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch under way. `token` is our name for it, `remote` the provider's once it has one.

    `holder` is the job that looks after it, and did so last at `at` (UTC, ISO 8601).
    """

    id: int
    token: str
    holder: str
    remote: str | None
    at: str


class Batches:
    """The tables `batch` and `batch_request` (a row for each request not yet answered)."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def create(
        self, source: int, token: str, holder: str, requests: Sequence[Sequence[int]]
    ) -> Batch:
        """Record a batch before it is handed in; `requests` are the examples of each."""
        at = utc_now()
        with self._c.write() as db:
            cursor = db.execute(
                "INSERT INTO batch (source, token, holder, status, at) VALUES (?, ?, ?, 'open', ?)",
                [source, token, holder, at],
            )
            number = int(cursor.lastrowid or 0)
            self._c.many(
                "INSERT INTO batch_request (batch, place, examples) VALUES (?, ?, ?)",
                [(number, place, json.dumps(list(e))) for place, e in enumerate(requests)],
            )
        return Batch(number, token, holder, None, at)

    def under_way(self, source: int) -> Batch | None:
        """The oldest batch of a source that is not closed."""
        rows = self._c.rows(
            "SELECT id, token, holder, remote, at FROM batch"
            " WHERE source = ? AND status = 'open' ORDER BY id LIMIT 1",
            [source],
        )
        return Batch(*rows[0]) if rows else None

    def hold(self, batch: int, holder: str) -> None:
        """From now on this job looks after it."""
        with self._c.write() as db:
            db.execute(
                "UPDATE batch SET holder = ?, at = ? WHERE id = ?", [holder, utc_now(), batch]
            )

    def look_after(self, batch: int, holder: str) -> None:
        """The job that holds it is still there."""
        with self._c.write() as db:
            db.execute(
                "UPDATE batch SET at = ? WHERE id = ? AND holder = ?", [utc_now(), batch, holder]
            )

    def handed_in(self, batch: int, remote: str) -> None:
        """The provider has it, under this name."""
        with self._c.write() as db:
            db.execute("UPDATE batch SET remote = ? WHERE id = ?", [remote, batch])

    def requests(self, batch: int) -> Iterator[tuple[int, list[int]]]:
        """Place and examples of each request without an answer, in order."""
        last = -1
        while rows := self._c.rows(
            "SELECT place, examples FROM batch_request WHERE batch = ? AND place > ?"
            " ORDER BY place LIMIT 500",
            [batch, last],
        ):
            last = rows[-1][0]
            yield from ((place, json.loads(examples)) for place, examples in rows)

    def unanswered(self, batch: int, places: Iterable[int]) -> dict[int, list[int]]:
        """Examples of those of these requests that have no answer yet, by place."""
        rows = self._c.rows(
            "SELECT place, examples FROM batch_request WHERE batch = ?"
            " AND place IN (SELECT value FROM json_each(?))",
            [batch, json.dumps(list(places))],
        )
        return {place: json.loads(examples) for place, examples in rows}

    def answered(self, batch: int, places: Iterable[int]) -> None:
        """These requests have their answer."""
        with self._c.write():
            self._c.many(
                "DELETE FROM batch_request WHERE batch = ? AND place = ?",
                [(batch, place) for place in places],
            )

    def close(self, batch: int, status: str) -> None:
        """Nothing more will come of it; `status` is the provider's last word."""
        with self._c.write() as db:
            db.execute("UPDATE batch SET status = ? WHERE id = ?", [status, batch])
            db.execute("DELETE FROM batch_request WHERE batch = ?", [batch])
