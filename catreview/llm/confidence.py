"""How sure the model was: the probability of the category words in its reply."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any


def confidences(
    content: str, tokens: list[dict[str, Any]], labels: Mapping[str, str], categories: int
) -> dict[str, float]:
    """Find the probability (0..1) of the category given to each key, where the tokens tell it.

    `tokens` are the server's `logprobs.content` for `content`; `labels` maps key to category. The
    probability is the product over the tokens that spell the category, which is what the model
    gave that answer; later tokens of a long word are nearly certain and would hide it in a mean.
    It is at least 1 / `categories`: where a grammar keeps the model to the categories, servers
    still report how likely the word was among all words.
    """
    texts = [str(token.get("token", "")) for token in tokens]
    joined = "".join(texts)
    offset = joined.find(content) if content else -1
    # Characters split over two tokens, or reasoning in between: positions could not be trusted.
    if offset < 0:
        return {}
    ends = list(accumulate(map(len, texts)))
    found = {}
    for key, category in labels.items():
        span = _category_span(joined, offset, key, category)
        if span is None:
            continue
        logprobs = [
            token.get("logprob")
            for token, end, text in zip(tokens, ends, texts, strict=True)
            if text and end > span[0] and end - len(text) < span[1]
        ]
        known = [float(value) for value in logprobs if isinstance(value, int | float)]
        if known and len(known) == len(logprobs):
            found[key] = min(1.0, max(math.exp(sum(known)), 1 / categories))
    return found


def _category_span(text: str, offset: int, key: str, category: str) -> tuple[int, int] | None:
    """Find where the category stands after the last mention of `key`; None where it is not near."""
    start = text.casefold().rfind(key.casefold())
    if start < offset or len(text.casefold()) != len(text):
        return None
    near = re.compile(r"\W{1,12}(?:(?:category|label)\W{1,8})?(" + re.escape(category) + ")", re.I)
    match = near.match(text, start + len(key))
    return match.span(1) if match else None
