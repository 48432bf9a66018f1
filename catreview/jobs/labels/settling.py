"""Labels from votes, by the rule in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from catreview.jobs.alone import alone, in_parts
from catreview.jobs.labels.heuristic import renew_heuristic
from catreview.jobs.labels.rules import MachineVotes, known_rates, label_by, learn_error_rates
from catreview.jobs.labels.sampling import sampled_truth
from catreview.jobs.labels.trust import best_first, learn_reliabilities, reliabilities
from catreview.jobs.project import Project
from catreview.records import ABSTAIN, Basis, Label, SourceKind
from catreview.store import Codes, Decision, LabelRow, Numbers, Stale, VoteMatrix
from catreview.voting import BASES, Aggregate, Settled

BLOCK: Final = 10_000
"""Examples whose labels are compared at once."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of some examples (ascending `numbers`, n of them).

    `decisions` are people's, by number, and `human` (n,) the categories that they give; `gold` (n,)
    is True where the example is set aside for measuring, `llm` are the LLMs' votes, the most
    accurate source first, with the confidence that reviews give them, `model` (n,) the newest
    model's votes.
    """

    numbers: Numbers
    decisions: Mapping[int, Decision]
    human: Codes
    gold: np.ndarray[tuple[int], np.dtype[np.bool_]]
    llm: VoteMatrix
    heuristic: Aggregate
    model: VoteMatrix


def settle(project: Project, numbers: Sequence[int] | None = None) -> None:
    """Derive the labels of these examples (of all, where none are named) and store them.

    Settling all learns first how far each source can be trusted, and is done in parts, outside of
    any transaction; settling some goes by what was learned then, in the transaction that changed
    their votes. Gold examples get no label: they are measured against and never trained on.
    """
    if numbers is None:
        with alone(project):
            project.store.unsettled.mark(Stale.LABELS)
            derive_stale(project)
        return
    with project.store.transaction():
        known = _known(project, _ascending(numbers))
        project.store.labels.put(known.numbers, _labels(project, known))


def settle_if_learned(project: Project) -> None:
    """Settle the labels that are not what is known of the sources by now.

    Called where a job starts from the labels (labelling, training) or has added to the votes, so
    that a key press in the review settles its own example and no other. What a job that was
    killed has left undone is done here too.
    """
    with alone(project):
        derive_stale(project)


def derive_stale(project: Project) -> None:
    """Learn how far each source can be trusted, then derive anew what is stale; to be done `alone`.

    Labels are compared first, without keeping anybody from writing; those that differ are settled
    in short transactions, each by the votes there are then.
    """
    store = project.store
    if Stale.HEURISTIC in store.unsettled.marks().values():
        renew_heuristic(project)
    learn_reliabilities(project)
    weighs = project.settings.labels.rule != "priority"
    if weighs or store.error_rates.shares():
        _learn(project, gather(project))
    marks = store.unsettled.marks()
    if not marks:
        return
    of_llms = not weighs and set(marks.values()) == {Stale.LLM_LABELS}
    numbers = store.votes.voted_by(SourceKind.LLM) if of_llms else store.examples.all_numbers()
    for start in range(0, len(numbers), BLOCK):
        known = _known(project, numbers[start : start + BLOCK])
        stale = store.labels.differing(known.numbers, _labels(project, known)).tolist()
        for part in in_parts(len(stale)):
            settle(project, stale[part])
    store.unsettled.clear(marks)


def labels_without_people(project: Project, numbers: Sequence[int]) -> dict[int, Label]:
    """What the labels of examples would be had nobody decided them; some have none."""
    known = gather(project, numbers)
    settled = settle_by_rule(project, known, np.full_like(known.human, ABSTAIN))
    found = {}
    for row in np.flatnonzero(settled.label != ABSTAIN):
        llm = settled.llm[row]
        found[int(known.numbers[row])] = Label(
            project.schema.names[settled.label[row]],
            round(settled.confidence[row].item(), 4),
            BASES[settled.basis[row]],
            known.llm.sources[llm].name if llm >= 0 else "heuristic",
        )
    return found


def settle_by_rule(project: Project, known: Known, human: Codes) -> Settled:
    """What the rule in force makes of these examples with the decisions `human` (n,)."""
    rates = known_rates(project, known.llm.sources)
    return label_by(project, human, MachineVotes(known.llm, known.heuristic), rates)


def _learn(project: Project, known: Known) -> None:
    """Learn the sources' errors; gold has no part in it, not even with its votes."""
    free = ~known.gold
    truth = sampled_truth(project, known.numbers)
    learn_error_rates(project, MachineVotes(known.llm, known.heuristic).at(free), truth[free])


def _labels(project: Project, known: Known) -> Iterator[LabelRow]:
    """The labels to store: by the rule in force, none for gold."""
    store = project.store
    settled = settle_by_rule(project, known, known.human)
    reviewers = {s.name: s.id for s in store.votes.sources(SourceKind.REVIEWER)}
    heuristic = next((s.id for s in store.votes.sources(SourceKind.HEURISTIC)), 0)
    names = project.schema.names
    ids = np.array([*(source.id for source in known.llm.sources), heuristic])
    kept = np.flatnonzero((settled.label != ABSTAIN) & ~known.gold)
    for number, label, confidence, at, source in zip(
        known.numbers[kept].tolist(),
        settled.label[kept].tolist(),
        settled.confidence[kept].tolist(),
        settled.basis[kept].tolist(),
        ids[settled.llm[kept]].tolist(),  # the last one, where no LLM decided
        strict=True,
    ):
        human = BASES[at] is Basis.HUMAN
        decider = reviewers[known.decisions[number].reviewer] if human else source
        yield number, names[label], round(confidence, 4), BASES[at], decider


def gather(project: Project, numbers: Sequence[int] | None = None) -> Known:
    """Read everything the label rule and the queues look at."""
    store = project.store
    if numbers is None:
        return _known(project, store.examples.all_numbers(), model=True)
    return _known(project, _ascending(numbers), model=True)


def _ascending(numbers: Sequence[int]) -> Numbers:
    # numpy.unique loads masked arrays first: a sixtieth of a second, at the first key.
    return np.array(sorted({int(number) for number in numbers}), dtype=np.int64)


def _known(project: Project, numbers: Numbers, *, model: bool = False) -> Known:
    """What is known of `numbers` (ascending); the model's votes, which no label rule sees, too."""
    store, names = project.store, project.schema.names
    sources = store.votes.sources(SourceKind.LLM)
    known = reliabilities(project, sources)
    llm = store.votes.matrix(numbers, best_first(sources, known), names)
    for column, source in enumerate(llm.sources):
        llm.confidence[:, column] = known[source.id].confidence(
            llm.codes[:, column], llm.confidence[:, column]
        )
    models = store.votes.sources(SourceKind.MODEL)[-1:] if model else []
    decisions = store.reviews.decided(numbers.tolist())
    return Known(
        numbers=numbers,
        decisions=decisions,
        human=_categories(project, numbers, decisions),
        gold=store.examples.is_gold(numbers),
        llm=llm,
        heuristic=stored_heuristic(project, numbers),
        model=store.votes.matrix(numbers, models, names),
    )


def _categories(project: Project, numbers: Numbers, decisions: Mapping[int, Decision]) -> Codes:
    """The category that is decided for each of `numbers` (n,), (n,)."""
    codes = np.full(len(numbers), ABSTAIN, dtype=np.int16)
    index = project.schema.index
    for number, decision in decisions.items():
        codes[np.searchsorted(numbers, number)] = index.get(decision.category, ABSTAIN)
    return codes


def looked_at(project: Project, known: Known) -> Codes:
    """What people say of the examples they looked at, (n,): `human` without decisions in bulk.

    Only these tell who is right: what was accepted in bulk is what some source had proposed.
    """
    numbers = known.numbers[known.human != ABSTAIN].tolist()
    seen = project.store.reviews.decided(numbers, looked_at=True)
    return _categories(project, known.numbers, seen)


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
    counts, categories = project.store.tallies.of(numbers)
    return Aggregate(label, confidence, counts, categories, probs)
