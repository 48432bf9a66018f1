"""Finding for one reviewer: what others did to an example of the overlap finds it for nobody else.

An example that others have decided and that a reviewer is still to decide unswayed is found by
what that reviewer may see of it: the label without people, no reviewer's vote, own marks alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from catreview.jobs.labels.settling import labels_without_people
from catreview.jobs.project import Project
from catreview.jobs.review.opinions import apart, shared
from catreview.records import Label, SourceKind
from catreview.store import (
    Action,
    Condition,
    Decides,
    Labelled,
    Mark,
    Not,
    Review,
    Sure,
    Voted,
)

_MARKS = {Action.SKIP: Mark.SKIPPED, Action.NOTE: Mark.NOTED, Action.FLAG: Mark.FLAGGED}


def find_for(
    project: Project, reviewer: str, conditions: Sequence[Condition], limit: int
) -> list[int]:
    """Numbers of at most `limit` examples that fulfil all conditions as `reviewer` sees them."""
    find = project.store.finding.find
    kept = _kept_apart(project, reviewer) if any(map(_tells, conditions)) else set()
    plain = [n for n in find(conditions, limit + len(kept)) if n not in kept]
    if not kept:
        return plain
    people = {source.id for source in project.store.votes.sources(SourceKind.REVIEWER)}
    alone = [_without(condition, people) for condition in conditions]
    told = [condition for condition in alone if _seen_only(condition)]
    rest = [condition for condition in alone if not _seen_only(condition)]
    some = find(rest, len(kept), among=sorted(kept))
    labels = labels_without_people(project, some) if told else {}
    unswayed = [
        number
        for number in some
        if all(
            _holds(condition, labels.get(number), _own(project, reviewer, number))
            for condition in told
        )
    ]
    return sorted([*plain, *unswayed])[:limit]


def _kept_apart(project: Project, reviewer: str) -> set[int]:
    settings = project.settings.review
    if not settings.overlap:
        return set()
    decided = [n for n in project.store.reviews.decided() if shared(settings, n)]
    return apart(project, decided, reviewer)


def _own(project: Project, reviewer: str, number: int) -> list[Review]:
    return [act for act in project.store.reviews.of(number) if act.reviewer == reviewer]


def _tells(condition: Condition) -> bool:
    """Whether what people did may decide it."""
    inner = condition.condition if isinstance(condition, Not) else condition
    return isinstance(inner, Voted) or _seen_only(inner)


def _seen_only(condition: Condition) -> bool:
    """Whether it is judged here, by what the reviewer may see, and not by the store."""
    inner = condition.condition if isinstance(condition, Not) else condition
    return isinstance(inner, Labelled | Sure | Decides | Mark)


def _without(condition: Condition, people: set[int]) -> Condition:
    match condition:
        case Not(inner):
            return Not(_without(inner, people))
        case Voted(sources, category):
            return Voted(tuple(s for s in sources if s not in people), category)
        case _:
            return condition


def _holds(condition: Condition, label: Label | None, own: Sequence[Review]) -> bool:
    match condition:
        case Not(inner):
            return not _holds(inner, label, own)
        case Labelled(category):
            return (label.category if label else None) == category
        case Sure(low, high):
            return label is not None and low <= label.confidence <= high
        case Decides(basis):
            return label is not None and label.basis is basis
    flags = [act.action for act in own if act.action in (Action.FLAG, Action.UNFLAG)]
    acts = {*flags[-1:], *(act.action for act in own if act.action not in flags)}
    # What is decided, also in bulk, is none of these: that is still to come.
    return any(_MARKS.get(act) is condition for act in acts)
