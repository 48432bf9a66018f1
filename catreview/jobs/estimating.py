"""What a labelling job will take, from what earlier requests took: tokens, minutes, US dollars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catreview.jobs.planning import Plan
from catreview.jobs.project import Project
from catreview.jobs.voters import Voter
from catreview.llm.chat import expected_tokens
from catreview.store import Measured

MOST_MEASURED = 1000
"""So many of the newest requests are looked at."""
FEW = 3
"""With fewer requests of the plan's own batch size, those of every size count, per example."""


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
class Estimate:
    """What a plan will take. `measured` requests it is drawn from; 0: guessed from the prompt.

    `requests` counts HTTP requests, with those for what was left out of replies. `cost` is in US
    dollars, None where the model has no price.
    """

    requests: Range
    tokens: Range
    minutes: Range
    cost: Range | None
    measured: int

    def as_json(self) -> dict[str, Any]:
        """The estimate as one JSON object."""
        parts = {"requests": self.requests, "tokens": self.tokens, "minutes": self.minutes}
        parts |= {"cost": self.cost} if self.cost else {}
        ranges = {
            name: {"value": r.value, "low": r.low, "high": r.high} for name, r in parts.items()
        }
        return {**ranges, "measured": self.measured}


def estimate(project: Project, voter: Voter, plan: Plan) -> Estimate:
    """Foresee what `plan` takes, from the newest requests of its source (or of its model)."""
    measured = project.store.requests.measured(voter.model, voter.source.id, MOST_MEASURED)
    if not measured and plan.numbers:
        measured = [_guess(project, voter, plan)]
        return _sum_up(project, voter, plan, measured, known=0)
    return _sum_up(project, voter, plan, measured, known=len(measured))


def _guess(project: Project, voter: Voter, plan: Plan) -> Measured:
    batch = project.store.examples.get(plan.numbers[: plan.batch_size])
    prompt, reply = expected_tokens(voter.prompt.render(batch))
    return Measured(len(batch), len(batch), 1, prompt, reply, 0.0)


def _sum_up(
    project: Project, voter: Voter, plan: Plan, measured: Sequence[Measured], *, known: int
) -> Estimate:
    settings = project.settings.llm
    same = [m for m in measured if m.examples == plan.batch_size]
    chosen = same if len(same) >= FEW else measured
    # What was left out of a reply is asked for again.
    again = sum(m.examples for m in chosen) / max(sum(m.labelled for m in chosen), 1)
    share = [again * plan.batch_size / m.examples for m in chosen]
    count = len(plan.numbers) / plan.batch_size

    def total(of: Callable[[Measured], float]) -> Range:
        return _total([of(m) * s for m, s in zip(chosen, share, strict=True)], count)

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
    return Estimate(requests, tokens, max(paces, key=lambda r: r.value), cost, known)


def _total(sample: Sequence[float], count: float) -> Range:
    """Foresee the sum of `count` more values like those of `sample` (normal approximation)."""
    if not sample or not count:
        return Range(0.0, 0.0, 0.0)
    values = np.asarray(sample)
    n, mean = len(values), float(values.mean())
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    margin = 1.96 * spread * (count + count**2 / n) ** 0.5
    return Range(count * mean, max(count * mean - margin, 0.0), count * mean + margin)
