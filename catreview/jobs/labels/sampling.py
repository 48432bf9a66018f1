"""Random samples that people reviewed: what tells how often a voter is right."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.jobs.project import Project
from catreview.records import ABSTAIN
from catreview.store import Numbers

AUDIT: Final = "audit"
RANDOM: Final = (AUDIT, "pilot")
"""Queues that are random samples (the pilot's in equal parts by category): nobody's errors are
sought out in them."""


def sampled_truth(project: Project, numbers: Numbers) -> NDArray[np.int16]:
    """People's decisions on those of `numbers` (n,), ascending, in the random queues, or ABSTAIN.

    Only these tell how often a voter is right: other queues choose what some voter gets wrong.
    Gold is left out.
    """
    reviews, index = project.store.reviews, project.schema.index
    drawn = set[int]().union(*(reviews.decided_in(queue) for queue in RANDOM))
    drawn -= set(project.store.examples.gold())
    # Whoever asked read `numbers` before: somebody may have reviewed or imported another since.
    asked = np.array(sorted(drawn), dtype=np.int64)
    asked = asked[np.isin(asked, numbers)]
    truth = np.full(len(numbers), ABSTAIN, dtype=np.int16)
    for number, decision in reviews.decided(asked.tolist(), looked_at=True).items():
        truth[np.searchsorted(numbers, number)] = index.get(decision.category, ABSTAIN)
    return truth
