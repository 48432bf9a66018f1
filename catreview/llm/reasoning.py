"""Reasoning that a model marks as such, which is never part of its answer."""

from __future__ import annotations

import re
from typing import Final

_THOUGHT: Final = re.compile(
    r"<(think|thinking|thought|reasoning|reflection)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE
)
_THOUGHT_END: Final = re.compile(
    r"</(?:think|thinking|thought|reasoning|reflection)>", re.IGNORECASE
)
_CHANNEL: Final = re.compile(
    r"<\|channel\|>\s*(\w+)[^<]{0,80}(?:<\|\w+\|>[^<]{0,80})?<\|message\|>"
)


def visible_answer(text: str) -> str:
    """Cut `text` free of the model's marked reasoning (think blocks, channels other than final)."""
    channels = list(_CHANNEL.finditer(text))
    if channels:
        last = channels[-1]
        text = text[last.end() :] if last[1] == "final" else ""
    # Some servers swallow the opening tag only, so a closing one ends reasoning in any case.
    return _THOUGHT_END.split(_THOUGHT.sub("", text))[-1]
