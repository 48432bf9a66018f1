"""How a job says how far it is; both faces show the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from catreview.jobs.llm.pausing import State


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    `done` of `total` in `unit`s (`total` None: unknown); `note` is a short line for people;
    `rate` is units per minute, `seconds_left` an estimate, both None while unknown; `budget` says
    what is used and left of the job's caps, where it has any; `in_flight` counts the
    requests under way, for which a pause waits.
    """

    job: str
    done: int
    total: int | None = None
    unit: str = "examples"
    note: str = ""
    rate: float | None = None
    seconds_left: float | None = None
    state: State = State.RUNNING
    budget: str = ""
    in_flight: int = 0

    def as_line(self) -> str:
        """One line of JSON, as an attached process writes it."""
        return json.dumps({"progress": asdict(self)})


Report = Callable[[Progress], None]
"""What a job calls with its progress, at most a few times a second."""


def ignore(_: Progress) -> None:
    """A report nobody reads."""
