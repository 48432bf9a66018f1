"""Imports that added messages, so that the last one can be taken back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from catreview.store.database import Connections, utc_now
from catreview.store.leases import IN_FORCE

_OF_EXAMPLES: Final = ("vote", "tally", "label", "lease", "set_aside", "vector")
"""Tables that say something of examples; beside them `review`, of which nothing is ever deleted."""


@dataclass(frozen=True, slots=True)
class Import:
    """One that added messages: those with a number beyond `before`, up to `last`.

    `holder` names its process and `at` is when it began (UTC, ISO 8601). `added` is how many it
    says it added, None where it has not ended.
    """

    id: int
    file: str
    holder: str
    at: str
    before: int
    last: int
    added: int | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """What there is of the messages of an import: how many, their votes, what hinders.

    `reviewed` of them are in the log of reviews; `busy` are on the desk of a job or a reviewer;
    `handed_in` are with a provider, in a batch without an answer.
    """

    messages: int
    votes: int
    reviewed: int
    busy: int
    handed_in: int


class Imports:
    """The table `import`."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def begin(self, file: str, holder: str) -> int:
        """Record that an import begins; returns its id."""
        with self._c.write() as db:
            cursor = db.execute(
                "INSERT INTO import (file, holder, at, before)"
                " SELECT ?, ?, ?, coalesce(max(number), 0) FROM example",
                [file, holder, utc_now()],
            )
        return int(cursor.lastrowid or 0)

    def end(self, number: int, added: int) -> None:
        """Record how many messages it added; of one that added none nothing is kept."""
        with self._c.write() as db:
            if added:
                db.execute(
                    "UPDATE import SET added = ?,"
                    " last = (SELECT max(number) FROM example) WHERE id = ?",
                    [added, number],
                )
            else:
                db.execute("DELETE FROM import WHERE id = ?", [number])

    def newest(self) -> Import | None:
        """The last one whose messages are still there."""
        rows = self._c.rows(
            """SELECT id, file, holder, at, before,
                   coalesce(last, (SELECT max(number) FROM example), 0), added
            FROM import WHERE coalesce(last, (SELECT max(number) FROM example)) > before
            ORDER BY id DESC LIMIT 1"""
        )
        return Import(*rows[0]) if rows else None

    def holdings(self, of: Import) -> Holdings:
        """What is stored of its messages."""
        within = "> :before AND {0} <= :last"
        example = f"example {within.format('example')}"
        rows = self._c.rows(
            f"""SELECT (SELECT count(*) FROM example WHERE number {within.format("number")}),
                (SELECT count(*) FROM vote WHERE {example}),
                (SELECT count(DISTINCT example) FROM review WHERE {example}),
                (SELECT count(DISTINCT example) FROM lease WHERE {example} AND {IN_FORCE}),
                (SELECT count(*) FROM batch_request, json_each(examples)
                 WHERE value {within.format("value")})""",  # noqa: S608 - ours
            {"before": of.before, "last": of.last, "now": time.time()},
        )
        return Holdings(*rows[0])

    def remove(self, of: Import) -> Path:
        """Delete its messages with all that machines say of them; returns a copy from before.

        Orders of queues go, too: they name messages.
        """
        within = [of.before, of.last]
        with self._c.write() as db:
            copy = self._c.back_up()
            for table in _OF_EXAMPLES:
                db.execute(f"DELETE FROM {table} WHERE example > ? AND example <= ?", within)  # noqa: S608 - ours
            db.execute("DELETE FROM example WHERE number > ? AND number <= ?", within)
            db.execute("DELETE FROM queue_order")
            db.execute("DELETE FROM import WHERE id = ?", [of.id])
        return copy
