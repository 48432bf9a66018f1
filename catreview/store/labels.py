"""The labels derived from votes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from catreview.store.database import CHUNK, Connections
from catreview.store.examples import Numbers

LabelRow = tuple[int, str, float, str, int]
"""Example, category, confidence, basis, source."""


class Labels:
    """The table `label`: derived, an example's own in the transaction that changed its votes."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def put(self, numbers: Numbers, rows: Iterable[LabelRow]) -> None:
        """Set the labels of `numbers` to `rows`; those without a row lose their label.

        Only what differs is written.
        """
        with self._c.write():
            lost, new = self._difference(numbers, rows)
            self._c.many("DELETE FROM label WHERE example = ?", [(number,) for number in lost])
            self._c.many(
                "INSERT OR REPLACE INTO label (example, category, confidence, basis, source)"
                " VALUES (?, ?, ?, ?, ?)",
                new,
            )

    def differing(self, numbers: Numbers, rows: Iterable[LabelRow]) -> Numbers:
        """Those of `numbers` whose label is not that of `rows`, ascending."""
        lost, new = self._difference(numbers, rows)
        return np.array(sorted([*lost, *(row[0] for row in new)]), dtype=np.int64)

    def _difference(
        self, numbers: Numbers, rows: Iterable[LabelRow]
    ) -> tuple[list[int], list[LabelRow]]:
        """Who of `numbers` is to lose the label, and the rows that are not stored so."""
        stored = set(self._read("example, category, confidence, basis, source", numbers))
        wanted = {row[0]: row for row in rows}
        lost = [row[0] for row in stored if row[0] not in wanted]
        return lost, [row for row in wanted.values() if row not in stored]

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
        return self._read("example, category, confidence, basis", numbers)

    def _read(self, columns: str, numbers: Numbers) -> list[tuple[Any, ...]]:
        return [
            row
            for start in range(0, len(numbers), CHUNK)
            for row in self._c.rows(
                f"SELECT {columns} FROM label"  # noqa: S608 - columns are ours
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
        blocks = self._c.blocks(
            """SELECT example.number, example.id, conversation, turn, speaker, previous, text, gold,
            label.category, label.confidence, basis, source.name
            FROM example LEFT JOIN label ON label.example = example.number
            LEFT JOIN source ON source.id = label.source ORDER BY example.number"""
        )
        return chain.from_iterable(blocks)
