"""Labels from any OpenAI-compatible server: one request per batch, retried until it is settled."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from catreview.llm.answers import Answer, AnswerStatus
from catreview.llm.confidence import confidences
from catreview.llm.limits import Limiter
from catreview.llm.prompt import Prompt, RenderedPrompt, ReplyFormat
from catreview.llm.providers import Endpoint, scrub
from catreview.llm.reasoning import visible_answer
from catreview.llm.replies import parse_reply
from catreview.llm.retries import Failure, Next, backoff, stop_error
from catreview.records import Example
from catreview.settings import LLMSettings

if TYPE_CHECKING:
    from catreview.llm.transport import Completion

THROTTLE_PATIENCE: Final = 900.0
"""Seconds for which a request waits out a provider that throttles or wants a longer pause."""
_REPLY_TOKENS: Final = (2048, 100)
"""Most tokens of a reply: a base that leaves room for reasoning, and so many per message."""
_CHARACTERS_PER_TOKEN: Final = 4
_FORMATS: Final = tuple(ReplyFormat)


@dataclass(frozen=True, slots=True)
class Features:
    """What is asked of the server beyond plain chat; less after it refused some of it."""

    reply_format: ReplyFormat = ReplyFormat.JSON_SCHEMA
    optional: frozenset[str] = frozenset({"logprobs", "temperature", "max_tokens"})

    def without(self, complaint: str) -> Features | None:
        """Make the request simpler after the error text `complaint`; None where it is plain."""
        refused = {name for name in self.optional if name in complaint}
        if refused:
            return Features(self.reply_format, self.optional - refused)
        if self.reply_format is not _FORMATS[-1]:
            return Features(_FORMATS[_FORMATS.index(self.reply_format) + 1], self.optional)
        if self.optional:
            return Features(self.reply_format, frozenset())
        return None

    def named_in(self, complaint: str) -> bool:
        """Tell whether an error text speaks of something that can be left out."""
        words = {*self.optional, "response_format", "json_schema", "json_object", "structured"}
        return any(word in complaint for word in words)


@dataclass(slots=True)
class _Course:
    """How one request fared so far."""

    features: Features
    attempts: int = 1
    throttled: int = 0
    latency: float = 0.0
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
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        # Late: the import of openai takes 0.8 s, which every command would pay.
        from catreview.llm.transport import Transport

        self.endpoint = endpoint
        self._settings = settings
        self._prompt = prompt
        self._limiter = limiter
        self._sleep = sleep
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not cryptography
        self._transport = Transport(endpoint, settings.timeout)
        self._features = Features()
        self._proven = False

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
        throttled_since: float | None = None
        while True:
            rendered = self._prompt.render(batch, course.features.reply_format)
            outcome = await self._attempt(rendered, course)
            if not isinstance(outcome, Failure):
                self._features, self._proven = course.features, True
                return self._answer(batch, rendered, outcome, course)
            match self._next(outcome, course):
                case Next.STOP:
                    raise stop_error(outcome, self.endpoint)
                case Next.SET_ASIDE:
                    return _failed(batch, outcome, course)
                case Next.WAIT:
                    throttled_since = throttled_since or self._clock()
                    if self._clock() - throttled_since > THROTTLE_PATIENCE:
                        return _failed(batch, outcome, course)
                    course.throttled += 1
                    pause = outcome.wait or 0.5 + backoff(course.throttled, self._rng)
                    self._limiter.slow_down(pause)
                case Next.SIMPLIFY:
                    course.features = course.features.without(outcome.text) or course.features
                case Next.RETRY:
                    pause = backoff(course.attempts, self._rng)
                    course.attempts += 1
                    await self._sleep(min(max(pause, outcome.wait or 0.0), THROTTLE_PATIENCE))

    def _next(self, failure: Failure, course: _Course) -> Next:
        """Decide what to do, given how often it was tried already."""
        course.unreachable = course.unreachable and failure.unreachable
        step = failure.next
        if step is Next.RETRY and course.attempts >= self._settings.max_attempts:
            return Next.STOP if course.unreachable else Next.SET_ASIDE
        if step is Next.SIMPLIFY:
            # Once the server has taken a request of this shape, a complaint that names no part of
            # it is about the content.
            blamed = course.features.named_in(failure.text) or not self._proven
            return step if blamed and course.features.without(failure.text) else Next.SET_ASIDE
        return step

    async def _attempt(self, rendered: RenderedPrompt, course: _Course) -> Completion | Failure:
        """Send one request, when the limiter lets it through."""
        request = self._request(rendered, course.features)
        estimate = sum(len(m["content"]) for m in rendered.messages) // _CHARACTERS_PER_TOKEN
        estimate += 10 * len(rendered.keys)
        await self._limiter.acquire(estimate)
        started = self._clock()
        outcome, headers = await self._transport.send(request)
        course.latency = self._clock() - started
        self._limiter.observe(headers, estimate)
        if not isinstance(outcome, Failure):
            self._limiter.settle(estimate, outcome.prompt_tokens + outcome.completion_tokens)
        return outcome

    def _request(self, rendered: RenderedPrompt, features: Features) -> dict[str, Any]:
        base, per_message = _REPLY_TOKENS
        request: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": list(rendered.messages),
        }
        optional: dict[str, Any] = {
            "logprobs": True,
            "temperature": self._settings.temperature,
            "max_tokens": base + per_message * len(rendered.keys),
        }
        request |= {
            name: value
            for name, value in optional.items()
            if name in features.optional and value is not None
        }
        if rendered.response_format is not None:
            request["response_format"] = rendered.response_format
        return request

    def _answer(
        self, batch: Sequence[Example], rendered: RenderedPrompt, reply: Completion, course: _Course
    ) -> Answer:
        """Read the reply; examples that it does not label beyond doubt are rejected."""
        filtered = reply.finish_reason == "content_filter"
        refused = "the provider's content filter stopped the reply" if filtered else ""
        if reply.refusal:
            refused = f"the model refused: {scrub(reply.refusal, self.endpoint.api_key)}"
        parsed = parse_reply(
            "" if refused else reply.content,
            rendered.keys,
            self._prompt.schema,
            truncated=reply.finish_reason == "length",
        )
        labels = {k: parsed.labels[e] for k, e in rendered.keys.items() if e in parsed.labels}
        names = self._prompt.schema.names
        sure = confidences(visible_answer(reply.content), reply.tokens, labels, len(names))
        status = AnswerStatus.PARTIAL if parsed.rejected else AnswerStatus.OK
        return Answer(
            examples=tuple(example.id for example in batch),
            status=AnswerStatus.REFUSED if refused else status,
            votes={rendered.keys[k]: (category, sure.get(k)) for k, category in labels.items()},
            rejected=dict.fromkeys(parsed.rejected, refused) if refused else parsed.rejected,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            latency=course.latency,
            attempts=course.attempts,
            finish_reason=reply.finish_reason,
        )


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


def _failed(batch: Sequence[Example], failure: Failure, course: _Course) -> Answer:
    """Make the answer to a request that got no usable reply."""
    refused = failure.next is Next.SET_ASIDE
    reason = f"{failure.kind}: {failure.text}" if failure.text else failure.kind
    return Answer(
        examples=tuple(example.id for example in batch),
        status=AnswerStatus.REFUSED if refused else AnswerStatus.FAILED,
        votes={},
        rejected=dict.fromkeys((example.id for example in batch), reason),
        latency=course.latency,
        attempts=course.attempts,
        error_class=failure.kind,
        error=failure.text,
        # Smaller batches help against a poisoned message, not against a throttling server.
        ask_again=failure.next is not Next.WAIT,
    )
