"""Several reviewers: who has decided what, what is contested, and what goes to each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from catreview.jobs.project import Project
from catreview.settings import ReviewSettings
from catreview.store import ADJUDICATE, Review

Opinions = Mapping[str, Review]
"""The newest standing decision of each reviewer on one example, oldest first."""


def opinions(decisions: Iterable[Review]) -> dict[int, Opinions]:
    """Each reviewer's newest decision by example, from standing decisions, oldest first."""
    said: dict[int, dict[str, Review]] = {}
    for review in decisions:
        own = said.setdefault(review.example, {})
        own.pop(review.reviewer, None)
        own[review.reviewer] = review
    return dict(said)


def all_opinions(project: Project) -> dict[int, Opinions]:
    """The opinions on every example that somebody has decided, gold left out."""
    gold = project.store.examples.gold()
    decisions = project.store.reviews.decisions(bulk=True)
    return opinions(review for review in decisions if review.example not in gold)


def adjudicated(said: Opinions) -> bool:
    """Whether somebody has settled what an example is."""
    return any(review.queue == ADJUDICATE for review in said.values())


def contested(said: Opinions) -> bool:
    """Whether reviewers differ and nobody has adjudicated."""
    return len({review.category for review in said.values()}) > 1 and not adjudicated(said)


def shared(settings: ReviewSettings, number: int) -> bool:
    """Whether an example goes to several reviewers: a share of `overlap`, always the same ones."""
    if not settings.overlap:
        return False
    digest = hashlib.blake2b(str(number).encode(), digest_size=8).digest()
    return int.from_bytes(digest) < settings.overlap * 2**64


def rooms(project: Project, queue: str, numbers: Sequence[int], reviewer: str) -> dict[int, int]:
    """How many reviewers may have each example on the desk at once; 0: nothing for `reviewer`."""
    reviews, settings = project.store.reviews, project.settings.review
    if queue == ADJUDICATE:
        said = opinions(reviews.decisions(numbers, bulk=True))
        return {number: int(contested(said.get(number, {}))) for number in numbers}
    decided = reviews.decided(numbers)
    several = [number for number in decided if shared(settings, number)]
    said = opinions(reviews.decisions(several, bulk=True)) if several else {}
    return {
        n: 0 if n in decided and n not in said else _room(settings, n, said.get(n, {}), reviewer)
        for n in numbers
    }


def _room(settings: ReviewSettings, number: int, said: Collection[str], reviewer: str) -> int:
    """One decision is enough, unless the example goes to several reviewers."""
    places = settings.reviewers if shared(settings, number) else 1
    return 0 if reviewer in said else max(places - len(said), 0)


def apart(project: Project, numbers: Sequence[int], reviewer: str) -> set[int]:
    """Those of these examples that others have decided and `reviewer` is still to, unswayed."""
    settings = project.settings.review
    candidates = [n for n in numbers if shared(settings, n)]
    if not candidates:
        return set()
    said = opinions(project.store.reviews.decisions(candidates, bulk=True))
    return {n for n, by in said.items() if _room(settings, n, by.keys(), reviewer)}
