"""When to try a request again, after how long, and which errors end the job."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final

from catreview.errors import BudgetReached, CatreviewError, ProviderError
from catreview.llm.limits import seconds_to_wait
from catreview.llm.providers import PROVIDERS, Endpoint, scrub

LONGEST_BACKOFF: Final = 60.0
"""Seconds."""


class Next(Enum):
    """What to do after a failed attempt."""

    RETRY = auto()
    WAIT = auto()
    """The provider throttles: wait, and count no attempt."""
    SIMPLIFY = auto()
    """The request was not understood: leave out what the server may not know."""
    SET_ASIDE = auto()
    """This content will never be answered."""
    STOP = auto()
    """No request will ever be answered: a person has to act."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt. `status` is the HTTP status, 0 where no reply came; `text` is scrubbed.

    `unreachable`: not even a connection could be opened.
    """

    status: int
    kind: str
    text: str
    wait: float | None = None
    unreachable: bool = False

    @property
    def of_the_day(self) -> bool:
        """Whether a limit of the day is used up, by what the server says."""
        return self.status == 429 and bool(_OF_THE_DAY.search(self.text))

    @property
    def next(self) -> Next:
        """What to do about it."""
        if self.status == 429:
            over = _NO_CREDIT.search(self.text) or (self.wait is None and self.of_the_day)
            return Next.STOP if over else Next.WAIT
        if self.status in {0, 200, 408, 409} or self.status >= 500:
            return Next.RETRY
        if _FILTERED.search(self.text) and self.status in {400, 403, 422, 451}:
            return Next.SET_ASIDE
        if _PARAMETER.search(self.text) and self.status in {400, 403, 404, 422}:
            return Next.SIMPLIFY
        if self.status in {401, 402, 403, 404} or _UNKNOWN_MODEL.search(self.text):
            return Next.STOP
        return Next.SIMPLIFY if self.status in {400, 422, 501} else Next.SET_ASIDE


_NO_CREDIT: Final = re.compile(
    r"insufficient_quota|exceeded your current quota|insufficient (?:credit|balance|funds)",
    re.IGNORECASE,
)
_OF_THE_DAY: Final = re.compile(
    r"\bdaily\b|\bper[- _]day\b|\btomorrow\b|\b(?:rpd|tpd)\b", re.IGNORECASE
)
_FILTERED: Final = re.compile(
    r"content[_ ](?:filter|policy|management)|moderation|flagged|safety", re.IGNORECASE
)
# Some answer 403 or 404 to a model that they have, asked for something that it cannot do.
_PARAMETER: Final = re.compile(
    r"logprobs|response_format|json_schema|structured[_ ]output|temperature|max_tokens"
    r"|requested parameters",
    re.IGNORECASE,
)
_UNKNOWN_MODEL: Final = re.compile(
    r"model_not_found|model[^.]{0,80}(?:not found|(?:does|do)(?:n't| not) exist|not exist)"
    r"|(?:unknown|invalid|no such) model|not a valid model",
    re.IGNORECASE,
)


def http_failure(
    status: int, headers: Mapping[str, str], body: str, api_key: str, now: datetime
) -> Failure:
    """Describe the failure that a server's reply states; `body` is JSON, HTML or anything."""
    return Failure(
        status, f"HTTP {status}", scrub(_error_text(body), api_key), retry_after(headers, now)
    )


def _error_text(body: str) -> str:
    """Get the code and message of an error body, or the body itself."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body
    error = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(error, dict):
        return str(error)
    # The code first: a long message is cut, and what to do is decided from the text.
    said = [str(error[name]) for name in ("code", "type", "message") if error.get(name)]
    return " · ".join(said) or body


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read the seconds that `Retry-After` (seconds or a date) or `retry-after-ms` ask to wait.

    None where neither says anything, or more than a month, which no provider means.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", milliseconds):
        return seconds_to_wait(f"{milliseconds}ms", now.timestamp())
    text = headers.get("retry-after", "")
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return seconds_to_wait(text, now.timestamp())
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return seconds_to_wait(f"{max((date - now).total_seconds(), 0.0):f}", now.timestamp())


def backoff(attempt: int, rng: random.Random) -> float:
    """Draw the seconds before the try after `attempt` (from 1): exponential with full jitter.

    AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
    """
    return rng.uniform(0.0, min(LONGEST_BACKOFF, 2.0 ** (attempt - 1)))


def stop_error(failure: Failure, endpoint: Endpoint) -> CatreviewError:
    """Make the error that ends the job, with what to do about it."""
    said = f" ({failure.text})" if failure.text else ""
    variable = PROVIDERS[endpoint.provider].key_variable or "CATREVIEW_LLM__API_KEY"
    if failure.of_the_day and not _NO_CREDIT.search(failure.text):
        return BudgetReached(
            f"The day's allowance at {endpoint.provider} is used up{said}.",
            "Nothing is lost: run the same command again when there is a new one, often from"
            " midnight UTC.",
        )
    if failure.status in {402, 429}:
        return BudgetReached(
            f"The account at {endpoint.provider} has no credit left{said}.",
            "Nothing is lost: top it up and run the same command again.",
        )
    if failure.unreachable:
        return ProviderError(
            f"Cannot reach {endpoint.base_url}{said}.",
            "Is the server running and the network up? Nothing is lost: `catreview doctor`"
            " tests the connection.",
        )
    if failure.status in {401, 403}:
        return ProviderError(
            f"{endpoint.base_url} refuses the API key{said}.",
            f"Check {variable} in .env, and that the key may use {endpoint.model};"
            " `catreview doctor` tests it.",
        )
    return ProviderError(
        f"{endpoint.base_url} does not know the model {endpoint.model!r}, or is no"
        f" OpenAI-compatible address{said}.",
        "`catreview doctor` lists the models there; set model or base_url under [llm].",
    )


def refused_for_long(failure: Failure, seconds: float) -> BudgetReached:
    """Make the error that ends a job whose every request the provider has throttled for long."""
    said = f" ({failure.text})" if failure.text else ""
    return BudgetReached(
        f"For {seconds / 60:.0f} minutes the provider has answered nothing but"
        f" 'too many requests'{said}.",
        "Nothing is lost: run the same command again later. If it comes back, lower rpm or tpm"
        " under [llm].",
    )
