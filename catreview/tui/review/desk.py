"""The desk: which example a reviewer has before them, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from catreview.jobs.review.cards import Card
from catreview.jobs.review.reviewing import Pace, ReviewSession
from catreview.jobs.review.undoing import Undone
from catreview.store import ADJUDICATE, Review
from catreview.tui.inert import one_line

SETTLE_SECONDS = 0.5
"""A proposal younger than this may not be the one that was read."""
NAME = 20
"""Cells of a reviewer's name."""
DIGITS = 12
"""No place has so many."""


class Desk:
    """One reviewer's place in a queue. Every act is committed when its method returns.

    `place` is 0 to len(session); at len(session) the queue is finished and there is no card.
    While an example from `outside` the queue lies on the desk, it is where the reviewer goes on.
    """

    def __init__(self, session: ReviewSession, clock: Callable[[], float]) -> None:
        self.session = session
        self._clock = clock
        self.place = 0
        self.outside = False
        self.card: Card | None = None
        self.origin: tuple[str, int | None] | None = None
        """Where one looked for what is open now: queue and example; None elsewhere."""
        self._since = clock()
        self._changed = self._came = float("-inf")
        self.start()

    def start(self) -> None:
        """Go to the first example that wants a decision, or the first of all.

        To none where all that want one lie on other reviewers' desks.
        """
        place = self.session.next_open(0)
        nothing = len(self.session) if self.session.unfinished else 0
        self.go(nothing if place is None else place)

    def resume(self) -> bool:
        """Where all that is left lay on other desks: lay out what has become free, if anything."""
        free = self.card is None and self.session.resumable
        place = self.session.next_open(0) if free else None
        if place is None:
            return False
        self.go(place)
        self._came = self._clock()
        return True

    def go(self, place: int) -> None:
        """Lay the example at a place of the queue on the desk; past the end, none."""
        self.place = min(max(place, 0), len(self.session))
        self.outside = False
        at_end = self.place == len(self.session)
        self._lay(None if at_end else self.session.lay(self.session.number(self.place)))

    def move(self, step: int) -> None:
        """Look at a neighbour without deciding; stops at the last example."""
        self.go(min(self.place + step, max(len(self.session) - 1, 0)))

    def turn_blind(self, blind: bool) -> None:
        """Hide votes and label of what the reviewer has not decided, or show them."""
        self.session.blind = blind
        self.refresh()

    def refresh(self) -> str:
        """Read the card again; returns in words what another reviewer decided meanwhile, if so."""
        if self.card is None:
            return ""
        before, self.card = self.card, self.session.lay(self.card.number)
        if _proposal(before) != _proposal(self.card):
            self._changed = self._clock()
        return _heard(before, self.card, self.session.reviewer)

    def catch_up(self) -> None:
        """Read the card again, and go on where the reviewer has decided it elsewhere meanwhile."""
        before = self.decided
        self.refresh()
        if self.card is not None and before is None and self.card.decided is not None:
            self._advance()

    @property
    def proposal(self) -> str | None:
        """The category that accepting would give."""
        return _proposal(self.card) if self.card else None

    @property
    def decided(self) -> str | None:
        """The reviewer's own category, if any."""
        return self.card.decided if self.card else None

    @property
    def unsettled(self) -> bool:
        """Whether the proposal changed so lately that the reviewer may mean the one before."""
        return self._clock() - self._changed < SETTLE_SECONDS

    @property
    def just_came(self) -> bool:
        """Whether the example came by itself, so lately that no key can have meant it."""
        return self._clock() - self._came < SETTLE_SECONDS

    def ruling(self, card: Card) -> str | None:
        """What somebody else adjudicated, where it counts more than what is decided now."""
        own = self.session.reviewer
        others = [o.category for o in card.opinions if o.ruling and o.reviewer != own]
        return others[-1] if others and card.queue != ADJUDICATE else None

    def decide(self, card: Card, category: str) -> Review:
        """Give the example a category and go to the next open one."""
        review = self.session.decide(card, category, self._seconds())
        self._advance()
        return review

    def skip(self, card: Card) -> None:
        """Leave the example for later and go to the next open one."""
        self.session.skip(card, self._seconds())
        self._advance()

    def toggle_flag(self, card: Card) -> None:
        """Flag the example, or take the flag away."""
        self.session.toggle_flag(card)
        self.refresh()

    def note(self, card: Card, text: str) -> None:
        """Write a note to an example, which may have left the desk."""
        self.session.note(card, text)
        self.refresh()

    def take_back(self) -> None:
        """Undo an act of a moment ago, and lay its example on the desk."""
        self._found(self.session.undo())

    # What is undone or done again may be an act on hundreds: that is written beside the loop.

    async def undo(self) -> Undone | None:
        """Take back the last act and lay its example on the desk."""
        return self._found(await asyncio.to_thread(self.session.undo))

    async def redo(self) -> Undone | None:
        """Do again what was undone last and lay its example on the desk."""
        return self._found(await asyncio.to_thread(self.session.redo))

    def _found(self, changed: Undone | None) -> Undone | None:
        if changed is not None:
            self.find(changed.review.example)
        return changed

    def find(self, number: int) -> None:
        """Lay an example on the desk, from wherever it is."""
        place = self.session.position(number)
        if place is not None:
            self.go(place)
        else:
            self.outside = True
            self._lay(self.session.lay(number))

    def pace(self) -> Pace:
        """How far the reviewer is."""
        place = min(self.place, max(len(self.session) - 1, 0))
        return self.session.pace(None if self.outside else place)

    @property
    def places(self) -> range:
        """The queue's places as `pace` counts them: after what was decided before it opened."""
        total = self.pace().total
        return range(total - len(self.session) + 1, total + 1)

    def counted(self, text: str) -> int | None:
        """The position that is called so, None where none is."""
        # Of thousands of digits Python makes no number.
        number = int(text) if text.isdecimal() and len(text) < DIGITS else 0
        return self.places.index(number) if number in self.places else None

    def _seconds(self) -> float:
        return round(self._clock() - self._since, 3)

    def _advance(self) -> None:
        following = self.session.next_open(self.place if self.outside else self.place + 1)
        self.go(len(self.session) if following is None else following)

    def _lay(self, card: Card | None) -> None:
        self.card = card
        self._since = self._clock()
        self._changed = self._came = float("-inf")


def _heard(before: Card, after: Card, reviewer: str) -> str:
    """What others than `reviewer` decided or took back between two looks at an example."""
    was, now = ({o.reviewer: o for o in card.opinions} for card in (before, after))
    words = []
    for name in (was | now).keys() - {reviewer}:
        who = one_line(name, NAME).rstrip()
        if name not in now:
            words.append(f"{who} took back {was[name].category}")
        elif name not in was or was[name].category != now[name].category:
            words.append(f"{who} decided {now[name].category}")
    return f"Meanwhile {', '.join(sorted(words))}." if words else ""


def _proposal(card: Card) -> str | None:
    # Between reviewers who differ, accepting would side with whoever came last.
    return card.label.category if card.label and not card.contested else None
