"""How one candidate of a pilot did: right, swallowed, unreadable, what it took, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from catreview.errors import ProviderError
from catreview.jobs.llm.voters import Voter
from catreview.jobs.project import Project
from catreview.records import ABSTAIN
from catreview.store import Codes, Numbers, Request
from catreview.training.evaluation import Evaluation, evaluate
from catreview.voting import homogeneity, mcnemar, wilson_interval

SURE: Final = 0.005
"""A p-value below this is worth a warning. Every candidate is tested for several things, and false
alarms teach people to ignore true ones (D. J. Benjamin et al., Nature Human Behaviour 2, 2018)."""
MUCH: Final = 0.10
"""Share of the sample by which a category must be given too often to be said to swallow."""
THIRDS: Final = 3


@dataclass(frozen=True, slots=True)
class Share:
    """`k` of `n`, with the Wilson 95 % interval of the share; 0 of 0 is a share of 0."""

    k: int
    n: int

    @property
    def value(self) -> float:
        """In 0..1."""
        return self.k / self.n if self.n else 0.0

    def as_json(self) -> dict[str, Any]:
        """The share as one JSON object."""
        low, high = wilson_interval(self.k, self.n)
        return {"value": self.value, "low": low, "high": high, "n": self.n}


@dataclass(frozen=True, slots=True)
class Swallowing:
    """A category given far more often than it occurs, at the cost of `swallowed` ones.

    `given` and `expected` are shares of the compared examples; `p` is McNemar's mid-p of the two
    being equal. `swallowed` are the categories that are called this more often than their own
    name.
    """

    category: str
    given: float
    expected: float
    p: float
    swallowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Accuracy in the first, middle and last third of a request; `p` of all being the same.

    Exact test of Freeman and Halton, over the examples with a vote from a request of three or
    more.
    """

    thirds: tuple[Share, ...]
    p: float

    @property
    def matters(self) -> bool:
        """Whether the difference is more than chance."""
        return self.p < SURE


@dataclass(frozen=True, slots=True)
class TotalEffort:
    """What the requests took. `cost` is US dollars, None where a price is unknown.

    `unreadable` counts, among all examples in requests that were answered, those that got no vote
    from the answer. `minutes` and `cost` are for 1,000 examples, None before there is a vote:
    minutes at the configured requests per minute and concurrency, whichever takes longer.
    """

    requests: int
    prompt_tokens: int
    completion_tokens: int
    unreadable: Share
    minutes: float | None
    cost: float | None


@dataclass(frozen=True)
class Candidate:
    """A model, prompt and batch size, measured on the sample.

    `prompt` is the prompt's version, `template` the name it is configured by. An example without
    a vote counts as wrong. `given` is the share of each category in the votes. `right` (n,) says
    where the compared examples got the right vote.
    """

    model: str
    prompt: str
    template: str
    batch_size: int
    labelled: int
    accuracy: Share
    gate: float
    given: Mapping[str, float]
    evaluation: Evaluation | None
    swallowing: tuple[Swallowing, ...]
    position: Position | None
    effort: TotalEffort
    set_aside: Mapping[str, str]
    right: np.ndarray[Any, np.dtype[np.bool_]]

    @property
    def passed(self) -> bool:
        """Whether the accuracy reaches the gate."""
        return self.accuracy.n > 0 and self.accuracy.value >= self.gate

    def as_json(self) -> dict[str, Any]:
        """The candidate as one JSON object."""
        return {
            "model": self.model,
            "prompt": self.prompt,
            "template": self.template,
            "batch_size": self.batch_size,
            "labelled": self.labelled,
            "accuracy": self.accuracy.as_json(),
            "passed": self.passed,
            "scores": self.evaluation.as_json() if self.evaluation else None,
            "given": dict(self.given),
            "swallowing": [asdict(found) for found in self.swallowing],
            "unreadable": self.effort.unreadable.as_json(),
            "position": {
                "thirds": [third.as_json() for third in self.position.thirds],
                "p": self.position.p,
            }
            if self.position
            else None,
            "requests": self.effort.requests,
            "prompt_tokens": self.effort.prompt_tokens,
            "completion_tokens": self.effort.completion_tokens,
            "minutes_per_1000": self.effort.minutes,
            "cost_per_1000": self.effort.cost,
            "set_aside": dict(self.set_aside),
        }


@dataclass(frozen=True, slots=True)
class Failed:
    """A candidate that the provider did not let come to its end, and what it said."""

    model: str
    template: str
    batch_size: int
    error: str
    hint: str

    @property
    def words(self) -> str:
        """The candidate and what was said."""
        return f"{self.model}, {self.template}, {self.batch_size} a request: {self.error}"


def all_failed(failed: Sequence[Failed]) -> ProviderError:
    """Nothing came of a pilot: one candidate's own words where there was no other."""
    first = failed[0]
    if len(failed) == 1:
        return ProviderError(first.error, first.hint)
    said = "".join(f"\n  {one.words}" for one in failed)
    return ProviderError(f"All {len(failed)} candidates failed:{said}", first.hint)


def measure(project: Project, voter: Voter, numbers: Numbers, truth: Codes) -> Candidate:
    """Measure a candidate's stored votes on `numbers` (ascending) against `truth` (n,).

    `project` has the candidate's settings.
    """
    names, settings = project.schema.names, project.settings
    votes = project.store.votes.matrix(numbers, [voter.source], names).codes[:, 0]
    compared = truth != ABSTAIN
    right = (votes == truth)[compared]
    ids = [example.id for example in project.store.examples.get(numbers)]
    wanted = set(ids)
    requests = [
        request
        for request in project.store.requests.of(voter.source.id)
        if not wanted.isdisjoint(request.examples)
    ]
    by_id = dict(zip(ids, (votes == truth).tolist(), strict=True))
    voted = {i for i, vote, known in zip(ids, votes, compared, strict=True) if vote >= 0 and known}
    aside = project.store.requests.aside(voter.source.id)
    return Candidate(
        model=voter.model,
        prompt=voter.prompt.version,
        template=settings.llm.prompt,
        batch_size=settings.llm.batch_size,
        labelled=int((votes != ABSTAIN).sum()),
        accuracy=Share(int(right.sum()), len(right)),
        gate=settings.pilot.gate,
        given=shares(votes, names),
        evaluation=evaluate(truth[compared], votes[compared], names, seed=settings.pilot.seed)
        if compared.any()
        else None,
        swallowing=_swallowing(votes[compared], truth[compared], names),
        # Recorded votes were not given in these requests: their place says nothing.
        position=None if voter.replay else _position(requests, {i: by_id[i] for i in voted}),
        effort=_effort(requests, settings.llm.rpm, settings.llm.concurrency),
        set_aside={i: aside[n] for i, n in zip(ids, numbers.tolist(), strict=True) if n in aside},
        right=right,
    )


def shares(codes: Codes, names: Sequence[str]) -> dict[str, float]:
    """The share of each category among `codes` (n,), abstentions left out."""
    known = codes[codes != ABSTAIN]
    return {n: float((known == i).mean()) if len(known) else 0.0 for i, n in enumerate(names)}


def _swallowing(votes: Codes, truth: Codes, names: Sequence[str]) -> tuple[Swallowing, ...]:
    """Find the categories given far more often than they occur.

    More often by `MUCH` of the sample, and more than chance by McNemar's test of whether the two
    say the category equally often, at `SURE` for all categories together (Bonferroni).
    """
    found = []
    for code, name in enumerate(names):
        given, expected = votes == code, truth == code
        test = mcnemar(int((given & ~expected).sum()), int((expected & ~given).sum()))
        excess = (test.first_only - test.second_only) / max(len(votes), 1)
        if excess < MUCH or test.p >= SURE / len(names):
            continue
        swallowed = tuple(
            other
            for k, other in enumerate(names)
            if k != code and (given & (truth == k)).sum() > ((votes == k) & (truth == k)).sum()
        )
        share, wanted = float(given.mean()), float(expected.mean())
        found.append(Swallowing(name, share, wanted, test.p, swallowed))
    return tuple(found)


def _position(requests: Sequence[Request], right: Mapping[str, bool]) -> Position | None:
    """Compare the thirds of requests; `right` says of each example id if its vote is right."""
    third: dict[str, int] = {}
    # The last request for an example is the one that brought its vote.
    for request in requests:
        size = len(request.examples)
        for place, example in enumerate(request.examples):
            third.pop(example, None)
            if size >= THIRDS:
                third[example] = place * THIRDS // size
    counts = np.zeros((THIRDS, 2), dtype=np.int64)
    for example, is_right in right.items():
        if example in third:
            counts[third[example]] += (is_right, 1)
    if not counts[:, 1].all():
        return None
    hits, sizes = counts[:, 0].tolist(), counts[:, 1].tolist()
    return Position(tuple(map(Share, hits, sizes)), homogeneity(hits, sizes))


def _effort(requests: Sequence[Request], rpm: int, concurrency: int) -> TotalEffort:
    answered = [r for r in requests if r.status in ("ok", "partial")]
    sent = sum(len(r.examples) for r in answered)
    labelled = sum(r.labelled for r in answered)
    attempts = sum(r.attempts for r in requests)
    in_flight = sum(r.latency or 0.0 for r in requests)
    costs = [r.cost for r in answered if r.cost is not None]
    minutes = max(attempts / rpm, in_flight / 60 / concurrency)
    return TotalEffort(
        requests=attempts,
        prompt_tokens=sum(r.prompt_tokens or 0 for r in requests),
        completion_tokens=sum(r.completion_tokens or 0 for r in requests),
        unreadable=Share(sent - labelled, sent),
        minutes=1000 * minutes / labelled if labelled else None,
        cost=1000 * sum(costs) / labelled if labelled and len(costs) == len(answered) else None,
    )
