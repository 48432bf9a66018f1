"""One HTTP request to an OpenAI-compatible server. Importing this imports openai (0.8 s)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import openai

from catreview.errors import CatreviewError, ProviderError
from catreview.llm.providers import Endpoint, scrub
from catreview.llm.retries import Failure, http_failure, stop_error

_HTTP = import_module(openai.DefaultAsyncHttpxClient.__mro__[1].__module__.partition(".")[0])
"""The HTTP library below the client; which one differs between versions of openai."""
_RESPONSE: Any = _HTTP.Response


@dataclass(frozen=True, slots=True)
class Completion:
    """The parts of a chat completion that matter; empty or 0 where the server leaves one out.

    `tokens` are its log probabilities, as the server gives them.
    """

    content: str
    refusal: str
    finish_reason: str
    tokens: list[dict[str, Any]]
    prompt_tokens: int
    completion_tokens: int


class Transport:
    """The connections to one endpoint. `timeout` is in seconds, for a whole request."""

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self._client = openai.AsyncOpenAI(
            base_url=endpoint.base_url,
            # The client insists on a key; servers without one ignore it.
            api_key=endpoint.api_key or "none",
            timeout=timeout,
            max_retries=0,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def send(
        self, request: Mapping[str, Any]
    ) -> tuple[Completion | Failure, Mapping[str, str]]:
        """Post a chat completion request; return what came of it, with the reply's headers.

        A failure is a value and not an exception, so that no traceback holds the key.
        """
        try:
            # The client's own timeout is per read: a server that drips bytes would never meet it.
            async with asyncio.timeout(self._timeout):
                # Posted as it is: to check a large schema that is right already takes the client
                # half of a request's time.
                raw = await self._client.post("/chat/completions", cast_to=_RESPONSE, body=request)
        except openai.APIStatusError as error:
            return self._status_failure(error), error.response.headers
        except (TimeoutError, openai.APITimeoutError):
            return Failure(0, "timeout", f"no complete reply within {self._timeout:g} s"), {}
        except openai.APIConnectionError as error:
            return self._connection_failure(error), {}
        completion = read_completion(raw.text)
        if completion is None:
            said = scrub(f"the reply is no chat completion: {raw.text}", self._endpoint.api_key)
            return Failure(200, "malformed reply", said), raw.headers
        return completion, raw.headers

    async def list_models(self) -> list[str]:
        """See `catreview.llm.client.list_models`."""
        problem: CatreviewError
        try:
            async with asyncio.timeout(self._timeout):
                return sorted([model.id async for model in self._client.models.list()])
        except openai.APIStatusError as error:
            problem = stop_error(self._status_failure(error), self._endpoint)
        except openai.APIConnectionError as error:
            problem = stop_error(self._connection_failure(error), self._endpoint)
        except TimeoutError:
            problem = stop_error(Failure(0, "timeout", "timeout", unreachable=True), self._endpoint)
        except (TypeError, ValueError, AttributeError, openai.OpenAIError):
            problem = ProviderError(
                f"{self._endpoint.base_url} gives no list of models.",
                "Is it an OpenAI-compatible address? Most end in /v1.",
            )
        # Raised out here, the error has no request, and so no key, in its context.
        raise problem

    def _status_failure(self, error: openai.APIStatusError) -> Failure:
        response = error.response
        return http_failure(
            response.status_code,
            response.headers,
            response.text,
            self._endpoint.api_key,
            datetime.now(UTC),
        )

    def _connection_failure(self, error: openai.APIConnectionError) -> Failure:
        if isinstance(error, openai.APITimeoutError):
            return Failure(0, "timeout", f"no reply within {self._timeout:g} s")
        cause = error.__cause__ or error
        # By name: which HTTP library is below differs between versions of openai.
        kind = type(cause).__name__
        text = scrub(str(cause), self._endpoint.api_key)
        return Failure(0, kind, text, unreachable=kind == "ConnectError")


def read_completion(text: str) -> Completion | None:
    """Read a response body; None where it is no chat completion (an HTML page, half of one)."""
    try:
        return completion_of(json.loads(text))
    except (ValueError, RecursionError):
        return None


def completion_of(body: Any) -> Completion | None:
    """Read a response body as JSON; None where it is no chat completion."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        usage = body.get("usage") or {}
        return Completion(
            _text(message.get("content")),
            _text(message.get("refusal")),
            _text(choice.get("finish_reason")),
            [t for t in (choice.get("logprobs") or {}).get("content") or [] if isinstance(t, dict)],
            int(usage.get("prompt_tokens") or 0),
            int(usage.get("completion_tokens") or 0),
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None


def _text(value: object) -> str:
    """Get the text of a field that may be null, or of a list of content parts."""
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    return value if isinstance(value, str) else ""
