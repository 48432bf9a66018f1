"""Reading what a table has on some examples, few or many."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catreview.store.examples import Numbers

FEW = 2_000
"""Up to so many examples are looked up one by one."""
DENSE = 8
"""So are more, unless at least one of so many examples between first and last is wanted."""


def among(numbers: Numbers) -> tuple[str, list[object]]:
    """The condition that keeps to `numbers` (ascending), or to what lies between them."""
    if len(numbers) > FEW and numbers[-1] - numbers[0] < DENSE * len(numbers):
        return "example BETWEEN ? AND ?", [int(numbers[0]), int(numbers[-1])]
    return "example IN (SELECT value FROM json_each(?))", [json.dumps(numbers.tolist())]


def listed(numbers: Sequence[int]) -> str:
    """Numbers as the JSON that `json_each` reads."""
    return json.dumps([int(n) for n in numbers])


def positions(numbers: Numbers, wanted: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where `wanted` numbers stand in ascending `numbers`, and which of `wanted` do."""
    at = np.searchsorted(numbers, wanted)
    inside = np.flatnonzero(at < len(numbers))
    inside = inside[numbers[at[inside]] == wanted[inside]]
    return at[inside], inside
