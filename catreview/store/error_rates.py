"""How each source errs, as learned by the label rule that weighs all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catreview.store.database import Connections


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """How often `source` answers so where `category` is true (0..1).

    `answer` is a category, empty for none; `sure` where the heuristic was confident.
    """

    source: int
    answer: str
    sure: bool
    category: str
    rate: float


class ErrorRates:
    """The tables `error_rate` and `category_share`; empty while no rule has learned."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def replace(self, rates: Iterable[ErrorRate], shares: dict[str, float]) -> None:
        """Replace all that is stored; `shares` are those of the categories, summing to 1."""
        with self._c.write() as db:
            db.execute("DELETE FROM error_rate")
            db.execute("DELETE FROM category_share")
            self._c.many(
                "INSERT INTO error_rate (source, answer, sure, category, rate)"
                " VALUES (?, ?, ?, ?, ?)",
                [(row.source, row.answer, row.sure, row.category, row.rate) for row in rates],
            )
            self._c.many(
                "INSERT INTO category_share (category, share) VALUES (?, ?)", list(shares.items())
            )

    def rates(self) -> list[ErrorRate]:
        """Every rate, in a fixed order."""
        rows = self._c.rows(
            "SELECT source, answer, sure, category, rate FROM error_rate"
            " ORDER BY source, answer, sure, category"
        )
        return [ErrorRate(r[0], r[1], bool(r[2]), r[3], r[4]) for r in rows]

    def shares(self) -> dict[str, float]:
        """The share of each category; empty where nothing has been learned."""
        return dict(self._c.rows("SELECT category, share FROM category_share ORDER BY category"))
