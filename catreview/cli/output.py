"""What goes to stdout: data, the same bytes with or without a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any


def emit(text: str = "") -> None:
    """A line of data."""
    print(text)  # noqa: T201 - this is where data goes


def emit_json(value: Any) -> None:
    """One JSON object, indented; text is not escaped."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    emit()


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under their column names: words left, numbers right, two spaces between.

    A column is one of numbers where each of its cells is a number or '-'.
    """
    cells = [[printable(str(cell)).replace("\n", r"\n") for cell in row] for row in rows]
    lines = []
    for i, name in enumerate(columns):
        column = [row[i] for row in cells]
        width = max([len(name), *(len(cell) for cell in column)])
        right = bool(column) and all(_numeric(cell) for cell in column)
        justify = str.rjust if right else str.ljust
        lines.append([justify(cell, width) for cell in [name, *column]])
    return "\n".join("  ".join(row).rstrip() for row in zip(*lines, strict=True))


def printable(text: str) -> str:
    r"""The text with everything escaped that could steer a terminal: `\x1b` for an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def one_line(text: str, width: int) -> str:
    """A message in one line of at most `width` characters, nothing in it steering a terminal."""
    flat = " ".join(printable(text).split())
    return flat if len(flat) <= width else f"{flat[: width - 1]}…"


def _numeric(cell: str) -> bool:
    return cell == "-" or cell.strip("±+-%$.,0123456789 ") == ""


def percent(value: float | None) -> str:
    """A share as `81.2 %`, or `-` where it is unknown."""
    return "-" if value is None else f"{100 * value:.1f} %"


def score(value: float | None) -> str:
    """A score in 0..1 with three digits, or `-` where it is unknown."""
    return "-" if value is None else f"{value:.3f}"
