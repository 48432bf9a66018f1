"""The review queues, by name."""

from __future__ import annotations

from typing import Final

import numpy as np

from catreview.errors import ConfigError
from catreview.jobs.project import Project
from catreview.jobs.review.lookups import FIND, ReviewQueue, cell_queue, conflict_queue, find_queue
from catreview.jobs.review.opinions import all_opinions, contested
from catreview.jobs.review.orders import ORDERED, ordered_queue
from catreview.store import ADJUDICATE

AGAIN: Final = "again"
QUEUES: Final = (*ORDERED, AGAIN, ADJUDICATE)
"""In the order the app goes through them."""


def build_queue(project: Project, name: str, reviewer: str) -> ReviewQueue:
    """The queue of a reviewer: what is decided has left it, what was skipped is at its end.

    Besides `QUEUES` there are `find: QUERY`, and those that the dashboard opens: `A called B`, a
    cell of the confusion matrix, and `conflicts of F`, for a labelling function; `similar to N`
    are the undecided messages like example N.

    Raises:
        ConfigError: no queue has this name.
        InputError: the query is not understood.
    """
    if name.startswith(FIND):
        return find_queue(project, name.removeprefix(FIND), reviewer)
    match name.split():
        case [true, "called", predicted] if not project.schema.unknown((true, predicted)):
            return cell_queue(project, true, predicted)
        case ["conflicts", "of", function]:
            return conflict_queue(project, function)
        case ["similar", "to", number] if number.isdecimal():
            from catreview.jobs.review.similar import similar_queue

            return similar_queue(project, int(number))
    if name not in QUEUES:
        raise ConfigError(f"No queue is called {name!r}.", f"There are: {', '.join(QUEUES)}.")
    if name == ADJUDICATE:
        return _adjudicate(project)
    return _again(project, reviewer) if name == AGAIN else ordered_queue(project, name)


def _again(project: Project, reviewer: str) -> ReviewQueue:
    """What one decided long enough ago to forget it, in random order, each example once."""
    reviews, seed = project.store.reviews, project.settings.pilot.seed
    decisions = [review for review in reviews.decisions() if review.reviewer == reviewer]
    done, gold = reviews.decided_in(AGAIN, reviewer=reviewer), project.store.examples.gold()
    forgotten = decisions[: max(len(decisions) - project.settings.review.again_after, 0)]
    recent = {review.example for review in decisions[len(forgotten) :]}
    numbers = sorted({r.example for r in forgotten} - recent - done - set(gold))
    order = np.random.default_rng(seed).permutation(len(numbers))
    return ReviewQueue(
        AGAIN,
        np.array(numbers, dtype=np.int64)[order],
        len(done),
        lambda _: "decided before: is it the same?",
    )


def _adjudicate(project: Project) -> ReviewQueue:
    """What reviewers decided differently and nobody has settled, the oldest first."""
    reviews = project.store.reviews
    differing = {n: by for n, by in all_opinions(project).items() if contested(by)}
    skipped = reviews.skipped()

    def reason(number: int) -> str:
        by = differing.get(number, {})
        return ", ".join(f"{name} says {review.category}" for name, review in by.items())

    return ReviewQueue(
        ADJUDICATE,
        np.array(sorted(differing, key=skipped.__contains__), dtype=np.int64),
        len(reviews.decided_in(ADJUDICATE)),
        reason,
    )
