"""Figures with their intervals on one scale, a row each: what overlaps is seen at once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

VALUE, LOW, HIGH, TARGET = "●", "├", "┤", "┃"
_STEP = 0.1


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` to `high` (shares, 0..1) in so many cells, with a mark at `target`."""

    low: float
    high: float
    target: float
    cells: int

    def row(self, value: float, low: float, high: float, ink: str) -> list[tuple[str, str]]:
        """A figure and its interval: `├──●──┤`, and the target as `┃`."""
        at, start, end = self._cell(value), self._cell(low), self._cell(high)
        parts = []
        for cell in range(self.cells):
            if cell == at:
                parts.append((VALUE, f"bold {ink}"))
            elif cell == self._cell(self.target):
                parts.append((TARGET, "bold $focus"))
            elif start <= cell <= end:
                parts.append((LOW if cell == start else HIGH if cell == end else "─", ink))
            else:
                parts.append((" ", ""))
        return parts

    def heading(self) -> str:
        """The ends of the scale and the target in figures, above their places."""
        left, right = short(self.low), short(self.high)
        words = list(left + " " * (self.cells - len(left) - len(right)) + right)
        target = short(self.target)
        at = min(max(self._cell(self.target) - len(target) // 2, 0), self.cells - len(target))
        if at > len(left) and at + len(target) < self.cells - len(right):
            words[at : at + len(target)] = target
        return "".join(words)

    def _cell(self, share: float) -> int:
        part = (share - self.low) / (self.high - self.low)
        return round(min(max(part, 0.0), 1.0) * (self.cells - 1))


def scale_of(shares: Iterable[float], target: float, cells: int) -> Scale:
    """A scale with round ends that holds all of `shares` and the target."""
    known = [*shares, target]
    low = max(math.floor(min(known) / _STEP) * _STEP, 0.0)
    high = min(math.ceil(max(known) / _STEP) * _STEP, 1.0)
    return Scale(low, max(high, low + _STEP), target, cells)


def short(share: float | None, digits: int = 2) -> str:
    """A share without its leading zero; nothing where it is unknown."""
    if share is None:
        return ""
    return "1.0" + "0" * (digits - 2) if share >= 1 else f"{share:.{digits}f}"[1:]
