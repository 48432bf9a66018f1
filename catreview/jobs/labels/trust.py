"""How far each LLM is trusted: learned from reviews, kept in the store, said where it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catreview.jobs.labels.sampling import sampled_truth
from catreview.jobs.project import Project
from catreview.records import ABSTAIN, SourceKind
from catreview.store import Codes, Stale, StoredReliability, StoredSource, VoteLine, VoteMatrix
from catreview.voting import (
    ENOUGH,
    LearnedFrom,
    Reliability,
    learn_reliability,
    like_the_measured,
)

FROM_FILE = "file:"
"""How the fingerprint of a source begins whose votes were imported."""


def learn_reliabilities(project: Project) -> None:
    """Learn from the standing decisions how often each LLM is right; marks what that changes.

    Where a random sample has reviews enough of an LLM's votes, these alone tell: the other queues
    seek out what some voter gets wrong, and an LLM looks worse there than it is. An LLM that too
    few reviews tell of is taken to be like those that were measured. Gold is left out,
    and what was decided in bulk: some source had proposed it.
    """
    store, names, prior = project.store, project.schema.names, project.settings.llm.confidence
    gold = store.examples.gold()
    looked_at = store.reviews.decided(looked_at=True)
    decided = {n: d for n, d in sorted(looked_at.items()) if n not in gold}
    index = project.schema.index
    numbers = np.fromiter(decided, dtype=np.int64, count=len(decided))
    truth = np.array([index.get(d.category, ABSTAIN) for d in decided.values()], dtype=np.int16)
    sources = store.votes.sources(SourceKind.LLM)
    matrix = store.votes.matrix(numbers, sources, names)
    learned = learn_all(matrix, truth, sampled_truth(project, numbers), len(names), prior)
    stored = {
        source.id: _stored(source, known, names)
        for source, known in zip(sources, learned, strict=True)
    }
    if stored == store.reliabilities.all():
        return
    with project.store.transaction():
        store.reliabilities.replace(stored.values())
        store.unsettled.mark(Stale.LLM_LABELS)


def learn_all(
    votes: VoteMatrix, truth: Codes, sampled: Codes, n_categories: int, prior: float
) -> list[Reliability]:
    """Each source's reliability, from `truth` (n,) or its random part `sampled` alone."""
    learned = []
    for codes, stated in zip(votes.codes.T, votes.confidence.T, strict=True):
        fair = int(((codes != ABSTAIN) & (sampled != ABSTAIN)).sum()) >= ENOUGH
        known, learned_from = (
            (sampled, LearnedFrom.SAMPLE) if fair else (truth, LearnedFrom.REVIEWS)
        )
        learned.append(learn_reliability(codes, stated, known, n_categories, prior, learned_from))
    measured = [one for one in learned if one.measured]
    return [one if one.measured else like_the_measured(one, measured, prior) for one in learned]


def reliabilities(project: Project, sources: Sequence[StoredSource]) -> Mapping[int, Reliability]:
    """What was last learned of these LLMs, by source; a new one is like those measured."""
    names, prior = project.schema.names, project.settings.llm.confidence
    stored = {i: _loaded(row, names) for i, row in project.store.reliabilities.all().items()}
    missing = [source.id for source in sources if source.id not in stored]
    if missing:
        measured = [known for known in stored.values() if known.measured]
        unknown = Reliability(0, prior, (prior,) * len(names))
        stored |= dict.fromkeys(missing, like_the_measured(unknown, measured, prior))
    return {source.id: stored[source.id] for source in sources}


def best_first(
    sources: Sequence[StoredSource], known: Mapping[int, Reliability]
) -> list[StoredSource]:
    """LLMs in the order in which they break ties: by accuracy, the measured first, the newest."""

    def place(source: StoredSource) -> tuple[float, bool, int]:
        own = known[source.id]
        return -own.accuracy, not own.measured, -source.id

    return sorted(sources, key=place)


def explain(known: Reliability, line: VoteLine, names: Sequence[str]) -> tuple[float | None, str]:
    """The confidence an LLM's vote counts with, and in a few words where that comes from."""
    if line.category not in names:
        return None, ""
    stated = np.array([np.nan if line.confidence is None else line.confidence])
    code = np.array([names.index(line.category)], dtype=np.int16)
    confidence = float(known.confidence(code, stated)[0])
    if line.confidence is not None:
        origin = "recorded" if line.source.fingerprint.startswith(FROM_FILE) else "logprobs"
        if known.calibrated:
            origin += f", calibrated on {reviews_behind(known, known.calibrated)}"
        elif known.learned_from is LearnedFrom.OTHERS:
            origin += ", less as those measured are"
        return confidence, origin
    if known.measured:
        return confidence, f"measured on {reviews_behind(known, known.reviews)}"
    others = known.learned_from is LearnedFrom.OTHERS
    return confidence, "unchecked: like those measured" if others else "prior"


def reviews_behind(known: Reliability, count: int) -> str:
    """So many reviews, and whether they are a random sample."""
    random = "random " if known.learned_from is LearnedFrom.SAMPLE else ""
    return f"{count:,} {random}reviews"


def _stored(source: StoredSource, known: Reliability, names: Sequence[str]) -> StoredReliability:
    return StoredReliability(
        source=source.id,
        reviews=known.reviews,
        accuracy=known.accuracy,
        by_category=dict(zip(names, known.by_category, strict=True)),
        learned_from=known.learned_from.value,
        calibrated=known.calibrated,
        slope=known.slope,
        offsets=dict(zip(names, known.offsets, strict=True)) if known.offsets else None,
    )


def _loaded(stored: StoredReliability, names: Sequence[str]) -> Reliability:
    """By name, because the schema may have changed since."""
    return Reliability(
        reviews=stored.reviews,
        accuracy=stored.accuracy,
        by_category=tuple(stored.by_category.get(name, stored.accuracy) for name in names),
        learned_from=LearnedFrom(stored.learned_from),
        calibrated=stored.calibrated,
        slope=stored.slope,
        offsets=tuple(stored.offsets.get(name, 0.0) for name in names) if stored.offsets else (),
    )
