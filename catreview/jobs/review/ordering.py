"""What order a review queue has, from everything that is known of the examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.jobs.labels.sampling import AUDIT
from catreview.jobs.labels.settling import Known, gather, looked_at
from catreview.jobs.labels.source_names import voter_names
from catreview.jobs.project import Project
from catreview.queues import (
    Evidence,
    Queue,
    ambiguous_queue,
    audit_queue,
    coverage_queue,
    disagreement_queue,
    gold_queue,
    label_error_queue,
    near_duplicates,
    pilot_queue,
    pilot_sample,
    review_seconds,
    uncertain_queue,
    value_queue,
)
from catreview.records import ABSTAIN, Basis, SourceKind
from catreview.store import Numbers

GOLD_WANTED: Final = 600
"""Examples of the queue `gold`: enough to tell F1 within about 3 points."""
BLOCK: Final = 10_000
"""Messages read at once."""


def order(
    project: Project, name: str, numbers: Sequence[int] | None = None
) -> tuple[Numbers, Queue]:
    """Order what is undecided and not gold: the examples' numbers, and the queue with its reasons.

    Reads every vote; with `numbers`, those on these examples alone.
    """
    known = gather(project, numbers)
    evidence = _evidence(project, known)
    eligible = (known.human == ABSTAIN) & ~known.gold
    queue = _build(project, name, known, evidence, eligible)
    return known.numbers[queue.order], queue


def _build(
    project: Project, name: str, known: Known, evidence: Evidence, eligible: NDArray[np.bool_]
) -> Queue:
    settings = project.settings.heuristic
    match name:
        case "disagreement":
            queue = disagreement_queue(evidence, settings, eligible)
        case "ambiguous":
            queue = ambiguous_queue(evidence, settings, eligible)
        case "label-errors":
            queue = label_error_queue(evidence, eligible)
        case "uncertain":
            queue = uncertain_queue(evidence, eligible)
        case "coverage":
            queue = coverage_queue(evidence, eligible)
        case "pilot":
            queue = pilot_queue(evidence, pilot_rows(project, known), eligible)
        case "gold":
            queue = gold_queue(evidence, _gold_rows(project, known, eligible))
        case "audit":
            queue = audit_queue(evidence, chances(project, known.numbers, AUDIT), eligible)
        case _:
            queue = _value(project, known, evidence, eligible)
    return queue


def _value(
    project: Project, known: Known, evidence: Evidence, eligible: NDArray[np.bool_]
) -> Queue:
    texts = [
        example.text
        for start in range(0, len(known.numbers), BLOCK)
        for example in project.store.examples.get(known.numbers[start : start + BLOCK])
    ]
    logged = np.array(project.store.paces.timed(), dtype=np.float64).reshape(-1, 2)
    lengths = np.array([len(text) for text in texts], dtype=np.float64)
    seconds = review_seconds(lengths, logged[:, 0], logged[:, 1])
    reviewed = known.human != ABSTAIN
    return value_queue(evidence, seconds, near_duplicates(texts), reviewed, eligible)


def chances(project: Project, numbers: Numbers, queue: str = "pilot") -> NDArray[np.float64]:
    """A random number for each example, the same each time, also when more are imported.

    Those of the audit tell nothing of the others: by the pilot's, which takes the lowest of each
    category, an audit after a reviewed pilot would begin without rare categories.
    """
    apart = [1] if queue == AUDIT else []
    rng = np.random.default_rng([project.settings.pilot.seed, *apart])
    return rng.random(int(numbers.max(initial=0)) + 1)[numbers]


def _evidence(project: Project, known: Known) -> Evidence:
    votes = project.store.votes
    weak = votes.matrix(
        known.numbers,
        votes.sources(SourceKind.FUNCTION, SourceKind.GIVEN),
        project.schema.names,
    )
    n = len(known.numbers)
    given = [i for i, source in enumerate(weak.sources) if source.kind is SourceKind.GIVEN]
    label, confidence, trusted = _labels(project, known.numbers)
    called = voter_names(project, known.llm.sources, known.llm.codes)
    return Evidence(
        categories=project.schema.names,
        function_names=tuple(source.name for source in weak.sources),
        functions=weak.codes,
        heuristic=known.heuristic,
        llm_names=tuple(called[source.id] for source in known.llm.sources),
        llm=known.llm.codes,
        model=_first(known.model.codes, n),
        model_confidence=np.nan_to_num(known.model.confidence.astype(np.float64)).sum(axis=1),
        given=_first(weak.codes[:, given[-1:]], n),
        label=label,
        label_confidence=confidence,
        trusted=trusted,
    )


def _first(codes: NDArray[np.int16], n: int) -> NDArray[np.int16]:
    return codes[:, 0] if codes.shape[1] else np.full(n, ABSTAIN, dtype=np.int16)


def _labels(
    project: Project, numbers: Numbers
) -> tuple[NDArray[np.int16], NDArray[np.float64], NDArray[np.bool_]]:
    """Category and confidence of each label, and whether a person or an LLM gave it."""
    label = np.full(len(numbers), ABSTAIN, dtype=np.int16)
    confidence = np.zeros(len(numbers))
    trusted = np.zeros(len(numbers), dtype=np.bool_)
    rows = project.store.labels.of(numbers)
    at = np.searchsorted(numbers, np.array([row[0] for row in rows], dtype=np.int64))
    index = project.schema.index
    label[at] = [index.get(row[1], ABSTAIN) for row in rows]
    confidence[at] = [row[2] for row in rows]
    trusted[at] = [row[3] in (Basis.HUMAN, Basis.TOGETHER, Basis.LLM) for row in rows]
    return label, confidence, trusted


def pilot_rows(project: Project, known: Known) -> NDArray[np.intp]:
    """Rows of `known` in the pilot's sample: those people labelled first, then the heuristic's.

    Each part is stratified by category, so that rare ones are in it. The seed is the settings';
    an example's rank among the others never changes, so that what a reviewer decides or an
    import adds leaves most of the sample, and most of what a pilot has paid for, as it was.
    """
    settings = project.settings.pilot
    rank = chances(project, known.numbers)
    labelled = people(project, known)
    by_people = np.flatnonzero(labelled != ABSTAIN)
    sample = by_people[pilot_sample(labelled[by_people], settings.size, rank[by_people])]
    missing = settings.size - len(sample)
    if missing:
        others = np.flatnonzero(labelled == ABSTAIN)
        more = others[pilot_sample(known.heuristic.label[others], missing, rank[others])]
        sample = np.concatenate([sample, more])
    return sample


def _gold_rows(project: Project, known: Known, eligible: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Rows to be decided as gold, stratified by the heuristic's label, in random order.

    They are the pilot's first, so that what is decided here serves the gate too. What is gold
    already has its share.
    """
    rows = np.flatnonzero(eligible | known.gold)
    rank = chances(project, known.numbers)[rows]
    sample = rows[pilot_sample(known.heuristic.label[rows], GOLD_WANTED, rank)]
    missing = max(GOLD_WANTED - len(project.store.examples.gold()), 0)
    return sample[eligible[sample]][:missing]


def people(project: Project, known: Known) -> NDArray[np.int16]:
    """What people say of each row of `known`: gold, else what they decided by looking at it."""
    truth = looked_at(project, known)
    index = project.schema.index
    for number, category in project.store.examples.gold().items():
        at = int(np.searchsorted(known.numbers, number))
        if at < len(known.numbers) and known.numbers[at] == number:
            truth[at] = index.get(category, ABSTAIN)
    return truth
