"""What could not be imported, named by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """Why a record is left out."""

    MALFORMED = "malformed"
    ENCODING = "not UTF-8"
    EMPTY = "empty text"
    NOT_TEXT = "text is not text"
    DUPLICATE = "duplicate id"
    REPEATED = "the same message again"


@dataclass(frozen=True, slots=True)
class Problem:
    """One record that is left out; `line` counts from 1 and is where the record starts."""

    line: int
    kind: ProblemKind
    detail: str


class UnusableError(Exception):
    """Raised inside the readers for a record that becomes a `Problem`."""

    def __init__(self, kind: ProblemKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail

    def at(self, line: int) -> Problem:
        """Return the problem this error stands for."""
        return Problem(line, self.kind, self.detail)


def lines_as_ranges(lines: Iterable[int], limit: int = 20) -> str:
    """Line numbers as text, runs joined: `5, 9-11, 40`.

    At most `limit` runs are printed; the rest is announced by its number of lines.
    """
    runs: list[tuple[int, int]] = []
    for line in sorted(set(lines)):
        if runs and line == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], line)
        else:
            runs.append((line, line))
    shown = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs[:limit])
    cut = sum(b - a + 1 for a, b in runs[limit:])
    return f"{shown} and {cut} more" if cut else shown
