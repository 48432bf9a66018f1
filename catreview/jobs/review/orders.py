"""Queues in order: at once in a small project, from the order made last in a large one.

A large queue opens in the order made last, what has been decided since left out. A new one takes
half a minute and 700 MB for a million examples, which belong in another process than the app's;
until the first is made, the queue is a random sample in order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from catreview.errors import ConfigError
from catreview.jobs.labels.sampling import AUDIT
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import Project
from catreview.jobs.review.lookups import Freshness, ReviewQueue
from catreview.jobs.review.walking import among
from catreview.store import GOLD, Numbers, StoredOrder

if TYPE_CHECKING:
    from catreview.queues import Queue

ORDERED: Final = (
    "disagreement", "ambiguous", "pilot", "value", "label-errors", "uncertain", "coverage", AUDIT,
    GOLD,
)  # fmt: skip
"""The queues of everything undecided, in the order the app goes through them."""
SMALL: Final = 20_000
"""Up to so many examples are put in order while one waits: less than a second."""
SAMPLE: Final = 2_000
"""Examples of the random sample."""
REVIEWS: Final = 100
"""So many reviews hardly change the order of a large queue."""
_EVERY: Final = 20_000
"""Examples between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What ordering a queue came to; `first` are ids and reasons of its beginning."""

    queue: str
    examples: int
    first: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """The order as one JSON object."""
        first = [{"id": example, "reason": reason} for example, reason in self.first]
        return {
            "schema_version": 1, "queue": self.queue, "examples": self.examples, "first": first,
        }  # fmt: skip


def ordered_queue(project: Project, name: str) -> ReviewQueue:
    """A queue of `ORDERED`, without what is decided or gold, skipped examples at its end."""
    if project.store.examples.last() <= SMALL:
        numbers, queue = _order(project, name)
        return _opened(project, name, numbers, queue.reason, Freshness.NEW)
    stored = project.store.orders.get(name)
    if stored is None:
        numbers, queue = _order(project, name, _sample(project, name))
        return _opened(project, name, numbers, queue.reason, Freshness.SAMPLE)
    reviews = project.store.reviews.last() - stored.reviews
    fresh = stored.basis == _basis(project) and reviews < REVIEWS

    def reason(place: int) -> str:
        return stored.reasons[int(stored.why[place])]

    return _opened(project, name, stored.numbers, reason, Freshness.NEW if fresh else Freshness.OLD)


def put_in_order(
    project: Project, name: str, *, show: int = 10, report: Report = ignore
) -> Ordered:
    """Order a queue of `ORDERED` anew and store that, with every example's reason.

    Raises:
        ConfigError: there is no such queue.
    """
    if name not in ORDERED:
        raise ConfigError(f"No queue is called {name!r}.", f"There are: {', '.join(ORDERED)}.")
    # Read before the votes: what is written meanwhile makes the order an old one.
    basis, reviews = _basis(project), project.store.reviews.last()
    numbers, queue = _order(project, name)
    texts: dict[str, int] = {}
    why = np.empty(len(numbers), dtype=np.uint32)
    for place in range(len(numbers)):
        if place % _EVERY == 0:
            report(Progress("queue", place, len(numbers)))
        why[place] = texts.setdefault(queue.reason(place), len(texts))
    project.store.orders.put(name, StoredOrder(numbers, why, tuple(texts), basis, reviews))
    examples = project.store.examples.get(numbers[:show])
    first = tuple((e.id, queue.reason(place)) for place, e in enumerate(examples))
    return Ordered(name, len(numbers), first)


def _order(
    project: Project, name: str, numbers: Sequence[int] | None = None
) -> tuple[Numbers, Queue]:
    # Late: an order that was made before is opened without what makes one.
    from catreview.jobs.review.ordering import order

    return order(project, name, numbers)


def _sample(project: Project, queue: str) -> list[int]:
    """Numbers of examples drawn at random, the same each time."""
    from catreview.jobs.review.ordering import chances

    last = project.store.examples.last()
    drawn = np.argsort(chances(project, np.arange(1, last + 1), queue), kind="stable")[:SAMPLE] + 1
    return project.store.examples.existing(drawn)


def _basis(project: Project) -> str:
    """What an order is made from, reviews aside, in the store and in the settings."""
    settings = project.settings
    told = f"{settings.heuristic!r} {settings.pilot!r} {project.schema.names!r}"
    return f"{project.store.orders.basis()} {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _opened(
    project: Project,
    name: str,
    numbers: Numbers,
    reason: Callable[[int], str],
    freshness: Freshness,
) -> ReviewQueue:
    """`reason` is by place in `numbers`, before any of them is left out."""
    reviews = project.store.reviews
    gone = among(numbers, chain(reviews.decided_examples(), project.store.examples.gold()))
    skipped = among(numbers, reviews.skipped())
    places = np.concatenate([np.flatnonzero(~gone & ~skipped), np.flatnonzero(~gone & skipped)])

    def why(number: int) -> str:
        found = np.flatnonzero(numbers == number)
        return reason(int(found[0])) if len(found) else ""

    return ReviewQueue(name, numbers[places], len(reviews.decided_in(name)), why, freshness)
