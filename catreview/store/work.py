"""LLM requests: what was asked, and what could not be done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catreview.store.database import Connections, utc_now


@dataclass(frozen=True, slots=True)
class Request:
    """One request to an LLM. Tokens are counts, cost US dollars, latency seconds.

    `status` is that of its answer; "sent" while there is none, for ever where the job was killed;
    "stopped" where the job ended instead. `attempts` counts HTTP requests.
    """

    run: int
    source: int
    model: str
    prompt: str
    examples: Sequence[str]
    labelled: int = 0
    attempts: int = 1
    status: str = "sent"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    latency: float | None = None
    error_class: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What an answered request took, as far as the server said."""

    examples: int
    labelled: int
    attempts: int
    prompt_tokens: int
    completion_tokens: int
    latency: float


class Requests:
    """The tables `request` and `set_aside`: what was asked of an LLM, and what it could not do."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def begin(self, request: Request) -> int:
        """Record that a request is on its way; returns its number."""
        with self._c.write() as db:
            cursor = db.execute(
                """INSERT INTO request (run, source, model, prompt, examples, labelled, attempts,
                status, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                [
                    request.run, request.source, request.model, request.prompt,
                    json.dumps(list(request.examples)), request.labelled, request.attempts,
                    request.status, utc_now(),
                ],
            )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def conclude(self, number: int, request: Request) -> None:
        """Record how it ended."""
        with self._c.write() as db:
            db.execute(
                """UPDATE request SET labelled = ?, attempts = ?, status = ?, prompt_tokens = ?,
                completion_tokens = ?, cost = ?, latency = ?, error_class = ?, error = ?
                WHERE id = ?""",
                [
                    request.labelled, request.attempts, request.status, request.prompt_tokens,
                    request.completion_tokens, request.cost, request.latency, request.error_class,
                    request.error, number,
                ],
            )  # fmt: skip

    def drop(self, number: int) -> None:
        """It was never sent."""
        with self._c.write() as db:
            db.execute("DELETE FROM request WHERE id = ?", [number])

    def labelled_in(self, run: int) -> int:
        """How many votes the requests of a run brought."""
        return int(
            self._c.value("SELECT coalesce(sum(labelled), 0) FROM request WHERE run = ?", [run])
        )

    def of(self, source: int) -> list[Request]:
        """Every request to a source, oldest first, without its error."""
        rows = self._c.rows(
            """SELECT run, source, model, prompt, examples, labelled, attempts, status,
            prompt_tokens, completion_tokens, cost, latency
            FROM request WHERE source = ? ORDER BY id""",
            [source],
        )
        return [
            Request(
                run=r[0], source=r[1], model=r[2], prompt=r[3], examples=json.loads(r[4]),
                labelled=r[5], attempts=r[6], status=r[7], prompt_tokens=r[8],
                completion_tokens=r[9], cost=r[10], latency=r[11],
            )
            for r in rows
        ]  # fmt: skip

    def spent_in(self, run: int) -> tuple[int, float]:
        """HTTP requests and US dollars of a run.

        A request in flight when the job was killed or aborted counts at the price of the run's
        dearest.
        """
        (row,) = self._c.rows(
            """SELECT coalesce(sum(attempts), 0), coalesce(sum(cost), 0)
            + coalesce(sum(status = 'sent' OR error_class IS 'CancelledError') * max(cost), 0)
            FROM request WHERE run = ?""",
            [run],
        )
        return int(row[0]), float(row[1])

    def measured(self, model: str, source: int, most: int) -> list[Measured]:
        """The last answered requests of a source; of its model, where there are none yet."""
        rows: list[tuple[Any, ...]] = []
        for only in (source, None):
            rows = rows or self._c.rows(
                """SELECT json_array_length(examples), labelled, attempts, prompt_tokens,
                completion_tokens, latency FROM request
                WHERE model = ? AND (source = ? OR ? IS NULL) AND status IN ('ok', 'partial')
                AND prompt_tokens > 0 ORDER BY id DESC LIMIT ?""",
                [model, only, only, most],
            )
        return [Measured(*row) for row in rows]

    def set_aside(self, source: int, reasons: Mapping[int, str]) -> None:
        """Remember which examples this source could not label, and why."""
        at = utc_now()
        with self._c.write():
            self._c.many(
                "INSERT OR REPLACE INTO set_aside (example, source, reason, at)"
                " VALUES (?, ?, ?, ?)",
                [(number, source, reason, at) for number, reason in reasons.items()],
            )

    def aside(self, source: int) -> dict[int, str]:
        """Why each example set aside by this source was, by number."""
        return dict(
            self._c.rows(
                "SELECT example, reason FROM set_aside WHERE source = ? ORDER BY example", [source]
            )
        )

    def all_aside(self, limit: int) -> list[tuple[int, str, str]]:
        """The newest examples set aside by any source: (number, source name, reason)."""
        return self._c.rows(
            "SELECT example, source.name, reason FROM set_aside"
            " JOIN source ON source.id = set_aside.source ORDER BY at DESC, example LIMIT ?",
            [limit],
        )

    def count_aside(self) -> int:
        """How many examples are set aside, by all sources together."""
        return int(self._c.value("SELECT count(*) FROM set_aside"))

    def take_back(self, source: int, numbers: Sequence[int]) -> None:
        """These examples are no longer set aside."""
        with self._c.write():
            self._c.many(
                "DELETE FROM set_aside WHERE source = ? AND example = ?",
                [(source, int(number)) for number in numbers],
            )
