"""What the review screen shows of an example, read from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from catreview.jobs.labels.settling import labels_without_people
from catreview.jobs.labels.source_names import source_names
from catreview.jobs.labels.trust import explain, reliabilities
from catreview.jobs.project import Project
from catreview.jobs.review.opinions import opinions
from catreview.records import Basis, Example, Label, SourceKind
from catreview.store import ADJUDICATE, DECISIONS, Action, Neighbour, VoteLine

ORDER_OF_KINDS = (
    SourceKind.LLM,
    SourceKind.HEURISTIC,
    SourceKind.FUNCTION,
    SourceKind.GIVEN,
    SourceKind.MODEL,
    SourceKind.REVIEWER,
)


class State(StrEnum):
    """Where an example of the queue stands."""

    OPEN = "open"
    DECIDED = "decided"
    SKIPPED = "skipped"
    CONTESTED = "contested"
    """Reviewers differ."""
    ELSEWHERE = "elsewhere"
    """Kept for another reviewer: on their desk, or next."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the queue list. `category` is the current label's, None where there is none."""

    number: int
    text: str
    category: str | None
    state: State


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation. `offset` counts from the one under review (0)."""

    number: int
    speaker: str
    text: str
    category: str | None
    offset: int


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One source's vote, with the confidence it counts with where it has one.

    `id` is the source's number, `source` what it is called beside the others. `origin` says where
    an LLM's confidence comes from: "logprobs", "logprobs, calibrated on 34 reviews", "measured on
    34 random reviews", "prior"; "recorded" in place of logprobs where it was imported. Empty for
    other sources.
    """

    id: int
    kind: SourceKind
    source: str
    category: str
    confidence: float | None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a reviewer's newest decision on an example is; `ruling` where it adjudicates."""

    reviewer: str
    category: str
    ruling: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """Everything the screen shows of one example, the `place`th of `total` in its conversation.

    `queue` is the one in which it is looked at; `label` is what the project believes now;
    `decided` the reviewer's own category, if any; `abstaining` how many functions say nothing of
    it. `opinions` are the decisions of all reviewers, oldest first; `apart` names the reviewer from
    whom those of others are hidden, empty where they show; `elsewhere` for whom else it is kept.
    """

    number: int
    queue: str
    example: Example
    turns: tuple[Turn, ...]
    votes: tuple[VoteRow, ...]
    abstaining: int
    label: Label | None
    reason: str
    decided: str | None = None
    flagged: bool = False
    notes: tuple[str, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    apart: str = ""
    elsewhere: tuple[str, ...] = ()
    hidden: bool = False
    """Whether votes and label don't show."""
    place: int = 1
    total: int = 1

    @property
    def set_aside(self) -> bool:
        """Whether it is gold: decided, and without a label."""
        return self.decided is not None and self.label is None

    @property
    def differing(self) -> bool:
        """Whether reviewers differ."""
        return len({opinion.category for opinion in self.opinions}) > 1

    @property
    def contested(self) -> bool:
        """Whether reviewers differ and nobody has adjudicated."""
        return self.differing and not any(opinion.ruling for opinion in self.opinions)


def vote_rows(project: Project, lines: Sequence[VoteLine]) -> tuple[VoteRow, ...]:
    """The votes by kind, of each kind those that weigh most first."""
    llms = [line.source for line in lines if line.source.kind is SourceKind.LLM]
    known, names = reliabilities(project, llms), project.schema.names
    others = [line.source for line in lines if line.source.kind is not SourceKind.FUNCTION]
    called = source_names(project, others)
    rows = []
    for line in lines:
        confidence, origin = line.confidence, ""
        if line.source.kind is SourceKind.LLM:
            confidence, origin = explain(known[line.source.id], line, names)
        source = line.source
        name = called.get(source.id, source.name)
        rows.append(VoteRow(source.id, source.kind, name, line.category, confidence, origin))
    return tuple(sorted(rows, key=_rank))


def turns(project: Project, messages: Sequence[Neighbour], number: int) -> tuple[Turn, ...]:
    """The conversation around an example, which is one of its messages."""
    labels = project.store.labels.categories([m.number for m in messages])
    own = next(i for i, m in enumerate(messages) if m.number == number)
    return tuple(
        Turn(m.number, m.speaker, m.text, labels.get(m.number), i - own)
        for i, m in enumerate(messages)
    )


def stored_label(project: Project, number: int) -> Label | None:
    """What the project believes now about an example."""
    row = project.store.labels.get(number)
    return Label(row[0], row[1], Basis(row[2]), row[3]) if row else None


def _rank(vote: VoteRow) -> tuple[int, float, int]:
    return ORDER_OF_KINDS.index(vote.kind), -(vote.confidence or 0.0), vote.id


def blinded(card: Card) -> Card:
    """The card without anything that tells what somebody thought of the example."""
    return replace(
        card, turns=_own_category(card, None), votes=(), abstaining=0, label=None, decided=None,
        notes=(), opinions=(), hidden=True,
    )  # fmt: skip


def with_people(
    project: Project, card: Card, reviewer: str, *, alone: bool, elsewhere: Sequence[str]
) -> Card:
    """The card with what people did to it; `alone`: what others than `reviewer` did stays hidden.

    `elsewhere` names for whom else it is kept.
    """
    acts = project.store.reviews.of(card.number)
    if alone:
        acts = [act for act in acts if act.reviewer == reviewer]
        votes = tuple(v for v in card.votes if v.kind is not SourceKind.REVIEWER)
        label = labels_without_people(project, [card.number]).get(card.number)
        turns = _own_category(card, label.category if label else None)
        card = replace(card, votes=votes, label=label, turns=turns, apart=reviewer)
    said = opinions(act for act in acts if act.action in DECISIONS).get(card.number, {})
    flags = [act.action for act in acts if act.action in (Action.FLAG, Action.UNFLAG)]
    notes = [act for act in acts if act.action is Action.NOTE and act.note]
    return replace(
        card,
        decided=said[reviewer].category if reviewer in said else None,
        flagged=flags[-1:] == [Action.FLAG],
        notes=tuple(act.note for act in notes if act.note),
        opinions=tuple(
            Opinion(
                name,
                review.category or "",
                review.queue == ADJUDICATE,
                tuple(act.note for act in notes if act.note and act.reviewer == name),
            )
            for name, review in said.items()
        ),
        elsewhere=tuple(elsewhere),
    )


def _own_category(card: Card, category: str | None) -> tuple[Turn, ...]:
    """The conversation with another category for the message under review."""
    return tuple(t if t.offset else replace(t, category=category) for t in card.turns)
