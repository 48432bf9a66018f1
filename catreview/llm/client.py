"""Labels from any OpenAI-compatible server: one request per batch, retried until it is settled."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from catreview.errors import LLMStopped
from catreview.llm.answers import Answer
from catreview.llm.budget import Budget
from catreview.llm.chat import (
    Chat,
    Effort,
    Features,
    expected_tokens,
    failed_answer,
    most_tokens,
)
from catreview.llm.limits import Limiter
from catreview.llm.prompt import Prompt, RenderedPrompt
from catreview.llm.providers import Endpoint
from catreview.llm.retries import Failure, Next, backoff, refused_for_long, stop_error
from catreview.records import Example
from catreview.settings import LLMSettings

if TYPE_CHECKING:
    from catreview.llm.transport import Completion

THROTTLE_PATIENCE: Final = 900.0
"""Seconds to wait for a provider that throttles everything, or wants a longer pause."""


class Memory(Protocol):
    """Where is kept what an endpoint takes, from one job to the next."""

    def recall(self) -> str | None:
        """What was remembered last."""
        ...

    def remember(self, features: str) -> None:
        """Keep this."""
        ...


@dataclass(slots=True)
class _Course:
    """How one request fared so far; `tries` count against the bound, `sent` does every one."""

    features: Features
    tries: int = 1
    sent: int = 0
    throttled: int = 0
    latency: float = 0.0
    cost: float = 0.0
    unreachable: bool = True


class OpenAILabeller:
    """Asks one endpoint, at the limiter's pace; shared by all workers.

    What the server does not take (a JSON schema, log probabilities, a temperature) is left out
    from then on. Use it as an async context manager, or call `close`. `sleep`, `clock` (seconds)
    and `rng` are for tests.
    """

    def __init__(  # noqa: PLR0913 - the last three are seams for tests, by keyword only
        self,
        endpoint: Endpoint,
        settings: LLMSettings,
        prompt: Prompt,
        limiter: Limiter,
        *,
        budget: Budget | None = None,
        memory: Memory | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        # Late: the import of openai takes 0.8 s, which every command would pay.
        from catreview.llm.transport import Transport

        self.endpoint = endpoint
        self._settings = settings
        self._prompt = prompt
        self._chat = Chat(endpoint, settings, prompt)
        self._limiter = limiter
        self._sleep = sleep
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not cryptography
        self._transport = Transport(endpoint, settings.timeout)
        self._budget = budget or Budget()
        self._memory = memory
        known = memory.recall() if memory is not None else None
        self._features = Features.from_text(known) if known else Features()
        self._proven = known is not None
        self._heard = 0.0

    async def __aenter__(self) -> OpenAILabeller:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def ask(self, batch: Sequence[Example]) -> Answer:
        """See `Labeller`."""
        course = _Course(self._features)
        try:
            return await self._see_through(batch, course)
        except LLMStopped as error:
            effort = self._effort(course)
            error.attempts, error.cost = effort.attempts, effort.cost
            raise

    async def _see_through(self, batch: Sequence[Example], course: _Course) -> Answer:
        """Try until there is an answer, or none to be had."""
        throttled_since: float | None = None
        while True:
            rendered = self._prompt.render(batch, course.features.reply_format)
            outcome = await self._attempt(rendered, course)
            if not isinstance(outcome, Failure):
                self._heard = self._clock()
                self._learn(course.features)
                return self._chat.answer(batch, rendered, outcome, self._effort(course))
            match self._next(outcome, course):
                case Next.STOP:
                    raise stop_error(outcome, self.endpoint)
                case Next.SET_ASIDE:
                    return failed_answer(batch, outcome, self._effort(course))
                case Next.WAIT:
                    throttled_since = throttled_since or self._clock()
                    # It says nothing of these messages: they are not to be set aside for it.
                    if self._clock() - max(throttled_since, self._heard) > THROTTLE_PATIENCE:
                        raise refused_for_long(outcome, THROTTLE_PATIENCE)
                    course.throttled += 1
                    pause = outcome.wait or 0.5 + backoff(course.throttled, self._rng)
                    self._limiter.slow_down(pause)
                case Next.SIMPLIFY:
                    course.features = course.features.without(outcome.text) or course.features
                case Next.RETRY:
                    pause = backoff(course.tries, self._rng)
                    course.tries += 1
                    seconds = min(max(pause, outcome.wait or 0.0), THROTTLE_PATIENCE)
                    waiting = self._limiter.waiting
                    await waiting.before_another_try(outcome.kind, seconds, self._sleep)

    def _learn(self, features: Features) -> None:
        """Ask like this from now on: the server took it."""
        if self._memory is not None and not (self._proven and features == self._features):
            self._memory.remember(features.as_text())
        self._features, self._proven = features, True

    def _next(self, failure: Failure, course: _Course) -> Next:
        """Decide what to do, given how often it was tried already."""
        course.unreachable = course.unreachable and failure.unreachable
        step = failure.next
        if step is Next.RETRY and course.tries >= self._settings.max_attempts:
            return Next.STOP if course.unreachable else Next.SET_ASIDE
        if step is Next.SIMPLIFY:
            # Once the server has taken a request of this shape, a complaint that names no part of
            # it is about the content.
            blamed = course.features.named_in(failure.text) or not self._proven
            return step if blamed and course.features.without(failure.text) else Next.SET_ASIDE
        return step

    async def _attempt(self, rendered: RenderedPrompt, course: _Course) -> Completion | Failure:
        """Send one request, when the budget and the limiter let it through."""
        request = self._chat.request(rendered, course.features)
        prompt, reply = expected_tokens(rendered)
        estimate = prompt + reply
        reserved = await self._budget.reserve(prompt, most_tokens(rendered))
        cost = 0.0
        try:
            await self._limiter.acquire(estimate)
            # Cut off from here on, it may be charged for.
            cost = reserved
            course.sent += 1
            started = self._clock()
            outcome, headers = await self._transport.send(request)
            course.latency = self._clock() - started
            cost = self._cost(outcome, reserved)
        finally:
            course.cost += cost
            self._budget.settle(reserved, cost)
        self._limiter.observe(headers, estimate)
        if not isinstance(outcome, Failure):
            self._limiter.settle(estimate, outcome.prompt_tokens + outcome.completion_tokens)
        return outcome

    def _cost(self, outcome: Completion | Failure, most: float) -> float:
        """US dollars of an attempt: at `most` where the server doesn't say what it took."""
        if isinstance(outcome, Failure):
            # A server that answers with an error charges nothing; one that is cut off may.
            return most if outcome.status in {0, 200} and not outcome.unreachable else 0.0
        if not outcome.prompt_tokens:
            return most
        return self._budget.cost(outcome.prompt_tokens, outcome.completion_tokens) or 0.0

    def _effort(self, course: _Course) -> Effort:
        cost = None if self._budget.cost(0, 0) is None else course.cost
        return Effort(course.sent, course.latency, cost)


async def list_models(endpoint: Endpoint, settings: LLMSettings) -> list[str]:
    """Names of the models that the endpoint offers, sorted.

    Raises ProviderError where it is unreachable, refuses the key or has no such list.
    """
    from catreview.llm.transport import Transport

    transport = Transport(endpoint, settings.timeout)
    try:
        return await transport.list_models()
    finally:
        await transport.close()
