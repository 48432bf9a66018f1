"""What a forecast says of more reviews, and the last one that was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np

from catreview.jobs.project import Project
from catreview.training.curve import CurvePoint, Forecast
from catreview.wording import counted

FORECAST: Final = "forecast"
"""The kind of run that keeps a forecast."""
ENOUGH: Final = 50
"""Reviews below which nothing can be told."""


class Outlook(StrEnum):
    """What can be said."""

    REACHED = "reached"
    WITHIN_REACH = "within reach"
    UNKNOWN = "unknown"
    OUT_OF_REACH = "out of reach"


@dataclass(frozen=True)
class ReviewForecast:
    """How many more reviews to a target macro F1, measured on `n` examples of `against`.

    `points` are (reviews, macro F1); `weakest` the categories furthest below the target.
    `kept_doubtful`: its models learned from all labels, although training drops the doubtful.
    """

    target: float
    reviews: int
    outlook: Outlook
    against: str = ""
    n: int = 0
    points: tuple[tuple[int, float], ...] = ()
    fit: Forecast | None = None
    weakest: tuple[str, ...] = ()
    kept_doubtful: bool = False

    @property
    def now(self) -> float | None:
        """Macro F1 with all reviews that were used."""
        most = max((size for size, _ in self.points), default=0)
        scores = [score for size, score in self.points if size == most]
        return float(np.mean(scores)) if scores else None

    def in_words(self) -> str:
        """How many more reviews, or why that cannot be told."""
        target, fit = f"{100 * self.target:g} %", self.fit
        if fit is None or self.now is None:
            return (
                f"How many reviews reach {target} cannot be told from {self.reviews:,} of them"
                f" ({ENOUGH} are a start; gold does not count)."
            )
        weakest = f", mostly {' and '.join(self.weakest)}," if self.weakest else ""
        match self.outlook:
            case Outlook.REACHED:
                return f"{target} is reached."
            case Outlook.WITHIN_REACH:
                return (
                    f"about {counted(round(fit.more), 'more review')}{weakest} to reach {target}"
                    f" ({fit.low:,.0f}-{fit.high:,.0f})"
                )
            case Outlook.OUT_OF_REACH:
                return (
                    f"{target} is out of reach by reviews alone: they level off at {fit.limit:.3f};"
                    " better functions, features or an LLM must help"
                )
        high = "never" if fit.high == float("inf") else f"{fit.high:,.0f}"
        return (
            f"How many more reviews{weakest} reach {target} cannot be told yet:"
            f" anything from {fit.low:,.0f} to {high}."
        )

    def as_json(self) -> dict[str, Any]:
        """The forecast as JSON; what is infinite is null."""
        fit = self.fit
        finite = [
            round(value) if np.isfinite(value) else None
            for value in ((fit.more, fit.low, fit.high) if fit else ())
        ]
        return {
            "target": self.target,
            "reviews": self.reviews,
            "outlook": self.outlook,
            "against": self.against,
            "n": self.n,
            "points": [{"reviews": size, "macro_f1": score} for size, score in self.points],
            "more": dict(zip(("value", "low", "high"), finite, strict=True)) if fit else None,
            "levels_off_at": fit.limit if fit else None,
            "curve": [
                dict(
                    zip(
                        ("reviews", "macro_f1", "low", "high"),
                        np.round(point, 4).tolist(),
                        strict=True,
                    )
                )
                for point in (fit.curve if fit else ())
            ],
            "weakest": list(self.weakest),
            "kept_doubtful": self.kept_doubtful,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ReviewForecast:
        """The forecast that `as_json` gave."""
        return cls(
            target=stored["target"],
            reviews=stored["reviews"],
            outlook=Outlook(stored["outlook"]),
            against=stored["against"],
            n=stored["n"],
            points=tuple((point["reviews"], point["macro_f1"]) for point in stored["points"]),
            fit=_fit(stored),
            weakest=tuple(stored["weakest"]),
            kept_doubtful=stored.get("kept_doubtful", False),
        )


def reviews_to_learn_from(project: Project) -> int:
    """How many reviews a forecast made now would go by: as in training, none beside gold.

    What was decided in bulk, unseen, is no review.
    """
    decided = project.store.reviews.decided(looked_at=True)
    known = [n for n, decision in decided.items() if decision.category in project.schema.index]
    return len(known) - len(project.store.examples.beside_gold(known))


def last_forecast(project: Project) -> ReviewForecast | None:
    """The newest forecast that was made, None before the first."""
    runs = project.store.runs.finished(FORECAST)
    return ReviewForecast.from_json(runs[0].results) if runs else None


def _fit(stored: Mapping[str, Any]) -> Forecast | None:
    more = stored["more"]
    if more is None:
        return None
    value, low, high = (float("inf") if more[k] is None else more[k] for k in more)
    curve = tuple(CurvePoint(*point.values()) for point in stored["curve"])
    return Forecast(value, low, high, stored["levels_off_at"], curve)
