"""Messages are hostile text: here they become characters that can only be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size

from catreview.tui.terminal import TERMINAL, spelled

LONGEST = 20_000
"""Characters of a message that are shown; the rest is announced, not drawn."""
LEAST_HEAD = 4
"""Cells of a name before what tells it apart, where both cannot be shown whole."""
_LINE_ENDS = dict.fromkeys((0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n")
_PICTURES = {
    **{chr(code): chr(0x2400 + code) for code in range(0x20)},
    "\x7f": "\u2421",
    "\t": "    ",
    "\n": "\n",
}
_UNSURE_WIDTHS = re.compile(
    "\ufe0f|[\U0001f3fb-\U0001f3ff]|\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])"
)
"""What joins or tints emoji: terminals disagree about the width, and borders would break."""
_KEPT_FORMATS = {0x200C, 0x200D}
"""Joiners: several scripts are not readable without them."""


def inert(text: str) -> str:
    """`text` with line breaks as newlines and everything that could steer a terminal made visible.

    Escapes and other control characters become their pictures (␛); marks that reorder or hide
    text (bidirectional controls, zero-width characters, tags) are dropped, and so is what joins
    or tints emoji. A terminal without Unicode gets letters without their marks, and the names or
    numbers of other characters.
    """
    if len(text) <= LONGEST and text.isascii() and text.isprintable():
        return text  # as most of what is shown
    shown = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_ENDS)
    if not shown.isascii() or not shown.replace("\n", "").isprintable():
        shown = "".join(map(_harmless, _UNSURE_WIDTHS.sub("", shown)))
    if TERMINAL.ascii and not shown.isascii():
        shown = "".join(map(spelled, shown))
    if len(text) > LONGEST:
        shown += f"… ({len(text) - LONGEST:,} more characters)"
    return shown


def one_line(text: str, width: int) -> str:
    """`text` made inert in exactly `width` cells: breaks as ⏎, an ellipsis where it is cut."""
    flat = " ⏎ ".join(inert(text[: 4 * width + 4]).strip().split("\n"))
    return fit(flat, width)


def fit(text: str, width: int) -> str:
    """`text` cut or filled to exactly `width` cells, with an ellipsis where it is cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, max(width - 1, 0)).rstrip() + "…", width)


def one_name(name: str, width: int) -> str:
    """A source's name as `one_line`, cut before what in brackets tells it from its namesakes."""
    head, bracket, mark = name.rpartition(" (")
    if not bracket or not mark.endswith(")") or widest([name]) <= width:
        return one_line(name, width)
    tail = one_line(f"({mark}", widest([f"({mark}"]))
    room = width - LEAST_HEAD - 1
    if room < LEAST_HEAD:
        return one_line(name, width)
    if cell_len(tail) > room:
        first = next(i for i in range(len(tail)) if cell_len(tail[i:]) < room)
        tail = "…" + tail[first:]
    return one_line(head, width - cell_len(tail) - 1) + " " + tail


def widest(texts: Iterable[str]) -> int:
    """Cells of the widest of some texts, each on one line; 0 where there are none."""
    return max((cell_len(inert(text)) for text in texts), default=0)


def _harmless(character: str) -> str:
    code = ord(character)
    if character in _PICTURES:
        return _PICTURES[character]
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Cn"):
        return "\ufffd"
    return "" if category == "Cf" and code not in _KEPT_FORMATS else character
