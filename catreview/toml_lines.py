"""Where in the text of a TOML file something stands."""

from __future__ import annotations

import re
from collections.abc import Sequence


def line_of(text: str, location: Sequence[str]) -> int:
    """The line (from 1) of the innermost part of `location` that stands in `text`, or 1.

    A location is the path of a value, as in `llm`, `model`; one that begins with a number, as in
    `0`, `name`, is in the category of that number.
    """
    lines = text.splitlines()
    if not location:
        return 1
    table = "category" if location[0].isdigit() else location[0]
    header = re.compile(rf"\s*\[+{re.escape(table)}\b")
    begins = [i for i, line in enumerate(lines) if header.match(line)]
    place = int(location[0]) if location[0].isdigit() else 0
    first = begins[place] if place < len(begins) else 0
    end = begins[place + 1] if place + 1 < len(begins) else len(lines)
    for i in range(first, end):
        if re.match(rf"\s*\[*{re.escape(location[-1])}\b", lines[i]):
            return i + 1
    return first + 1
