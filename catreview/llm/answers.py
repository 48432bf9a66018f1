"""What one request to an LLM brought, and how a batch is asked until nothing more can be had."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from catreview.records import Example


class AnswerStatus(StrEnum):
    """How a request ended."""

    OK = "ok"
    """Every example got a vote."""
    PARTIAL = "partial"
    """A reply came, and some examples got no vote from it."""
    REFUSED = "refused"
    """The provider would not answer this content."""
    FAILED = "failed"
    """No usable reply after every attempt."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of one request for a batch.

    Every id in `examples` is either in `votes` (category and confidence in 0..1, None where the
    server gave no log probabilities) or in `rejected` (with the reason). `attempts` counts HTTP
    requests; `latency` is seconds of the last one, without waiting for the rate limit; `cost` is
    in US dollars, None where the model has no price. Error texts carry no key.
    """

    examples: tuple[str, ...]
    status: AnswerStatus
    votes: dict[str, tuple[str, float | None]]
    rejected: dict[str, str]
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency: float = 0.0
    attempts: int = 1
    cost: float | None = None
    finish_reason: str = ""
    error_class: str = ""
    error: str = ""
    ask_again: bool = True
    """Whether the rejected examples may fare better alone or in a smaller batch."""


class Labeller(Protocol):
    """Whoever turns a batch of examples into an answer."""

    async def ask(self, batch: Sequence[Example]) -> Answer:
        """Label `batch` (at least one example, ids distinct) with one request.

        Raises ProviderError or BudgetReached where no batch can be answered.
        """
        ...


def request_bound(size: int) -> int:
    """Bound the requests for one batch of `size`: enough to isolate one bad example by halving."""
    return 2 + 2 * math.ceil(math.log2(size)) if size > 1 else 2


async def label_batch(labeller: Labeller, batch: Sequence[Example]) -> AsyncIterator[Answer]:
    """Ask for `batch`, and again for what was rejected; yield each answer as soon as it is there.

    A reply that labels some examples keeps them, and the others are asked again together; one
    that labels none is halved. An example that was rejected alone is set aside: the last answer
    that names it has the reason. At most `request_bound(len(batch))` requests.
    """
    waiting = deque([tuple(batch)] if batch else [])
    alone_once = len(batch) == 1
    for _ in range(request_bound(len(batch))):
        if not waiting:
            return
        group = waiting.popleft()
        answer = await labeller.ask(group)
        yield answer
        left = tuple(e for e in group if e.id in answer.rejected)
        if not left or not answer.ask_again:
            continue
        if len(left) < len(group):
            waiting.append(left)
        elif len(group) > 1:
            middle = len(group) // 2
            waiting.extend((group[:middle], group[middle:]))
        elif alone_once and answer.status is AnswerStatus.PARTIAL:
            # A lone example has never been asked in another way: a garbled reply may be chance.
            alone_once = False
            waiting.append(group)
