"""The review queues, built from what is stored."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.errors import ConfigError
from catreview.jobs.lookups import FIND, ReviewQueue, cell_queue, conflict_queue, find_queue
from catreview.jobs.project import Project
from catreview.jobs.sampling import AUDIT
from catreview.jobs.settling import Evidence as Known
from catreview.jobs.settling import gather, looked_at
from catreview.queues import (
    Evidence,
    Queue,
    ambiguous_queue,
    audit_queue,
    coverage_queue,
    disagreement_queue,
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

AGAIN: Final = "again"
QUEUES: Final = (
    "disagreement", "ambiguous", "pilot", "value", "label-errors", "uncertain", "coverage", AUDIT,
    AGAIN,
)  # fmt: skip
"""In the order the app goes through them."""
BLOCK: Final = 10_000
"""Messages read at once."""


def build_queue(project: Project, name: str) -> ReviewQueue:
    """The queue as it is now: what is decided has left it, what was skipped is at its end.

    Besides `QUEUES` there are `find: QUERY`, and those that the dashboard opens: `A called B`, a
    cell of the confusion matrix, and `conflicts of F`, for a labelling function.

    Raises:
        ConfigError: no queue has this name.
        InputError: the query is not understood.
    """
    if name.startswith(FIND):
        return find_queue(project, name.removeprefix(FIND))
    match name.split():
        case [true, "called", predicted] if not project.schema.unknown((true, predicted)):
            return cell_queue(project, true, predicted)
        case ["conflicts", "of", function]:
            return conflict_queue(project, function)
    if name not in QUEUES:
        raise ConfigError(f"No queue is called {name!r}.", f"There are: {', '.join(QUEUES)}.")
    if name == AGAIN:
        return _again(project)
    known = gather(project)
    evidence = _evidence(project, known)
    eligible = (known.human == ABSTAIN) & ~known.gold
    return _ordered(project, name, known, _build(project, name, known, evidence, eligible))


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
        case "audit":
            queue = audit_queue(evidence, _chances(project, known.numbers), eligible)
        case _:
            queue = _value(project, known, evidence, eligible)
    return queue


def _again(project: Project) -> ReviewQueue:
    """What was decided long enough ago to be forgotten, in random order, each example once."""
    reviews, seed = project.store.reviews, project.settings.pilot.seed
    decisions = reviews.decisions()
    done, gold = reviews.decided_in(AGAIN), project.store.examples.gold()
    forgotten = decisions[: max(len(decisions) - project.settings.review.again_after, 0)]
    recent = {review.example for review in decisions[len(forgotten) :]}
    numbers = sorted({r.example for r in forgotten} - recent - done - set(gold))
    order = np.random.default_rng(seed).permutation(len(numbers)).tolist()
    return ReviewQueue(
        AGAIN, [numbers[i] for i in order], len(done), lambda _: "decided before: is it the same?"
    )


def _value(
    project: Project, known: Known, evidence: Evidence, eligible: NDArray[np.bool_]
) -> Queue:
    texts = [example.text for _, block in project.store.examples.blocks(BLOCK) for example in block]
    logged = np.array(project.store.reviews.timed(), dtype=np.float64).reshape(-1, 2)
    lengths = np.array([len(text) for text in texts], dtype=np.float64)
    seconds = review_seconds(lengths, logged[:, 0], logged[:, 1])
    reviewed = known.human != ABSTAIN
    return value_queue(evidence, seconds, near_duplicates(texts), reviewed, eligible)


def _chances(project: Project, numbers: Numbers) -> NDArray[np.float64]:
    """A random number for each example, the same each time, also when more are imported."""
    rng = np.random.default_rng(project.settings.pilot.seed)
    return rng.random(int(numbers.max(initial=0)) + 1)[numbers]


def _ordered(project: Project, name: str, known: Known, queue: Queue) -> ReviewQueue:
    numbers = known.numbers[queue.order]
    skipped = np.isin(numbers, np.fromiter(project.store.reviews.skipped(), dtype=np.int64))
    order = np.argsort(skipped, kind="stable")
    place = {int(number): i for i, number in enumerate(numbers.tolist())}
    return ReviewQueue(
        name=name,
        numbers=numbers[order].tolist(),
        done_before=len(project.store.reviews.decided_in(name)),
        reason=lambda number: queue.reason(place[number]) if number in place else "",
    )


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
    return Evidence(
        categories=project.schema.names,
        function_names=tuple(source.name for source in weak.sources),
        functions=weak.codes,
        heuristic=known.heuristic,
        llm_names=tuple(source.name for source in known.llm.sources),
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
    rows = project.store.labels.all()
    at = np.searchsorted(numbers, np.array([row[0] for row in rows], dtype=np.int64))
    index = project.schema.index
    label[at] = [index.get(row[1], ABSTAIN) for row in rows]
    confidence[at] = [row[2] for row in rows]
    trusted[at] = [row[3] in (Basis.HUMAN, Basis.LLM) for row in rows]
    return label, confidence, trusted


def pilot_rows(project: Project, known: Known) -> NDArray[np.intp]:
    """Rows of `known` in the pilot's sample: those people labelled first, then the heuristic's.

    Each part is stratified by category, so that rare ones are in it. The seed is the settings';
    an example's rank among the others never changes, so that what a reviewer decides or an
    import adds leaves most of the sample, and most of what a pilot has paid for, as it was.
    """
    settings = project.settings.pilot
    rng = np.random.default_rng(settings.seed)
    rank = rng.random(int(known.numbers.max(initial=0)) + 1)[known.numbers]
    labelled = people(project, known)
    by_people = np.flatnonzero(labelled != ABSTAIN)
    sample = by_people[pilot_sample(labelled[by_people], settings.size, rank[by_people])]
    missing = settings.size - len(sample)
    if missing:
        others = np.flatnonzero(labelled == ABSTAIN)
        more = others[pilot_sample(known.heuristic.label[others], missing, rank[others])]
        sample = np.concatenate([sample, more])
    return sample


def people(project: Project, known: Known) -> NDArray[np.int16]:
    """What people say of each row of `known`: gold, else what they decided by looking at it."""
    truth = looked_at(project, known)
    index = project.schema.index
    for number, category in project.store.examples.gold().items():
        at = int(np.searchsorted(known.numbers, number))
        if at < len(known.numbers) and known.numbers[at] == number:
            truth[at] = index.get(category, ABSTAIN)
    return truth
