"""One category for many examples: who is in, what spot checks say, one act for all."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project
from catreview.jobs.review.cards import Card
from catreview.jobs.review.claims import on_desks
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.review.similar import Alike, find_alike, similar_name
from catreview.records import Source, SourceKind
from catreview.store import Action, Review
from catreview.voting import lower_bound

SPOT_CHECKS: Final = 5
"""Examples that are drawn at random and looked at before the others are accepted unseen."""


@dataclass(frozen=True, slots=True)
class Check:
    """What the reviewer said of an example drawn at random, which `place` it had in the list."""

    row: Alike
    category: str


class Bulk:
    """The undecided examples like one that a reviewer has before them; to be made in a thread.

    `category` is what all are to be given, None before that is known. Each spot check is a
    decision of its own in the log; `accept` is one act for all others.
    """

    def __init__(self, project: Project, number: int, reviewer: str) -> None:
        self._project = project
        self._session = ReviewSession(project, similar_name(number), reviewer)
        self._found = find_alike(project, number)
        self._out: set[int] = set()
        self._drawn: list[Alike] = []
        self._round: list[Check] = []
        self._before: list[Check] = []
        self.accepted = 0
        """On how many examples `accept` has decided."""
        self.origin: Card = self._session.card(number)
        # The bound needs a library that takes a while to load: now, as this runs in a thread.
        lower_bound(1, 1)
        label = self.origin.label
        self.category: str | None = self.origin.decided or (label.category if label else None)

    @property
    def rows(self) -> list[Alike]:
        """Those not checked yet, the odd ones first: contradicted, then least like the origin."""
        checked = {check.row.number for check in self.checks}
        category = self.category or ""
        return sorted(
            (row for row in self._found if row.number not in checked),
            key=lambda row: (-row.against(category), row.likeness, row.number),
        )

    @property
    def inside(self) -> list[Alike]:
        """The rows that are not taken out."""
        return [row for row in self.rows if row.number not in self._out]

    def is_out(self, row: Alike) -> bool:
        """Whether the reviewer has taken it out."""
        return row.number in self._out

    def toggle(self, row: Alike) -> None:
        """Take one out, or in again."""
        self._out ^= {row.number}

    def toggle_odd(self) -> None:
        """Take out all that somebody calls otherwise; in again where all of them are out."""
        odd = {row.number for row in self.rows if row.against(self.category or "")}
        self._out = self._out - odd if odd <= self._out else self._out | odd

    # The spot checks.

    @property
    def checks(self) -> list[Check]:
        """All that were made here."""
        return self._before + self._round

    @property
    def right(self) -> int:
        """How many of the checks are of the category."""
        return sum(check.category == self.category for check in self.checks)

    @property
    def at_least(self) -> float:
        """The share of the category among the others, at least (95 % confidence).

        Exact one-sided binomial bound (C. J. Clopper and E. S. Pearson, Biometrika 26, 1934).
        """
        return lower_bound(self.right, len(self.checks))

    @property
    def checking(self) -> tuple[int, int] | None:
        """Which check of how many comes next, None outside of a round."""
        if not self._drawn:
            return None
        return len(self._round) + 1, len(self._round) + len(self._drawn)

    @property
    def passed(self) -> bool:
        """Whether a whole round was made, and all in it are of the category."""
        return (
            bool(self._round)
            and not self._drawn
            and all(check.category == self.category for check in self._round)
        )

    def draw(self) -> None:
        """Begin a round: draw those to be checked from those inside."""
        inside = sorted(self.inside, key=lambda row: row.number)
        self._before, self._round = self.checks, []
        seed = f"{self._project.settings.pilot.seed}/{self.origin.number}/{len(self._before)}"
        chance = random.Random(seed)  # noqa: S311 - a sample, no secret
        self._drawn = chance.sample(inside, min(SPOT_CHECKS, len(inside)))

    def card(self) -> Card:
        """The example to be checked next; only within a round."""
        return self._session.card(self._drawn[0].number)

    def judge(self, category: str, seconds: float) -> None:
        """Decide the example that is being checked."""
        self._session.decide(self.card(), category, seconds)
        self._round.append(Check(self._drawn.pop(0), category))

    def take_back(self) -> bool:
        """Take back the last check of this round and show it again; False where there is none."""
        if not self._round:
            return False
        self._session.undo()
        self._drawn.insert(0, self._round.pop().row)
        return True

    # The bulk.

    def accept(self) -> None:
        """Give the category to the origin and all inside, in one act that one undo takes back.

        What somebody has decided meanwhile, or another reviewer has on the desk, is left out.
        """
        assert self.category is not None  # noqa: S101 - `passed` needs one
        store, category = self._project.store, self.category
        reviewer = store.votes.source(Source(SourceKind.REVIEWER, self._session.reviewer))
        with store.transaction():
            numbers = [self.origin.number, *(row.number for row in self.inside)]
            taken = store.reviews.decided(numbers).keys() | on_desks(
                self._project, numbers, except_of=self._session.reviewer
            )
            numbers = [number for number in numbers if number not in taken]
            labels = store.labels.categories(numbers)
            bulk = store.bulks.next()
            store.reviews.append_all(
                [self._review(n, category, labels.get(n), bulk) for n in numbers]
            )
            store.votes.put(reviewer.id, [(number, category, 1.0) for number in numbers])
            settle(self._project, numbers)
        self.accepted = len(numbers)

    def _review(self, number: int, category: str, label: str | None, bulk: int) -> Review:
        return Review(
            number,
            self._session.reviewer,
            Action.ACCEPT if category == label else Action.FIX,
            category=category,
            proposed=label,
            queue=self._session.queue,
            reason=f"in bulk, {self.right} of {len(self.checks)} spot checks right",
            bulk=bulk,
        )
