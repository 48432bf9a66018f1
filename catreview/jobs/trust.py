"""How far each LLM is trusted: learned from reviews, kept in the store, said where it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from catreview.jobs.project import Project
from catreview.records import ABSTAIN, SourceKind
from catreview.store import StoredReliability, StoredSource, VoteLine
from catreview.voting import Reliability, learn_reliability

FROM_FILE = "file:"
"""How the fingerprint of a source begins whose votes were imported."""


def learn_reliabilities(project: Project) -> bool:
    """Learn from the standing decisions how often each LLM is right; whether anything changed.

    Gold is left out: it is for measuring.
    """
    store = project.store
    gold = store.examples.gold()
    decided = {n: d for n, d in sorted(store.reviews.decided().items()) if n not in gold}
    index, names = project.schema.index, project.schema.names
    numbers = np.fromiter(decided, dtype=np.int64, count=len(decided))
    truth = np.array([index.get(d.category, ABSTAIN) for d in decided.values()], dtype=np.int16)
    sources = store.votes.sources(SourceKind.LLM)
    matrix = store.votes.matrix(numbers, sources, names)
    prior = project.settings.llm.confidence
    learned = {
        source.id: _stored(
            source,
            learn_reliability(
                matrix.codes[:, i], matrix.confidence[:, i], truth, len(names), prior
            ),
            names,
        )
        for i, source in enumerate(sources)
    }
    if learned == store.reliabilities.all():
        return False
    store.reliabilities.replace(learned.values())
    return True


def reliabilities(project: Project, sources: Iterable[StoredSource]) -> Mapping[int, Reliability]:
    """What was last learned of these LLMs, by source; the prior for one that is new since."""
    names, prior = project.schema.names, project.settings.llm.confidence
    stored = project.store.reliabilities.all()
    unknown = Reliability(0, prior, (prior,) * len(names))
    return {
        source.id: _loaded(stored[source.id], names) if source.id in stored else unknown
        for source in sources
    }


def best_first(
    sources: Sequence[StoredSource], known: Mapping[int, Reliability]
) -> list[StoredSource]:
    """LLMs in the order in which they break ties: by accuracy so far, of equal ones the newest."""
    return sorted(sources, key=lambda source: (-known[source.id].accuracy, -source.id))


def explain(known: Reliability, line: VoteLine, names: Sequence[str]) -> tuple[float | None, str]:
    """The confidence an LLM's vote counts with, and in a few words where that comes from."""
    if line.category not in names:
        return None, ""
    stated = np.array([np.nan if line.confidence is None else line.confidence])
    code = np.array([names.index(line.category)], dtype=np.int16)
    confidence = float(known.confidence(code, stated)[0])
    if line.confidence is not None:
        origin = "recorded" if line.source.fingerprint.startswith(FROM_FILE) else "logprobs"
        reviews = f", calibrated on {known.calibrated:,} reviews" if known.calibrated else ""
        return confidence, origin + reviews
    return confidence, f"measured on {known.reviews:,} reviews" if known.measured else "prior"


def _stored(source: StoredSource, known: Reliability, names: Sequence[str]) -> StoredReliability:
    return StoredReliability(
        source=source.id,
        reviews=known.reviews,
        accuracy=known.accuracy,
        by_category=dict(zip(names, known.by_category, strict=True)),
        calibrated=known.calibrated,
        slope=known.slope,
        offsets=dict(zip(names, known.offsets, strict=True)) if known.calibrated else None,
    )


def _loaded(stored: StoredReliability, names: Sequence[str]) -> Reliability:
    """By name, because the schema may have changed since."""
    offsets = stored.offsets or {}
    return Reliability(
        reviews=stored.reviews,
        accuracy=stored.accuracy,
        by_category=tuple(stored.by_category.get(name, stored.accuracy) for name in names),
        calibrated=stored.calibrated,
        slope=stored.slope,
        offsets=tuple(offsets.get(name, 0.0) for name in names),
    )
