"""What the dashboard has read of a project, kept so that it opens with it the next time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

REST = 4
"""Times its own length that a reading is not made again, however much is written meanwhile."""


class Part(StrEnum):
    """What is read at once."""

    OVERVIEW = "overview"
    FUNCTIONS = "functions"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in the store as it was at `version`, in so many seconds, or why not."""

    part: Part
    found: object
    version: int
    seconds: float


class Readings:
    """The newest reading of each part."""

    def __init__(self) -> None:
        self._kept: dict[Part, Reading] = {}
        self._rests_until: dict[Part, float] = {}

    def keep(self, reading: Reading) -> None:
        """Keep a reading in place of an older one."""
        self._kept[reading.part] = reading
        self._rests_until[reading.part] = time.monotonic() + REST * reading.seconds

    def of(self, part: Part) -> Reading | None:
        """The newest reading, None before the first."""
        return self._kept.get(part)

    def hurry(self, part: Part) -> None:
        """Let a part be read at once when it has changed."""
        self._rests_until[part] = 0.0

    def due(self, part: Part, version: int) -> bool:
        """Whether a part is to be read, the store being at `version` now."""
        kept = self._kept.get(part)
        if kept is None:
            return True
        return kept.version != version and time.monotonic() >= self._rests_until[part]
