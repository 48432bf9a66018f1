"""Marks of what is to be derived anew: they outlive a job that is killed before it has done so."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum

from catreview.store.database import Connections, utc_now


class Stale(StrEnum):
    """What is not, or not everywhere, what the votes make of it."""

    HEURISTIC = "heuristic"
    LABELS = "labels"
    LLM_LABELS = "llm labels"
    """The labels of examples that an LLM has voted on."""


class Unsettled:
    """The table `unsettled`: empty where nobody is deriving anything and nobody was killed.

    A mark is set in the transaction that makes something stale, and goes when all of it has been
    derived by somebody who began after that.
    """

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def mark(self, what: Stale) -> None:
        """Say that something is to be derived anew."""
        with self._c.write() as db:
            db.execute("INSERT INTO unsettled (what, at) VALUES (?, ?)", [what, utc_now()])

    def marks(self) -> dict[int, Stale]:
        """What is stale, by the number of the mark."""
        return {row[0]: Stale(row[1]) for row in self._c.rows("SELECT id, what FROM unsettled")}

    def clear(self, marks: Iterable[int]) -> None:
        """What these said has been done."""
        with self._c.write() as db:
            db.execute(
                "DELETE FROM unsettled WHERE id IN (SELECT value FROM json_each(?))",
                [json.dumps(list(marks))],
            )
