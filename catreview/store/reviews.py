"""The append-only log of what reviewers did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from catreview.store.database import Connections, utc_now
from catreview.store.selecting import listed


class Action(StrEnum):
    """What a reviewer can do to an example."""

    ACCEPT = "accept"
    """Keep the proposed category."""
    FIX = "fix"
    """Give another category than the proposed one, or one where none was proposed."""
    SKIP = "skip"
    FLAG = "flag"
    UNFLAG = "unflag"
    NOTE = "note"
    UNDO = "undo"
    """Take back the review that `undoes` names."""
    REDO = "redo"
    """Let the review that `undoes` names stand again."""


DECISIONS = (Action.ACCEPT, Action.FIX)
"""The actions that give a category."""
ADJUDICATE = "adjudicate"
"""The queue in which a decision settles what reviewers decided differently."""
GOLD = "gold"
"""The queue in which a decision makes its example gold."""


@dataclass(frozen=True, slots=True)
class Review:
    """One row of the log. `seconds` is the time on screen, `at` UTC.

    `blind` decisions were made without seeing votes and label.
    `undoes` is the id of the act that an undo takes back or a redo lets stand again.
    Rows with the same `bulk` are one act on many examples, most of which nobody looked at.
    """

    example: int
    reviewer: str
    action: Action
    category: str | None = None
    proposed: str | None = None
    note: str | None = None
    queue: str | None = None
    reason: str | None = None
    seconds: float | None = None
    undoes: int | None = None
    id: int = 0
    at: str = ""
    blind: bool = False
    bulk: int | None = None


class Decision(NamedTuple):
    """What a person says an example is."""

    category: str
    reviewer: str


_COLUMNS = (
    "example, reviewer, action, category, proposed, note, queue, reason, seconds, undoes, id, at,"
    " blind, bulk"
)
_INSERT = """INSERT INTO review (example, reviewer, action, category, proposed, note, queue, reason,
    seconds, undoes, at, blind, bulk) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
STANDING = """action NOT IN ('undo', 'redo') AND 'undo' IS NOT
    (SELECT action FROM review AS later WHERE later.undoes = review.id ORDER BY id DESC LIMIT 1)"""
"""An act stands unless the last word on it is an undo."""
DECIDED = "action IN ('accept', 'fix')"
"""As `DECISIONS` say."""
STANDING_DECISION = f"{DECIDED} AND {STANDING}"


class Reviews:
    """The table `review`. Rows are only ever added; what an undo took back no longer *stands*."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def append(self, review: Review) -> Review:
        """Add a row; returns it with its id and time."""
        with self._c.write() as db:
            number = db.execute(_INSERT, _row(review, utc_now())).lastrowid
        return self.query("id = ?", number)[0]

    def append_all(self, reviews: Sequence[Review]) -> None:
        """Add many rows at once."""
        at = utc_now()
        with self._c.write():
            self._c.many(_INSERT, [_row(review, at) for review in reviews])

    def last_standing(self, reviewer: str) -> Review | None:
        """The newest act of this reviewer that has not been undone."""
        return self._newest(f"reviewer = ? AND {STANDING}", reviewer)

    def last_act(self, reviewer: str) -> Review | None:
        """The newest act of this reviewer, be it undone or not; undo and redo are none."""
        return self._newest("reviewer = ? AND action NOT IN ('undo', 'redo')", reviewer)

    def last_undone(self, reviewer: str) -> Review | None:
        """The act this reviewer undid last, unless they did something else since."""
        # Asked for apart: within the other query it would be looked up for each of its rows.
        newest = self.last_act(reviewer)
        return self._newest(
            f"""id = (SELECT undoes FROM review AS word WHERE reviewer = ? AND action = 'undo'
            AND id > ? AND NOT EXISTS (SELECT 1 FROM review AS later
                            WHERE later.undoes = word.undoes AND later.id > word.id)
            ORDER BY id DESC LIMIT 1) AND NOT ({STANDING})""",  # noqa: S608 - fixed text
            reviewer,
            newest.id if newest else 0,
        )

    def decision(self, example: int, reviewer: str) -> Review | None:
        """The category this reviewer's newest standing decision gives the example."""
        return self._newest(
            f"example = ? AND reviewer = ? AND {STANDING_DECISION}", example, reviewer
        )

    def of(self, example: int) -> list[Review]:
        """Every standing act on an example, oldest first."""
        return self.query(f"example = ? AND {STANDING} ORDER BY id", example)

    def history(self, example: int) -> list[Review]:
        """Every row of the log on an example, also what was undone, oldest first."""
        return self.query("example = ? ORDER BY id", example)

    def decided(
        self, numbers: Sequence[int] | None = None, *, looked_at: bool = False
    ) -> dict[int, Decision]:
        """What people say of each example (of these alone, where given).

        That is the newest standing decision; but an adjudication counts before all others, the
        newest first, until whoever made it decides anew. `looked_at` leaves out what was decided
        in bulk: it says nothing of who is right.
        """
        which = "bulk IS NULL" if looked_at else "1"
        acts, parameters = _among(numbers, DECIDED)
        rows = self._c.rows(
            f"SELECT example, category, reviewer, queue FROM review"  # noqa: S608
            f" WHERE {acts} AND {which} AND {STANDING} ORDER BY id",
            parameters,
        )
        found: dict[int, Decision] = {}
        rulings: dict[int, dict[str, Decision]] = {}
        for example, category, reviewer, queue in rows:
            found[example] = Decision(category, reviewer)
            if queue == ADJUDICATE or example in rulings:
                rulings.setdefault(example, {}).pop(reviewer, None)
            if queue == ADJUDICATE:
                rulings[example][reviewer] = found[example]
        return found | {n: [*by.values()][-1] for n, by in rulings.items() if by}

    def decided_examples(self) -> set[int]:
        """Examples with a standing decision of anybody's."""
        return set(self._c.numbers(f"SELECT example FROM review WHERE {STANDING_DECISION}"))  # noqa: S608

    def skipped(self) -> set[int]:
        """Examples whose last standing act, notes and flags aside, is a skip."""
        rows = self._c.rows(f"SELECT example FROM review WHERE action = 'skip' AND {STANDING}")  # noqa: S608
        acts = self.states([row[0] for row in rows])
        return {example for example, action in acts.items() if action == Action.SKIP}

    def states(self, numbers: Sequence[int]) -> dict[int, str]:
        """The last standing accept, fix or skip of each of these examples that has one."""
        acts, parameters = _among(numbers, "action IN ('accept', 'fix', 'skip')")
        rows = self._c.rows(
            f"SELECT example, action FROM review WHERE {acts} AND {STANDING} ORDER BY id",  # noqa: S608
            parameters,
        )
        return dict(rows)

    def last(self) -> int:
        """The number of the newest row of the log, 0 where there is none."""
        return int(self._c.value("SELECT max(id) FROM review") or 0)

    def since(self, id: int) -> tuple[list[int], int]:  # noqa: A002 - the column's name
        """Examples with rows newer than `id`, and the newest row's number."""
        rows = self._c.rows("SELECT id, example FROM review WHERE id > ? ORDER BY id", [id])
        return list({row[1] for row in rows}), rows[-1][0] if rows else id

    def decided_in(
        self, queue: str, numbers: Sequence[int] | None = None, *, reviewer: str | None = None
    ) -> set[int]:
        """Examples (of these alone) with a standing decision (of this reviewer) made in a queue."""
        acts, parameters = _among(numbers, DECIDED)
        # Kept off the index of reviewers; where none is asked for, that of acts has all it takes.
        own = "1" if reviewer is None else "+reviewer = ?"
        who = [] if reviewer is None else [reviewer]
        sql = f"SELECT example FROM review WHERE queue = ? AND {own} AND {acts} AND {STANDING}"  # noqa: S608
        return set(self._c.numbers(sql, [queue, *who, *parameters]))

    def decided_at(self, queues: str) -> list[tuple[str, str]]:
        """Queue and time (UTC, ISO 8601) of each standing decision in queues LIKE this."""
        return self._c.rows(
            f"SELECT queue, at FROM review WHERE queue LIKE ?"  # noqa: S608 - fixed text
            f" AND {STANDING_DECISION} ORDER BY id",
            [queues],
        )

    def decisions(
        self, numbers: Sequence[int] | None = None, *, bulk: bool = False
    ) -> list[Review]:
        """Every standing decision (on these examples alone, where given), oldest first.

        With `bulk` also those on examples that nobody looked at.
        """
        which = "1" if bulk else "bulk IS NULL"
        acts, parameters = _among(numbers, DECIDED)
        return self.query(f"{acts} AND {which} AND {STANDING} ORDER BY id", *parameters)

    def decided_since(self, at: str) -> int:
        """How many standing decisions were made after a time (UTC, ISO 8601), by everybody."""
        return int(
            self._c.value(
                f"SELECT count(*) FROM review WHERE at > ? AND {STANDING_DECISION}",  # noqa: S608
                [at],
            )
        )

    def checked_in(self, queue: str) -> list[tuple[str, str]]:
        """Decided and proposed category of every example decided in a queue that had a label."""
        rows = self._c.rows(
            f"""SELECT example, category, proposed FROM review WHERE queue = ?
            AND {STANDING_DECISION} ORDER BY id""",  # noqa: S608 - fixed
            [queue],
        )
        decided = {example: category for example, category, _ in rows}
        # A second decision is shown the first one's label, which is no machine's.
        shown = {example: proposed for example, _, proposed in rows if proposed is not None}
        return [(decided[example], proposed) for example, proposed in shown.items()]

    def _newest(self, where: str, *parameters: object) -> Review | None:
        return next(iter(self.query(f"{where} ORDER BY id DESC LIMIT 1", *parameters)), None)

    def query(self, where: str, *parameters: object) -> list[Review]:
        """Rows of the log; `where` is SQL of the store's own."""
        rows = self._c.rows(f"SELECT {_COLUMNS} FROM review WHERE {where}", parameters)  # noqa: S608
        return [Review(r[0], r[1], Action(r[2]), *(*r[3:-2], bool(r[-2]), r[-1])) for r in rows]


def _row(review: Review, at: str) -> tuple[object, ...]:
    return (
        review.example, review.reviewer, review.action, review.category, review.proposed,
        review.note, review.queue, review.reason, review.seconds, review.undoes, at, review.blind,
        review.bulk,
    )  # fmt: skip


def _among(numbers: Sequence[int] | None, acts: str) -> tuple[str, list[str]]:
    """SQL for rows whose action `acts` says, on these examples alone where given; what it asks for.

    Without the sign before it SQLite reads all such acts of the log to find those on a few.
    """
    if numbers is None:
        return acts, []
    return f"example IN (SELECT value FROM json_each(?)) AND +{acts}", [listed(numbers)]  # noqa: S608
