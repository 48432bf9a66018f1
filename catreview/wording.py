"""Numbers with their nouns, for people."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """`1 request`, `2,000 requests`; of several words, as in `HTTP request`, the last bends."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
