"""The review queues, built from what is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.errors import ConfigError
from catreview.jobs.project import Project
from catreview.jobs.settling import Evidence as Known
from catreview.jobs.settling import gather
from catreview.queues import (
    Evidence,
    Queue,
    ambiguous_queue,
    disagreement_queue,
    pilot_queue,
    pilot_sample,
)
from catreview.records import ABSTAIN, SourceKind

QUEUES: Final = ("disagreement", "ambiguous", "pilot")
"""In the order the app goes through them."""
SEARCH_LIMIT: Final = 5_000
"""Most examples that a search opens as a queue."""


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """Examples to review, by number, in order.

    `done_before` counts those of this queue that were decided before it was opened; `reason`
    says in one line why an example is here.
    """

    name: str
    numbers: list[int]
    done_before: int
    reason: Callable[[int], str]


def build_queue(project: Project, name: str) -> ReviewQueue:
    """The queue as it is now: what is decided has left it, what was skipped is at its end.

    Raises:
        ConfigError: no queue has this name.
    """
    if name not in QUEUES:
        raise ConfigError(f"No queue is called {name!r}.", f"There are: {', '.join(QUEUES)}.")
    known = gather(project)
    evidence = _evidence(project, known)
    eligible = (known.human == ABSTAIN) & ~known.gold
    settings = project.settings.heuristic
    if name == "disagreement":
        queue = disagreement_queue(evidence, settings, eligible)
    elif name == "ambiguous":
        queue = ambiguous_queue(evidence, settings, eligible)
    else:
        queue = pilot_queue(evidence, pilot_rows(project, known), eligible)
    return _ordered(project, name, known, queue)


def _ordered(project: Project, name: str, known: Known, queue: Queue) -> ReviewQueue:
    numbers = known.numbers[queue.order]
    skipped = np.isin(numbers, np.fromiter(project.store.reviews.skipped(), dtype=np.int64))
    order = np.argsort(skipped, kind="stable")
    place = {int(number): i for i, number in enumerate(numbers.tolist())}
    return ReviewQueue(
        name=name,
        numbers=numbers[order].tolist(),
        done_before=project.store.reviews.decided_in(name),
        reason=lambda number: queue.reason(place[number]) if number in place else "",
    )


def _evidence(project: Project, known: Known) -> Evidence:
    votes = project.store.votes
    weak = votes.matrix(
        known.numbers,
        votes.sources(SourceKind.FUNCTION, SourceKind.GIVEN),
        project.schema.names,
    )
    model = known.model.codes
    return Evidence(
        categories=project.schema.names,
        function_names=tuple(source.name for source in weak.sources),
        functions=weak.codes,
        heuristic=known.heuristic,
        llm_names=tuple(source.name for source in known.llm.sources),
        llm=known.llm.codes,
        model=model[:, 0] if model.shape[1] else np.full(len(model), ABSTAIN, dtype=np.int16),
    )


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
    """What people say of each row of `known`: gold, else their decision, else ABSTAIN."""
    truth = known.human.copy()
    index = project.schema.index
    for number, category in project.store.examples.gold().items():
        at = int(np.searchsorted(known.numbers, number))
        if at < len(known.numbers) and known.numbers[at] == number:
            truth[at] = index.get(category, ABSTAIN)
    return truth


def search_queue(project: Project, words: str) -> ReviewQueue:
    """Examples whose text holds all the words, as a queue, oldest first; gold left out."""
    gold = project.store.examples.gold()
    found = [n for n in project.store.examples.search(words, SEARCH_LIMIT) if n not in gold]
    return ReviewQueue(f"search: {words}", found, 0, lambda _: f"holds “{words}”")
