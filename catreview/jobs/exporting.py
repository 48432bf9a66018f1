"""Examples, labels and votes out: JSON lines, or CSV that no spreadsheet will run."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from catreview.errors import InputError
from catreview.jobs.project import Project
from catreview.jobs.review.opinions import all_opinions, contested

COLUMNS = (
    "id", "conversation", "turn", "speaker", "previous", "text", "gold", "label", "confidence",
    "basis", "source", "contested",
)  # fmt: skip
BLOCK = 1_000
"""Examples whose votes are read at once."""
Row = tuple[Any, ...]
"""The number of an example, then `COLUMNS`."""
Write = Callable[[Sequence[Row]], None]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula (OWASP, CSV injection)."""


def export(project: Project, target: Path | None, format_: str) -> int:
    """Write every example to `target` (None: stdout) as "jsonl" or "csv"; returns how many.

    Contested is what reviewers decided differently. JSON lines also hold the votes, as
    `{source: [category, confidence]}`; of several sources of one name the newest has it alone.

    Raises:
        InputError: the file cannot be written.
    """
    differing = {number for number, by in all_opinions(project).items() if contested(by)}
    with _opened(target) as file:
        write = _csv_writer(file) if format_ == "csv" else _json_writer(file, project)
        count = 0
        rows = iter(project.store.labels.export())
        while block := list(islice(rows, BLOCK)):
            write([(*row, row[0] in differing) for row in block])
            count += len(block)
    return count


@contextmanager
def _opened(target: Path | None) -> Iterator[TextIO]:
    if target is None:
        yield sys.stdout
        return
    # Beside the target first: an export that fails leaves the earlier file as it was. A link stays
    # one, and into a pipe or device, which no file may replace, it is written at once.
    whole = target.resolve()
    plain = whole.is_file() or not target.exists()
    temporary = whole.with_name(whole.name + ".part") if plain else target
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            yield file
        if plain:
            temporary.replace(whole)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror}.", "Choose another file or folder."
        ) from error
    finally:
        if plain:
            temporary.unlink(missing_ok=True)


def _csv_writer(file: TextIO) -> Write:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)

    def write(rows: Sequence[Row]) -> None:
        writer.writerows([_inert(value) for value in row[1:]] for row in rows)

    return write


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json_writer(file: TextIO, project: Project) -> Write:
    names: dict[str, int] = {}
    # A model that is asked with another prompt is another source of the same name.
    for source in reversed(project.store.votes.sources()):
        told_apart = f"{source.name} ({source.fingerprint or source.kind})"
        names[told_apart if source.name in names else source.name] = source.id
    called = {number: name for name, number in names.items()}

    def write(rows: Sequence[Row]) -> None:
        votes: dict[int, dict[str, list[Any]]] = {row[0]: {} for row in rows}
        for example, source, category, confidence in project.store.votes.on(list(votes)):
            votes[example][called[source]] = [category, confidence]
        for row in rows:
            known = dict(zip(COLUMNS, row[1:], strict=True))
            line = json.dumps({**known, "votes": votes[row[0]]}, ensure_ascii=False)
            file.write(f"{line}\n")

    return write
