"""The reviewers of a project: how much each does, how fast, and where they differ from others."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from catreview.jobs.project import Project
from catreview.jobs.review.opinions import Opinions, adjudicated, all_opinions, contested, opinions
from catreview.store import ADJUDICATE, Review


@dataclass(frozen=True, slots=True)
class ReviewerLine:
    """One reviewer: decisions since midnight UTC and in all, median seconds of the newest.

    What was decided in bulk is left out. Of `shown` decisions, those for which a category was
    proposed, `fixed` gave another one. Of `compared` examples that others decided too, `agreed`
    are those on which all said the same; adjudications are not compared. `apart` are the two
    categories that are taken for one another most often, by whomever, and `times` how often; None
    where all agree.
    """

    reviewer: str
    today: int
    decided: int
    seconds: float | None
    shown: int
    fixed: int
    compared: int
    agreed: int
    apart: tuple[str, str] | None
    times: int


@dataclass(frozen=True, slots=True)
class Reviewers:
    """All reviewers, the busiest first, and the examples they differ on."""

    reviewers: tuple[ReviewerLine, ...]
    contested: int
    adjudicated: int

    def as_json(self) -> dict[str, Any]:
        """All of it as one JSON object."""
        return asdict(self)


def reviewers(project: Project) -> Reviewers:
    """Read what the log says of each reviewer; gold is left out where they are compared."""
    reviews, gold = project.store.reviews, project.store.examples.gold()
    decisions = reviews.decisions()
    own = opinions(review for review in decisions if review.queue != ADJUDICATE)
    compared = [by for number, by in own.items() if number not in gold and len(by) > 1]
    decided = Counter(name for by in opinions(decisions).values() for name in by)
    every = all_opinions(project).values()
    return Reviewers(
        reviewers=tuple(
            _line(project, name, count, [r for r in decisions if r.reviewer == name], compared)
            for name, count in decided.most_common()
        ),
        contested=sum(map(contested, every)),
        adjudicated=sum(map(adjudicated, every)),
    )


def _line(
    project: Project, name: str, decided: int, made: list[Review], compared: list[Opinions]
) -> ReviewerLine:
    paces = project.store.paces
    shown = [review for review in made if review.proposed is not None]
    mine = [by for by in compared if name in by]
    pairs = Counter(pair for by in mine for pair in _differing(name, by))
    ((apart, times),) = pairs.most_common(1) or ((None, 0),)
    return ReviewerLine(
        reviewer=name,
        today=paces.today(name),
        decided=decided,
        seconds=paces.usual_seconds(name),
        shown=len(shown),
        fixed=sum(review.category != review.proposed for review in shown),
        compared=len(mine),
        agreed=sum(len({review.category for review in by.values()}) == 1 for by in mine),
        apart=apart,
        times=times,
    )


def _differing(name: str, by: Opinions) -> set[tuple[str, str]]:
    """The pairs of categories of which this reviewer said one and somebody else the other."""
    own = by[name].category or ""
    others = {review.category or "" for who, review in by.items() if who != name}
    return {(min(own, other), max(own, other)) for other in others - {own}}
