"""Requests per minute and day, and tokens per minute, at the rate the provider allows."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from catreview.errors import BudgetReached

_MARGIN: Final = 0.99
"""Share of the limit that is used: the rest is for packets that overtake each other."""
_GRID_SLACK: Final = 0.05
"""Seconds a late sleeper may make up for; a longer pause is not caught up on."""
_SHORT_WINDOW: Final = 120.0
"""Seconds; a provider's window up to this is kept by spreading requests over it."""
_LONG_WAIT: Final = 3600.0
"""Seconds; where the provider wants no request for longer, the job stops."""


class Slots(Protocol):
    """Who hands out the right to send a request; one for all workers that share a limit.

    `now` is in seconds on any steady clock that all of them share.
    """

    def reserve(self, now: float, tokens: int) -> float:
        """Take a slot and return 0, or return the seconds after which to ask again.

        Raises BudgetReached where the day's requests are used up, or the provider wants none for
        more than an hour.
        """
        ...

    def settle(self, tokens: int) -> None:
        """Correct the tokens reserved by `tokens` (used minus estimated)."""
        ...

    def hold(self, until: float) -> None:
        """Give no slot before `until`."""
        ...

    def spread(self, interval: float, until: float) -> None:
        """Part slots by at least `interval` seconds until the time `until`."""
        ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class LocalSlots:
    """Slots for one process: evenly spaced, so that no window of a minute holds more than `rpm`.

    `rpd` counts UTC days and starts from `used_today`. `tpm` None: tokens are not limited.
    """

    rpm: float
    rpd: float | None = None
    tpm: float | None = None
    used_today: int = 0
    today: Callable[[], datetime] = _utc_now
    _next: float = float("-inf")
    _next_tokens: float = float("-inf")
    _held: float = float("-inf")
    _wide: tuple[float, float] = (0.0, float("-inf"))
    _day: datetime | None = field(default=None, repr=False)

    def reserve(self, now: float, tokens: int) -> float:
        """See `Slots`; a request larger than a minute's tokens still gets its turn."""
        self._check_day()
        if self._held - now > _LONG_WAIT:
            back = self.today() + timedelta(seconds=self._held - now)
            raise BudgetReached(
                "The provider's limit is used up.",
                f"Nothing is lost: run the same command again after {back:%Y-%m-%d %H:%M} UTC.",
            )
        wait = max(self._next, self._next_tokens, self._held) - now
        if wait > 0:
            return wait
        interval = 60.0 / (self.rpm * _MARGIN)
        wide, until = self._wide
        if now < until:
            interval = max(interval, wide)
        # On a fixed grid, late wake-ups don't add up to lost requests.
        self._next = max(self._next, now - _GRID_SLACK) + interval
        if self.tpm is not None:
            self._next_tokens = max(self._next_tokens, now) + self._seconds(tokens)
        self.used_today += 1
        return 0.0

    def settle(self, tokens: int) -> None:
        """See `Slots`."""
        self._next_tokens += self._seconds(tokens)

    def hold(self, until: float) -> None:
        """See `Slots`."""
        self._held = max(self._held, until)

    def spread(self, interval: float, until: float) -> None:
        """See `Slots`; the last call counts."""
        self._wide = (interval, until)

    def _seconds(self, tokens: int) -> float:
        return tokens * 60.0 / (self.tpm * _MARGIN) if self.tpm is not None else 0.0

    def _check_day(self) -> None:
        midnight = self.today().replace(hour=0, minute=0, second=0, microsecond=0)
        if self._day is not None and midnight > self._day:
            self.used_today = 0
        self._day = midnight
        if self.rpd is not None and self.used_today >= self.rpd:
            reset = midnight + timedelta(days=1)
            raise BudgetReached(
                f"The day's {self.rpd:,.0f} LLM requests are used up.",
                f"Nothing is lost: run the same command again after {reset:%Y-%m-%d %H:%M} UTC,"
                " or raise rpd under [llm].",
            )


class Limiter:
    """Lets workers through one by one, as fast as the slots allow."""

    def __init__(
        self,
        slots: Slots,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._slots = slots
        self._clock = clock
        self._sleep = sleep
        self._turn = asyncio.Lock()

    async def acquire(self, tokens: int = 0) -> None:
        """Wait until a request of about `tokens` tokens may be sent.

        Raises BudgetReached as the slots do.
        """
        # First come, first served: the others wait for the lock, not each for a slot.
        async with self._turn:
            while (wait := self._slots.reserve(self._clock(), tokens)) > 0:
                await self._sleep(wait)

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
        limits = rate_limits(headers, tokens)
        for remaining, reset in limits:
            if remaining < 1:
                self._slots.hold(now + reset)
        # What is left of the window, spread over the rest of it. Slots only widen where this is
        # more than their own interval, and a day's allowance need not last until midnight.
        windows = [(reset / remaining, reset) for remaining, reset in limits if remaining >= 1]
        interval, reset = max((w for w in windows if w[1] <= _SHORT_WINDOW), default=(0.0, 0.0))
        self._slots.spread(interval, now + reset)


_REMAINING: Final = re.compile(
    r"x-ratelimit-remaining-(?P<what>(?P<kind>requests|tokens)(?:-\w+)?)"
)


def rate_limits(headers: Mapping[str, str], tokens: int) -> list[tuple[int, float]]:
    """Read (requests remaining, seconds until reset) for each limit that `headers` state.

    Names are in lower case. What remains of a limit on tokens is counted in requests of `tokens`.
    """
    limits = []
    for name, value in headers.items():
        found = _REMAINING.fullmatch(name)
        reset = duration(headers.get(f"x-ratelimit-reset-{found['what']}", "")) if found else None
        if found is None or reset is None or not value.strip().isdecimal():
            continue
        per_request = max(tokens, 1) if found["kind"] == "tokens" else 1
        limits.append((int(value) // per_request, reset))
    return limits


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
