"""A category's name in all that is stored: how often it stands there, and another in its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from catreview.records import SourceKind
from catreview.store.database import Connections

_TRIGGER: Final = "review_is_append_only"
_UPDATES: Final = (
    "UPDATE vote SET category = ? WHERE category = ?",
    "UPDATE label SET category = ? WHERE category = ?",
    "UPDATE example SET gold = ? WHERE gold = ?",
    "UPDATE example SET gold_given = ? WHERE gold IS NOT NULL AND gold_given = ?",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many rows name a category: votes of all sources, acts of reviewers, gold examples."""

    votes: int
    reviews: int
    gold: int


@dataclass(frozen=True, slots=True)
class AskedAlike:
    """Fingerprints before a rename and after it: of the LLMs' `sources`, and of `schemas`."""

    sources: dict[str, str]
    schemas: dict[str, str]


class Renaming:
    """Names of categories in the tables `vote`, `label`, `review` and `example`."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def said_by_llms(self) -> dict[str, int]:
        """How many votes of LLMs there are for each category, be it in the schema or not."""
        rows = self._c.rows(
            "SELECT category, count(*) FROM vote WHERE source IN"
            " (SELECT id FROM source WHERE kind = ? AND active = 1) GROUP BY category",
            [SourceKind.LLM],
        )
        return dict(rows)

    def stands(self, name: str) -> bool:
        """Whether anything is stored for a category of this name."""
        return bool(
            self._c.value(
                "SELECT EXISTS (SELECT 1 FROM review WHERE :name IN (category, proposed))"
                " OR EXISTS (SELECT 1 FROM example WHERE gold = :name)"
                " OR EXISTS (SELECT 1 FROM vote WHERE category = :name)",
                {"name": name},
            )
        )

    def llms(self) -> dict[str, str]:
        """The model behind each fingerprint of an LLM, also of those on trial in a pilot."""
        rows = self._c.rows(
            """SELECT fingerprint, coalesce(
                (SELECT model FROM request WHERE source = source.id LIMIT 1), name
            ) FROM source WHERE kind = ?""",
            [SourceKind.LLM],
        )
        return dict(rows)

    def prompts(self) -> list[str]:
        """The versions of all prompts that LLMs were asked with."""
        return [row[0] for row in self._c.rows("SELECT DISTINCT prompt FROM request")]

    def write_results(self, run: int, results: Mapping[str, Any]) -> None:
        """Put other words for the results of a run in place of what is stored."""
        with self._c.write() as db:
            db.execute("UPDATE run SET results = ? WHERE id = ?", [json.dumps(results), run])

    def rename(self, old: str, new: str, asked: AskedAlike) -> tuple[Standing, Path]:
        """Write `new` wherever `old` stands; returns how often, and where a copy from before is.

        It is the one act that rewrites the log of reviews: what people decided stays, the word for
        it changes. The votes of LLMs that were `asked` alike but for the name count as given by
        those that ask now, and are not asked for again; what a pilot said of one holds.
        """
        with self._c.write() as db:
            copy = self._c.back_up()
            trigger = self._c.value("SELECT sql FROM sqlite_master WHERE name = ?", [_TRIGGER])
            db.execute(f"DROP TRIGGER {_TRIGGER}")
            reviews = db.execute(
                """UPDATE review SET category = iif(category = :old, :new, category),
                proposed = iif(proposed = :old, :new, proposed)
                WHERE :old IN (category, proposed)""",
                {"old": old, "new": new},
            ).rowcount
            db.execute(trigger)
            votes, _, gold, _ = (db.execute(sql, [new, old]).rowcount for sql in _UPDATES)
            for before, now in asked.sources.items():
                db.execute(
                    "UPDATE OR IGNORE source SET fingerprint = ?"
                    " WHERE kind = ? AND fingerprint = ?",
                    [now, SourceKind.LLM, before],
                )
            for before, now in asked.schemas.items():
                # The version of a prompt ends with its schema's fingerprint.
                db.execute(
                    "UPDATE run SET results = replace(results, ?, ?) WHERE kind = 'pilot'",
                    [f'-{before}"', f'-{now}"'],
                )
        return Standing(votes, reviews, gold), copy
