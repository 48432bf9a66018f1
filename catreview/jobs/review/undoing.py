"""Undo and redo: a reviewer's last act, which may have been one on many examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project
from catreview.store import GOLD, Action, Review, StoredSource


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo took back, or a redo did again: the act and the text of its example.

    `count` is how many examples it was on; `review` is then the first of them.
    """

    review: Review
    text: str
    count: int


def undo(project: Project, reviewer: StoredSource) -> Undone | None:
    """Take back this reviewer's last standing act, also one of an earlier session."""
    with project.store.transaction():
        act = project.store.reviews.last_standing(reviewer.name)
        return _say(project, reviewer, Action.UNDO, act) if act else None


def redo(project: Project, reviewer: StoredSource) -> Undone | None:
    """Let what this reviewer undid last stand again, unless they did something since."""
    with project.store.transaction():
        act = project.store.reviews.last_undone(reviewer.name)
        return _say(project, reviewer, Action.REDO, act) if act else None


def took_back(project: Project, reviewer: str, number: int) -> bool:
    """Tell whether a reviewer took back a decision, with which they heard what was proposed."""
    log = [act for act in project.store.reviews.history(number) if act.reviewer == reviewer]
    undone = {act.undoes for act in log if act.action is Action.UNDO}
    return any(act.id in undone and act.category for act in log)


def _say(project: Project, reviewer: StoredSource, action: Action, act: Review) -> Undone:
    store = project.store
    acts = store.bulks.whole(act)
    store.reviews.append_all(
        [Review(a.example, a.reviewer, action, undoes=a.id, bulk=a.bulk) for a in acts]
    )
    if act.category is not None:
        if act.queue == GOLD:
            settle_gold(project, act.example)
        _restore(project, reviewer, [a.example for a in acts])
    return Undone(acts[0], store.examples.get([acts[0].example])[0].text, len(acts))


def settle_gold(project: Project, number: int) -> None:
    """Let an example be the gold that people's decisions in the queue `gold` say.

    Without any it is what a file gave as gold, or none.
    """
    said = [r.category for r in project.store.reviews.decisions([number]) if r.queue == GOLD]
    project.store.examples.set_gold(number, said[-1] if said else None)


def _restore(project: Project, reviewer: StoredSource, numbers: Sequence[int]) -> None:
    """Let the reviewer's votes on these examples be what the log says, and settle them."""
    store = project.store
    said = store.bulks.categories(reviewer.name, numbers)
    store.votes.put(reviewer.id, [(number, said[number], 1.0) for number in said])
    store.votes.withdraw([number for number in numbers if number not in said], reviewer.id)
    settle(project, numbers)
