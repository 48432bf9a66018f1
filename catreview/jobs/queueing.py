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
from catreview.records import ABSTAIN, Basis, SourceKind

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

    Besides `QUEUES` there are those that the dashboard opens: `A called B`, a cell of the
    confusion matrix, and `conflicts of F`, for a labelling function.

    Raises:
        ConfigError: no queue has this name.
    """
    match name.split():
        case [true, "called", predicted] if not project.schema.unknown((true, predicted)):
            return cell_queue(project, true, predicted)
        case ["conflicts", "of", function]:
            return conflict_queue(project, function)
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

    Each part is stratified by category, so that rare ones are in it. The seed is the settings'.
    """
    settings = project.settings.pilot
    rng = np.random.default_rng(settings.seed)
    labelled = people(project, known)
    by_people = np.flatnonzero(labelled != ABSTAIN)
    sample = by_people[pilot_sample(labelled[by_people], settings.size, rng)]
    missing = settings.size - len(sample)
    if missing:
        others = np.flatnonzero(labelled == ABSTAIN)
        more = others[pilot_sample(known.heuristic.label[others], missing, rng)]
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
    by = {Basis.LLM: "by LLM"}
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
        numbers=sorted(numbers, key=skipped.__contains__),
        done_before=project.store.reviews.decided_in(name),
        reason=lambda number: reason(number) if number in known else "",
    )
