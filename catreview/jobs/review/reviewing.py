"""Reviewing: what the app shows of an example, and what a key press commits."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project
from catreview.jobs.review import undoing
from catreview.jobs.review.agreement import kappa_with_newest_llm
from catreview.jobs.review.cards import (
    Card,
    QueueRow,
    State,
    blinded,
    stored_label,
    turns,
    vote_rows,
)
from catreview.jobs.review.colleagues import Colleagues
from catreview.jobs.review.finding import Vocabulary, vocabulary
from catreview.jobs.review.lookups import Freshness, ReviewQueue
from catreview.jobs.review.queueing import AGAIN, QUEUES, build_queue
from catreview.jobs.review.undoing import Undone
from catreview.jobs.review.walking import Walk
from catreview.records import Basis, Source, SourceKind
from catreview.store import GOLD, Action, Review

HIDDEN = "hidden until you decide"
"""In place of the reason, which may tell."""
FEW = 64
"""More than lie on the desks of many reviewers."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How far the reviewer is: place and length of the queue, seconds a decision (median).

    `kappa` is the reviewer's agreement with the newest LLM beyond chance (-1..1) when it was
    last compared, None until both have labelled examples enough; `place` is None off the queue.
    """

    place: int | None
    total: int
    today: int
    seconds: float | None
    kappa: float | None


def reviewer_name(project: Project, given: str) -> str:
    """The reviewer given by name, or the configured one, or who is logged in."""
    named = given.strip() or project.settings.review.reviewer.strip()
    with suppress(KeyError, OSError):
        named = named or getpass.getuser()
    return named or "reviewer"


class ReviewSession:
    """One reviewer's way through a queue; what `holder` has claimed other apps pass over.

    The queue's order is fixed while it is open; what is decided stays in its place, so that one
    can go back to it. Every act is one committed transaction: the log row, the vote, the label.
    """

    def __init__(
        self, project: Project, queue: str, reviewer: str = "", holder: str | None = None
    ) -> None:
        self._project = project
        self._store = project.store
        self.reviewer = reviewer_name(project, reviewer)
        self._source = self._store.votes.source(Source(SourceKind.REVIEWER, self.reviewer))
        self._colleagues = Colleagues(project, self._source, holder)
        self.kappa: float | None = None
        """The reviewer's agreement with the newest LLM, as `compare` read it last."""
        self._seen: set[int] = set()
        self.blind = False
        """Whether votes and label are to stay hidden until the reviewer has decided."""
        self.open(queue)

    def open(self, queue: str) -> None:
        """Open a queue by name, as it is now."""
        self._use(self._colleagues.join(build_queue(self._project, queue, self.reviewer)))

    def _use(self, queue: ReviewQueue) -> None:
        self._queue = queue
        closed = partial(self._colleagues.closed, queue.name)
        self._walk = Walk(self._store.reviews, queue.numbers, closed)

    def vocabulary(self) -> Vocabulary:
        """What a query can ask for now."""
        return vocabulary(self._project, blind=self.blind)

    @property
    def queue(self) -> str:
        """The open queue's name."""
        return self._queue.name

    @property
    def freshness(self) -> Freshness:
        """How new the queue's order was when it was opened."""
        return self._queue.freshness

    def __len__(self) -> int:
        return len(self._queue.numbers)

    def number(self, position: int) -> int:
        """The example at a position of the queue, 0 to len - 1."""
        return int(self._queue.numbers[position])

    def position(self, number: int) -> int | None:
        """Where an example stands in the queue, None where it doesn't."""
        return self._walk.position(number)

    def next_open(self, position: int) -> int | None:
        """The first position from `position` on, then from the start, that is to be decided.

        What was skipped comes after all else; what lies on another reviewer's desk is passed over.
        """
        number = self._colleagues.first(self.queue, self._open(position))
        return None if number is None else self.position(number)

    @property
    def unfinished(self) -> bool:
        """Whether anything is left to decide here, be it on another reviewer's desk."""
        return next(self._open(0), None) is not None

    @property
    def resumable(self) -> bool:
        """Whether something that is left lies on no desk (any more): cheap to ask, claims none."""
        some = list(islice(self._open(0), FEW))
        return not self._store.busy() and self._colleagues.free(self.queue, some)

    def _open(self, position: int) -> Iterator[int]:
        return map(self.number, self._walk.open_from(position))

    def lay(self, number: int) -> Card:
        """The example's card, which no other reviewer's app lays out meanwhile."""
        self._colleagues.look(self.queue, number)
        return self.card(number)

    def _whence(self, number: int) -> tuple[str, str]:
        """The queue in which an example is looked at, and why it is there.

        Whatever is not in the open queue lies on the desk because an act on it was taken back, or
        done again: it is looked at as it was then, and is no part of what is open.
        """
        if self.position(number) is not None:
            return self.queue, self._queue.reason(number)
        log = self._store.reviews.history(number)
        acts = [act for act in log if act.reviewer == self.reviewer and act.queue]
        return (acts[-1].queue or "", acts[-1].reason or "") if acts else (self.queue, "")

    def _hidden(self, queue: str, numbers: Sequence[int]) -> set[int]:
        """Those of these examples of a queue of which neither votes nor label show: it might sway.

        In the queues `again` and `gold` what is not decided there yet; when `blind`, all that this
        reviewer has not decided.
        """
        hidden = set()
        if queue in (AGAIN, GOLD):
            hidden = set(numbers) - self._colleagues.closed(queue, numbers)
        if self.blind:
            hidden |= set(numbers) - self._store.bulks.categories(self.reviewer, numbers).keys()
        return hidden

    def rows(self, start: int, stop: int) -> list[QueueRow]:
        """The lines `start` to `stop` of the queue list; only these are read."""
        numbers = self._queue.numbers[max(start, 0) : stop].tolist()
        hidden = self._hidden(self.queue, numbers) | self._colleagues.apart(self.queue, numbers)
        shown = [number for number in numbers if number not in hidden]
        labels = self._store.labels.categories(shown)
        states = self._colleagues.states(shown)
        return [
            QueueRow(number, example.text, labels.get(number), states.get(number, State.OPEN))
            for number, example in zip(numbers, self._store.examples.get(numbers), strict=True)
        ]

    def card(self, number: int) -> Card:
        """Everything the screen shows of an example."""
        example = self._store.examples.get([number])[0]
        around = self._store.examples.conversation(number, self._project.settings.review.context)
        lines = self._store.votes.of(number)
        functions = len(self._store.votes.sources(SourceKind.FUNCTION))
        voting = sum(line.source.kind is SourceKind.FUNCTION for line in lines)
        queue, reason = self._whence(number)
        if queue != self.queue:
            reason = f"from {queue}: {reason.removeprefix(f'{queue}: ')}".removesuffix(": ")
        card = Card(
            number=number,
            queue=queue,
            example=example,
            turns=turns(self._project, around.messages, number),
            votes=vote_rows(self._project, lines),
            abstaining=functions - voting,
            label=stored_label(self._project, number),
            reason=reason,
            place=around.place,
            total=around.total,
        )
        card = self._colleagues.on_card(queue, card)
        if self._hidden(queue, [number]):
            hidden = blinded(card)
            return replace(hidden, reason=HIDDEN) if self.blind else hidden
        self._seen.add(number)
        return card

    def decide(self, card: Card, category: str, seconds: float | None = None) -> Review:
        """Give the example this category; `accept` where it was the proposed one, else `fix`.

        The decision is blind where the reviewer has seen neither votes nor label here; what would
        have been proposed is then in the log all the same.
        """
        number, proposed = card.number, card.label.category if card.label else None
        action = Action.ACCEPT if category == proposed else Action.FIX
        with self._store.transaction():
            review = self._append(
                replace(card, label=stored_label(self._project, number)) if card.hidden else card,
                action,
                category=category,
                seconds=seconds,
                blind=card.hidden
                and number not in self._seen
                and not undoing.took_back(self._project, self.reviewer, number),
            )
            if card.queue == GOLD:
                undoing.settle_gold(self._project, number)
            self._store.votes.put(self._source.id, [(number, category, 1.0)])
            settle(self._project, [number])
        return review

    def skip(self, card: Card, seconds: float | None = None) -> Review:
        """Leave the example for later; it comes back at the end of the queue."""
        return self._append(card, Action.SKIP, seconds=seconds)

    def toggle_flag(self, card: Card) -> Review:
        """Flag the example for a second look, or take the flag away."""
        return self._append(card, Action.UNFLAG if card.flagged else Action.FLAG)

    def note(self, card: Card, text: str) -> Review:
        """Write a note to the example."""
        return self._append(card, Action.NOTE, note=text)

    def undo(self) -> Undone | None:
        """Take back this reviewer's last standing act, also one of an earlier session."""
        return undoing.undo(self._project, self._source)

    def redo(self) -> Undone | None:
        """Let what this reviewer undid last stand again, unless they did something since."""
        return undoing.redo(self._project, self._source)

    def pace(self, position: int | None) -> Pace:
        """How far the reviewer is at a position of the queue, None for one outside of it."""
        paces = self._store.paces
        return Pace(
            place=None if position is None else self._queue.done_before + position + 1,
            total=self._queue.done_before + len(self),
            today=paces.today(self.reviewer),
            seconds=paces.usual_seconds(self.reviewer),
            kappa=self.kappa,
        )

    def compare(self) -> None:
        """Read the reviewer's agreement with the newest LLM; takes longer the more they decided."""
        self.kappa = kappa_with_newest_llm(self._project, self._source)

    def _append(
        self,
        card: Card,
        action: Action,
        *,
        category: str | None = None,
        note: str | None = None,
        seconds: float | None = None,
        blind: bool = False,
    ) -> Review:
        label = card.label
        return self._store.reviews.append(
            Review(
                card.number,
                self.reviewer,
                action,
                category=category,
                proposed=label.category if label and label.basis is not Basis.HUMAN else None,
                note=note,
                queue=card.queue,
                reason=self._whence(card.number)[1] or None,
                seconds=seconds,
                blind=blind,
            )
        )


def queue_names() -> Sequence[str]:
    """The queues, in the order the app goes through them."""
    return QUEUES
