"""The audit: how right the machine's labels are, by those checked at random."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from catreview.jobs.labels.sampling import AUDIT
from catreview.jobs.project import Project
from catreview.voting import CONFIDENCE, lower_bound, more_to_certify


@dataclass(frozen=True, slots=True)
class Audit:
    """What the reviews made in the audit queue say of the labels they were shown.

    `bound` is right at least, as sure as `CONFIDENCE`; `more` of the next reviews certify `goal`
    while errors stay as frequent, None where they can't.
    """

    checked: int
    right: int
    bound: float
    goal: float
    more: int | None

    def as_json(self) -> dict[str, Any]:
        """The audit as JSON."""
        return {
            "checked": self.checked,
            "right": self.right,
            "at_least": self.bound,
            "confidence": CONFIDENCE,
            "goal": self.goal,
            "more_to_certify": self.more,
        }


def audit(project: Project, goal: float | None = None) -> Audit:
    """Measure the labels by the reviews made in the audit queue alone, a random sample.

    Without `goal`, it is the next whole percent.
    """
    checked = project.store.reviews.checked_in(AUDIT)
    right = sum(category == proposed for category, proposed in checked)
    bound = lower_bound(right, len(checked))
    if goal is None:
        goal = min(math.floor(100 * bound + 1), 99) / 100 if checked else 0.9
    return Audit(len(checked), right, bound, goal, more_to_certify(right, len(checked), goal))
