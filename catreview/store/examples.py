"""Examples in the database: adding, marking as gold, reading in blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catreview.errors import GoneError
from catreview.records import Example
from catreview.store.database import Connections

Numbers = NDArray[np.int64]
"""Example numbers: the database's own integer keys."""

FEW = 100
"""Up to so many examples are looked up one by one."""

_COLUMNS = "id, text, previous, conversation, turn, speaker"


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a batch: positions in the batch, in order."""

    new: tuple[int, ...]
    known: tuple[int, ...]
    """Already there, with the same text."""
    differing: tuple[int, ...]
    """The id is already there with another text, which stays."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A message of a conversation, as the review screen shows it."""

    number: int
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Messages of a conversation around one, which is the `place`th of `total`, by its turn."""

    messages: tuple[Neighbour, ...]
    place: int
    total: int


class Examples:
    """The table `example`."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def add(self, examples: Sequence[Example]) -> Added:
        """Add those whose id is new."""
        with self._c.write():
            known = self.texts([e.id for e in examples])
            new: list[int] = []
            same: list[int] = []
            differing: list[int] = []
            for position, example in enumerate(examples):
                text = known.get(example.id)
                if text is None:
                    new.append(position)
                    known[example.id] = example.text
                else:
                    (same if text == example.text else differing).append(position)
            self._c.many(
                f"INSERT INTO example ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - fixed
                [
                    (e.id, e.text, e.previous, e.conversation, e.turn, e.speaker)
                    for e in (examples[i] for i in new)
                ],
            )
        return Added(tuple(new), tuple(same), tuple(differing))

    def mark_gold(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Set the gold category of examples by id, as a file gives it.

        Their labels go: gold is measured against, never trained on. Returns, by id, the category
        of those that were gold of another one.
        """
        numbers = self.numbers(list(labels))
        with self._c.write():
            rows = self._c.rows(
                "SELECT id, gold FROM example"
                " WHERE number IN (SELECT value FROM json_each(?)) AND +gold IS NOT NULL",
                [json.dumps(list(numbers.values()))],
            )
            changed = {i: before for i, before in rows if before != labels[i]}
            self._c.many(
                "UPDATE example SET gold = ?, gold_given = ? WHERE number = ?",
                [(labels[i], labels[i], number) for i, number in numbers.items()],
            )
            self._c.many("DELETE FROM label WHERE example = ?", [(n,) for n in numbers.values()])
        return changed

    def set_gold(self, number: int, category: str | None) -> None:
        """Set an example's gold category; None: what a file gave it, where one did, else none.

        Its label is to be settled in the same transaction.
        """
        with self._c.write() as db:
            db.execute(
                "UPDATE example SET gold = coalesce(?, gold_given) WHERE number = ?",
                [category, number],
            )

    def gold(self) -> dict[int, str]:
        """The gold category by example number, in number order."""
        # SQLite would rather read every message than sort these few.
        rows = self._c.rows(
            "SELECT number, gold FROM example INDEXED BY example_gold WHERE gold IS NOT NULL"
        )
        return dict(sorted(rows))

    def is_gold(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Whether each of these examples (n,) is gold, (n,)."""
        if len(numbers) > FEW:
            return np.isin(numbers, np.fromiter(self.gold(), dtype=np.int64))
        rows = self._c.rows(
            "SELECT number FROM example"
            " WHERE number IN (SELECT value FROM json_each(?)) AND +gold IS NOT NULL",
            [json.dumps(numbers.tolist())],
        )
        return np.isin(numbers, np.array(rows, dtype=np.int64))

    def gold_conversations(self) -> set[str]:
        """Conversations with a gold message in them."""
        return {
            row[0]
            for row in self._c.rows(
                "SELECT DISTINCT conversation FROM example"
                " WHERE gold IS NOT NULL AND conversation <> ''"
            )
        }

    def beside_gold(self, numbers: Sequence[int]) -> set[int]:
        """Those of these examples that are gold, or have gold in their conversation."""
        rows = self._c.rows(
            """SELECT number FROM example WHERE number IN (SELECT value FROM json_each(?))
            AND (+gold IS NOT NULL OR +conversation IN (SELECT conversation FROM example
            WHERE gold IS NOT NULL AND conversation <> ''))""",
            [json.dumps(numbers)],
        )
        return {row[0] for row in rows}

    def texts(self, ids: Sequence[str]) -> dict[str, str]:
        """The stored text of each of these ids that exists."""
        return dict(self._by_ids("id, text", ids))

    def numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """The number of each of these ids that exists."""
        return dict(self._by_ids("id, number", ids))

    def _by_ids(self, columns: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
        return self._c.rows(
            f"SELECT {columns} FROM example"  # noqa: S608 - columns are ours
            " WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(ids))],
        )

    def count(self) -> int:
        """How many examples there are."""
        return int(self._c.value("SELECT count(*) FROM example"))

    def count_beyond(self, number: int) -> int:
        """How many examples have a higher number."""
        return int(self._c.value("SELECT count(*) FROM example WHERE number > ?", [number]))

    def last(self) -> int:
        """The newest example's number, 0 where there is none: as many as there are, or more."""
        return int(self._c.value("SELECT max(number) FROM example") or 0)

    def existing(self, numbers: Numbers) -> list[int]:
        """Those of these numbers that an example has, ascending."""
        rows = self._c.rows(
            "SELECT number FROM example WHERE number IN (SELECT value FROM json_each(?))"
            " ORDER BY number",
            [json.dumps(numbers.tolist())],
        )
        return [row[0] for row in rows]

    def all_numbers(self) -> Numbers:
        """Every example's number, ascending."""
        rows = self._c.rows("SELECT number FROM example ORDER BY number")
        return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))

    def blocks(self, size: int) -> Iterator[tuple[Numbers, list[Example]]]:
        """All examples in number order, `size` at a time."""
        last = -1
        while True:
            rows = self._c.rows(
                f"SELECT number, {_COLUMNS} FROM example WHERE number > ?"  # noqa: S608 - fixed
                " ORDER BY number LIMIT ?",
                [last, size],
            )
            if not rows:
                return
            last = rows[-1][0]
            yield np.array([r[0] for r in rows], dtype=np.int64), [Example(*r[1:]) for r in rows]

    def get(self, numbers: Sequence[int] | Numbers) -> list[Example]:
        """These examples, in the order asked for.

        Raises:
            GoneError: some were taken back with their import.
        """
        wanted = [int(n) for n in numbers]
        found: dict[int, Example] = {}
        for start in range(0, len(wanted), 50_000):
            rows = self._c.rows(
                f"SELECT number, {_COLUMNS} FROM example"  # noqa: S608 - fixed
                " WHERE number IN (SELECT value FROM json_each(?))",
                [json.dumps(wanted[start : start + 50_000])],
            )
            found.update((row[0], Example(*row[1:])) for row in rows)
        try:
            return [found[n] for n in wanted]
        except KeyError:
            raise GoneError from None

    def still_there(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Which of these numbers (n,) examples still have, (n,): an import can be taken back."""
        return np.isin(numbers, self.all_numbers())

    def require(self, numbers: Numbers) -> None:
        """Raise GoneError, as `get` does, unless all of these are still there."""
        if not self.still_there(numbers).all():
            raise GoneError

    def wordings(self, numbers: Numbers) -> list[tuple[str, str]]:
        """Text and previous text of these examples that exist, by number."""
        return self._c.rows(
            "SELECT text, previous FROM example"
            " WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number",
            [json.dumps(numbers.tolist())],
        )

    def conversation(self, number: int, limit: int) -> Excerpt:
        """Up to `limit` messages of the conversation around an example, itself included.

        As many before it as after it, more on one side where there are few on the other.
        """
        own = self._c.rows("SELECT number, speaker, text FROM example WHERE number = ?", [number])
        before, after = (
            self._c.rows(
                f"""SELECT e.number, e.speaker, e.text FROM example AS e
                JOIN example AS own ON own.number = ?
                WHERE e.conversation = own.conversation AND e.conversation <> ''
                AND (e.turn, e.number) {side} LIMIT ?""",  # noqa: S608 - fixed text
                [number, limit - 1],
            )
            # Two files may have given the same turns of a conversation: the number parts them.
            for side in (
                "< (own.turn, own.number) ORDER BY e.turn DESC, e.number DESC",
                "> (own.turn, own.number) ORDER BY e.turn, e.number",
            )
        )
        half = (limit - 1) // 2
        behind = min(len(after), max(limit - 1 - len(before), half))
        ahead = before[: limit - 1 - behind]
        shown = [*reversed(ahead), *own, *after[:behind]]
        # By the turns, not counted: a conversation may have a hundred thousand messages.
        outer = (
            f"(SELECT {end}(turn) FROM example AS e WHERE e.conversation = own.conversation"  # noqa: S608 - fixed text
            " AND e.conversation <> '')"
            for end in ("min", "max")
        )
        first, last, turn = self._c.rows(
            f"SELECT {', '.join(outer)}, turn FROM example AS own WHERE number = ?",  # noqa: S608
            [number],
        )[0]
        # A file may count its turns from 1, or begin in the middle.
        place, total = (1, 1) if last is None else (turn - first + 1, last - first + 1)
        return Excerpt(tuple(Neighbour(*row) for row in shown), place, total)
