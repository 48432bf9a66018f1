"""Examples that fulfil conditions: words, labels, votes, what people did; and those like others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from catreview.records import Basis
from catreview.store.database import Connections
from catreview.store.reviews import STANDING, STANDING_DECISION
from catreview.store.selecting import listed


class Mark(StrEnum):
    """What people did to an example."""

    DECIDED = "decided"
    SKIPPED = "skipped"
    """Skipped last, and not decided since."""
    FLAGGED = "flagged"
    NOTED = "noted"
    BULK = "bulk"
    """Decided in bulk."""


@dataclass(frozen=True, slots=True)
class Holds:
    """The text holds all of these phrases; the last one may go on (`prefix`)."""

    phrases: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Labelled:
    """The label is of this category, None: there is no label."""

    category: str | None


@dataclass(frozen=True, slots=True)
class Sure:
    """The label's confidence is in low..high, both within."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Decides:
    """The label has this basis."""

    basis: Basis


@dataclass(frozen=True, slots=True)
class Voted:
    """One of these sources says this category, None: all of them are silent."""

    sources: tuple[int, ...]
    category: str | None


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: Condition


Condition = Holds | Labelled | Sure | Decides | Voted | Mark | Not

_LAST = """SELECT example FROM (SELECT example, action, max(id) FROM review
    WHERE action IN ({among}) AND {standing} GROUP BY example) WHERE action = '{last}'"""
"""With max(), SQLite takes the other columns from the row that has the maximum."""
_MARKED: Mapping[Mark, str] = {
    Mark.DECIDED: f"SELECT example FROM review WHERE {STANDING_DECISION}",  # noqa: S608 - fixed text
    Mark.BULK: f"SELECT example FROM review WHERE bulk IS NOT NULL AND {STANDING_DECISION}",  # noqa: S608
    Mark.NOTED: f"SELECT example FROM review WHERE action = 'note' AND {STANDING}",  # noqa: S608
    Mark.SKIPPED: _LAST.format(among="'accept', 'fix', 'skip'", standing=STANDING, last="skip"),
    Mark.FLAGGED: _LAST.format(among="'flag', 'unflag'", standing=STANDING, last="flag"),
}


class Finding:
    """Numbers of examples, by what is known of them; gold is never among them."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def find(
        self, conditions: Sequence[Condition], limit: int, *, among: Sequence[int] | None = None
    ) -> list[int]:
        """Examples (of these alone, where given) that fulfil all conditions, at most `limit`.

        By number, the lowest first.
        """
        match conditions:
            case [Holds() as words, *others]:
                # Read in order and only as far as `limit` wants, with nothing sorted or set aside:
                # half of all messages may hold a word. Without its LIMIT SQLite looks for each.
                where, values = _match(words)
                examples = f"(SELECT rowid AS number FROM {where} ORDER BY rowid LIMIT -1)"  # noqa: S608
            case _:
                others, examples, values = list(conditions), "example", []
        parts = [_sql(condition) for condition in others]
        if among is not None:
            parts.append(("number IN (SELECT value FROM json_each(?))", [listed(among)]))
        gold = "SELECT number FROM example WHERE gold IS NOT NULL"
        where = " AND ".join([f"number NOT IN ({gold})", *(sql for sql, _ in parts)])
        order = "ORDER BY number" if examples == "example" else ""
        found = self._c.numbers(
            f"SELECT number FROM {examples} WHERE {where} {order} LIMIT ?",  # noqa: S608
            [*values, *(value for _, values in parts for value in values), limit],
        )
        return sorted(found)

    def in_cell(
        self, category: str, source: int, says: str, limit: int, *, surest: bool
    ) -> list[tuple[int, str, float]]:
        """Examples with a machine's label that a source calls `says`, at most `limit`.

        Number, the label's basis and the source's confidence (0..1, 0 where it has none); the
        surest first, or the least sure.
        """
        order = "DESC" if surest else "ASC"
        # CROSS JOIN keeps SQLite from going through all votes of the source.
        return self._c.rows(
            f"""SELECT label.example, basis, coalesce(vote.confidence, 0.0) AS sure
            FROM label CROSS JOIN vote ON vote.example = label.example
            WHERE label.category = ? AND basis <> 'human' AND vote.source = ? AND vote.category = ?
            ORDER BY sure {order}, label.example LIMIT ?""",  # noqa: S608 - fixed text
            [category, source, says, limit],
        )

    def contradicted(
        self, source: int, others: Sequence[int], categories: Sequence[str], limit: int
    ) -> list[int]:
        """Open examples on which a source's vote is not that of all `others`, at most `limit`.

        Only votes for these categories count; by number.
        """
        rows = self._c.rows(
            f"""SELECT example FROM vote AS own WHERE source = ? AND EXISTS (
                SELECT 1 FROM vote AS other WHERE other.example = own.example
                AND +other.source IN (SELECT value FROM json_each(?))
                AND other.category <> own.category
                AND other.category IN (SELECT value FROM json_each(?)))
            AND category IN (SELECT value FROM json_each(?))
            AND example NOT IN (SELECT number FROM example WHERE gold IS NOT NULL)
            AND example NOT IN ({_MARKED[Mark.DECIDED]}) ORDER BY example LIMIT ?""",  # noqa: S608
            [source, json.dumps(others), *[json.dumps(categories)] * 2, limit],
        )
        return [row[0] for row in rows]

    def sharing_words(self, words: Sequence[str], rarest: int, limit: int) -> list[int]:
        """Open examples with some of the `rarest` of these words, best match (BM25) first."""
        # Lives in this connection only: a window on the full-text index.
        self._c.db.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.term USING fts5vocab(main, example_fts, row)"
        )
        known = self._c.rows(
            "SELECT term FROM temp.term WHERE term IN (SELECT value FROM json_each(?))"
            " ORDER BY doc, term LIMIT ?",
            [json.dumps(list(words)), rarest],
        )
        return self._matching(" OR ".join(_quoted(row[0]) for row in known), limit)

    def opening_with(self, words: Sequence[str], limit: int) -> list[int]:
        """Open examples whose text begins with these words, best match (BM25) first."""
        return self._matching("^ " + " + ".join(map(_quoted, words)) if words else "", limit)

    def _matching(self, match: str, limit: int) -> list[int]:
        if not match:
            return []
        rows = self._c.rows(
            f"""SELECT number FROM example_fts JOIN example ON number = example_fts.rowid
            WHERE example_fts MATCH ? AND gold IS NULL AND number NOT IN ({_MARKED[Mark.DECIDED]})
            ORDER BY rank LIMIT ?""",  # noqa: S608 - fixed text
            [match, limit],
        )
        return [row[0] for row in rows]


def _sql(condition: Condition) -> tuple[str, list[object]]:
    """The condition on `number`, and its parameters."""
    values: list[object] = []
    match condition:
        case Not(inner):
            sql, values = _sql(inner)
            return f"NOT ({sql})", values
        case Holds():
            where, values = _match(condition)
            return f"number IN (SELECT rowid FROM {where})", values  # noqa: S608
        case Labelled(None):
            return "number NOT IN (SELECT example FROM label)", values
        case Labelled(category):
            where, values = "label WHERE category = ?", [category]
        case Sure(low, high):
            where, values = "label WHERE confidence BETWEEN ? AND ?", [low, high]
        case Decides(basis):
            where, values = "label WHERE basis = ?", [basis]
        case Voted(sources, None):
            where = "vote WHERE source IN (SELECT value FROM json_each(?))"
            return f"number NOT IN (SELECT example FROM {where})", [json.dumps(sources)]  # noqa: S608
        case Voted(sources, category):
            where = "vote WHERE source IN (SELECT value FROM json_each(?)) AND category = ?"
            values = [json.dumps(sources), category]
        case Mark():
            return f"number IN ({_MARKED[condition]})", values
    return f"number IN (SELECT example FROM {where})", values  # noqa: S608 - fixed text


def _match(words: Holds) -> tuple[str, list[object]]:
    """The rows of the full-text index, and the parameters."""
    match = " ".join(map(_quoted, words.phrases)) + ("*" if words.prefix else "")
    return "example_fts WHERE example_fts MATCH ?", [match]


def _quoted(phrase: str) -> str:
    return f'"{phrase.replace(chr(34), chr(34) * 2)}"'
