"""How fast a job works now."""

from __future__ import annotations

from collections import deque

WINDOW = 120.0
"""Seconds that count as now."""


class Tempo:
    """What was finished within the last `WINDOW` seconds; times are seconds since the start."""

    def __init__(self) -> None:
        self._finished: deque[float] = deque()
        self._any = False

    def finish(self, at: float) -> None:
        """Count one more."""
        self._finished.append(at)
        self._any = True

    def per_minute(self, now: float) -> float | None:
        """How many a minute; None before the first."""
        while self._finished and self._finished[0] < now - WINDOW:
            self._finished.popleft()
        span = min(now, WINDOW)
        return 60 * len(self._finished) / span if self._any and span > 0 else None
