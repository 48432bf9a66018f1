"""What is drawn where NO_COLOR asks for no colour: bold, dim and reverse, and no colour code."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

QUIET = 5.0
"""Words with less contrast than this (WCAG 2.2, 1 to 21) are dim."""
FILLED = 1.6
"""A ground that differs this much from that of the screen is drawn in reverse."""


class NoColour(LineFilter):
    """Takes every colour away (https://no-color.org); the terminal's own are left."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """See `LineFilter`."""
        return [
            Segment(text, style and _plain(style, background), control)
            for text, style, control in segments
        ]


@lru_cache(2048)
def _plain(style: Style, screen: Color) -> Style:
    ground = Color.from_rich_color(style.bgcolor) if style.bgcolor else screen
    ink = Color.from_rich_color(style.color) if style.color else None
    filled = _contrast(ground, screen) >= FILLED
    quiet = ink is not None and not filled and _contrast(ink, ground) < QUIET
    return style.without_color + Style(
        reverse=True if filled else None, dim=True if quiet else None
    )


def _contrast(one: Color, other: Color) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    """Relative luminance of WCAG 2.2, 0 to 1."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
