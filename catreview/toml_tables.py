"""Tables of a configuration as frozen dataclasses: each value is checked against its field.

A field's type says what its value must be, `Annotated[int, within(1)]` what else must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum, auto
from math import inf
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")
Check = Callable[[Any], str]
"""What is wrong with a value of the right type, empty where nothing is."""


class Fault(Enum):
    """What is wrong in a table."""

    UNKNOWN = auto()
    """It has a key that it doesn't take."""
    MISSING = auto()
    """A key that it needs is not there."""
    VALUE = auto()
    """A value is none that is taken there."""


class TableError(ValueError):
    """The first thing that is wrong in a table: the `path` of the `value`, by key or place."""

    def __init__(self, fault: Fault, message: str, value: object, *path: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
        self.value = value
        self.path = path


LONE: Final = object()
"""As a mark of the type of a list of texts: one may stand there without a list around it."""


def within(low: float, high: float = inf) -> Check:
    """A number from `low` to `high`."""
    wrong = f"must be {_bounds(f'at least {low:,}', high)}"
    return lambda value: "" if low <= value <= high else wrong


def above(low: float, high: float = inf) -> Check:
    """A number above `low`, and at most `high`."""
    wrong = f"must be {_bounds(f'above {low:,}', high)}"
    return lambda value: "" if low < value <= high else wrong


def counting(low: int, high: float = inf, unit: str = "characters") -> Check:
    """A text or list with `low` to `high` characters or values."""
    wrong = f"must have {_bounds(f'at least {low:,}' if low else '', high)} {unit}"
    return lambda value: "" if low <= len(value) <= high else wrong


def _bounds(lower: str, high: float) -> str:
    return " and ".join(filter(None, (lower, f"at most {high:,}" if high < inf else "")))


def like(pattern: str, wrong: str) -> Check:
    """A text in which the pattern is found; else `wrong` says what it must be."""
    found = re.compile(pattern).search
    return lambda value: "" if found(value) else wrong


def read(kind: type[T], table: object) -> T:
    """A table as the dataclass `kind`, whose own `ValueError` is told as the table's.

    Numbers may stand as text, as they do in variables.

    Raises:
        TableError: it does not fit; the first fault by the order of the fields, unknown keys last.
    """
    if isinstance(table, kind):
        return table
    if not isinstance(table, Mapping):
        raise TableError(Fault.VALUE, "must be a table", table)
    hints = get_type_hints(kind, include_extras=True)
    values = {}
    for field in fields(kind):  # type: ignore[arg-type] # a dataclass, which `type` cannot say
        if field.name in table:
            values[field.name] = _within(field.name, hints[field.name], table[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise TableError(Fault.MISSING, "is missing", table, field.name)
    for key in table:
        if key not in hints:
            raise TableError(Fault.UNKNOWN, "is unknown", table[key], key)
    try:
        return kind(**values)
    except ValueError as error:
        raise TableError(Fault.VALUE, str(error), table) from error


def _within(key: str, hint: Any, value: object) -> Any:
    try:
        return _value(hint, value)
    except TableError as error:
        raise TableError(error.fault, error.message, error.value, key, *error.path) from None


def _value(hint: Any, value: object) -> Any:
    """The value as the type of the field wants it."""
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        lone = LONE in marks and isinstance(value, str)
        found = _value(inner, [value] if lone else value)
        for check in marks:
            if check is not LONE and (wrong := check(found)):
                raise TableError(Fault.VALUE, wrong, value)
        return found
    if is_dataclass(hint):
        return read(hint, value)  # type: ignore[arg-type] # a class, as hints are
    plain = _PLAIN.get(hint)
    return _plain(hint, value, plain) if plain else _compound(hint, value)


def _compound(hint: Any, value: object) -> Any:
    inner = get_args(hint)
    origin = get_origin(hint)
    if origin is Literal:
        if value not in inner:
            raise TableError(Fault.VALUE, f"must be one of {', '.join(inner)}", value)
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise TableError(Fault.VALUE, "must be a list", value)
        each = inner[:1] * len(value) if inner[-1] is ... else inner
        if len(each) != len(value):
            raise TableError(Fault.VALUE, f"must be a list of {len(each)}", value)
        return tuple(_within(str(i), *pair) for i, pair in enumerate(zip(each, value, strict=True)))
    if origin in {dict, Mapping}:
        if not isinstance(value, Mapping):
            raise TableError(Fault.VALUE, "must be a table", value)
        return {key: _within(key, inner[1], one) for key, one in value.items()}
    # What is left is a union with None, which no table can say.
    return _value(next(one for one in inner if one is not NoneType), value)


_PLAIN: Final[Mapping[Any, tuple[str, tuple[type, ...]]]] = {
    int: ("a whole number", (int, float, str)),
    float: ("a number", (int, float, str)),
    str: ("text", (str,)),
    Path: ("a path", (str, Path)),
}
"""What to call a plain type, and what it is made from."""


def _plain(kind: Any, value: object, taken: tuple[str, tuple[type, ...]]) -> Any:
    name, sources = taken
    try:
        fits = isinstance(value, sources) and not isinstance(value, bool)
        made = kind(value) if fits else None
    except (ValueError, OverflowError):  # of text that is no number, of what no integer can hold
        made = None
    if made is None or (isinstance(value, float) and made != value):
        raise TableError(Fault.VALUE, f"must be {name}", value)
    return made
