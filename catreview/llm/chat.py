"""One exchange with a chat model: the request for a batch, and the answer read from its reply."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from catreview.llm.answers import Answer, AnswerStatus
from catreview.llm.confidence import confidences
from catreview.llm.prompt import Prompt, RenderedPrompt, ReplyFormat
from catreview.llm.providers import Endpoint, scrub
from catreview.llm.reasoning import visible_answer
from catreview.llm.replies import parse_reply
from catreview.llm.retries import Failure, Next
from catreview.records import Example
from catreview.settings import LLMSettings

if TYPE_CHECKING:
    from catreview.llm.transport import Completion

_REPLY_TOKENS: Final = (2048, 100)
"""Most tokens of a reply: a base that leaves room for reasoning, and so many per message."""
_CHARACTERS_PER_TOKEN: Final = 4
_TOKENS_PER_ANSWER: Final = 10
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

    def as_text(self) -> str:
        """Write it down, for `from_text`."""
        return json.dumps([self.reply_format, sorted(self.optional)])

    @staticmethod
    def from_text(text: str) -> Features:
        """Read what `as_text` wrote."""
        reply_format, optional = json.loads(text)
        return Features(ReplyFormat(reply_format), frozenset(optional))


@dataclass(frozen=True, slots=True)
class Effort:
    """What an answer took: HTTP requests, seconds of the last one, US dollars where known."""

    attempts: int
    latency: float
    cost: float | None


class Chat:
    """How `endpoint` is asked with `prompt`, and how its replies are read."""

    def __init__(self, endpoint: Endpoint, settings: LLMSettings, prompt: Prompt) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._prompt = prompt

    def request(self, rendered: RenderedPrompt, features: Features) -> dict[str, Any]:
        """The body of a chat completion request."""
        request: dict[str, Any] = {
            "model": self._endpoint.model,
            "messages": list(rendered.messages),
        }
        optional: dict[str, Any] = {
            "logprobs": True,
            "temperature": self._settings.temperature,
            "max_tokens": most_tokens(rendered),
        }
        request |= {
            name: value
            for name, value in optional.items()
            if name in features.optional and value is not None
        }
        if rendered.response_format is not None:
            request["response_format"] = rendered.response_format
        return request

    def answer(
        self,
        batch: Sequence[Example],
        rendered: RenderedPrompt,
        reply: Completion,
        effort: Effort,
    ) -> Answer:
        """Read the reply; examples that it does not label beyond doubt are rejected."""
        filtered = reply.finish_reason == "content_filter"
        refused = "the provider's content filter stopped the reply" if filtered else ""
        if reply.refusal:
            refused = f"the model refused: {scrub(reply.refusal, self._endpoint.api_key)}"
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
            latency=effort.latency,
            attempts=effort.attempts,
            cost=effort.cost,
            finish_reason=reply.finish_reason,
        )


def failed_answer(batch: Sequence[Example], failure: Failure, effort: Effort) -> Answer:
    """Make the answer to a request that got no usable reply."""
    refused = failure.next is Next.SET_ASIDE
    reason = f"{failure.kind}: {failure.text}" if failure.text else failure.kind
    return Answer(
        examples=tuple(example.id for example in batch),
        status=AnswerStatus.REFUSED if refused else AnswerStatus.FAILED,
        votes={},
        rejected=dict.fromkeys((example.id for example in batch), reason),
        latency=effort.latency,
        attempts=effort.attempts,
        cost=effort.cost,
        error_class=failure.kind,
        error=failure.text,
        # Smaller batches help against a poisoned message, not against a throttling server.
        ask_again=failure.next is not Next.WAIT,
    )


def expected_tokens(rendered: RenderedPrompt) -> tuple[int, int]:
    """Guess the tokens of a prompt and of its reply, before any was measured."""
    characters = sum(len(message["content"]) for message in rendered.messages)
    return characters // _CHARACTERS_PER_TOKEN, _TOKENS_PER_ANSWER * len(rendered.keys)


def most_tokens(rendered: RenderedPrompt) -> int:
    """The limit that is set for the reply."""
    base, per_message = _REPLY_TOKENS
    return base + per_message * len(rendered.keys)
