"""Runs: one labelling, training or evaluation job each, with its results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catreview.store.database import Connections, utc_now


@dataclass(frozen=True, slots=True)
class Run:
    """One job with its parameters and results. `status`: running, done, failed, interrupted."""

    id: int
    kind: str
    parameters: Mapping[str, Any]
    seed: int | None
    started: str
    ended: str | None
    status: str
    results: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How many labels of each basis there were when a run of `kind` ended (UTC, ISO 8601)."""

    kind: str
    at: str
    labels: Mapping[str, int]


class Runs:
    """The table `run`."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def start(self, kind: str, parameters: Mapping[str, Any], seed: int | None = None) -> int:
        """Record that a job began; returns its number."""
        with self._c.write() as db:
            cursor = db.execute(
                "INSERT INTO run (kind, parameters, seed, started, status)"
                " VALUES (?, ?, ?, ?, 'running')",
                [kind, json.dumps(parameters), seed, utc_now()],
            )
        return int(cursor.lastrowid or 0)

    def finish(self, run: int, status: str, results: Mapping[str, Any] | None = None) -> None:
        """Record how a job ended, and how many labels there are by now."""
        # Counted before, so that nobody waits for it to write.
        labels = dict(self._c.rows("SELECT basis, count(*) FROM label GROUP BY basis"))
        with self._c.write() as db:
            db.execute(
                "UPDATE run SET ended = ?, status = ?, results = ?, labels = ? WHERE id = ?",
                [utc_now(), status, json.dumps(results or {}), json.dumps(labels), run],
            )

    def count(self, kind: str) -> int:
        """How many runs of a kind have begun, however they went."""
        return int(self._c.value("SELECT count(*) FROM run WHERE kind = ?", [kind]))

    def label_counts(self, limit: int) -> list[LabelCount]:
        """The labels there were at the end of the newest runs, oldest first."""
        rows = self._c.rows(
            """SELECT kind, ended, labels FROM run WHERE labels IS NOT NULL
            ORDER BY ended DESC, id DESC LIMIT ?""",
            [limit],
        )
        return [LabelCount(kind, at, json.loads(labels)) for kind, at, labels in reversed(rows)]

    def finished(self, kind: str, limit: int | None = 1) -> list[Run]:
        """The newest runs of a kind that ended well, newest first; all of them without a limit."""
        most = -1 if limit is None else limit  # what SQLite takes for none
        return self._query("kind = ? AND status = 'done' ORDER BY id DESC LIMIT ?", kind, most)

    def last_ended(self, kind: str, status: str) -> Run | None:
        """The run of a kind that came to this end last."""
        found = self._query(
            "kind = ? AND status = ? ORDER BY ended DESC, id DESC LIMIT 1", kind, status
        )
        return next(iter(found), None)

    def latest(self, kind: str) -> Run | None:
        """The newest run of a kind, however it went."""
        return next(iter(self._query("kind = ? ORDER BY id DESC LIMIT 1", kind)), None)

    def recent(self, limit: int) -> list[Run]:
        """The newest runs of all kinds, newest first."""
        return self._query("1 ORDER BY id DESC LIMIT ?", limit)

    def _query(self, where: str, *parameters: object) -> list[Run]:
        rows = self._c.rows(
            "SELECT id, kind, parameters, seed, started, ended, status, results FROM run"  # noqa: S608 - ours
            f" WHERE {where}",
            parameters,
        )
        return [
            Run(r[0], r[1], json.loads(r[2]), r[3], r[4], r[5], r[6], json.loads(r[7] or "{}"))
            for r in rows
        ]
