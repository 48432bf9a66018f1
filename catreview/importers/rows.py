"""Records of a JSON-lines, CSV or TSV file."""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from catreview.errors import InputError
from catreview.importers.lines import read_lines
from catreview.importers.problems import Problem, ProblemKind, UnusableError

Format = Literal["jsonl", "csv", "tsv"]

_SUFFIXES: Mapping[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
}
_LONGEST_FIELD = 1 << 20
"""Characters in a CSV field: a longer one is an unclosed quote, not a message."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: where it starts (from 1) and its values by column name."""

    line: int
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Table:
    """Records as they are read; `columns` is None where each record names its own (JSON)."""

    columns: tuple[str, ...] | None
    rows: Iterator[Row | Problem]


def read_table(path: Path) -> Table:
    """Open a file of records; its format comes from the suffix, else from the content.

    Raises `InputError` for a file that is no such thing, here or while the rows are read.
    """
    lines = read_lines(path)
    head: list[bytes] = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    first = head[-1].strip() if head else b""
    whole = chain(head, lines)
    match _format(path, first):
        case "jsonl":
            _refuse_json_document(path, first)
            return Table(None, _json_rows(whole))
        case "csv":
            return _csv_table(path, whole, max(",;\t", key=first.decode(errors="replace").count))
        case "tsv":
            return _csv_table(path, whole, "\t")


def is_table(path: Path) -> bool:
    """Whether a file is CSV or TSV by its name."""
    return _named_format(path) in ("csv", "tsv")


def _named_format(path: Path) -> Format | None:
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None


def _format(path: Path, first: bytes) -> Format:
    named = _named_format(path)
    if named is not None:
        return named
    if not first or first[:1] in b"{[":
        return "jsonl"
    if b"\t" in first:
        return "tsv"
    if b"," in first or b";" in first:
        return "csv"
    raise InputError(
        f"{path} is neither JSON lines, CSV nor TSV by its name or first line",
        "Give it the suffix .jsonl, .csv or .tsv. Lines of plain text become JSON lines so:"
        f" jq -Rc '{{text: .}}' {path.name} > {path.name.split('.')[0]}.jsonl",
    )


def _refuse_json_document(path: Path, first: bytes) -> None:
    if re.match(rb"\[\s*(\{|$)", first) or first == b"{":
        raise InputError(
            f"{path} is one JSON document, not JSON lines (one object on each line)",
            f"Convert it: jq -c '.[]' {path.name} > {path.name.split('.')[0]}.jsonl",
        )


def _json_rows(lines: Iterator[bytes]) -> Iterator[Row | Problem]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield Row(number, _json_object(line))
        except UnusableError as error:
            yield error.at(number)


def _json_object(line: bytes) -> dict[str, object]:
    try:
        value = json.loads(line.decode().strip())
    except UnicodeDecodeError as error:
        detail = f"byte {error.object[error.start]:#04x} at column {error.start + 1}"
        raise UnusableError(ProblemKind.ENCODING, detail) from error
    except json.JSONDecodeError as error:
        detail = f"no JSON: {error.msg} at column {error.colno}"
        raise UnusableError(ProblemKind.MALFORMED, detail) from error
    except (ValueError, RecursionError) as error:
        raise UnusableError(ProblemKind.MALFORMED, f"no JSON: {error}") from error
    if not isinstance(value, dict):
        raise UnusableError(ProblemKind.MALFORMED, "no JSON object")
    return value


def _csv_table(path: Path, raw: Iterator[bytes], delimiter: str) -> Table:
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    # A broken byte must not end the file: it travels as a surrogate and is found in its record.
    lines = _Rewindable(line.decode(errors="surrogateescape") for line in raw)
    records = _csv_records(lines, delimiter)
    header = next(records, None)
    if header is None:
        return Table(None, iter(()))
    if isinstance(header, Problem):
        raise InputError(
            f"{path} has no readable header: {header.detail}",
            "The first line of a CSV or TSV file names its columns.",
        )
    names = tuple(name.strip() for name in header[1])
    doubled = [name for name in names if name and names.count(name) > 1]
    if doubled:
        raise InputError(f"{path} has two columns {doubled[0]!r}", "Rename or remove one of them.")
    return Table(names, _csv_rows(records, names))


def _csv_rows(
    records: Iterator[tuple[int, list[str]] | Problem], names: tuple[str, ...]
) -> Iterator[Row | Problem]:
    for record in records:
        if isinstance(record, Problem):
            yield record
            continue
        line, cells = record
        if len(cells) == len(names):
            yield Row(line, dict(zip(names, cells, strict=True)))
        else:
            detail = f"{len(cells)} columns where the header has {len(names)}"
            yield Problem(line, ProblemKind.MALFORMED, detail)


def _csv_records(lines: _Rewindable, delimiter: str) -> Iterator[tuple[int, list[str]] | Problem]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.mark()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # An unclosed quote has swallowed good rows: give up its first line only.
            lines.rewind()
            yield Problem(line, ProblemKind.MALFORMED, f"quotes or line ends: {error}")
            continue
        if not cells:
            continue
        if any(not cell.isascii() and _broken(cell) for cell in cells):
            yield Problem(line, ProblemKind.ENCODING, "invalid bytes in this record")
        else:
            yield line, cells


def _broken(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return True
    return False


class _Rewindable(Iterator[str]):
    """Lines that can be given again from the second line of the current record."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._read = 0

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._record.append(line)
        self._read += 1
        return line

    def mark(self) -> int:
        """Begin a record; the number of its first line."""
        self._record.clear()
        return self._read + 1

    def rewind(self) -> None:
        """Give all lines of this record but the first again."""
        rest = self._record[1:]
        self._again.extendleft(reversed(rest))
        self._read -= len(rest)
        self._record.clear()
