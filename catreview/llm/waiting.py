"""The waits of requests: told to people, and broken off when a job is to end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from catreview.errors import ExitCode, LLMStopped

SOON: Final = 5.0
"""Seconds; a wait up to this is not worth a word, and a job that is to end sees it out."""

_LOOKS: Final = 30.0
"""Seconds between looks at the wall clock: the one that sleeps stands still while a laptop does."""

Sleep = Callable[[float], Awaitable[None]]


class BrokenOff(LLMStopped):
    """The job is to end, and this request would have waited for long, or been tried again."""

    exit_code = ExitCode.INTERRUPTED


class Waiting:
    """How a job's requests wait.

    `told` is called with the seconds of a long wait, 0 after it, and with the failure after which
    a request will be tried again, empty where it waits for the rate limit.
    """

    def __init__(self, told: Callable[[float, str], None] = lambda _, __: None) -> None:
        self._told = told
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Break off long waits and further tries, those of now and those to come."""
        self._ended.set()

    async def see_out(self, seconds: float, sleep: Sleep, failure: str = "") -> None:
        """Sleep for `seconds`; raises BrokenOff where that is long and the job is to end."""
        if seconds <= SOON:
            await sleep(seconds)
            return
        self._told(seconds, failure)
        nap = asyncio.ensure_future(_nap(seconds, sleep))
        end = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait((nap, end), return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()
            end.cancel()
            self._told(0.0, failure)
        self._go_on()

    async def before_another_try(self, failure: str, seconds: float, sleep: Sleep) -> None:
        """Sleep for `seconds` after a try that failed; raises BrokenOff where the job is to end."""
        self._go_on()
        self._told(0.0, failure)
        await self.see_out(seconds, sleep, failure)
        self._go_on()

    def _go_on(self) -> None:
        if self._ended.is_set():
            raise BrokenOff("The job was to end while a request waited.")


async def _nap(seconds: float, sleep: Sleep) -> None:
    """Sleep until it is `seconds` later by the wall clock, and no longer than that by any other."""
    end = time.time() + seconds
    while seconds > 0:
        part = min(seconds, _LOOKS)
        await sleep(part)
        seconds = min(seconds - part, end - time.time())
