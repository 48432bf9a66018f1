"""What the review keys do to the desk, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from catreview.jobs.review.cards import Card
from catreview.jobs.review.finding import helped
from catreview.jobs.review.lookups import FIND
from catreview.jobs.review.reviewing import queue_names
from catreview.tui.inert import one_line
from catreview.tui.keymap import Keymap
from catreview.tui.review.desk import DIGITS, Desk
from catreview.tui.review.empty import how_many_found
from catreview.tui.review.held import HeldKeys, Press
from catreview.tui.review.taken_back import act_of
from catreview.tui.widgets.notice import Notice, Question

if TYPE_CHECKING:
    from catreview.jobs.review.bulk import Bulk


class Acts:
    """The reviewer's acts. Each is committed before `show` paints what follows.

    `open_queue(name, number)` opens another queue, at an example of it if that is in it;
    `saved(category)` lets the category bar confirm.
    """

    def __init__(
        self,
        notice: Notice,
        keys: Keymap,
        clock: Callable[[], float],
        show: Callable[[], None],
        saved: Callable[[str], None],
        open_queue: Callable[[str, int | None], None],
    ) -> None:
        self.desk: Desk | None = None
        self._notice = notice
        self._keys = keys
        self._show = show
        self._saved = saved
        self._open_queue = open_queue
        self.clock = clock
        self._held = HeldKeys(clock)
        self._wrote = False
        self._looking = False
        self._blind = False
        self._asked: Card | None = None

    def lay(self, desk: Desk, number: int | None) -> None:
        """Take over a desk that was opened, at an example of it if it is there.

        What is found by a query remembers where it was asked for; where nothing is found, the
        desk stays as it was.
        """
        self._looking = False
        if (queue := desk.session.queue).startswith(FIND):
            if self.desk is not None and not len(desk.session):
                what = queue.removeprefix(FIND)
                self._notice.plain(f"0 found for “{what}”; the queue stays as it is.")
                return
            desk.origin = _place(self.desk) if self.desk is not None else (queue_names()[0], None)
            self._notice.plain(how_many_found(len(desk.session), self._keys))
        if self._blind:
            desk.turn_blind(True)
        if self.desk is not None:
            desk.session.kappa = self.desk.session.kappa
        self.desk = desk
        if number is not None and desk.session.position(number) is not None:
            desk.find(number)

    def fresh(self, key: str) -> bool:
        """Whether a press of a key that writes is meant; takes back what a held key did before."""
        press = self._held.press(key)
        if self._looking:
            self._notice.plain("Still looking: that key did nothing.")
            return False
        if press is Press.FRESH:
            self._wrote = False
            return True
        if press is Press.REVEALED and self._wrote and self.desk is not None:
            self.desk.take_back()
            self._show()
        self._wrote = False
        self._notice.plain("That key was held down: it counted once.")
        return False

    async def give(self, category: str) -> None:
        """Give the example a category and show the next one."""
        if self.desk is not None and self.desk.card is not None and not self._just_came():
            await self._decide(self.desk, self.desk.card, category)

    async def chosen(self, card: Card, category: str | None) -> None:
        """Give the example that was in view when the choice was opened a category, if any."""
        self.still_down("field", "answer")
        if self.desk is not None and category is not None:
            await self._decide(self.desk, card, category)

    def many(self, bulk: Bulk | None) -> None:
        """Go on after many were decided, or some spot checks made."""
        self.still_down("similar", "accept_all")
        if self.desk is None or bulk is None:
            return
        self.desk.catch_up()
        if bulk.accepted:
            self._written(f"saved: {bulk.category} for {bulk.accepted:,} messages")
        else:
            self._show()
            if bulk.checks:
                self._notice.plain(f"{len(bulk.checks)} spot checks are saved; nothing else is.")

    def still_down(self, screen: str, command: str) -> None:
        """Know of a key that was pressed elsewhere: still held down, it writes nothing here."""
        for key in self._keys.keys(screen, command):
            self._held.press(self._keys.meaning(key))

    async def _decide(self, desk: Desk, card: Card, category: str) -> None:
        ruling = desk.ruling(card)
        review = desk.decide(card, category)
        await asyncio.sleep(0)  # saving and showing are a turn of the loop each: neither is long
        stands = f", but the adjudicated {ruling} stands" if ruling not in (None, category) else ""
        told = f"you: {category}; together: {review.proposed}" if review.proposed else ""
        self._written(f"saved: {category}{stands}", told if review.blind else "")
        self._saved(category)

    async def accept(self) -> None:
        """Give the proposed category."""
        desk = self.desk
        if desk is None or desk.card is None:
            return
        if desk.card.hidden:
            self._notice.plain("The proposal is hidden here: press a category key.")
        elif desk.proposal is None:
            why = "Reviewers differ" if desk.card.contested else "Nothing proposed yet"
            self._notice.plain(f"{why}: press a category key.")
        elif desk.unsettled:
            self._notice.plain(
                f"The proposal has just become {desk.proposal}: press again to accept it."
            )
        else:
            await self.give(desk.proposal)

    def skip(self) -> None:
        """Leave the example for later."""
        desk = self.desk
        if desk is None or desk.card is None or self._just_came():
            return
        number = desk.card.number
        desk.skip(desk.card)
        last = _number(desk) == number
        self._written("skipped: the last one left here" if last else "skipped: it comes back")

    def resume(self) -> None:
        """Go on where something has become free, unless an answer is being typed."""
        if self.desk is not None and not self._notice.asking and self.desk.resume():
            self._show()
            self._notice.plain("This one has become free.")

    def _just_came(self) -> bool:
        came = self.desk is not None and self.desk.just_came
        if came:
            self._notice.plain("This one has only just become free: press again.")
        return came

    async def undo(self) -> None:
        """Take back the last act and show its example."""
        undone = await self.desk.undo() if self.desk is not None else None
        if undone is None:
            self._notice.plain("Nothing to undo.")
            return
        self._show()
        self._notice.plain(f"Taken back: {act_of(undone)} — {self._keys['redo']} does it again")

    async def redo(self) -> None:
        """Do again what was undone last and show its example."""
        redone = await self.desk.redo() if self.desk is not None else None
        if redone is None:
            self._notice.plain("Nothing to do again: a new act ends what can be redone.")
            return
        self._show()
        self._notice.plain(f"Done again: {act_of(redone)} — {self._keys['undo']} undoes")

    def flag(self) -> None:
        """Flag the example, or take the flag away."""
        if self.desk is not None and self.desk.card is not None and not self._just_came():
            self.desk.toggle_flag(self.desk.card)
            self._written("flagged" if self.desk.card.flagged else "flag taken away")

    def note(self) -> None:
        """Ask for a note to the example in view."""
        if self.desk is not None and self.desk.card is not None:
            self._asked = self.desk.card
            self._notice.ask(Question("note", "note", "enter saves, esc cancels"))

    def search(self) -> None:
        """Ask for words to find."""
        if self.desk is not None:
            known = self.desk.session.vocabulary()
            queue = self.desk.session.queue
            query = queue.removeprefix(FIND) if queue.startswith(FIND) else ""
            hint = "enter opens what is found as a queue"
            self._notice.ask(Question("search", "find", hint, query, partial(helped, known)))

    def go(self) -> None:
        """Ask for a place in the queue."""
        if self.desk is not None and len(self.desk.session):
            places = self.desk.places
            self._notice.ask(Question("go", "go to", f"{places[0]:,} to {places[-1]:,}"))

    def answered(self, what: str, text: str) -> None:
        """Take the answer to a question that was asked; an empty one does nothing."""
        self.still_down("field", "answer")
        if self.desk is None or not text:
            return
        if what == "note" and self._asked is not None:
            self.desk.note(self._asked, text)
            self._written("note saved")
        elif what == "search":
            self._looking = True
            self._open_queue(FIND + text, None)
        elif what == "go":
            self._go_to(self.desk, text)

    def _go_to(self, desk: Desk, text: str) -> None:
        place = desk.counted(text)
        if place is None:
            called = one_line(text, DIGITS).rstrip()
            self._notice.plain(f"There is no place “{called}” in this queue.")
            return
        desk.go(place)
        self._show()

    def turn_blind(self) -> None:
        """Hide votes and label until the reviewer has decided, in all queues; or show them."""
        self._blind = not self._blind
        if self.desk is not None:
            self.desk.turn_blind(self._blind)
            self._show()
        self._notice.plain(
            f"Blind: votes and label show once you have decided; {self._keys['blind']} ends it."
            if self._blind
            else "Votes and label show again."
        )

    def uncovered(self, *, others: bool = False) -> Card | None:
        """The example in view, if its votes may show, or `others` be labelled by it."""
        card = self.desk.card if self.desk is not None else None
        if card is not None and (card.hidden or (others and self._blind)):
            until = "until you have decided" if card.hidden else "in blind mode"
            self._notice.plain(f"Votes and labels are hidden {until}.")
            return None
        if card is not None and others and card.set_aside:
            self._notice.plain("It is gold: it measures, and nothing is made of it.")
            return None
        return card

    def move(self, step: int) -> None:
        """Look at a neighbour."""
        if self.desk is not None:
            self.desk.move(step)
            self._show()

    def pick(self, place: int) -> None:
        """Look at a place of the queue."""
        if self.desk is not None:
            self.desk.go(place)
            self._show()

    def back(self) -> None:
        """Leave search results for the queue from before."""
        if self.desk is not None and self.desk.origin is not None:
            self._open_queue(*self.desk.origin)

    def neighbour(self, step: int, opening: str) -> str:
        """The name of the queue some steps on from the one that is open or being opened.

        From what was found it is that of the queue where one looked for it.
        """
        names = list(queue_names())
        from_where = _place(self.desk)[0] if self.desk is not None else ""
        here = next((names.index(q) for q in (opening, from_where) if q in names), 0)
        return names[(here + step) % len(names)]

    def _written(self, said: str, second: str = "") -> None:
        self._wrote = True
        self._show()
        self._notice.done(said, second)


def _place(desk: Desk) -> tuple[str, int | None]:
    return desk.origin or (desk.session.queue, _number(desk))


def _number(desk: Desk) -> int | None:
    return desk.card.number if desk.card is not None else None
