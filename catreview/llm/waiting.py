"""The wait for a rate limit: told to people, and broken off when a job is to end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from catreview.errors import ExitCode, LLMStopped

SOON: Final = 5.0
"""Seconds; a wait up to this is not worth a word, and a job that is to end sees it out."""


class BrokenOff(LLMStopped):
    """The job is to end, and this request would have waited for long; nothing of it was sent."""

    exit_code = ExitCode.INTERRUPTED


class Waiting:
    """How a job's requests wait. `told` is called with the seconds of a long wait, 0 after it."""

    def __init__(self, told: Callable[[float], None] = lambda _: None) -> None:
        self._told = told
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Break off long waits, those of now and those to come."""
        self._ended.set()

    async def see_out(self, seconds: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Sleep for `seconds`; raises BrokenOff where that is long and the job is to end."""
        if seconds <= SOON:
            await sleep(seconds)
            return
        self._told(seconds)
        nap = asyncio.ensure_future(sleep(seconds))
        end = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait((nap, end), return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()
            end.cancel()
            self._told(0.0)
        if self._ended.is_set():
            raise BrokenOff("The job was to end while it waited for the rate limit.")
