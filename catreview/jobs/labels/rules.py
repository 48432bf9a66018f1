"""The label rule, and what it has learned of every source's errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.jobs.labels.trust import reliabilities
from catreview.jobs.project import Project
from catreview.records import SourceKind
from catreview.settings import LabelRule
from catreview.store import Codes, ErrorRate, Stale, StoredSource, VoteMatrix
from catreview.voting import (
    Aggregate,
    ErrorRates,
    Settled,
    believed_rates,
    learn_rates,
    settle_labels,
    weigh,
)

_DIGITS: Final = 6
"""Of a stored rate: what changes less is no news."""


@dataclass(frozen=True, slots=True)
class MachineVotes:
    """The machine's votes on n examples, as rules see them.

    `llm` with the confidence its votes count with, the best source first.
    """

    llm: VoteMatrix
    heuristic: Aggregate

    def at(self, rows: NDArray[np.bool_]) -> MachineVotes:
        """The votes on some of the examples, `rows` (n,)."""
        llm, heuristic = self.llm, self.heuristic
        return MachineVotes(
            VoteMatrix(llm.numbers[rows], llm.sources, llm.codes[rows], llm.confidence[rows]),
            Aggregate(
                heuristic.label[rows],
                heuristic.confidence[rows],
                heuristic.votes[rows],
                heuristic.categories[rows],
                heuristic.probs[rows],
            ),
        )


def label_by(
    project: Project, human: Codes, votes: MachineVotes, rates: ErrorRates | None
) -> Settled:
    """Label by people's decisions `human` (n,), else by `rates`; without any, by priority."""
    settings, llm = project.settings.heuristic, votes.llm
    confidence = llm.confidence.astype(np.float64)
    settled = settle_labels(human, llm.codes, confidence, votes.heuristic, settings)
    if rates is None:
        return settled
    return weigh(settled, llm.codes, votes.heuristic, rates, settings)


def estimate_rates(
    project: Project,
    rule: LabelRule,
    votes: MachineVotes,
    truth: Codes,
    accuracies: Sequence[float],
) -> ErrorRates | None:
    """What `rule` learns from all votes, anchored by `truth` (n,); None where it learns nothing.

    `accuracies` are what is believed of the LLMs before.
    """
    if rule == "priority":
        return None
    settings = project.settings.heuristic
    return learn_rates(votes.llm.codes, votes.heuristic, truth, accuracies, settings)


def learn_error_rates(project: Project, votes: MachineVotes, truth: Codes) -> None:
    """Keep what the rule in force learns; marks the labels as stale where that is new.

    `truth` (n,) are people's decisions on random samples, gold left out.
    """
    store, names = project.store.error_rates, project.schema.names
    sources = votes.llm.sources
    known = reliabilities(project, sources)
    accuracies = [known[source.id].accuracy for source in sources]
    rates = estimate_rates(project, project.settings.labels.rule, votes, truth, accuracies)
    shares = {} if rates is None else dict(zip(names, rates.priors.tolist(), strict=True))
    shares = {name: round(share, _DIGITS) for name, share in shares.items()}
    rows = [] if rates is None else _rows(project, rates, sources)
    if (rows, shares) != (store.rates(), store.shares()):
        with project.store.transaction():
            store.replace(rows, shares)
            project.store.unsettled.mark(Stale.LABELS)


def known_rates(project: Project, llms: Sequence[StoredSource]) -> ErrorRates | None:
    """What was last learned, for `llms` in this order; None where the rule learns nothing.

    Of an LLM or a category that is new since, it is what is believed before anything is learned.
    """
    shares = project.store.error_rates.shares()
    if not shares or project.settings.labels.rule == "priority":
        return None
    names, index = project.schema.names, project.schema.index
    known = reliabilities(project, llms)
    rates = believed_rates([known[source.id].accuracy for source in llms], len(names))
    column = {source.id: i for i, source in enumerate(llms)}
    tables = {source.id: rates.llm[i] for i, source in enumerate(llms)}
    tables |= {source.id: rates.heuristic for source in _heuristic(project)}
    for row in project.store.error_rates.rates():
        answer = index.get(row.answer) if row.answer else 2 * len(names)
        if row.source in tables and answer is not None and row.category in index:
            weak = bool(row.answer) and row.source not in column and not row.sure
            place = answer + len(names) * weak
            tables[row.source][place, index[row.category]] = row.rate
    priors = np.array([shares.get(name, 1 / len(names)) for name in names])
    return ErrorRates(priors / priors.sum(), rates.heuristic, rates.llm)


def _heuristic(project: Project) -> list[StoredSource]:
    return project.store.votes.sources(SourceKind.HEURISTIC)[-1:]


def _rows(project: Project, rates: ErrorRates, llms: Sequence[StoredSource]) -> list[ErrorRate]:
    """The rates to store, as `ErrorRates.rates` gives them back."""
    names = project.schema.names
    sure = [(name, True) for name in names]
    unsure = [(name, False) for name in names]
    tables = [
        (source.id, rates.heuristic, [*sure, *unsure, ("", False)])
        for source in _heuristic(project)
    ]
    tables += [(source.id, table, unsure) for source, table in zip(llms, rates.llm, strict=True)]
    rows = [
        ErrorRate(source, answer, is_sure, category, round(rate, _DIGITS))
        for source, table, answers in tables
        for (answer, is_sure), line in zip(answers, table.tolist(), strict=True)
        for category, rate in zip(names, line, strict=True)
    ]
    return sorted(rows, key=lambda row: (row.source, row.answer, row.sure, row.category))
