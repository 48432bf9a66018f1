"""How sure the model was, by hand-worked tokens."""

from __future__ import annotations

import math

import pytest

from catreview.llm.confidence import confidences

TOKENS = [("k3fb", -0.1), (": ", -0.1), ("que", -0.2), ("stion", -0.1), ("\n", -3.0)]


def found(tokens: list[tuple[str, float | None]]) -> dict[str, float]:
    content = "".join(text for text, _ in tokens)
    told = [{"token": text, "logprob": logprob} for text, logprob in tokens]
    return confidences(content, told, {"k3fb": "question"}, 6)


def test_only_the_tokens_that_spell_the_category_count() -> None:
    assert found(TOKENS) == {"k3fb": pytest.approx(math.exp(-0.3))}


def test_a_category_of_which_a_token_has_no_probability_has_none() -> None:
    assert found([(text, None if text == "stion" else p) for text, p in TOKENS]) == {}
    assert found([(text, None if text == "\n" else p) for text, p in TOKENS]) == found(TOKENS)
