"""Classifying messages that are not in the project, with the last model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from catreview.errors import InputError
from catreview.importers import Columns, Problem, Role, read_table
from catreview.jobs.project import Project
from catreview.jobs.training.classifying import latest_model
from catreview.records import Example

BLOCK = 5_000
BY_NAME = Columns()
_columns = lru_cache(BY_NAME.among)


@dataclass(frozen=True, slots=True)
class _Asked:
    id: object
    example: Example


def predict_lines(project: Project, lines: Iterable[str], name: str) -> Iterator[dict[str, Any]]:
    """Classify JSON lines (`text`, also `id`, `previous`, `conversation`) or lines of text.

    The first line that is not blank decides which of the two it is; blank lines are passed over.
    In a conversation without `previous` the message before is taken. Yields `id` (where given),
    `label` and `confidence` (0..1), in order.

    Raises:
        InputError: a line is not what the first one promised; `name` is the file's.
        TrainingError: there is no model.
    """
    return _predict(project, _read(lines, name))


def predict_table(
    project: Project, path: Path, columns: Columns = BY_NAME
) -> Iterator[dict[str, Any]]:
    """Classify the records of a CSV or TSV file (plain or gzip); yields as `predict_lines`.

    Raises:
        InputError: a column is missing, or a record cannot be read.
        TrainingError: there is no model.
    """
    return _predict(project, _records(path, columns))


def _predict(project: Project, rows: Iterator[_Asked]) -> Iterator[dict[str, Any]]:
    model = latest_model(project)
    names = project.schema.names
    for block in _blocks(rows):
        codes, confidence = model.predict([asked.example for asked in block])
        for asked, code, sure in zip(block, codes.tolist(), confidence.tolist(), strict=True):
            given = {} if asked.id is None else {"id": asked.id}
            yield {**given, "label": names[code], "confidence": round(sure, 4)}


def _blocks(asked: Iterator[_Asked]) -> Iterator[list[_Asked]]:
    block: list[_Asked] = []
    for one in asked:
        block.append(one)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


def _read(lines: Iterable[str], name: str) -> Iterator[_Asked]:
    as_json: bool | None = None
    last: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if as_json is None:
            as_json = line.lstrip("\ufeff").lstrip().startswith("{")
        if as_json:
            yield _from_json(line.lstrip("\ufeff"), f"{name}:{number}", last)
        else:
            yield _Asked(None, Example("", line.rstrip("\r\n")))


def _from_json(line: str, where: str, last: dict[str, str]) -> _Asked:
    try:
        row = json.loads(line.strip())
    except (ValueError, RecursionError) as error:
        # Whose own words count lines of this one line.
        said = str(error)
        if isinstance(error, json.JSONDecodeError):
            said = f"{error.msg} at column {error.colno}"
        raise InputError(
            f"{where}: not JSON: {said}", "Each line must be one JSON object."
        ) from error
    columns = _columns(tuple(row)) if isinstance(row, dict) else {}
    if not isinstance(row[columns["text"]] if "text" in columns else None, str):
        raise InputError(f"{where}: no text", 'Each line needs a string "text".')
    return _asked({role: row[column] for role, column in columns.items()}, last)


def _records(path: Path, columns: Columns) -> Iterator[_Asked]:
    table = read_table(path)
    header = table.columns or ()
    columns.check(path, header)
    roles = columns.among(header)
    last: dict[str, str] = {}
    for row in table.rows:
        # One line of answers for each record, so that they can be put beside the file again.
        if isinstance(row, Problem):
            raise InputError(
                f"{path}:{row.line}: {row.kind}: {row.detail}",
                "Mend the line, or take it out, and run again.",
            )
        yield _asked({role: row.values[column] for role, column in roles.items()}, last)


def _asked(given: Mapping[Role, Any], last: dict[str, str]) -> _Asked:
    """An example of one record's values; `last` has the newest text of each conversation."""
    # As in an import, a conversation may be a number, and that 0.
    name = given.get("conversation")
    conversation = "" if name is None else str(name).strip()
    text, previous = given["text"], given.get("previous")
    if previous is None:
        previous = last.get(conversation, "") if conversation else ""
    last[conversation] = text
    return _Asked(given.get("id"), Example("", text, str(previous), conversation))
