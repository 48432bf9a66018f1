"""Requests per minute and day, and tokens per minute, at the rate the provider allows."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from catreview.errors import BudgetReached
from catreview.llm.waiting import Waiting
from catreview.records import Pace
from catreview.wording import counted

_MARGIN: Final = 0.99
"""Share of the limit that is used: the rest is for packets that overtake each other."""
_GRID_SLACK: Final = 0.1
"""Seconds a late sleeper may make up for; a longer pause is not caught up on."""
_SHORT_WINDOW: Final = 120.0
"""Seconds; a provider's window up to this is kept by spreading requests over it."""
_LONG_WAIT: Final = 3600.0
"""Seconds; where the provider wants no request for longer, the job stops."""
_SET_BACK: Final = 5.0
"""Seconds; a clock that goes back by more was set: processes that share it differ by far less."""
_LONGEST: Final = 32 * 86_400.0
"""Seconds; no provider counts over more than a month: what is further off is no wait."""


class PaceBook(Protocol):
    """Where the state of an endpoint's limits is kept, for all who share them."""

    def read(self) -> Pace:
        """The state now."""
        ...

    def change(self) -> AbstractContextManager[Pace]:
        """The state, to be changed in place by nobody else meanwhile; kept at the end."""
        ...


class Slots:
    """Hands out the right to send a request, evenly spaced: no minute holds more than `rpm`.

    All whose `book` is the same share the limits, across processes and restarts. `rpd` counts UTC
    days, `tpm` None leaves tokens unlimited. Times are Unix seconds. Where the clock is set back
    what is waited for moves with it; the requests of the day then count anew, as if it was set
    ahead: what the provider counted it says itself.
    """

    def __init__(
        self, book: PaceBook, rpm: float, rpd: float | None = None, tpm: float | None = None
    ) -> None:
        self._book = book
        self._interval = 60.0 / (rpm * _MARGIN)
        self._rpd = rpd
        self._seconds_per_token = 60.0 / (tpm * _MARGIN) if tpm is not None else 0.0

    def reserve(self, now: float, tokens: int) -> float:
        """Take a slot and return 0, or return the seconds after which to ask again.

        A request larger than a minute's tokens still gets its turn. Raises BudgetReached where
        the day's requests are used up, or the provider wants none for more than an hour.
        """
        with self._book.change() as pace:
            _follow(pace, now)
            wait = self._wait(pace, now)
            if wait > 0:
                return wait
            interval = max(self._interval, pace.wide if now < pace.wide_until else 0.0)
            # On a fixed grid, late wake-ups don't add up to lost requests.
            pace.next_slot = max(pace.next_slot, now - _GRID_SLACK) + interval
            pace.next_tokens = max(pace.next_tokens, now) + tokens * self._seconds_per_token
            today = _day(now)
            pace.at = now
            pace.day, pace.used = today, (pace.used if pace.day == today else 0) + 1
        return 0.0

    def settle(self, tokens: int) -> None:
        """Correct the tokens reserved by `tokens` (used minus estimated)."""
        if self._seconds_per_token and tokens:
            with self._book.change() as pace:
                pace.next_tokens += tokens * self._seconds_per_token

    def hold(self, until: float) -> None:
        """Give no slot before `until`."""
        with self._book.change() as pace:
            pace.held = max(pace.held, until)

    def spread(self, interval: float, until: float) -> None:
        """Part slots by at least `interval` seconds until the time `until`; the last call counts.

        Slots only widen where this is more than their own interval.
        """
        wide = interval if interval > self._interval else 0.0
        if wide or self._book.read().wide:
            with self._book.change() as pace:
                pace.wide, pace.wide_until = wide, until

    def left(self, now: float) -> float:
        """Requests that may still be sent on the UTC day of `now`; infinite without a limit."""
        return self._left(self._book.read(), now)

    def _left(self, pace: Pace, now: float) -> float:
        if self._rpd is None:
            return math.inf
        return max(self._rpd - (pace.used if pace.day == _day(now) else 0), 0)

    def _wait(self, pace: Pace, now: float) -> float:
        """Find the seconds until the next slot."""
        if self._rpd is not None and not self._left(pace, now):
            reset = datetime.fromtimestamp(now, UTC).date() + timedelta(days=1)
            raise BudgetReached(
                f"The day's limit of {counted(round(self._rpd), 'LLM request')} is used up.",
                f"Nothing is lost: run the same command again after {reset} 00:00 UTC,"
                " or raise rpd under [llm].",
            )
        held = pace.held if pace.held - now <= _LONGEST else now
        if held - now > _LONG_WAIT:
            back = datetime.fromtimestamp(held, UTC)
            raise BudgetReached(
                "The provider's limit is used up.",
                f"Nothing is lost: run the same command again after {back:%Y-%m-%d %H:%M} UTC.",
            )
        tokens = pace.next_tokens if self._seconds_per_token else now
        return max(pace.next_slot, tokens, held) - now


def _follow(pace: Pace, now: float) -> None:
    """Where the clock was set back since the last request, move all times as far."""
    back = pace.at - now
    if back > _SET_BACK:
        pace.next_slot -= back
        pace.next_tokens -= back
        pace.held -= back
        pace.wide_until -= back
        pace.at = now


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()


class Limiter:
    """Lets workers through one by one, as fast as the slots allow."""

    def __init__(
        self,
        slots: Slots,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        waiting: Waiting | None = None,
    ) -> None:
        self._slots = slots
        self._clock = clock
        self._sleep = sleep
        self.waiting = waiting or Waiting()
        self._turn = asyncio.Lock()

    async def acquire(self, tokens: int = 0) -> None:
        """Wait until a request of about `tokens` tokens may be sent.

        Raises BudgetReached as the slots do, BrokenOff where the job is to end first.
        """
        # First come, first served: the others wait for the lock, not each for a slot.
        async with self._turn:
            while (wait := self._slots.reserve(self._clock(), tokens)) > 0:
                await self.waiting.see_out(wait, self._sleep)

    def settle(self, estimated: int, used: int) -> None:
        """Tell how many tokens a request really took; 0 where the server doesn't say."""
        if used:
            self._slots.settle(used - estimated)

    def slow_down(self, seconds: float) -> None:
        """Let nobody through for `seconds`: the provider said that it is too much."""
        self._slots.hold(self._clock() + seconds)

    def observe(self, headers: Mapping[str, str], tokens: int = 0) -> None:
        """Adjust to the rate-limit headers of a reply; a request takes about `tokens` tokens."""
        now = self._clock()
        limits = rate_limits(headers, tokens, now)
        for remaining, reset in limits:
            if remaining < 1:
                self._slots.hold(now + reset)
        # What is left of the window, spread over the rest of it; a day's allowance need not last
        # until midnight.
        windows = [(reset / remaining, reset) for remaining, reset in limits if remaining >= 1]
        interval, reset = max((w for w in windows if w[1] <= _SHORT_WINDOW), default=(0.0, 0.0))
        self._slots.spread(interval, now + reset)


_REMAINING: Final = re.compile(
    r"x-ratelimit-remaining-(?P<what>(?P<kind>requests|tokens)(?:-\w+)?)"
)


def rate_limits(headers: Mapping[str, str], tokens: int, now: float) -> list[tuple[int, float]]:
    """Read (requests remaining, seconds until reset) for each limit that `headers` state.

    Names are in lower case. What remains of a limit on tokens is counted in requests of `tokens`.
    `now` is in Unix seconds.
    """
    limits = []
    for name, value in headers.items():
        found = _REMAINING.fullmatch(name)
        reset = (
            seconds_to_wait(headers.get(f"x-ratelimit-reset-{found['what']}", ""), now)
            if found
            else None
        )
        if found is None or reset is None or not value.strip().isdecimal():
            continue
        per_request = max(tokens, 1) if found["kind"] == "tokens" else 1
        limits.append((int(value) // per_request, reset))
    return limits


def seconds_to_wait(text: str, now: float) -> float | None:
    """Read the seconds from `now` (Unix seconds) on that a header asks to wait.

    That is a duration, or the Unix time in seconds or milliseconds when the wait is over; None for
    what is neither, or would be more than a month.
    """
    seconds = duration(text)
    if seconds is None or seconds <= _LONGEST:
        return seconds
    left = (seconds - now, seconds / 1000 - now)
    return next((max(each, 0.0) for each in left if abs(each) <= _LONGEST), None)


_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(text: str) -> float | None:
    """Read the seconds in a text such as `12`, `1.5`, `20ms` or `6m0s`; None for anything else."""
    text = text.strip().lower()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if not text or _DURATION.sub("", text):
        return None
    return sum(float(n) * _SECONDS[unit] for n, unit in _DURATION.findall(text))
