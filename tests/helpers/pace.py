"""Rate limits kept in memory, for tests of one process."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from catreview.llm.limits import Slots
from catreview.records import Pace


class MemoryBook:
    """The state of the limits; `pace` may be looked at and changed."""

    def __init__(self) -> None:
        self.pace = Pace()

    def read(self) -> Pace:
        return replace(self.pace)

    def change(self) -> AbstractContextManager[Pace]:
        return nullcontext(self.pace)


def local_slots(rpm: float, rpd: float | None = None, tpm: float | None = None) -> Slots:
    return Slots(MemoryBook(), rpm, rpd, tpm)
