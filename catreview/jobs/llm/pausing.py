"""A gate that a job's workers pass between two requests: open, or closed while it is paused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class State(StrEnum):
    """What a job is at."""

    RUNNING = "running"
    PAUSING = "pausing"
    """No new request is sent, and some are still in flight."""
    PAUSED = "paused"
    """Nothing is in flight: all that was asked for is stored."""


class Gate:
    """Open until `close`; workers wait before it and say what they have `in_flight`."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.flying = 0
        """How many requests, with the tries that may follow, are under way."""
        self._closed_at = 0.0
        self._waited = 0.0

    @property
    def state(self) -> State:
        """Running, or on the way to a pause, or there."""
        if self._open.is_set():
            return State.RUNNING
        return State.PAUSING if self.flying else State.PAUSED

    @property
    def seconds(self) -> float:
        """How long it has been closed, all in all."""
        now = 0.0 if self._open.is_set() else time.monotonic() - self._closed_at
        return self._waited + now

    def close(self) -> None:
        """Let nobody through from now on."""
        if self._open.is_set():
            self._closed_at = time.monotonic()
            self._open.clear()

    def open(self) -> None:
        """Let all through that wait."""
        self._waited = self.seconds
        self._open.set()

    async def passed(self) -> None:
        """Return when the gate is open."""
        await self._open.wait()

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Something is under way meanwhile, which a pause does not break off."""
        self.flying += 1
        try:
            yield
        finally:
            self.flying -= 1
