"""What a labelling job would do: which examples go to the LLM, and within which caps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from catreview.errors import ConfigError
from catreview.jobs.holders import alive
from catreview.jobs.labels.settling import gather
from catreview.jobs.llm.trials import tried
from catreview.jobs.llm.voters import Voter
from catreview.jobs.project import Project
from catreview.queues import pools
from catreview.records import ABSTAIN, PLANNED


@dataclass(frozen=True, slots=True)
class Caps:
    """What one job may label, send (HTTP requests) and spend (US dollars); None is no cap."""

    max_examples: int | None = None
    max_requests: int | None = None
    max_cost: float | None = None


NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run that was cut short had used of its caps."""

    run: int
    examples: int
    requests: int
    cost: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a labelling job would do: example numbers in order, and how many per pool."""

    numbers: Sequence[int]
    batch_size: int
    pools: dict[str, int]
    waiting: int
    """Examples that would go to the LLM without caps."""
    caps: Caps = NO_CAPS
    resumes: Spent | None = None
    """The run that was cut short and is continued."""
    retried: Sequence[int] = ()
    """Examples that were set aside before and are taken up again."""
    chosen: Sequence[str] = PLANNED
    """The pools that were asked for."""
    kind: str = "label"
    """Of the run: "label", or "candidate" for a part of a pilot."""

    @property
    def requests(self) -> int:
        """Requests where every reply is good."""
        return math.ceil(len(self.numbers) / self.batch_size)

    def parameters(self, voter: Voter, holder: str) -> dict[str, Any]:
        """What is recorded of a run that follows the plan."""
        return {
            "source": voter.source.id,
            "model": voter.model,
            "prompt": voter.prompt.version,
            "batch_size": self.batch_size,
            "planned": len(self.numbers),
            "caps": asdict(self.caps),
            "pools": list(self.chosen),
            "resumes": asdict(self.resumes) if self.resumes else None,
            "holder": holder,
        }


def plan_labelling(
    project: Project,
    voter: Voter,
    caps: Caps = NO_CAPS,
    *,
    only: Sequence[str] = (),
    retry_failed: bool = False,
) -> Plan:
    """Choose the examples for the LLM by the sampling plan.

    Left out are gold, what a person decided, what this source has voted on, and (unless
    `retry_failed`) what it set aside; `only` names the pools to ask about, none all of `PLANNED`.
    A run that was killed or interrupted with the same caps is continued: what it used of them
    counts.

    Raises:
        ConfigError: a cap on the cost, and the model has no price.
    """
    if caps.max_cost is not None and voter.model not in project.settings.prices:
        raise ConfigError(
            f"--max-cost needs the price of {voter.model}, and it has none.",
            f'Add to catreview.toml: [prices."{voter.model}"], then input = … and output = … in'
            " US dollars per million tokens.",
        )
    store = project.store
    known = gather(project)
    parts = pools(known.heuristic, project.settings.heuristic)
    done = np.isin(known.numbers, store.votes.voted(voter.source.id))
    done |= np.isin(known.numbers, tried(project, voter))
    aside = list(store.requests.aside(voter.source.id))
    if not retry_failed:
        done |= np.isin(known.numbers, aside)
    free = ~known.gold & (known.human == ABSTAIN) & ~done
    names = [name for name in PLANNED if name in only or not only]
    chosen = {name: known.numbers[getattr(parts, name) & free] for name in names}
    numbers = np.concatenate([*chosen.values()])
    resumes = _cut_short(project, voter, caps, names)
    spent = resumes.examples if resumes else 0
    limit = None if caps.max_examples is None else max(caps.max_examples - spent, 0)
    return Plan(
        numbers=numbers[:limit].tolist(),
        batch_size=project.settings.llm.batch_size,
        pools={name: len(part) for name, part in chosen.items()},
        waiting=len(numbers),
        caps=caps,
        resumes=resumes,
        retried=aside if retry_failed else (),
        chosen=names,
    )


def _cut_short(project: Project, voter: Voter, caps: Caps, names: Sequence[str]) -> Spent | None:
    """The last run, where it was cut short with the same caps, and what it used of them."""
    last = project.store.runs.latest("label")
    if last is None or last.status not in ("running", "interrupted") or caps == NO_CAPS:
        return None
    given = last.parameters
    same = given.get("source") == voter.source.id and given.get("caps") == asdict(caps)
    same &= given.get("pools", list(PLANNED)) == names
    if not same or (last.status == "running" and alive(given["holder"])):
        return None
    requests, cost = project.store.requests.spent_in(last.id)
    before = Spent(**given["resumes"]) if given["resumes"] else Spent(last.id, 0, 0, 0.0)
    return Spent(
        last.id,
        before.examples + project.store.requests.labelled_in(last.id),
        before.requests + requests,
        before.cost + cost,
    )
