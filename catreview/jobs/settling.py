"""Labels from votes, by the rule in force; called in the transaction that changed a vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catreview.jobs.project import Project
from catreview.jobs.rules import Votes, known_rates, label_by, learn_error_rates
from catreview.jobs.sampling import sampled_truth
from catreview.jobs.trust import best_first, learn_reliabilities, reliabilities
from catreview.records import ABSTAIN, Basis, Label, SourceKind
from catreview.store import Codes, Numbers, VoteMatrix
from catreview.voting import BASES, Aggregate, Settled


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of some examples (ascending `numbers`, n of them).

    `human` (n,) are people's decisions, `gold` (n,) True where the example is set aside for
    measuring, `llm` the LLMs' votes, the most accurate source first, with the confidence that
    reviews give them, `model` (n,) the newest model's votes.
    """

    numbers: Numbers
    human: Codes
    gold: np.ndarray[tuple[int], np.dtype[np.bool_]]
    llm: VoteMatrix
    heuristic: Aggregate
    model: VoteMatrix


def settle(project: Project, numbers: Sequence[int] | None = None) -> Settled:
    """Derive the labels of these examples (of all, where none are named) and store them.

    Settling all learns first how far each source can be trusted; settling some goes by what was
    learned then. Gold examples get no label: they are measured against and never trained on.
    """
    with project.store.transaction():
        if numbers is None:
            learn_reliabilities(project)
        known = gather(project, numbers)
        if numbers is None:
            _learn(project, known)
        return _store(project, known, everything=numbers is None)


def label_without_people(project: Project, number: int) -> Label | None:
    """What an example's label would be had nobody decided it."""
    known = gather(project, [number])
    settled = settle_by_rule(project, known, np.full_like(known.human, ABSTAIN))
    if settled.label[0] == ABSTAIN:
        return None
    basis = BASES[settled.basis[0]]
    source = known.llm.sources[settled.llm[0]].name if settled.llm[0] >= 0 else "heuristic"
    name = project.schema.names[settled.label[0]]
    return Label(name, round(settled.confidence[0].item(), 4), basis, source)


def settle_if_learned(project: Project) -> None:
    """Settle all labels anew where what is known of the sources has changed since the last time.

    Called where a job starts from the labels (labelling, training) or has added to the votes, so
    that a key press in the review settles its own example and no other.
    """
    with project.store.transaction():
        learned = learn_reliabilities(project)
        rates = project.store.error_rates
        if not learned and project.settings.labels.rule == "priority" and not rates.shares():
            return
        known = gather(project)
        if _learn(project, known) or learned:
            _store(project, known, everything=True)


def settle_by_rule(project: Project, known: Evidence, human: Codes) -> Settled:
    """What the rule in force makes of these examples with the decisions `human` (n,)."""
    rates = known_rates(project, known.llm.sources)
    return label_by(project, human, Votes(known.llm, known.heuristic), rates)


def _learn(project: Project, known: Evidence) -> bool:
    """Learn the sources' errors; gold has no part in it, not even with its votes."""
    free = ~known.gold
    truth = sampled_truth(project, known.numbers)
    return learn_error_rates(project, Votes(known.llm, known.heuristic).at(free), truth[free])


def _store(project: Project, known: Evidence, *, everything: bool) -> Settled:
    store = project.store
    settled = settle_by_rule(project, known, known.human)
    people = known.numbers[known.human != ABSTAIN].tolist()
    decisions = store.reviews.decided(people) if people else {}
    reviewers = {s.name: s.id for s in store.votes.sources(SourceKind.REVIEWER)}
    heuristic = next((s.id for s in store.votes.sources(SourceKind.HEURISTIC)), 0)
    names = project.schema.names
    ids = np.array([*(source.id for source in known.llm.sources), heuristic])
    kept = np.flatnonzero((settled.label != ABSTAIN) & ~known.gold)
    rows = []
    for number, label, confidence, at, source in zip(
        known.numbers[kept].tolist(),
        settled.label[kept].tolist(),
        settled.confidence[kept].tolist(),
        settled.basis[kept].tolist(),
        ids[settled.llm[kept]].tolist(),  # the last one, where no LLM decided
        strict=True,
    ):
        human = BASES[at] is Basis.HUMAN
        decider = reviewers[decisions[number].reviewer] if human else source
        rows.append((number, names[label], round(confidence, 4), BASES[at], decider))
    store.labels.replace(known.numbers, rows, everything=everything)
    if everything:
        store.orders.outdate()
    return settled


def gather(project: Project, numbers: Sequence[int] | None = None) -> Evidence:
    """Read everything the label rule and the queues look at."""
    store, names = project.store, project.schema.names
    if numbers is None:
        these = store.examples.all_numbers()
    else:
        these = np.unique(np.asarray(numbers, dtype=np.int64))
    sources = store.votes.sources(SourceKind.LLM)
    known = reliabilities(project, sources)
    llm = store.votes.matrix(these, best_first(sources, known), names)
    for column, source in enumerate(llm.sources):
        llm.confidence[:, column] = known[source.id].confidence(
            llm.codes[:, column], llm.confidence[:, column]
        )
    human = np.full(len(these), ABSTAIN, dtype=np.int16)
    decided = store.reviews.decided(None if numbers is None else these.tolist())
    index = project.schema.index
    for number, decision in decided.items():
        human[np.searchsorted(these, number)] = index.get(decision.category, ABSTAIN)
    gold = np.isin(these, np.fromiter(store.examples.gold(), dtype=np.int64))
    models = store.votes.sources(SourceKind.MODEL)[-1:]
    return Evidence(
        numbers=these,
        human=human,
        gold=gold,
        llm=llm,
        heuristic=stored_heuristic(project, these),
        model=store.votes.matrix(these, models, names),
    )


def looked_at(project: Project, known: Evidence) -> Codes:
    """What people say of the examples they looked at, (n,): `human` without decisions in bulk.

    Only these tell who is right: what was accepted in bulk is what some source had proposed.
    """
    seen = np.full(len(known.numbers), ABSTAIN, dtype=np.int16)
    numbers = known.numbers[known.human != ABSTAIN].tolist()
    index = project.schema.index
    for number, decision in project.store.reviews.decided(numbers, looked_at=True).items():
        seen[np.searchsorted(known.numbers, number)] = index.get(decision.category, ABSTAIN)
    return seen


def stored_heuristic(project: Project, numbers: Numbers) -> Aggregate:
    """The heuristic's votes on `numbers` (ascending), as the functions' last run left them."""
    votes, names = project.store.votes, project.schema.names
    given = votes.matrix(numbers, votes.sources(SourceKind.HEURISTIC)[-1:], names)
    n = len(numbers)
    label = given.codes[:, 0] if given.sources else np.full(n, ABSTAIN, dtype=np.int16)
    confidence = given.confidence[:, 0] if given.sources else np.zeros(n)
    confidence = np.nan_to_num(confidence.astype(np.float64))
    probs = np.zeros((n, len(names)))
    probs[np.arange(n), np.maximum(label, 0)] = confidence
    counts, categories = votes.tally(numbers)
    return Aggregate(label, confidence, counts, categories, probs)
