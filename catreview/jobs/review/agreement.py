"""How far a reviewer agrees with the LLM, for the header of the review."""

from __future__ import annotations

from typing import Final

import numpy as np

from catreview.jobs.project import Project
from catreview.records import ABSTAIN, SourceKind
from catreview.store import StoredSource
from catreview.voting import cohen_kappa

ENOUGH_FOR_KAPPA: Final = 20
"""Common examples from which on agreement is more than noise."""


def kappa_with_newest_llm(project: Project, reviewer: StoredSource) -> float | None:
    """Cohen's kappa (-1..1) of a reviewer and the newest LLM, None before there is enough."""
    store, index = project.store, project.schema.index
    llms = store.votes.sources(SourceKind.LLM)[-1:]
    unseen = store.bulks.unseen(reviewer.name)
    pairs = store.votes.together(reviewer.id, llms[0].id, unseen) if llms else []
    codes = np.array(
        [(index.get(a, ABSTAIN), index.get(b, ABSTAIN)) for a, b, n in pairs for _ in range(n)],
        dtype=np.int16,
    ).reshape(-1, 2)
    enough = (codes != ABSTAIN).all(axis=1).sum() >= ENOUGH_FOR_KAPPA
    return cohen_kappa(codes[:, 0], codes[:, 1], len(index)) if enough else None
