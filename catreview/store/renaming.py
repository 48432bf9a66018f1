"""A category's name in all that is stored: how often it stands there, and another in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from catreview.records import SourceKind
from catreview.store.database import Connections

_TRIGGER: Final = "review_is_append_only"
_UPDATES: Final = (
    "UPDATE vote SET category = ? WHERE category = ?",
    "UPDATE label SET category = ? WHERE category = ?",
    "UPDATE example SET gold = ? WHERE gold = ?",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many rows name a category: votes of all sources, acts of reviewers, gold examples."""

    votes: int
    reviews: int
    gold: int


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
                "SELECT EXISTS (SELECT 1 FROM review WHERE ?1 IN (category, proposed))"
                " OR EXISTS (SELECT 1 FROM example WHERE gold = ?1)"
                " OR EXISTS (SELECT 1 FROM vote WHERE category = ?1)",
                [name],
            )
        )

    def rename(self, old: str, new: str, fingerprints: Mapping[str, str]) -> tuple[Standing, Path]:
        """Write `new` wherever `old` stands; returns how often, and where a copy from before is.

        It is the one act that rewrites the log of reviews: what people decided stays, the word for
        it changes. `fingerprints` are those of LLMs that ask as before but for the name, the old
        one first: their votes count as given by the one that asks now, and are not asked for again.
        """
        with self._c.write() as db:
            copy = self._c.back_up()
            trigger = self._c.value("SELECT sql FROM sqlite_master WHERE name = ?", [_TRIGGER])
            db.execute(f"DROP TRIGGER {_TRIGGER}")
            reviews = db.execute(
                """UPDATE review SET category = iif(category = ?1, ?2, category),
                proposed = iif(proposed = ?1, ?2, proposed) WHERE ?1 IN (category, proposed)""",
                [old, new],
            ).rowcount
            db.execute(trigger)
            votes, _, gold = (db.execute(sql, [new, old]).rowcount for sql in _UPDATES)
            for before, now in fingerprints.items():
                db.execute(
                    "UPDATE OR IGNORE source SET fingerprint = ?"
                    " WHERE kind = ? AND fingerprint = ?",
                    [now, SourceKind.LLM, before],
                )
        return Standing(votes, reviews, gold), copy
