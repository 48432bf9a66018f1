"""What a labelling job will take, from what earlier requests took: tokens, minutes, US dollars."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import numpy as np

from catreview.jobs.llm.planning import Plan
from catreview.jobs.llm.voters import EndpointBook, Voter
from catreview.jobs.project import Project
from catreview.llm.chat import expected_tokens
from catreview.llm.limits import Slots
from catreview.llm.providers import resolve_endpoint
from catreview.store import Measured

MOST_MEASURED = 1000
"""So many of the newest requests are looked at."""
FEW = 3
"""With fewer requests of the plan's own batch size, those of every size count, carried over."""


@dataclass(frozen=True, slots=True)
class Range:
    """An expected value with its 95 % prediction interval (`low` = `high` where not measured)."""

    value: float
    low: float
    high: float

    def map(self, change: Callable[[float], float]) -> Range:
        """The range of an increasing function of the value."""
        return Range(change(self.value), change(self.low), change(self.high))


@dataclass(frozen=True, slots=True)
class Days:
    """A plan with more requests than are `left` today, where `limit` may be sent a day (UTC).

    `count` is the number of days on which requests go, today included if any are left.
    """

    count: int
    left: int
    limit: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan will take. `measured` requests it is drawn from; 0: guessed from the prompt.

    `sizes` are the numbers of messages in those. `requests` counts HTTP requests, with those for
    what was left out of replies. `cost` is in US dollars, None where the model has no price.
    `days` is None where all can be sent today.
    """

    requests: Range
    tokens: Range
    minutes: Range
    cost: Range | None
    measured: int
    sizes: tuple[int, ...] = ()
    days: Days | None = None

    def as_json(self) -> dict[str, Any]:
        """The estimate as one JSON object."""
        parts = {"requests": self.requests, "tokens": self.tokens, "minutes": self.minutes}
        parts |= {"cost": self.cost} if self.cost else {}
        ranges = {
            name: {"value": r.value, "low": r.low, "high": r.high} for name, r in parts.items()
        }
        days = self.days.count if self.days else 1
        sizes = list(self.sizes)
        return {**ranges, "days": days, "measured": self.measured, "measured_batch_sizes": sizes}


def estimate(project: Project, voter: Voter, plan: Plan) -> Estimate:
    """Foresee what `plan` takes, from the newest requests of its source (or of its model).

    Requests of the plan's batch size count where there are `FEW`. Else those of other sizes do:
    their tokens and seconds are carried over in proportion to what prompts and replies of either
    size should hold, as most of a small request is the instructions.
    """
    measured = project.store.requests.measured(voter.model, voter.source.id, MOST_MEASURED)
    same = [m for m in measured if m.examples == plan.batch_size]
    chosen = same if len(same) >= FEW else measured
    sizes = tuple(sorted({m.examples for m in chosen}))
    if plan.numbers:
        guess = {size: _guess(project, voter, plan, size) for size in {*sizes, plan.batch_size}}
        planned = guess[plan.batch_size]
        carried = [_carried(m, guess[m.examples], planned) for m in chosen] or [planned]
        return _sum_up(project, voter, plan, carried, sizes=sizes, known=len(chosen))
    return _sum_up(project, voter, plan, chosen, sizes=sizes, known=len(chosen))


def _guess(project: Project, voter: Voter, plan: Plan, size: int) -> Measured:
    """What a request for `size` of the plan's examples should take."""
    batch = project.store.examples.get(plan.numbers[:size])
    prompt, reply = expected_tokens(voter.prompt.render(list(islice(cycle(batch), size))))
    return Measured(size, size, 1, prompt, reply, 0.0)


def _carried(measured: Measured, own: Measured, planned: Measured) -> Measured:
    """What a request would have taken with as many messages as `planned`; `own` is its guess."""
    prompt = planned.prompt_tokens / own.prompt_tokens
    reply = planned.completion_tokens / own.completion_tokens
    return Measured(
        examples=planned.examples,
        labelled=round(measured.labelled * planned.examples / measured.examples),
        attempts=measured.attempts,
        prompt_tokens=round(measured.prompt_tokens * prompt),
        completion_tokens=round(measured.completion_tokens * reply),
        latency=measured.latency * reply,
    )


def _sum_up(
    project: Project,
    voter: Voter,
    plan: Plan,
    chosen: Sequence[Measured],
    *,
    sizes: tuple[int, ...],
    known: int,
) -> Estimate:
    settings = project.settings.llm
    # What was left out of a reply is asked for again.
    again = sum(m.examples for m in chosen) / max(sum(m.labelled for m in chosen), 1)
    count = len(plan.numbers) / plan.batch_size

    def total(of: Callable[[Measured], float]) -> Range:
        return _total([of(m) * again for m in chosen], count)

    requests = total(lambda m: m.attempts)
    tokens = total(lambda m: m.prompt_tokens + m.completion_tokens)
    busy = total(lambda m: m.attempts * m.latency / settings.concurrency / 60)
    paces = [requests.map(lambda n: n / settings.rpm), busy]
    if settings.tpm is not None:
        per_minute = settings.tpm
        paces.append(tokens.map(lambda n: n / per_minute))
    price = project.settings.prices.get(voter.model)
    cost = None
    if price is not None:
        rate = price
        cost = total(lambda m: rate.of(m.prompt_tokens, m.completion_tokens))
    # The last one, with fewer messages, is a request as well.
    whole = requests.map(lambda n: float(math.ceil(round(n, 6))))
    longest = max(paces, key=lambda r: r.value)
    days = None if voter.replay else _days(project, whole.value)
    return Estimate(whole, tokens, longest, cost, known, sizes, days)


def _days(project: Project, requests: float) -> Days | None:
    settings = project.settings.llm
    endpoint = resolve_endpoint(settings, project.environ, to_ask=False)
    slots = Slots(EndpointBook(project, endpoint), settings.rpm, settings.rpd)
    left = int(slots.left(time.time()))
    if requests <= left:
        return None
    return Days((left > 0) + math.ceil((requests - left) / settings.rpd), left, settings.rpd)


def _total(sample: Sequence[float], count: float) -> Range:
    """Foresee the sum of `count` more values like those of `sample` (normal approximation)."""
    if not sample or not count:
        return Range(0.0, 0.0, 0.0)
    values = np.asarray(sample)
    n, mean = len(values), float(values.mean())
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    margin = 1.96 * spread * (count + count**2 / n) ** 0.5
    return Range(count * mean, max(count * mean - margin, 0.0), count * mean + margin)
