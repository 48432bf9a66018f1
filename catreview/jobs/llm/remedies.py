"""What to do about each class of error that a request to an LLM may end with."""

from __future__ import annotations

AGAIN = "then catreview label --retry-failed"
REMEDIES = {
    "timeout": f"The server is slow: raise timeout or lower batch_size under [llm], {AGAIN}.",
    "malformed reply": "That is no chat completion: check base_url (most end in /v1);"
    " catreview doctor tests it.",
    "no response": "The batch came back without it: catreview label --retry-failed asks again.",
    "HTTP 400": "The server does not take this request: its words say why; try another model.",
    "HTTP 401": "The key is refused: check it in .env; catreview doctor tests it.",
    "HTTP 402": "The account has no credit left: top it up and start again.",
    "HTTP 403": "The key may not use this model, or the content is refused: check key and model.",
    "HTTP 404": "No such model or address: catreview doctor lists the models there.",
    "HTTP 413": "The request is too large: lower batch_size under [llm].",
    "HTTP 422": "The server does not take this request: its words say why; try another model.",
    "HTTP 429": f"The provider throttles: lower rpm or concurrency under [llm], {AGAIN}.",
    "CancelledError": "Aborted before the reply came: the next start asks again.",
    "BudgetReached": "A limit ended the job while it was under way: the next start asks again.",
    "BrokenOff": "The job ended before this was sent, or tried again: the next start asks again.",
    "CapReached": "A cap ended the job while it was under way: the next start asks again.",
    "ProviderError": "The job stopped while it was under way: the next start asks again.",
}
ENDS = {
    "CancelledError": "aborted",
    "BudgetReached": "limit reached",
    "BrokenOff": "not sent again",
    "CapReached": "cap reached",
    "ProviderError": "job stopped",
}
"""Not what a server said, but how the job ended."""
SERVER = f"The server failed: wait a little, {AGAIN}; catreview doctor tests it."
NETWORK = f"The connection broke: is network and server up? Wait a little, {AGAIN}."


def in_words(error_class: str) -> str:
    """How people call the `error_class` of a request."""
    return ENDS.get(error_class, error_class)


def remedy(error_class: str) -> str:
    """One sentence for a person, for the `error_class` of a request."""
    known = REMEDIES.get(error_class)
    if known is not None:
        return known
    return SERVER if error_class.startswith("HTTP") else NETWORK
