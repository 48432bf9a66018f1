"""Sources, their votes, and the labels derived from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN, Source, SourceKind
from catreview.store.database import Connections, utc_now
from catreview.store.examples import Numbers
from catreview.store.selecting import among, positions

Codes = NDArray[np.int16]

VoteRow = tuple[int, int, str | None, float | None]
"""Example, source, category, confidence."""

_GONE = ABSTAIN - 1
_PUT = """INSERT INTO vote (example, source, category, confidence) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET category = excluded.category, confidence = excluded.confidence"""
_TAKE_BACK = "DELETE FROM vote WHERE example = ? AND source = ?"


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A source and the number it has in the database."""

    id: int
    kind: SourceKind
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class VoteMatrix:
    """Votes of some sources on some examples.

    `codes` has shape (len(numbers), len(sources)): positions in the category names given, or
    ABSTAIN; `confidence` the same shape, NaN where the source said nothing of it.
    """

    numbers: Numbers
    sources: tuple[StoredSource, ...]
    codes: Codes
    confidence: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VoteLine:
    """One vote with its source's name, as a person reads it."""

    source: StoredSource
    category: str
    confidence: float | None


class Votes:
    """The tables `source` and `vote`."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def source(self, source: Source, *, active: bool = True) -> StoredSource:
        """The stored source, made where there is none.

        One that is not `active` is on trial: its votes are kept, but nobody sees or counts them.
        """
        found = self.find(source, active=active)
        if found is not None:
            return found
        with self._c.write() as db:
            db.execute(
                "INSERT INTO source (kind, name, fingerprint, active, created)"
                " VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (kind, name, fingerprint) DO UPDATE SET active = excluded.active",
                [source.kind, source.name, source.fingerprint, active, utc_now()],
            )
            found = self.find(source)
        assert found is not None  # noqa: S101 - it was made above
        return found

    def find(self, source: Source, *, active: bool | None = None) -> StoredSource | None:
        """The stored source, where there is one and it is `active`, or not, if that is given."""
        number = self._c.value(
            "SELECT id FROM source WHERE kind = ? AND name = ? AND fingerprint = ?"
            " AND active = ifnull(?, active)",
            [source.kind, source.name, source.fingerprint, active],
        )
        if number is None:
            return None
        return StoredSource(number, source.kind, source.name, source.fingerprint)

    def sources(self, *kinds: SourceKind) -> list[StoredSource]:
        """The active sources of these kinds (of all where none is named), oldest first."""
        rows = self._c.rows(
            "SELECT id, kind, name, fingerprint FROM source WHERE active = 1"
            " AND (? = '[]' OR kind IN (SELECT value FROM json_each(?))) ORDER BY id",
            [json.dumps(kinds)] * 2,
        )
        return [StoredSource(r[0], SourceKind(r[1]), r[2], r[3]) for r in rows]

    def put_aside(self, kind: SourceKind, keep: Iterable[int]) -> None:
        """Make all other sources of this kind inactive; `forget` deletes their votes."""
        with self._c.write() as db:
            db.execute(
                "UPDATE source SET active = 0 WHERE kind = ?"
                " AND id NOT IN (SELECT value FROM json_each(?))",
                [kind, json.dumps(list(keep))],
            )

    def forgettable(self, kind: SourceKind) -> int:
        """How many votes there are of inactive sources of a kind."""
        return int(
            self._c.value(
                "SELECT count(*) FROM vote"
                " WHERE source IN (SELECT id FROM source WHERE kind = ? AND active = 0)",
                [kind],
            )
        )

    def forget(self, kind: SourceKind, most: int) -> None:
        """Delete up to so many votes of inactive sources of a kind."""
        with self._c.write() as db:
            db.execute(
                """DELETE FROM vote WHERE (example, source) IN (
                SELECT example, source FROM vote WHERE source IN (
                SELECT id FROM source WHERE kind = ? AND active = 0) LIMIT ?)""",
                [kind, most],
            )

    def put(self, source: int, votes: Sequence[tuple[int, str, float | None]]) -> None:
        """Store votes of one source: (number, category, confidence); a newer one replaces."""
        with self._c.write():
            self._c.many(
                _PUT,
                [(number, source, category, confidence) for number, category, confidence in votes],
            )

    def differing(
        self,
        numbers: Numbers,
        sources: Sequence[StoredSource],
        codes: Codes,
        names: Sequence[str],
        confidence: NDArray[np.float64] | None = None,
    ) -> list[VoteRow]:
        """The rows that make the votes of `sources` on `numbers` (ascending) be `codes`.

        `codes` and `confidence` have the shape (len(numbers), len(sources)), as in `VoteMatrix`;
        without `confidence` nothing is said of it.
        """
        stored = self._read(numbers, sources, names)
        sure = np.full(codes.shape, np.nan) if confidence is None else confidence
        same = (stored.confidence == sure.astype(np.float32)) | np.isnan(sure)
        rows, columns = np.nonzero((stored.codes != codes) | ((codes != ABSTAIN) & ~same))
        return [
            (
                number,
                sources[column].id,
                None if code == ABSTAIN else names[code],
                None if np.isnan(value) else value,
            )
            for number, column, code, value in zip(
                numbers[rows].tolist(),
                columns.tolist(),
                codes[rows, columns].tolist(),
                sure[rows, columns].tolist(),
                strict=True,
            )
        ]

    def put_rows(self, rows: Sequence[VoteRow]) -> None:
        """Store votes of several sources; those without a category are taken back."""
        with self._c.write():
            self._c.many(_PUT, [row for row in rows if row[2] is not None])
            self._c.many(_TAKE_BACK, [row[:2] for row in rows if row[2] is None])

    def matrix(
        self, numbers: Numbers, sources: Sequence[StoredSource], names: Sequence[str]
    ) -> VoteMatrix:
        """The votes of `sources` on `numbers` (ascending)."""
        votes = self._read(numbers, sources, names)
        # A vote for a category that has left the schema counts as none.
        gone = votes.codes == _GONE
        votes.codes[gone] = ABSTAIN
        votes.confidence[gone] = np.nan
        return votes

    def _read(
        self, numbers: Numbers, sources: Sequence[StoredSource], names: Sequence[str]
    ) -> VoteMatrix:
        """The same, with `_GONE` for a category that is none of `names`."""
        shape = (len(numbers), len(sources))
        codes = np.full(shape, ABSTAIN, dtype=np.int16)
        confidence = np.full(shape, np.nan, dtype=np.float32)
        index = {name: code for code, name in enumerate(names)}
        column = {source.id: i for i, source in enumerate(sources)}
        if not sources:
            return VoteMatrix(numbers, (), codes, confidence)
        some, parameters = among(numbers)
        blocks = self._c.blocks(
            "SELECT example, source, category, confidence FROM vote"  # noqa: S608 - fixed text
            f" WHERE +source IN (SELECT value FROM json_each(?)) AND {some}",
            [json.dumps(list(column)), *parameters],
        )
        for rows in blocks:
            at, inside = positions(numbers, np.array([r[0] for r in rows], dtype=np.int64))
            kept = [rows[i] for i in inside.tolist()]
            columns = [column[r[1]] for r in kept]
            codes[at, columns] = [index.get(r[2], _GONE) for r in kept]
            confidence[at, columns] = [np.nan if r[3] is None else r[3] for r in kept]
        return VoteMatrix(numbers, tuple(sources), codes, confidence)

    def of(self, number: int) -> list[VoteLine]:
        """All votes of active sources on one example, oldest source first."""
        rows = self._c.rows(
            """SELECT source.id, kind, name, fingerprint, category, confidence
            FROM vote JOIN source ON source.id = vote.source
            WHERE example = ? AND active = 1 ORDER BY source.id""",
            [number],
        )
        return [
            VoteLine(StoredSource(r[0], SourceKind(r[1]), r[2], r[3]), r[4], r[5]) for r in rows
        ]

    def on(self, numbers: Sequence[int]) -> list[tuple[int, int, str, float | None]]:
        """(example, source, category, confidence) of active sources' votes, in this order."""
        return self._c.rows(
            """SELECT example, source, category, vote.confidence
            FROM vote JOIN source ON source.id = vote.source
            WHERE example IN (SELECT value FROM json_each(?)) AND active = 1
            ORDER BY example, source""",
            [json.dumps(list(numbers))],
        )

    def voted_by(self, kind: SourceKind) -> Numbers:
        """Numbers of the examples that active sources of a kind have voted on, ascending."""
        voted = [self.voted(source.id) for source in self.sources(kind)]
        return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *voted]))

    def voted(self, source: int) -> Numbers:
        """Numbers of the examples this source has voted on, ascending."""
        rows = self._c.rows("SELECT example FROM vote WHERE source = ? ORDER BY example", [source])
        return np.array([r[0] for r in rows], dtype=np.int64)

    def together(
        self, first: int, second: int, without: Iterable[int] = ()
    ) -> list[tuple[str, str, int]]:
        """How often two sources gave each pair of categories to the same example.

        `without` names examples to leave out. Quicker where the first source has fewer votes.
        """
        return self._c.rows(
            """SELECT own.category, other.category, count(*) FROM vote AS own
            CROSS JOIN vote AS other ON other.example = own.example AND other.source = ?
            WHERE own.source = ? AND own.example NOT IN (SELECT value FROM json_each(?))
            GROUP BY 1, 2""",
            [second, first, json.dumps(list(without))],
        )

    def by_id(self, source: int) -> Iterator[tuple[str, tuple[str, float | None]]]:
        """The example's id, category and confidence of every vote of a source."""
        blocks = self._c.blocks(
            "SELECT id, category, confidence FROM vote JOIN example ON number = example"
            " WHERE source = ? ORDER BY example",
            [source],
        )
        return ((row[0], (row[1], row[2])) for rows in blocks for row in rows)

    def counts(self) -> list[tuple[StoredSource, int]]:
        """How many votes each active source has given."""
        rows = self._c.rows(
            """SELECT source.id, kind, name, fingerprint, count(vote.example)
            FROM source LEFT JOIN vote ON vote.source = source.id
            WHERE active = 1 GROUP BY source.id ORDER BY source.id"""
        )
        return [(StoredSource(r[0], SourceKind(r[1]), r[2], r[3]), r[4]) for r in rows]

    def adopt(self, source: int, trial: int) -> list[int]:
        """Give `source` the votes of `trial` on examples it has none on; returns their numbers."""
        missing = """SELECT example FROM vote AS tried WHERE source = ? AND NOT EXISTS
            (SELECT 1 FROM vote WHERE vote.example = tried.example AND source = ?)"""
        with self._c.write() as db:
            numbers = [row[0] for row in self._c.rows(missing, [trial, source])]
            db.execute(
                "INSERT INTO vote (example, source, category, confidence)"
                " SELECT example, ?, category, confidence FROM vote"
                " WHERE source = ? AND example IN (SELECT value FROM json_each(?))",
                [source, trial, json.dumps(numbers)],
            )
        return numbers

    def withdraw(self, numbers: Iterable[int], source: int) -> None:
        """Take back one source's votes on some examples."""
        with self._c.write():
            self._c.many(_TAKE_BACK, [(number, source) for number in numbers])
