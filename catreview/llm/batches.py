"""The batch API: a file of requests handed in, and the file of answers some hours later.

Importing this imports openai (0.8 s).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import openai

from catreview.errors import CatreviewError, ProviderError
from catreview.llm.providers import Endpoint, scrub
from catreview.llm.retries import Failure, http_failure, stop_error
from catreview.llm.transport import Completion, completion_of

T = TypeVar("T")

_MARK: Final = "catreview"
"""Name of the metadata entry that holds our token."""
_OVER: Final = frozenset({"completed", "failed", "expired", "cancelled"})


class BatchRefusedError(ProviderError):
    """The server will not take this batch, and does not have it."""


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far the provider is. `files` hold answers and errors; `problem` is why it failed."""

    remote: str
    status: str
    done: int
    files: tuple[str, ...]
    problem: str

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _OVER


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One line of a batch's output: what came of the request at `place`."""

    place: int
    outcome: Completion | Failure


class BatchClient:
    """The batches at one endpoint; use it as an async context manager."""

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        self._endpoint = endpoint
        self._client = openai.AsyncOpenAI(
            base_url=endpoint.base_url, api_key=endpoint.api_key or "none", timeout=timeout
        )

    async def __aenter__(self) -> BatchClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def hand_in(self, path: Path, token: str) -> str:
        """Upload a file of requests and start the batch; returns the provider's name for it."""
        file = await self._call(self._client.files.create(file=path, purpose="batch"))
        if not getattr(file, "id", ""):
            # An address that answers everything with a page, as one without /v1 may.
            raise self._problem(Failure(404, "malformed reply", "it names no file"))
        batch = await self._call(
            self._client.batches.create(
                input_file_id=file.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={_MARK: token},
            )
        )
        return batch.id

    async def find(self, token: str) -> str | None:
        """The provider's name for the batch handed in with this token, if it came that far."""

        async def look() -> str | None:
            async for batch in self._client.batches.list(limit=100):
                if (batch.metadata or {}).get(_MARK) == token:
                    return batch.id
            return None

        return await self._call(look())

    async def state(self, remote: str) -> BatchState:
        """How far a batch is."""
        batch = await self._call(self._client.batches.retrieve(remote))
        counts = batch.request_counts
        errors = (batch.errors.data if batch.errors else None) or []
        said = "; ".join(error.message or error.code or "" for error in errors)
        return BatchState(
            batch.id,
            batch.status,
            counts.completed + counts.failed if counts else 0,
            tuple(filter(None, (batch.output_file_id, batch.error_file_id))),
            scrub(said, self._endpoint.api_key),
        )

    async def cancel(self, remote: str) -> None:
        """Ask the provider to stop a batch; what is done by then can still be had."""
        await self._call(self._client.batches.cancel(remote))

    async def lines(self, file: str) -> AsyncIterator[BatchLine]:
        """Read an output or error file; lines that are none of ours are left out."""
        content = await self._call(self._client.files.content(file))
        for line in content.iter_lines():
            read = self._line(line)
            if read is not None:
                yield read

    def _line(self, line: str) -> BatchLine | None:
        try:
            row = json.loads(line)
            place = int(row["custom_id"])
        except (ValueError, KeyError, TypeError):
            return None
        response = row.get("response") or {}
        status, body = response.get("status_code") or 0, response.get("body")
        if status == 200:
            completion = completion_of(body)
            if completion is not None:
                return BatchLine(place, completion)
            return BatchLine(place, Failure(200, "malformed reply", self._scrub(body)))
        if status:
            now = datetime.now(UTC)
            failure = http_failure(status, {}, json.dumps(body), self._endpoint.api_key, now)
            return BatchLine(place, failure)
        error = row.get("error") or {}
        kind = str(error.get("code") or "no response")
        return BatchLine(place, Failure(0, kind, self._scrub(error.get("message") or "")))

    def _scrub(self, value: Any) -> str:
        return scrub(str(value), self._endpoint.api_key)

    async def _call(self, work: Awaitable[T]) -> T:
        problem: CatreviewError
        try:
            return await work
        except openai.APIStatusError as error:
            response = error.response
            failure = http_failure(
                response.status_code,
                response.headers,
                response.text,
                self._endpoint.api_key,
                datetime.now(UTC),
            )
            problem = self._problem(failure)
        except openai.APIConnectionError as error:
            problem = stop_error(
                Failure(0, "connection", self._scrub(error), unreachable=True), self._endpoint
            )
        # Raised out here, the error has no request, and so no key, in its context.
        raise problem

    def _problem(self, failure: Failure) -> CatreviewError:
        if failure.status in {401, 402, 403}:
            return stop_error(failure, self._endpoint)
        refused = 400 <= failure.status < 500 and failure.status not in {408, 409, 429}
        return (BatchRefusedError if refused else ProviderError)(
            f"{self._endpoint.base_url} does not do this batch ({failure.kind}: {failure.text}).",
            "Not every server has a batch API; without --batch-api any will do. What was handed in"
            " is not lost: the same command goes on with it.",
        )
