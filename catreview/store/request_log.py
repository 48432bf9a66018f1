"""The newest requests to LLMs and their errors, for people to read."""

from __future__ import annotations

from dataclasses import dataclass

from catreview.store.database import Connections
from catreview.store.votes import StoredSource


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request: when (UTC, ISO 8601), how many examples, what came of it, seconds it took."""

    at: str
    examples: int
    labelled: int
    status: str
    latency: float | None
    error_class: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """A class of errors: how often, and when and with which words last."""

    error_class: str
    count: int
    at: str
    error: str


class RequestLog:
    """The table `request`, read from its end."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def newest(self, limit: int) -> list[RequestLine]:
        """The newest requests of all jobs, newest first."""
        rows = self._c.rows(
            """SELECT at, json_array_length(examples), labelled, status, latency, error_class,
            error FROM request ORDER BY id DESC LIMIT ?""",
            [limit],
        )
        return [RequestLine(*row) for row in rows]

    def prompt(self, source: StoredSource) -> str:
        """The version of the prompt that a source was asked with, empty where it never was."""
        # A source that took over the votes of a trial has the trial's requests.
        version = self._c.value(
            """SELECT prompt FROM request WHERE model = ?
            AND source IN (SELECT id FROM source WHERE fingerprint = ?) LIMIT 1""",
            [source.name, source.fingerprint],
        )
        return str(version or "")

    def errors(self) -> list[ErrorLine]:
        """The errors of the newest run that sent requests, the most frequent class first."""
        # SQLite takes the bare columns from the row that has the maximum.
        rows = self._c.rows(
            """SELECT error_class, count(*), max(at), coalesce(error, '') FROM request
            WHERE run = (SELECT max(run) FROM request) AND error_class IS NOT NULL
            GROUP BY error_class ORDER BY count(*) DESC, error_class"""
        )
        return [ErrorLine(*row) for row in rows]
