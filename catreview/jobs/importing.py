"""Bringing messages, gold and recorded votes into a project."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from catreview.errors import InputError
from catreview.importers import (
    Columns,
    Incoming,
    LabelRow,
    Problem,
    read_header,
    read_label_rows,
    read_messages,
)
from catreview.jobs.alone import in_parts, in_turns
from catreview.jobs.holders import new_holder, retire
from catreview.jobs.import_report import OTHER_GOLD, ImportReport
from catreview.jobs.labels.settling import settle_if_learned
from catreview.jobs.labels.trust import FROM_FILE
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import Project
from catreview.records import Example, Source, SourceKind
from catreview.store import Stale

BATCH = 250
GIVEN = Source(SourceKind.GIVEN, "given")
"""The source of labels that came with an import."""


def import_messages(
    project: Project,
    path: Path,
    columns: Columns,
    *,
    gold: bool = False,
    report: Report = ignore,
) -> ImportReport:
    """Import the messages of one file, or none where the file cannot be read to its end.

    It is stored in parts: of an import that is killed, the same one again adds the rest.

    A `label` in the file becomes a vote of the source `given`, or, with `gold`, the example's
    gold category. With `gold` the file may also hold no more than ids and labels.

    Raises:
        InputError: the file cannot be read; nothing was stored.
    """
    header = read_header(path, columns)
    result = ImportReport(str(path), header)
    only_labels = "text" not in header.taken and bool(header.taken or header.unused)
    if gold and only_labels:
        _mark_known(project, path, result)
        return result
    deque(read_messages(path, columns), maxlen=0)  # to its end, before anything is stored
    number = project.store.imports.begin(path.name, holder := new_holder())
    try:
        for batch in in_turns(_batches(read_messages(path, columns), result)):
            with project.store.transaction():
                _store_batch(project, batch, gold=gold, result=result)
            report(Progress("import", result.new + result.known, unit="messages"))
        project.store.imports.end(number, result.new)
    finally:
        retire(holder)
    if result.labels:
        settle_if_learned(project)
    return result


def _batches(rows: Iterable[Incoming | Problem], result: ImportReport) -> Iterator[list[Incoming]]:
    batch: list[Incoming] = []
    for row in rows:
        if isinstance(row, Problem):
            result.add_problem(row.kind, row.line, row.detail)
            continue
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _store_batch(
    project: Project, batch: list[Incoming], *, gold: bool, result: ImportReport
) -> None:
    """Store a batch; given labels that are new make the heuristic stale, which counts them."""
    store = project.store
    added = store.examples.add([row.example for row in batch])
    result.new += len(added.new)
    result.known += len(added.known)
    result.beyond_ascii |= not all(row.example.text.isascii() for row in batch)
    for position in added.differing:
        row = batch[position]
        result.add_problem("known id, other text", row.line, _differing(row.example))
    differing = set(added.differing)
    labels = {
        row.example.id: (row.label, row.line)
        for position, row in enumerate(batch)
        if row.label is not None and position not in differing
    }
    if gold:
        for position, row in enumerate(batch):
            if row.label is None and position not in differing:
                result.add_problem("no label", row.line, "imported, but not as gold")
    valid = _valid_labels(project, labels, result)
    if gold:
        _mark(project, valid, labels, result)
        return
    if not valid:
        return
    numbers = store.examples.numbers(list(valid))
    given = sorted((numbers[i], project.schema.index[name]) for i, name in valid.items())
    source = store.votes.source(GIVEN)
    votes = store.votes.differing(
        np.array([number for number, _ in given], dtype=np.int64),
        [source],
        np.array([[code] for _, code in given], dtype=np.int16),
        project.schema.names,
    )
    if votes:
        store.votes.put_rows(votes)
        store.unsettled.mark(Stale.HEURISTIC)
    result.labels += len(valid)


def _differing(example: Example) -> str:
    return f"id {example.id!r}; the stored text stays"


def _valid_labels(
    project: Project, labels: dict[str, tuple[str, int]], result: ImportReport
) -> dict[str, str]:
    valid = {}
    for example, (word, line) in labels.items():
        category = project.schema.resolve(word)
        if category is None:
            result.add_unknown(word, line)
        else:
            valid[example] = category
    return valid


def _mark_known(project: Project, path: Path, result: ImportReport) -> None:
    """Mark examples that are there already as gold, from rows of id and label alone."""
    rows = list(_label_rows(path, result))
    known = project.store.examples.numbers([row.id for row in rows])
    labels = {}
    for row in rows:
        if row.id in known:
            labels[row.id] = (row.label, row.line)
        else:
            result.add_problem("unknown id", row.line, f"no example {row.id!r}, and no text to add")
    result.known = len(labels)
    _mark(project, _valid_labels(project, labels, result), labels, result)


def _mark(
    project: Project,
    valid: Mapping[str, str],
    labels: Mapping[str, tuple[str, int]],
    result: ImportReport,
) -> None:
    """Make examples gold; what another file, or a person, had called otherwise is reported."""
    for example, before in project.store.examples.mark_gold(valid).items():
        detail = f"{example!r} was {before}, is {valid[example]} now"
        result.add_problem(OTHER_GOLD, labels[example][1], detail)
    result.gold += len(valid)


def _label_rows(path: Path, result: ImportReport) -> Iterator[LabelRow]:
    for row in read_label_rows(path):
        if isinstance(row, Problem):
            result.add_problem(row.kind, row.line, row.detail)
        else:
            yield row


def import_votes(project: Project, *paths: Path) -> list[ImportReport]:
    """Import rows `{"id", "label"}` (`source`, `confidence` where given) as votes of an LLM.

    The source is the row's, else the file's name without its suffixes.

    Raises:
        InputError: a file cannot be read, or no row of it fits an example; nothing was stored.
    """
    store = project.store
    votes: dict[str, list[tuple[int, str, float | None]]] = {}
    reports = [_read_votes(project, path, votes) for path in paths]
    with store.transaction():
        # Before the votes: should this be killed, the next job settles what is there.
        store.unsettled.mark(Stale.LLM_LABELS)
        sources = {name: store.votes.source(_recorded(name)) for name in votes}
    for name, given in votes.items():
        for part in in_parts(len(given)):
            store.votes.put(sources[name].id, given[part])
    return reports


def _recorded(name: str) -> Source:
    return Source(SourceKind.LLM, name, FROM_FILE + name)


def _read_votes(
    project: Project, path: Path, votes: dict[str, list[tuple[int, str, float | None]]]
) -> ImportReport:
    """Add the votes of a file to `votes`, by source."""
    result = ImportReport(str(path))
    rows = list(_label_rows(path, result))
    known = project.store.examples.numbers([row.id for row in rows])
    for row in rows:
        category = project.schema.resolve(row.label)
        if row.id not in known:
            result.add_problem("unknown id", row.line, f"no example {row.id!r}")
        elif category is None:
            result.add_unknown(row.label, row.line)
        else:
            name = row.source or path.name.split(".")[0]
            votes.setdefault(name, []).append((known[row.id], category, row.confidence))
            result.labels += 1
    if not result.labels:
        raise InputError(
            f"{path}: no row has the id of an example and a category; nothing was stored.",
            'Rows look like {"id": "…", "label": "' + project.schema.names[0] + '"}.',
        )
    return result
