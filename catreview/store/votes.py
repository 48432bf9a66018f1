"""Sources, their votes, and the labels derived from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN, Source, SourceKind
from catreview.store.database import CHUNK, Connections, utc_now
from catreview.store.examples import Numbers

Codes = NDArray[np.int16]

FEW = 2_000
"""Up to so many examples are looked up one by one; above, the whole table is read."""


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
    """The tables `source`, `vote` and `tally`."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def source(self, source: Source, *, active: bool = True) -> StoredSource:
        """The stored source, made where there is none.

        One that is not `active` is on trial: its votes are kept, but nobody sees or counts them.
        """
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

    def find(self, source: Source) -> StoredSource | None:
        """The stored source, active or not, where there is one."""
        number = self._c.value(
            "SELECT id FROM source WHERE kind = ? AND name = ? AND fingerprint = ?",
            [source.kind, source.name, source.fingerprint],
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

    def retire(self, kind: SourceKind, keep: Iterable[int]) -> None:
        """Delete the votes of all other sources of this kind and make them inactive.

        Only for kinds that can vote again for nothing: functions and the heuristic.
        """
        kept = json.dumps(list(keep))
        stale = """SELECT id FROM source WHERE kind = ? AND active = 1
            AND id NOT IN (SELECT value FROM json_each(?))"""
        with self._c.write() as db:
            # The statements differ only in fixed text.
            db.execute(f"DELETE FROM vote WHERE source IN ({stale})", [kind, kept])  # noqa: S608
            db.execute(f"UPDATE source SET active = 0 WHERE id IN ({stale})", [kind, kept])  # noqa: S608

    def put_aside(self, kind: SourceKind, keep: Iterable[int]) -> None:
        """Make all other sources of this kind inactive; `forget` deletes their votes."""
        with self._c.write() as db:
            db.execute(
                "UPDATE source SET active = 0 WHERE kind = ?"
                " AND id NOT IN (SELECT value FROM json_each(?))",
                [kind, json.dumps(list(keep))],
            )

    def forget(self, kind: SourceKind, most: int) -> int:
        """Delete up to so many votes of inactive sources of a kind; returns how many it were."""
        with self._c.write() as db:
            return db.execute(
                """DELETE FROM vote WHERE (example, source) IN (
                SELECT example, source FROM vote WHERE source IN (
                SELECT id FROM source WHERE kind = ? AND active = 0) LIMIT ?)""",
                [kind, most],
            ).rowcount

    def clear(self, sources: Iterable[int]) -> None:
        """Delete every vote of these sources."""
        with self._c.write() as db:
            db.execute(
                "DELETE FROM vote WHERE source IN (SELECT value FROM json_each(?))",
                [json.dumps(list(sources))],
            )

    def put(self, source: int, votes: Sequence[tuple[int, str, float | None]]) -> None:
        """Store votes of one source: (number, category, confidence); a newer one replaces."""
        with self._c.write():
            self._c.many(
                "INSERT INTO vote (example, source, category, confidence) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET category = excluded.category,"
                " confidence = excluded.confidence",
                [(number, source, category, confidence) for number, category, confidence in votes],
            )

    def put_codes(
        self, numbers: Numbers, sources: Sequence[int], codes: Codes, names: Sequence[str]
    ) -> int:
        """Store the non-abstains of a matrix (examples x sources); returns how many there were."""
        rows, columns = np.nonzero(codes != ABSTAIN)
        votes = list(
            zip(
                numbers[rows].tolist(),
                np.asarray(sources, dtype=np.int64)[columns].tolist(),
                [names[code] for code in codes[rows, columns].tolist()],
                strict=True,
            )
        )
        with self._c.write():
            self._c.many(
                "INSERT OR REPLACE INTO vote (example, source, category) VALUES (?, ?, ?)", votes
            )
        return len(votes)

    def put_tally(self, numbers: Numbers, votes: Codes, categories: Codes) -> None:
        """Replace the whole tally: how many weak votes, for how many categories."""
        with self._c.write() as db:
            db.execute("DELETE FROM tally")
            self._c.many(
                "INSERT INTO tally (example, votes, categories) VALUES (?, ?, ?)",
                list(zip(numbers.tolist(), votes.tolist(), categories.tolist(), strict=True)),
            )

    def tally(self, numbers: Numbers) -> tuple[Codes, Codes]:
        """Weak votes and their different categories on each of `numbers` (ascending)."""
        votes = np.zeros(len(numbers), dtype=np.int16)
        categories = np.zeros(len(numbers), dtype=np.int16)
        some, parameters = _only(numbers)
        rows = self._c.rows(
            f"SELECT example, votes, categories FROM tally WHERE {some}",  # noqa: S608 - fixed text
            parameters,
        )
        if rows:
            table = np.array(rows, dtype=np.int64)
            at, inside = _positions(numbers, table[:, 0])
            votes[at] = table[inside, 1]
            categories[at] = table[inside, 2]
        return votes, categories

    def matrix(
        self, numbers: Numbers, sources: Sequence[StoredSource], names: Sequence[str]
    ) -> VoteMatrix:
        """The votes of `sources` on `numbers` (ascending)."""
        shape = (len(numbers), len(sources))
        codes = np.full(shape, ABSTAIN, dtype=np.int16)
        confidence = np.full(shape, np.nan, dtype=np.float32)
        index = {name: code for code, name in enumerate(names)}
        column = {source.id: i for i, source in enumerate(sources)}
        some, parameters = _only(numbers)
        cursor = self._c.db.execute(
            "SELECT example, source, category, confidence FROM vote"  # noqa: S608 - fixed text
            f" WHERE +source IN (SELECT value FROM json_each(?)) AND {some}",
            [json.dumps(list(column)), *parameters],
        )
        while rows := cursor.fetchmany(CHUNK):
            at, inside = _positions(numbers, np.array([r[0] for r in rows], dtype=np.int64))
            kept = [rows[i] for i in inside.tolist()]
            columns = [column[r[1]] for r in kept]
            # A vote for a category that has left the schema counts as none.
            codes[at, columns] = [index.get(r[2], ABSTAIN) for r in kept]
            confidence[at, columns] = [np.nan if r[3] is None else r[3] for r in kept]
        confidence[codes == ABSTAIN] = np.nan
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
        cursor = self._c.db.execute(
            "SELECT id, category, confidence FROM vote JOIN example ON number = example"
            " WHERE source = ? ORDER BY example",
            [source],
        )
        return ((example, (category, confidence)) for example, category, confidence in cursor)

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
            self._c.many(
                "DELETE FROM vote WHERE example = ? AND source = ?",
                [(number, source) for number in numbers],
            )


def _only(numbers: Numbers) -> tuple[str, list[str]]:
    """The condition that keeps to `numbers`, where they are so few that reading all costs more."""
    if len(numbers) > FEW:
        return "1", []
    return "example IN (SELECT value FROM json_each(?))", [json.dumps(numbers.tolist())]


def _positions(numbers: Numbers, wanted: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where `wanted` numbers stand in ascending `numbers`, and which of `wanted` do."""
    at = np.searchsorted(numbers, wanted)
    inside = np.flatnonzero(at < len(numbers))
    inside = inside[numbers[at[inside]] == wanted[inside]]
    return at[inside], inside
