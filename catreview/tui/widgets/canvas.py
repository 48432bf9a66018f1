"""A plot drawn in characters: readable without colour, each thing by a sign of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from textual.content import Content

GUTTER = 6
"""Cells that the y axis takes, with its numbers."""
FOOT = 2
"""Lines that the x axis takes, with its numbers."""
BAND = "░"
SHADE = "25%"
"""How much of the ink is in `BAND`: where a sign takes its place the ground has as much of it."""
TARGET = "┄"
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each of the 4 x 2 dots of a braille character, row by row."""


class Canvas:
    """Draws in the space between two axes; what is drawn later lies on top.

    `width` and `height` are cells with the axes; `x` and `y` the ends of the scales.
    """

    def __init__(
        self, width: int, height: int, x: tuple[float, float], y: tuple[float, float]
    ) -> None:
        self._width, self._height = max(width - GUTTER, 8), max(height - FOOT, 3)
        self._x, self._y = x, y
        self._cells = [[(" ", "")] * self._width for _ in range(self._height)]
        self._numbers: dict[int, float] = {}
        self._ground: dict[tuple[int, int], str] = {}
        """What lies under the signs drawn over a band, so that it goes on below them."""

    def band(self, points: Sequence[tuple[float, float, float]], ink: str) -> None:
        """Shade between points (x, low, high), in the order of x."""
        for (x0, low0, high0), (x1, low1, high1) in pairwise(points):
            first, last = self._column(x0), self._column(x1)
            for column in range(first, last + 1):
                part = (column - first) / max(last - first, 1)
                top = self._row(high0 + part * (high1 - high0))
                bottom = self._row(low0 + part * (low1 - low0))
                for row in range(top, bottom + 1):
                    self._ground.pop((column, row), None)  # of the piece before
                    self._set(column, row, BAND, ink)
                    self._ground[column, row] = f" on {ink} {SHADE}"

    def level(self, y: float, words: str, ink: str) -> None:
        """A dashed line across, with words over its beginning and its number at the axis."""
        row = self._row(y)
        self._numbers[row] = y
        for column in range(self._width):
            self._set(column, row, TARGET, ink)
        for column, character in enumerate(f" {words} "):
            self._set(column + 2, row, character, ink)

    def line(self, points: Sequence[tuple[float, float]], ink: str) -> None:
        """A thin line of dots through points, in the order of x."""
        dots: dict[tuple[int, int], int] = {}
        for (x0, y0), (x1, y1) in pairwise(points):
            steps = 4 * max(self._column(x1) - self._column(x0), 1)
            for step in range(steps + 1):
                part = step / steps
                across = self._share(x0 + part * (x1 - x0), self._x) * (2 * self._width - 1)
                down = (1 - self._share(y0 + part * (y1 - y0), self._y)) * (4 * self._height - 1)
                column, row = round(across), round(down)
                cell = column // 2, row // 4
                dots[cell] = dots.get(cell, 0) | _DOTS[row % 4][column % 2]
        for (column, row), bits in dots.items():
            self._set(column, row, chr(_BRAILLE + bits), ink)

    def whisker(self, x: float, low: float, high: float, ink: str) -> None:
        """An interval as an upright line."""
        top, bottom = self._row(high), self._row(low)
        for row in range(top, bottom + 1):
            self._set(self._column(x), row, "│", ink)

    def mark(self, x: float, y: float, sign: str, ink: str) -> None:
        """A sign at a point."""
        self._set(self._column(x), self._row(y), sign, ink)

    def lines(self, unit: str) -> list[Content]:
        """The plot with its axes; `unit` says what runs along the x axis."""
        numbers = dict(self._numbers)
        for tick in ticks(*self._y, self._height // 3):
            row = self._row(tick)
            # Few rows: a round number beside a level's own would say the level is elsewhere.
            if not {row - 1, row, row + 1} & self._numbers.keys():
                numbers[row] = tick
        drawn = []
        for row, cells in enumerate(self._cells):
            number = numbers.get(row)
            words, stroke = ("", "│") if number is None else (_share(number), "┤")
            axis = f"{words:>{GUTTER - 2}} {stroke}"
            drawn.append(Content.assemble((axis, "$faint"), *_joined(cells)))
        return [*drawn, *self._foot(unit)]

    def _foot(self, unit: str) -> list[Content]:
        line, words = ["─"] * self._width, " " * (GUTTER + self._width)
        for tick in ticks(*self._x, self._width // 12):
            column, number = self._column(tick), f"{tick:,.0f}"
            line[column] = "┬"
            start = max(GUTTER + column - len(number) // 2, 0)
            if start + len(number) < GUTTER + self._width - len(unit) - 2:
                words = words[:start] + number + words[start + len(number) :]
        words = words[: GUTTER + self._width - len(unit)] + unit
        axis = " " * (GUTTER - 1) + "└" + "".join(line)
        return [Content.styled(axis, "$faint"), Content.styled(words, "$muted")]

    def _set(self, column: int, row: int, character: str, ink: str) -> None:
        if 0 <= column < self._width and 0 <= row < self._height:
            self._cells[row][column] = (character, ink + self._ground.get((column, row), ""))

    def _column(self, x: float) -> int:
        return round(self._share(x, self._x) * (self._width - 1))

    def _row(self, y: float) -> int:
        return round((1 - self._share(y, self._y)) * (self._height - 1))

    @staticmethod
    def _share(value: float, ends: tuple[float, float]) -> float:
        low, high = ends
        return min(max((value - low) / (high - low), 0.0), 1.0)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two ends, at most so many (two at least are tried for)."""
    rough = (high - low) / max(most, 2)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _share(value: float) -> str:
    return "1.0" if value >= 0.9995 else f"{value:.2f}".removeprefix("0")


def _joined(cells: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Neighbours in one ink as one piece."""
    pieces: list[tuple[str, str]] = []
    for character, ink in cells:
        if pieces and pieces[-1][1] == ink:
            pieces[-1] = (pieces[-1][0] + character, ink)
        else:
            pieces.append((character, ink))
    return pieces
