"""Values of a record, taken for what they are or refused."""

from __future__ import annotations

from array import array
from contextlib import suppress

from catreview.importers.problems import ProblemKind, UnusableError


class Seen:
    """Ids met so far, each with its line and a hash of what it stood for."""

    def __init__(self) -> None:
        self._place: dict[str | tuple[str, str], int] = {}
        self._lines = array("q")
        self._contents = array("q")

    def add(
        self,
        key: str | tuple[str, str],
        content: str,
        line: int,
        what: str = "text",
        *,
        made: bool = False,
    ) -> None:
        """Remember `key`, an id or an id and its source; `UnusableError` for one met before.

        The error says how they differ. A key that was `made` of the content tells nobody anything.
        """
        place = self._place.setdefault(key, len(self._lines))
        if place == len(self._lines):
            self._lines.append(line)
            self._contents.append(hash(content))
            return
        if made:
            raise UnusableError(
                ProblemKind.REPEATED, f"it has no id and stands on line {self._lines[place]} too"
            )
        same = self._contents[place] == hash(content)
        detail = f"the same {what}" if same else f"another {what}, which is kept"
        called = key if isinstance(key, str) else " of ".join(key)
        raise UnusableError(
            ProblemKind.DUPLICATE, f"{called!r} stands on line {self._lines[place]} with {detail}"
        )


def message_text(value: object) -> str:
    """Take the text of a message exactly as it is written; white space alone is no text."""
    if value is None:
        raise UnusableError(ProblemKind.EMPTY, "no text")
    if not isinstance(value, str):
        raise UnusableError(ProblemKind.NOT_TEXT, f"text is {_kind(value)}")
    if not value.strip():
        raise UnusableError(ProblemKind.EMPTY, "nothing but white space" if value else "no text")
    return _storable(value, "text")


def previous_text(value: object, before: str) -> str:
    """Take the previous message as given, where an empty one counts, else the text `before`."""
    if value is None:
        return before
    if not isinstance(value, str):
        raise UnusableError(ProblemKind.MALFORMED, f"previous is {_kind(value)}, not text")
    return _storable(value, "previous")


def word(value: object, role: str) -> str:
    """Take an id or name, also a whole number; white space around it is not kept."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UnusableError(ProblemKind.MALFORMED, f"{role} is {_kind(value)}, not text")
    text = str(value).strip()
    if "\0" in text:
        # SQLite's JSON functions, which look ids up, end a text there.
        raise UnusableError(ProblemKind.MALFORMED, f"{role} has a NUL character")
    return _storable(text, role)


def turn(value: object) -> int | None:
    """Take a place in the conversation, from 0, or None where there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63:
        return value
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 19:
        return int(value)
    raise UnusableError(ProblemKind.MALFORMED, f"turn is {_kind(value)}, not a count from 0")


def confidence(value: object) -> float | None:
    """Take a probability in 0..1, also as text (CSV), or None where there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            if 0 <= float(value) <= 1:
                return float(value)
    raise UnusableError(ProblemKind.MALFORMED, f"confidence is {_kind(value)}, not in 0..1")


def _storable(value: str, role: str) -> str:
    """Half a surrogate pair (an emoji cut in two) is legal in JSON but in no UTF-8 file."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            detail = f"{role} has half a character at position {error.start}"
            raise UnusableError(ProblemKind.ENCODING, detail) from error
    return value


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return f"the number {value}"
        case str():
            return repr(value[:40])
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "null"
