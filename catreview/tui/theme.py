"""Colours: two calm themes, and one fixed colour for each category.

The category colours derive from Okabe and Ito's palette for colour-blind readers
(https://jfly.uni-koeln.de/color/), made lighter for the dark and darker for the light ground.
"""

from __future__ import annotations

from textual.color import Color
from textual.theme import Theme

DARK = "catreview-dark"
LIGHT = "catreview-light"

ON_DARK = (
    "#d58fb8", "#3fbf95", "#eaa63a", "#64b5e8", "#f0804d", "#a9b4c2", "#e6dc5c", "#8f9df5",
)  # fmt: skip
"""Reddish purple, bluish green, orange, sky blue, vermilion, grey, yellow, blue."""
ON_LIGHT = (
    "#9c3d77", "#00694b", "#8a5a00", "#14659a", "#ad3d00", "#505a66", "#6b6100", "#3a4bb5",
)  # fmt: skip

_DARK_INK = {
    "bright": "#f6f8fb",
    "plain": "#c3cad5",
    "muted": "#8a94a3",
    "faint": "#667181",
    "line": "#2c3440",
    "band": "#1a212c",
    "chip-ink": "#11151c",
    "focus": "#eab04f",
}
_LIGHT_INK = {
    "bright": "#10151c",
    "plain": "#333c48",
    "muted": "#5c6673",
    "faint": "#7d8794",
    "line": "#cfd3d8",
    "band": "#eceae3",
    "chip-ink": "#fbfaf6",
    "focus": "#8a5a00",
}

SHADES = {"line": 0.16, "band": 0.06}
"""How far they are from a ground, towards white or black; about as far as in our own themes."""

THEMES = (
    Theme(
        name=DARK, dark=True, primary="#eab04f", accent="#eab04f", foreground="#c3cad5",
        background="#11151c", surface="#161b24", panel="#1a212c", warning="#eab04f",
        error="#f0804d", success="#3fbf95",
    ),
    Theme(
        name=LIGHT, dark=False, primary="#8a5a00", accent="#8a5a00", foreground="#333c48",
        background="#fbfaf6", surface="#f3f1ea", panel="#eceae3", warning="#8a5a00",
        error="#ad3d00", success="#00694b",
    ),
)  # fmt: skip


def variables(theme: Theme) -> dict[str, str]:
    """The names that styles may use with a `$`: inks, and `cat-0` to `cat-7`."""
    inks, colours = (_DARK_INK, ON_DARK) if theme.dark else (_LIGHT_INK, ON_LIGHT)
    categories = {f"cat-{i}": colour for i, colour in enumerate(colours)}
    return {**inks, **_shades(theme), **categories}


def _shades(theme: Theme) -> dict[str, str]:
    """Lines and bands that stand out from the ground of a theme that is not ours."""
    drawn = theme.to_color_system().generate()
    ground = Color.parse(drawn["background"])
    # What the terminal itself colours is not known here.
    if theme in THEMES or ground.ansi is not None:
        return {}
    ink = Color.parse("white" if theme.dark else "black")
    return {name: ground.blend(ink, share).hex for name, share in SHADES.items()}


def colour(position: int) -> str:
    """The style of the category at a position of the schema; beyond eight they come again."""
    return f"$cat-{position % len(ON_DARK)}"
