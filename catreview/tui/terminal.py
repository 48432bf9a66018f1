"""What the terminal can show: every glyph has an ASCII face for where there is no Unicode."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

POOR = ("linux", "dumb", "vt", "ansi", "cons25")
"""Beginnings of TERM for terminals whose fonts lack most glyphs."""
KEYS = {
    "←↑↓→": "arrows", "⏎": "enter", "↑": "up", "↓": "down", "←": "left", "→": "right",
}  # fmt: skip
"""Keys that a glyph stands for, and their names."""
FACES = {
    "🔎": "> ", "…": "~", "○": "o",
    "✓": "+", "✗": "x", "≠": "!", "▸": ">", "▾": "*", "▌": ">", "\u203a": ">", "\u2039": "<",
    "•": "*", "·": ".", "⚑": "!", "✎": "*", "⏎": "/", "↑": "^", "↓": "v", "←": "<", "→": ">",
    "—": "-", "\u2013": "-", "“": '"', "”": '"', "\u2018": "'", "\u2019": "'",
    "κ": "k", "±": "~", "\u00d7": "x", "\u2212": "-",
    "●": "o", "◆": "@", "░": ".", "▒": ":", "▓": "%", "▞": "/",
    "━": "=", "╸": "-", "─": "-", "╌": ".", "┃": "|", "│": "|", "▁": "_", "▂": ".", "▃": "-",
    "▄": "~", "▅": "=", "▆": "+", "▇": "*", "█": "#", "▔": "-", "▊": "|", "▎": "|",
}  # fmt: skip
"""One cell for one cell."""


TOO_SMALL = {"-tiny", "-flat"}
"""Classes of a screen on which nothing is shown: no key but ctrl+q does anything there."""


@dataclass
class Terminal:
    """The one terminal of this process; the app settles it before its first picture."""

    ascii: bool = False


TERMINAL = Terminal()


def lacks_unicode(environ: Mapping[str, str], encoding: str | None) -> bool:
    """Whether a terminal shows ASCII alone, by TERM, the locale, and the stream's encoding.

    A locale that is not set says nothing. `LC_CTYPE=C.UTF-8` may be Python's own doing (PEP 538)
    and is not believed beside `LANG=C`.
    """
    if "TEXTUAL_DRIVER" in environ:  # a browser
        return False
    if environ.get("TERM", "").startswith(POOR):
        return True
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    said = [environ[name] for name in names if environ.get(name)]
    if said[:1] == ["C.UTF-8"] and not environ.get("LC_ALL") and len(said) > 1:
        said = said[1:]
    return not _is_unicode(encoding or "utf-8") or bool(said and not _locale_is_unicode(said[0]))


def _locale_is_unicode(locale: str) -> bool:
    if locale in ("C", "POSIX"):
        return False
    charset = locale.partition(".")[2].partition("@")[0]
    return not charset or _is_unicode(charset)


def _is_unicode(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name.startswith(("utf-8", "utf-16", "utf_8"))
    except LookupError:
        return False


def in_words(text: str) -> str:
    """`text` with the names of keys in place of their glyphs, where those can't be shown."""
    if TERMINAL.ascii:
        for glyph, name in KEYS.items():
            text = text.replace(glyph, name)
    return text


def spelled(character: str) -> str:
    """A character of a message for ASCII: its letter without marks, or its name or number.

    One that has a face is left to the filter.
    """
    if character.isascii() or character in FACES:
        return character
    code = ord(character)
    if 0x2400 <= code < 0x2420:  # the picture of a control character
        return f"^{chr(code - 0x2400 + 0x40)}"
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii())
    if plain or unicodedata.combining(character):
        return plain
    if unicodedata.category(character) == "So" and (name := unicodedata.name(character, "")):
        return f":{name.lower()}:"
    return f"<U+{code:04X}>"


class AsciiFilter(LineFilter):
    """Gives every cell that is drawn an ASCII face of the same width."""

    def __init__(self) -> None:
        super().__init__()
        self._table = _Table()

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's
        """See `LineFilter`."""
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(self._table), segment.style, segment.control)
            for segment in segments
        ]


class _Table(dict[int, str]):
    """Faces by code point, found when they are first asked for."""

    def __missing__(self, code: int) -> str:
        self[code] = _cell(chr(code))
        return self[code]


def _cell(character: str) -> str:
    if character.isascii():
        return character
    width = get_character_cell_size(character)
    face = FACES.get(character) or _drawn(character)
    face = face or unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return face if len(face) == width else "*" * width


def _drawn(character: str) -> str:
    """A face for lines, blocks and dots that others draw with."""
    name = unicodedata.name(character, "")
    if name.startswith("BOX DRAWINGS"):
        flat, upright = "HORIZONTAL" in name, "VERTICAL" in name
        return "-" if flat and not upright else "|" if upright and not flat else "+"
    if name.startswith("BRAILLE PATTERN"):
        return " .:*#"[min((ord(character) - 0x2800).bit_count(), 4)]
    return "#" if "BLOCK" in name or "QUADRANT" in name else ""
