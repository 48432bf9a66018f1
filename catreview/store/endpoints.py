"""What all processes share about an endpoint: how far its limits are used up, what it takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from typing import Final

from catreview.records import Pace
from catreview.store.database import Connections, utc_now

REMEMBERED: Final = 7 * 86_400.0
"""Seconds for which it is known what an endpoint takes."""
_COLUMNS = "next_slot, next_tokens, held, wide, wide_until, day, used, at"


class Endpoints:
    """The table `endpoint`. `name` stands for a server and a model on it."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def pace(self, name: str) -> Pace:
        """Read the state of the limits; a new endpoint has used nothing."""
        rows = self._c.rows(f"SELECT {_COLUMNS} FROM endpoint WHERE name = ?", [name])  # noqa: S608 - fixed text
        return Pace(*rows[0]) if rows else Pace()

    def asked(self) -> list[str]:
        """The names of all that were ever sent a request."""
        return [row[0] for row in self._c.rows("SELECT name FROM endpoint WHERE used > 0")]

    def used_today(self) -> int:
        """HTTP requests to all endpoints since midnight UTC, retries included."""
        return int(
            self._c.value(
                "SELECT coalesce(sum(used), 0) FROM endpoint WHERE day = ?", [utc_now()[:10]]
            )
        )

    @contextmanager
    def pacing(self, name: str) -> Iterator[Pace]:
        """Change the state of the limits; nobody else does meanwhile."""
        with self._c.write() as db:
            pace = self.pace(name)
            before = astuple(pace)
            yield pace
            if astuple(pace) == before:
                return
            db.execute(
                """INSERT INTO endpoint (name, next_slot, next_tokens, held, wide, wide_until, day,
                used, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
                next_slot = excluded.next_slot, next_tokens = excluded.next_tokens,
                held = excluded.held, wide = excluded.wide, wide_until = excluded.wide_until,
                day = excluded.day, used = excluded.used, at = excluded.at""",
                [name, *astuple(pace)],
            )

    def features(self, name: str) -> str | None:
        """What the endpoint was found to take, as the client wrote it down.

        None after `REMEMBERED`: servers learn too, and what one refused it may take by now.
        """
        value = self._c.value(
            "SELECT features FROM endpoint WHERE name = ? AND features_at > ?",
            [name, time.time() - REMEMBERED],
        )
        return None if value is None else str(value)

    def remember(self, name: str, features: str) -> None:
        """Write down what the endpoint takes."""
        with self._c.write() as db:
            db.execute(
                "INSERT INTO endpoint (name, features, features_at) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET features = excluded.features,"
                " features_at = excluded.features_at",
                [name, features, time.time()],
            )
