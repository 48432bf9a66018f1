from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

import pytest
from helpers.pace import MemoryBook, local_slots

from catreview.errors import BudgetReached
from catreview.llm.limits import Limiter, Slots, duration, rate_limits
from catreview.llm.retries import backoff, retry_after
from catreview.llm.waiting import BrokenOff, Waiting

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Clock:
    """Virtual time; a sleeper wakes up to `late` seconds late, as on a busy machine."""

    def __init__(self, late: float = 0.0) -> None:
        self.now = NOON.timestamp()
        self.late = late
        self.rng = random.Random(3)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.rng.uniform(0, self.late)


async def sent(slots: Slots, clock: Clock, seconds: float, tokens: int = 0) -> list[float]:
    """The times at which a job that always has work sends its requests."""
    limiter = Limiter(slots, clock, clock.sleep)
    start, times = clock.now, []
    while True:
        await limiter.acquire(tokens)
        if clock.now > start + seconds:
            return times
        times.append(clock.now)


def most_in_window(times: list[float], window: float) -> int:
    return max(sum(t <= u < t + window for u in times) for t in times)


@pytest.mark.parametrize("rpm", [30, 600])
@pytest.mark.parametrize("late", [0.0, 0.01])
async def test_the_limit_is_used_and_no_window_holds_more_than_it(rpm: int, late: float) -> None:
    times = await sent(local_slots(rpm=rpm), Clock(late), 180)
    assert len(times) >= 0.98 * 3 * rpm
    assert most_in_window(times, 60) <= rpm
    # No bursts either, for servers that refill a bucket bit by bit.
    assert most_in_window(times, 600 / rpm) <= 11


async def test_a_pause_is_not_caught_up_on_with_a_burst() -> None:
    clock = Clock()
    slots = local_slots(rpm=60)
    await sent(slots, clock, 10)
    clock.now += 300
    times = await sent(slots, clock, 10)
    assert len(times) <= 11


async def test_workers_get_their_turn_in_the_order_they_asked() -> None:
    limiter, order = Limiter(local_slots(rpm=60_000)), []

    async def worker(name: int) -> None:
        await limiter.acquire()
        order.append(name)

    await asyncio.gather(*map(worker, range(20)))
    assert order == list(range(20))


async def test_a_cancelled_worker_takes_no_turn_away() -> None:
    clock = Clock()
    limiter = Limiter(local_slots(rpm=60), clock, lambda seconds: asyncio.sleep(3600))
    await limiter.acquire()
    waiting = [asyncio.create_task(limiter.acquire()) for _ in range(3)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    clock.now += 2
    await asyncio.wait_for(limiter.acquire(), 1)


async def test_the_days_requests_count_those_before_the_start_and_end_with_a_reset_time() -> None:
    clock, book = Clock(), MemoryBook()
    book.pace.day, book.pace.used = "2026-03-04", 97
    with pytest.raises(BudgetReached) as stop:
        await sent(Slots(book, rpm=6000, rpd=100), clock, 60)
    assert book.pace.used == 100
    assert "2026-03-05 00:00 UTC" in stop.value.hint


def test_a_new_day_begins_with_no_requests_used() -> None:
    slots, noon = local_slots(rpm=6000, rpd=2), NOON.timestamp()
    tomorrow = noon + 86_400
    times = (noon, noon + 1, tomorrow, tomorrow + 1)
    assert [slots.reserve(now, 0) for now in times] == [0, 0, 0, 0]


@pytest.mark.parametrize("back", [60, 1800, 86_400])
def test_a_clock_set_back_makes_nothing_longer_or_shorter_that_is_waited_for(back: float) -> None:
    book, noon = MemoryBook(), NOON.timestamp()
    slots = Slots(book, rpm=60, tpm=1000)
    assert slots.reserve(noon, 500) == 0
    wait = slots.reserve(noon, 10)
    assert slots.reserve(noon - back, 10) == pytest.approx(wait)
    slots.hold(noon - back + 40)
    assert slots.reserve(noon - back + wait, 10) == pytest.approx(40 - wait)
    assert slots.reserve(noon - back + 41, 10) == 0


def test_a_throttle_does_not_last_a_day_longer_where_the_clock_is_set_back() -> None:
    slots, noon = local_slots(rpm=60), NOON.timestamp()
    assert slots.reserve(noon, 0) == 0
    slots.hold(noon + 90)
    assert slots.reserve(noon - 86_400, 0) == pytest.approx(90)
    slots.hold(noon - 86_400 + 5 * 3600)
    with pytest.raises(BudgetReached) as stop:
        slots.reserve(noon - 86_400, 0)
    assert "2026-03-03 17:00 UTC" in stop.value.hint


def test_a_clock_set_ahead_and_right_again_leaves_nothing_behind() -> None:
    slots, noon = local_slots(rpm=60, rpd=3), NOON.timestamp()
    times = (noon, noon + 2, noon + 86_400, noon + 4)
    assert [slots.reserve(now, 0) for now in times[:3]] == [0, 0, 0]
    assert slots.reserve(noon + 86_402, 0) == 0
    assert 0 < slots.reserve(noon + 6, 0) < 1.1
    assert slots.reserve(noon + 8, 0) == 0


async def test_who_waits_while_the_machine_sleeps_goes_on_when_it_wakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall = Clock()
    monkeypatch.setattr("catreview.llm.waiting.time.time", wall)

    async def sleep(seconds: float) -> None:
        wall.now += seconds + (3600 if wall.now > NOON.timestamp() + 30 else 0)

    await Waiting().see_out(1800, sleep)
    assert wall.now < NOON.timestamp() + 3700


@pytest.mark.parametrize(("tpm", "wait"), [(None, 1.0), (1000, 120.0)])
def test_a_clock_set_back_by_a_day_keeps_the_limits_from_then_on(
    tpm: float | None, wait: float
) -> None:
    slots, noon = Slots(MemoryBook(), rpm=60, tpm=tpm), NOON.timestamp()
    yesterday = noon - 86_400
    assert slots.reserve(noon, 2000) == 0
    assert slots.reserve(yesterday, 2000) == pytest.approx(wait, rel=0.15)
    assert slots.reserve(yesterday + 125, 2000) == 0
    assert slots.reserve(yesterday + 125, 2000) == pytest.approx(wait, rel=0.15)


@pytest.mark.parametrize("processes", [2, 5])
async def test_processes_that_share_a_book_stay_within_one_limit_and_use_it(
    processes: int,
) -> None:
    book, start = MemoryBook(), NOON.timestamp()
    rng = random.Random(5)
    sharing = [Slots(book, rpm=600) for _ in range(processes)]
    wakes, times = [start] * processes, []
    while min(wakes) < start + 180:
        one = min(range(processes), key=wakes.__getitem__)
        now = wakes[one]
        wait = sharing[one].reserve(now, 0)
        if wait <= 0:
            times.append(now)
        wakes[one] = now + wait + rng.uniform(0, 0.01)
    assert len(times) >= 0.98 * 1800
    assert most_in_window(times, 60) <= 600


async def test_tokens_per_minute_hold_requests_back_and_settle_to_what_was_used() -> None:
    clock = Clock()
    times = await sent(local_slots(rpm=6000, tpm=60_000), clock, 60, tokens=2000)
    assert 29 <= len(times) <= 31
    slots = local_slots(rpm=6000, tpm=60_000)
    limiter = Limiter(slots, clock, clock.sleep)
    await limiter.acquire(2000)
    limiter.settle(2000, used=1000)
    start = clock.now
    await limiter.acquire(2000)
    assert clock.now - start == pytest.approx(1.0, rel=0.05)
    # A server that doesn't say what was used: the estimate stands.
    limiter.settle(2000, used=0)
    start = clock.now
    await limiter.acquire(2000)
    assert clock.now - start == pytest.approx(2.0, rel=0.05)


async def test_slowing_down_holds_all_workers_also_those_already_waiting() -> None:
    clock = Clock()
    limiter = Limiter(local_slots(rpm=60), clock, clock.sleep)
    await limiter.acquire()
    limiter.slow_down(20)
    limiter.slow_down(5)
    start = clock.now
    await limiter.acquire()
    assert clock.now - start == pytest.approx(20)


async def test_a_wait_of_hours_ends_the_job_with_the_time_to_come_back() -> None:
    clock = Clock()
    limiter = Limiter(local_slots(rpm=60), clock, clock.sleep)
    limiter.slow_down(5 * 3600)
    with pytest.raises(BudgetReached) as stop:
        await limiter.acquire()
    assert "2026-03-04 17:00 UTC" in stop.value.hint


async def test_a_server_with_a_lower_limit_is_obeyed_from_its_headers() -> None:
    clock = Clock()
    limiter = Limiter(local_slots(rpm=600), clock, clock.sleep)
    times: list[float] = []
    window, used = clock.now, 0
    start = clock.now
    while clock.now < start + 180:
        await limiter.acquire()
        if clock.now >= window + 60:
            window, used = clock.now, 0
        used += 1
        times.append(clock.now)
        assert used <= 30, "the server would have answered 429"
        limiter.observe(
            {
                "x-ratelimit-remaining-requests": str(30 - used),
                "x-ratelimit-reset-requests": f"{window + 60 - clock.now:.3f}s",
            }
        )
    assert len(times) >= 85


@pytest.mark.parametrize(
    ("later", "headers"),
    [
        (60.0, None),
        (1.0, {"x-ratelimit-remaining-requests": "900", "x-ratelimit-reset-requests": "30s"}),
    ],
)
async def test_a_lower_limit_ends_with_its_window_or_when_the_server_says_so(
    later: float, headers: dict[str, str] | None
) -> None:
    clock = Clock()
    limiter = Limiter(local_slots(rpm=600), clock, clock.sleep)
    limiter.observe({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "50s"})
    start = clock.now
    await limiter.acquire()
    await limiter.acquire()
    assert clock.now - start == pytest.approx(10, abs=0.2)
    clock.now = start + 10 + later
    if headers:
        limiter.observe(headers)
    await limiter.acquire()
    start = clock.now
    for _ in range(10):
        await limiter.acquire()
    assert clock.now - start < 11


async def test_a_days_allowance_is_not_spread_over_the_day() -> None:
    clock = Clock()
    limiter = Limiter(local_slots(rpm=600), clock, clock.sleep)
    limiter.observe(
        {
            "x-ratelimit-remaining-requests-day": "1000",
            "x-ratelimit-reset-requests-day": "40000",
            "x-ratelimit-remaining-tokens-minute": "59000",
            "x-ratelimit-reset-tokens-minute": "1.0",
        },
        tokens=2000,
    )
    start = clock.now
    for _ in range(11):
        await limiter.acquire()
    assert clock.now - start < 1.1


def test_headers_are_read_per_unit_and_others_ignored() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "12",
        "x-ratelimit-reset-requests": "6m0s",
        "x-ratelimit-remaining-tokens-minute": "5000",
        "x-ratelimit-reset-tokens-minute": "33.5",
        "x-ratelimit-remaining-requests-day": "none",
        "x-ratelimit-reset-requests-day": "100",
        "content-type": "application/json",
    }
    assert rate_limits(headers, 2000, NOON.timestamp()) == [(12, 360.0), (2, 33.5)]


@pytest.mark.parametrize("unit", [1, 1000])
@pytest.mark.parametrize(("ahead", "seconds"), [(20, 20.0), (-5, 0.0)])
def test_a_reset_may_be_a_unix_time_in_seconds_or_milliseconds(
    unit: int, ahead: int, seconds: float
) -> None:
    at = f"{(NOON.timestamp() + ahead) * unit:.0f}"
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": at}
    assert rate_limits(headers, 1, NOON.timestamp()) == [(0, seconds)]


async def test_a_reset_in_a_thousand_years_is_no_wait_and_none_that_was_noted_before() -> None:
    clock, book = Clock(), MemoryBook()
    limiter = Limiter(Slots(book, rpm=60), clock, clock.sleep)
    for reset in ("99999999999", "9999999999999999", "9" * 400):
        limiter.observe(
            {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": reset}
        )
    await limiter.acquire()
    with book.change() as pace:
        pace.held = clock.now + 1e15
    await limiter.acquire()
    assert clock.now - NOON.timestamp() < 5


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12.0), ("1.5s", 1.5), ("20ms", 0.02), ("6m0s", 360.0), ("1h2m", 3720.0)],
)
def test_durations_are_read_in_every_notation(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "-3", "1 fortnight", "nan"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration(text) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Wed, 04 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 04 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": f"{NOON.timestamp() + 20:.0f}"}, 20.0),
        ({"retry-after": "99999999999999999"}, None),
        ({"retry-after": "Fri, 31 Dec 9998 12:00:00 GMT"}, None),
        ({"retry-after-ms": "9" * 400}, None),
        ({"retry-after": "later"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_date_or_milliseconds(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, NOON) == seconds


def test_backoff_grows_with_full_jitter_up_to_a_bound() -> None:
    rng = random.Random(0)
    for attempt, most in [(1, 1.0), (3, 4.0), (20, 60.0)]:
        pauses = [backoff(attempt, rng) for _ in range(500)]
        assert 0 <= min(pauses) < 0.05 * most
        assert 0.95 * most < max(pauses) <= most


async def test_a_long_wait_is_told_and_a_job_that_is_to_end_does_not_see_it_out() -> None:
    clock, told = Clock(), list[tuple[float, str]]()

    async def forever(_: float) -> None:
        await asyncio.Event().wait()

    waiting = Waiting(lambda *words: told.append(words))
    limiter = Limiter(local_slots(rpm=60), clock, forever, waiting)
    limiter.slow_down(40)
    waits = [asyncio.create_task(limiter.acquire()) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert told == [(pytest.approx(40), "")]
    waiting.end()
    for wait in waits:
        with pytest.raises(BrokenOff):
            await wait
    assert told[1] == (0.0, "")


async def test_a_short_wait_is_seen_out_without_a_word_also_by_a_job_that_is_to_end() -> None:
    clock, told = Clock(), list[tuple[float, str]]()
    waiting = Waiting(lambda *words: told.append(words))
    waiting.end()
    limiter = Limiter(local_slots(rpm=60), clock, clock.sleep, waiting)
    start = clock.now
    await limiter.acquire()
    await limiter.acquire()
    assert clock.now - start == pytest.approx(1.0, abs=0.2)
    assert not told
