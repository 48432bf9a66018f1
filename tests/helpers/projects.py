"""Messages and the command line, for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Ran]


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


MESSAGES = [
    {"id": "a0", "conversation": "a", "speaker": "Ana", "text": "can you call me at 8?"},
    {"id": "a1", "conversation": "a", "speaker": "Bo", "text": "ok"},
    {"id": "a2", "conversation": "a", "speaker": "Ana", "text": "the bus was late again today"},
    {"id": "a3", "conversation": "a", "speaker": "Bo", "text": "what time is it?"},
    {"id": "b0", "conversation": "b", "speaker": "Cy", "text": "I'm so happy for you!!"},
    {"id": "b1", "conversation": "b", "speaker": "Di", "text": "please bring the red bag"},
    {"id": "b2", "conversation": "b", "speaker": "Cy", "text": "bye, see you tomorrow"},
    {"id": "b3", "conversation": "b", "speaker": "Di", "text": "zzz qqq"},
]
