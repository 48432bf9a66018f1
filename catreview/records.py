"""The nouns that every layer shares: examples, sources, labels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ABSTAIN: Final = -1
"""In a vote matrix: this source says nothing about this example."""
PLANNED: Final = ("disagreement", "ambiguous", "uncovered")
"""The pools the sampling plan sends to the LLM, in this order; the confident one is free."""


class SourceKind(StrEnum):
    """Who votes."""

    FUNCTION = "function"
    GIVEN = "given"
    """Labels that came with an import."""
    HEURISTIC = "heuristic"
    """The votes of functions and given labels, aggregated."""
    LLM = "llm"
    MODEL = "model"
    REVIEWER = "reviewer"


class Basis(StrEnum):
    """Why a label is what it is, strongest first."""

    HUMAN = "human"
    TOGETHER = "together"
    """LLMs and the heuristic, weighed by how each errs."""
    LLM = "llm"
    CONFIDENT = "confident"
    """The heuristic, confident and with two votes or more."""
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Example:
    """One message with what came before it and where it came from.

    `id` is stable and unique in a project. `previous` is the text of the message before it
    in the conversation, empty at its start. `turn` counts from 0 within the conversation.
    """

    id: str
    text: str
    previous: str = ""
    conversation: str = ""
    turn: int = 0
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A voter. `fingerprint` changes when what it would say may change (prompt, model, code)."""

    kind: SourceKind
    name: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What the project believes now about an example; derived from votes, never edited."""

    category: str
    confidence: float
    basis: Basis
    source: str


@dataclass(slots=True)
class Pace:
    """How far the limits of an endpoint are used up; times are Unix seconds.

    `next_slot` and `next_tokens`: from when the next request is within the requests and the
    tokens per minute; `held`: from when the provider wants requests again; `wide`: seconds
    between requests until `wide_until`; `used`: HTTP requests on the UTC day `day`; `at`: when a
    request was last let through.
    """

    next_slot: float = 0.0
    next_tokens: float = 0.0
    held: float = 0.0
    wide: float = 0.0
    wide_until: float = 0.0
    day: str = ""
    used: int = 0
    at: float = 0.0
