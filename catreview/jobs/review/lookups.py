"""Queues that somebody looks up: what a query finds, a confusion cell, a function's conflicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import numpy as np

from catreview.errors import ConfigError
from catreview.jobs.project import Project
from catreview.jobs.review.finding import parse, vocabulary
from catreview.jobs.review.unswayed import find_for
from catreview.records import Basis, SourceKind
from catreview.store import Numbers

FIND: Final = "find: "
"""How the name of a queue begins that somebody looked for; the query follows."""
MOST: Final = 5_000
"""Most examples that are found."""


class Freshness(Enum):
    """How new the order of a queue is."""

    NEW = auto()
    OLD = auto()
    """Votes, examples or many reviews have come since it was made."""
    SAMPLE = auto()
    """None was made yet: these are some examples, drawn at random."""


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """Examples to review, by number (n,), in order.

    `done_before` counts those of this queue that were decided before it was opened; `reason`
    says in one line why an example is here, empty for one that is not.
    """

    name: str
    numbers: Numbers
    done_before: int
    reason: Callable[[int], str]
    freshness: Freshness = Freshness.NEW


def find_queue(project: Project, query: str, reviewer: str) -> ReviewQueue:
    """What fulfils a query as `reviewer` sees it, as a queue, oldest first; gold left out.

    Raises:
        InputError: the query is not understood.
    """
    conditions = parse(vocabulary(project), query)
    found = np.array(find_for(project, reviewer, conditions, MOST), dtype=np.int64)
    return ReviewQueue(FIND + query, found, 0, lambda _: f"found by “{query}”")


def cell_queue(project: Project, true: str, predicted: str) -> ReviewQueue:
    """Machine-labelled examples like a cell of the confusion matrix, which gold itself never is.

    Their label is `true` and the last model says `predicted`. Where the two differ, those that
    the model is surest of come first; on the diagonal those that it is least sure of. At most
    `MOST`.
    """
    models = project.store.votes.sources(SourceKind.MODEL)[-1:]
    found = {
        number: (basis, sure)
        for model in models
        for number, basis, sure in project.store.finding.in_cell(
            true, model.id, predicted, MOST, surest=true != predicted
        )
    }
    by = {Basis.LLM: "by LLM", Basis.TOGETHER: "by all together"}

    def reason(number: int) -> str:
        basis, sure = found[number]
        return (
            f"labelled {true} ({by.get(Basis(basis), 'by the heuristic')}),"
            f" the model says {predicted} ({sure:.2f})"
        )

    return _as_queue(project, f"{true} called {predicted}", list(found), reason)


def conflict_queue(project: Project, function: str) -> ReviewQueue:
    """Examples that nobody decided on which a function's vote is not that of all others.

    At most `MOST`.

    Raises:
        ConfigError: no function of this name has voted.
    """
    votes, names = project.store.votes, project.schema.names
    others = {s.id: s.name for s in votes.sources(SourceKind.FUNCTION)}
    source = next((number for number, name in others.items() if name == function), None)
    if source is None:
        raise ConfigError(
            f"No function called {function!r} has voted.", "Let them vote: catreview lf run"
        )
    numbers = project.store.finding.contradicted(source, list(others), names, MOST)

    def reason(number: int) -> str:
        said = {
            line.source.name: line.category
            for line in votes.of(number)
            if line.source.id in others and line.category in names
        }
        own = said.get(function)
        against = ", ".join(f"{name} says {c}" for name, c in said.items() if c != own)
        return f"{function} says {own}, {against}"

    return _as_queue(project, f"conflicts of {function}", numbers, reason)


def _as_queue(
    project: Project, name: str, numbers: list[int], reason: Callable[[int], str]
) -> ReviewQueue:
    """These examples as a queue, the skipped ones at its end."""
    skipped, known = project.store.reviews.skipped(), set(numbers)
    return ReviewQueue(
        name=name,
        numbers=np.array(sorted(numbers, key=skipped.__contains__), dtype=np.int64),
        done_before=len(project.store.reviews.decided_in(name)),
        reason=lambda number: reason(number) if number in known else "",
    )
