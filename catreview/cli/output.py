"""What goes to stdout: data, the same bytes with or without a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from itertools import zip_longest
from textwrap import wrap
from typing import Any, Final

WIDTH: Final = 80
"""Characters of a line in a table, whatever terminal there is, or none."""


def open_stdout() -> None:
    """Let data be UTF-8 in files and pipes whatever the locale; a terminal gets what it knows.

    What cannot be written so is escaped, as half of a surrogate pair, which JSON knows as well.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def discard() -> None:
    """Drop what is not written yet and whatever comes, so that nothing fails on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def emit(text: str = "") -> None:
    """A line of data; where nobody reads it any more, the command still ends with its code."""
    try:
        print(text)  # noqa: T201 - this is where data goes
    except BrokenPipeError:
        discard()


def emit_json(value: Any) -> None:
    """One JSON object, indented; text is not escaped."""
    emit(json.dumps(value, ensure_ascii=False, indent=2))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows under their column names: words left, numbers right, two spaces between.

    A column is one of numbers where each of its cells is a number, '-' or nothing. At most `WIDTH`
    characters wide: the widest words are wrapped, and where that is not enough the last columns
    stand below, beside the first one's cells again.
    """
    cells = [[printable(str(cell)).replace("\n", r"\n") for cell in row] for row in rows]
    found = [_Column(name, [row[i] for row in cells]) for i, name in enumerate(columns)]
    fits = sum(column.least + 2 for column in found) - 2 <= WIDTH
    return "\n\n".join(_drawn(block) for block in ([found] if fits else _blocks(found)))


class _Column:
    """A column's name and cells, and how wide it is: no narrower than `least`."""

    def __init__(self, name: str, cells: Sequence[str]) -> None:
        self.name, self.cells = name, cells
        self.right = bool(cells) and all(_numeric(cell) for cell in cells)
        self.width = max([len(name), *map(len, cells)])
        words = [word for cell in cells for word in cell.split()]
        self.least = self.width if self.right else max([len(name), *map(len, words)])

    def lines(self, cell: str) -> list[str]:
        """A cell as lines of the column's width."""
        if len(cell) <= self.width:
            parts = [cell]
        else:
            parts = wrap(cell, self.width, break_long_words=False, break_on_hyphens=False)
        return [part.rjust(self.width) if self.right else part.ljust(self.width) for part in parts]


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width + 2 for column in columns) - 2


def _blocks(columns: Sequence[_Column]) -> list[list[_Column]]:
    """As many columns side by side as there is room for, the first one always among them."""
    blocks = [[columns[0]]]
    for column in columns[1:]:
        if len(blocks[-1]) > 1 and _width([*blocks[-1], column]) > WIDTH:
            blocks.append([columns[0]])
        blocks[-1].append(column)
    return blocks


def _narrow(columns: Sequence[_Column]) -> None:
    """Make the widest columns of words narrower until all fit side by side, or none can be."""
    while _width(columns) > WIDTH:
        loose = [column for column in columns if column.width > column.least]
        if not loose:
            return
        max(loose, key=lambda column: column.width).width -= 1


def _drawn(columns: Sequence[_Column]) -> str:
    _narrow(columns)
    lines = []
    for cells in [[c.name for c in columns], *zip(*(c.cells for c in columns), strict=True)]:
        parts = [column.lines(cell) for column, cell in zip(columns, cells, strict=True)]
        for row in zip_longest(*parts, fillvalue=""):
            filled = (part.ljust(c.width) for part, c in zip(row, columns, strict=True))
            lines.append("  ".join(filled).rstrip())
    return "\n".join(lines)


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
    return cell.strip("±+-%$.,0123456789 ") == ""


def percent(value: float | None) -> str:
    """A share as `81.2 %`, or `-` where it is unknown."""
    return "-" if value is None else f"{100 * value:.1f} %"


def score(value: float | None) -> str:
    """A score in 0..1 with three digits, or `-` where it is unknown."""
    return "-" if value is None else f"{value:.3f}"
