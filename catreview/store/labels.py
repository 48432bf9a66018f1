"""The labels derived from votes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catreview.store.database import CHUNK, Connections
from catreview.store.examples import Numbers


class Labels:
    """The table `label`: derived, always rewritten in the transaction that changed a vote."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def replace(
        self,
        numbers: Numbers,
        rows: Sequence[tuple[int, str, float, str, int]],
        *,
        everything: bool,
    ) -> None:
        """Set the labels of `numbers` to `rows` (number, category, confidence, basis, source).

        Numbers without a row lose their label. With `everything`, so does every other example.
        """
        with self._c.write() as db:
            if everything:
                db.execute("DELETE FROM label")
            else:
                self._c.many(
                    "DELETE FROM label WHERE example = ?", [(n,) for n in numbers.tolist()]
                )
            self._c.many(
                "INSERT INTO label (example, category, confidence, basis, source)"
                " VALUES (?, ?, ?, ?, ?)",
                rows,
            )

    def get(self, number: int) -> tuple[str, float, str, str] | None:
        """Category, confidence, basis and source name of an example's label."""
        rows = self._c.rows(
            """SELECT category, confidence, basis, source.name FROM label
            JOIN source ON source.id = label.source WHERE example = ?""",
            [number],
        )
        return rows[0] if rows else None

    def categories(self, numbers: Sequence[int]) -> dict[int, str]:
        """The label's category of each of these examples that has one."""
        return dict(
            self._c.rows(
                "SELECT example, category FROM label"
                " WHERE example IN (SELECT value FROM json_each(?))",
                [json.dumps([int(n) for n in numbers])],
            )
        )

    def all(self) -> list[tuple[int, str, float, str]]:
        """(number, category, confidence, basis) of every label, by number."""
        return self._c.rows(
            "SELECT example, category, confidence, basis FROM label ORDER BY example"
        )

    def of(self, numbers: Numbers) -> list[tuple[int, str, float, str]]:
        """(number, category, confidence, basis) of each of these examples that has a label."""
        return [
            row
            for start in range(0, len(numbers), CHUNK)
            for row in self._c.rows(
                "SELECT example, category, confidence, basis FROM label"
                " WHERE example IN (SELECT value FROM json_each(?))",
                [json.dumps(numbers[start : start + CHUNK].tolist())],
            )
        ]

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How many labels by basis, then by category."""
        table: dict[str, dict[str, int]] = {}
        for basis, category, count in self._c.rows(
            "SELECT basis, category, count(*) FROM label GROUP BY basis, category"
        ):
            table.setdefault(basis, {})[category] = count
        return table

    def export(self) -> Iterable[tuple[Any, ...]]:
        """Rows for an export, in example order: example columns, gold, label, basis, source."""
        return self._c.db.execute(
            """SELECT example.number, example.id, conversation, turn, speaker, previous, text, gold,
            label.category, label.confidence, basis, source.name
            FROM example LEFT JOIN label ON label.example = example.number
            LEFT JOIN source ON source.id = label.source ORDER BY example.number"""
        )
