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
from catreview.records import ABSTAIN, Basis, SourceKind
from catreview.store import Numbers

FIND: Final = "find: "
"""How the name of a queue begins that somebody looked for; the query follows."""
FIND_LIMIT: Final = 5_000
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


def find_queue(project: Project, query: str) -> ReviewQueue:
    """What fulfils a query, as a queue, oldest first; gold left out.

    Raises:
        InputError: the query is not understood.
    """
    conditions = parse(vocabulary(project), query)
    found = np.array(project.store.finding.find(conditions, FIND_LIMIT), dtype=np.int64)
    return ReviewQueue(FIND + query, found, 0, lambda _: f"found by “{query}”")


def cell_queue(project: Project, true: str, predicted: str) -> ReviewQueue:
    """Machine-labelled examples like a cell of the confusion matrix, which gold itself never is.

    Their label is `true` and the last model says `predicted`. Where the two differ, those that
    the model is surest of come first; on the diagonal those that it is least sure of.
    """
    labels = {
        number: basis
        for number, category, _, basis in project.store.labels.all()
        if category == true and basis != Basis.HUMAN
    }
    numbers = np.fromiter(labels, dtype=np.int64)
    votes, names = project.store.votes, project.schema.names
    model = votes.matrix(numbers, votes.sources(SourceKind.MODEL)[-1:], names)
    rows = np.flatnonzero((model.codes == project.schema.index[predicted]).any(axis=1))
    sure = np.nan_to_num(model.confidence[rows]).sum(axis=1)
    order = rows[np.argsort(sure if true == predicted else -sure, kind="stable")]
    confidence = dict(zip(numbers[rows].tolist(), sure.tolist(), strict=True))
    by = {Basis.LLM: "by LLM", Basis.TOGETHER: "by all together"}
    return _as_queue(
        project,
        f"{true} called {predicted}",
        numbers[order].tolist(),
        lambda n: (
            f"labelled {true} ({by.get(Basis(labels[n]), 'by the heuristic')}),"
            f" the model says {predicted} ({confidence[n]:.2f})"
        ),
    )


def conflict_queue(project: Project, function: str) -> ReviewQueue:
    """Examples that nobody decided on which a function's vote is not that of all others.

    Raises:
        ConfigError: no function of this name has voted.
    """
    votes, names = project.store.votes, project.schema.names
    sources = votes.sources(SourceKind.FUNCTION)
    column = next((i for i, source in enumerate(sources) if source.name == function), None)
    if column is None:
        raise ConfigError(
            f"No function called {function!r} has voted.", "Let them vote: catreview lf run"
        )
    own = votes.voted(sources[column].id)
    codes = votes.matrix(own, sources, names).codes
    against = (codes != codes[:, [column]]) & (codes != ABSTAIN)
    decided, gold = project.store.reviews.decided(), project.store.examples.gold()
    rows = {
        int(own[i]): int(i)
        for i in np.flatnonzero(against.any(axis=1))
        if own[i] not in decided and own[i] not in gold
    }

    def reason(number: int) -> str:
        row = rows[number]
        others = ", ".join(
            f"{sources[i].name} says {names[codes[row, i]]}" for i in np.flatnonzero(against[row])
        )
        return f"{function} says {names[codes[row, column]]}, {others}"

    return _as_queue(project, f"conflicts of {function}", list(rows), reason)


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
