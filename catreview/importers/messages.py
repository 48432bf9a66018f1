"""Messages in: records become examples with stable ids and what came before them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from catreview.errors import InputError
from catreview.importers import values
from catreview.importers.columns import Columns, Role
from catreview.importers.problems import Problem, UnusableError
from catreview.importers.rows import Row, read_table
from catreview.records import Example

BY_NAME: Final = Columns()
"""All columns found by their names."""
_WORDS: Final[tuple[Role, ...]] = ("conversation", "speaker", "label")
"""Roles of which the value is an id or a name."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An example read from a file, the label that came with it as written, and its line."""

    example: Example
    label: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Header:
    """The column of each role, and the columns that are not used; both empty for an empty file."""

    taken: Mapping[Role, str]
    unused: tuple[str, ...]


def read_messages(path: Path, columns: Columns = BY_NAME) -> Iterator[Incoming | Problem]:
    """Read the messages of a JSON-lines, CSV or TSV file (plain or gzip), in its order.

    Records that cannot be used come out as `Problem`, in place; nothing is left out silently
    but blank lines. Without an id, a message gets one made of its conversation, position,
    speaker and text, or, outside conversations, of its speaker, previous message and text:
    reading a file again gives the same ids. Without a `previous` value, the message before it
    in the same conversation of the file is taken. Of two records with one id the first wins.

    Raises `InputError`, possibly after the first messages (a cut-off gzip file, a column that
    no record has): then none of them should be kept. Memory grows with the ids and the
    conversations, not with the texts.
    """
    table = read_table(path)
    if table.columns is not None:
        columns.check(path, table.columns)
    reader = _MessageReader(columns)
    names: dict[str, None] = {}
    for row in table.rows:
        if isinstance(row, Problem):
            yield row
            continue
        if table.columns is None:
            names.update(dict.fromkeys(row.values))
        try:
            yield reader.message(row)
        except UnusableError as error:
            yield error.at(row.line)
    if names:
        columns.check(path, names)


def read_header(path: Path, columns: Columns = BY_NAME) -> Header:
    """The columns of a file's first record, and what they are taken for.

    Raises `InputError` for a file that cannot be read, or not more than once.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(
            f"{path} is a pipe or device, and messages are read more than once",
            "Write them into a file first, and import that.",
        )
    table = read_table(path)
    first = next((row for row in table.rows if isinstance(row, Row)), None)
    names = table.columns or (tuple(first.values) if first else ())
    taken = columns.among(names)
    return Header(taken, tuple(name for name in names if name not in taken.values()))


class _MessageReader:
    """What has to be remembered between the records of one file."""

    def __init__(self, columns: Columns) -> None:
        self._roles: Callable[[tuple[str, ...]], Mapping[Role, str]] = lru_cache(columns.among)
        self._conversations: dict[str, tuple[int, str]] = {}
        self._seen = values.Seen()

    def message(self, row: Row) -> Incoming:
        roles = self._roles(tuple(row.values))
        given = {role: row.values[column] for role, column in roles.items()}
        text = values.message_text(given.get("text"))
        conversation, speaker, label = (values.word(given.get(role), role) for role in _WORDS)
        turn, before = self._conversations.get(conversation, (0, ""))
        previous = values.previous_text(given.get("previous"), before)
        given_turn = values.turn(given.get("turn"))
        position = turn if given_turn is None else given_turn
        identity = (
            (conversation, position, speaker, text) if conversation else (speaker, previous, text)
        )
        own = values.word(given.get("id"), "id")
        example = Example(
            id=own or _hash(identity),
            text=text,
            previous=previous,
            conversation=conversation,
            turn=position,
            speaker=speaker,
        )
        self._seen.add(example.id, text, row.line, made=not own)
        if conversation:
            self._conversations[conversation] = (turn + 1, text)
        return Incoming(example, label or None, row.line)


def _hash(identity: tuple[str | int, ...]) -> str:
    # Twenty hexadecimal digits: in a million messages two meet by chance once in 10^12 projects.
    return hashlib.blake2b(json.dumps(identity).encode(), digest_size=10).hexdigest()
