"""The other reviewers of a project: what they hold, what they decided, what of it may show."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from catreview.jobs.project import Project
from catreview.jobs.review.cards import Card, State, with_people
from catreview.jobs.review.claims import Claims
from catreview.jobs.review.lookups import ReviewQueue
from catreview.jobs.review.opinions import apart, contested, opinions, rooms, shared
from catreview.jobs.review.queueing import AGAIN
from catreview.store import ADJUDICATE, Action, StoredSource

_STATES = {
    Action.ACCEPT.value: State.DECIDED,
    Action.FIX.value: State.DECIDED,
    Action.SKIP.value: State.SKIPPED,
}


class Colleagues:
    """All reviewers but one, as this one's session sees them in a queue.

    They pass over what `holder` has claimed; without a holder nothing is claimed.
    """

    def __init__(self, project: Project, reviewer: StoredSource, holder: str | None) -> None:
        self._project = project
        self._store = project.store
        self._name = reviewer.name
        self._claims = Claims(project, reviewer, holder) if holder else None

    def first(self, queue: str, numbers: Iterable[int]) -> int | None:
        """The first of these examples that is on nobody's desk and to be decided; it is claimed."""
        if self._claims is None:
            return next(iter(numbers), None)
        return self._claims.first(numbers, lambda some: self.rooms(queue, some))

    def free(self, queue: str, numbers: Sequence[int]) -> bool:
        """Whether any of these examples is on nobody's desk and to be decided; claims nothing."""
        if self._claims is None:
            return bool(numbers)
        return self._claims.free(numbers, lambda some: self.rooms(queue, some))

    def look(self, queue: str, number: int) -> None:
        """Claim an example that the reviewer goes to, if it is to be decided."""
        if self._claims is not None:
            self._claims.look(number, lambda some: self.rooms(queue, some))

    def rooms(self, queue: str, numbers: Sequence[int]) -> Mapping[int, int]:
        """How many reviewers may have each example on the desk at once; 0: it is decided."""
        if queue == AGAIN:
            done = self._store.reviews.decided_in(AGAIN, numbers, reviewer=self._name)
            return {number: 0 if number in done else sys.maxsize for number in numbers}
        return rooms(self._project, queue, numbers, self._name)

    def closed(self, queue: str, numbers: Sequence[int] | None = None) -> set[int]:
        """Those of these examples (of all, for None) on which this reviewer has nothing to do."""
        if numbers is None:
            # Decided once is enough, but for some: only these are read.
            decided = self._store.reviews.decided_examples()
            settings = self._project.settings.review
            again = queue in {AGAIN, ADJUDICATE}
            if not again and not settings.overlap:
                return decided
            several = [n for n in decided if again or shared(settings, n)]
            return decided - {n for n, room in self.rooms(queue, several).items() if room}
        return {number for number, room in self.rooms(queue, numbers).items() if not room}

    def apart(self, queue: str, numbers: Sequence[int]) -> set[int]:
        """What others have decided and this reviewer is to decide without seeing that."""
        return set() if queue == ADJUDICATE else apart(self._project, numbers, self._name)

    def join(self, queue: ReviewQueue) -> ReviewQueue:
        """The queue with what others decided in it of the overlap at its front."""
        if not self._project.settings.review.overlap:
            return queue
        decisions = {
            review.example: review
            for review in self._store.reviews.decisions(bulk=True)
            if review.queue == queue.name
            and review.reviewer != self._name
            and shared(self._project.settings.review, review.example)
        }
        wanted = self.apart(queue.name, list(decisions)) - self._store.examples.gold().keys()
        wanted -= set(queue.numbers[np.isin(queue.numbers, list(wanted))].tolist())
        more = [number for number in decisions if number in wanted]
        if not more:
            return queue

        def reason(number: int) -> str:
            there = decisions.get(number)
            return queue.reason(number) or (there.reason if there else None) or ""

        done_before = max(queue.done_before - len(more), 0)
        numbers = np.concatenate([np.array(more, dtype=np.int64), queue.numbers])
        return replace(queue, numbers=numbers, done_before=done_before, reason=reason)

    def states(self, numbers: Sequence[int]) -> dict[int, State]:
        """Where those of these examples stand that are not simply open."""
        acts = self._store.reviews.states(numbers)
        said = opinions(self._store.reviews.decisions(list(acts), bulk=True)) if acts else {}
        return {
            **dict.fromkeys(self._elsewhere(numbers), State.ELSEWHERE),
            **{number: _STATES[act] for number, act in acts.items()},
            **{number: State.CONTESTED for number, by in said.items() if contested(by)},
        }

    def on_card(self, queue: str, card: Card) -> Card:
        """The card with what people did to the example, as far as it may show."""
        number = card.number
        return with_people(
            self._project,
            card,
            self._name,
            alone=number in self.apart(queue, [number]),
            elsewhere=self._elsewhere([number]).get(number, ()),
        )

    def _elsewhere(self, numbers: Sequence[int]) -> Mapping[int, Sequence[str]]:
        """For whom else each example is kept; those of the overlap are there for several."""
        if self._claims is None:
            return {}
        settings = self._project.settings.review
        return self._claims.others([n for n in numbers if not shared(settings, n)])
