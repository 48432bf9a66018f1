"""Recorded votes in: one label for an example, by its id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catreview.importers import values
from catreview.importers.problems import Problem, ProblemKind, UnusableError
from catreview.importers.rows import Row, read_table


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One recorded vote: `label` as written, `confidence` in 0..1 where given."""

    id: str
    label: str
    source: str | None
    confidence: float | None
    line: int


def read_label_rows(path: Path) -> Iterator[LabelRow | Problem]:
    """Read the votes of a JSON-lines, CSV or TSV file (plain or gzip).

    Rows are `{"id", "label"}` with an optional `source` and `confidence` in 0..1. Those
    that cannot be used come out as `Problem`, in place. Of two votes of one source for one
    id the first wins. Raises `InputError` as `read_messages` does.
    """
    seen = values.Seen()
    for row in read_table(path).rows:
        if isinstance(row, Problem):
            yield row
            continue
        try:
            yield _label_row(row, seen)
        except UnusableError as error:
            yield error.at(row.line)


def _label_row(row: Row, seen: values.Seen) -> LabelRow:
    given = row.values
    id_, label, source = (values.word(given.get(key), key) for key in ("id", "label", "source"))
    for key, value in (("id", id_), ("label", label)):
        if not value:
            raise UnusableError(ProblemKind.MALFORMED, f"no {key}")
    confidence = values.confidence(given.get("confidence"))
    seen.add((id_, source) if source else id_, label, row.line, what="label")
    return LabelRow(id_, label, source or None, confidence, row.line)
