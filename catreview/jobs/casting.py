"""The votes of a kind of sources on all examples, stored beside everybody else's work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.jobs.alone import in_parts
from catreview.jobs.project import Project
from catreview.records import Source, SourceKind
from catreview.store import Codes, Numbers

BLOCK: Final = 10_000
"""Examples whose votes are compared at once."""


def cast(
    project: Project,
    sources: Sequence[Source],
    numbers: Numbers,
    codes: Codes,
    confidence: NDArray[np.float64] | None = None,
) -> None:
    """Let the votes of `sources` on `numbers` (ascending) be `codes`; to be done `alone`.

    `codes` and `confidence` (0..1) have the shape (len(numbers), len(sources)). Only what differs
    from what is stored is written, in parts; a new source is on trial until `let_count`.
    """
    votes, names = project.store.votes, project.schema.names
    stored = [votes.find(source) or votes.source(source, active=False) for source in sources]
    for start in range(0, len(numbers), BLOCK):
        block = slice(start, start + BLOCK)
        sure = None if confidence is None else confidence[block]
        rows = votes.differing(numbers[block], stored, codes[block], names, sure)
        for part in in_parts(len(rows)):
            votes.put_rows(rows[part])


def let_count(
    project: Project, kind: SourceKind, sources: Sequence[Source], others: Iterable[int] = ()
) -> None:
    """Let `sources` and, by number, `others` be the sources of a kind; to be done `alone`.

    The votes of all others of that kind go, in parts: only for kinds that can vote again for
    nothing.
    """
    votes = project.store.votes
    with project.store.transaction():
        votes.put_aside(kind, [*(votes.source(source).id for source in sources), *others])
    for part in in_parts(votes.forgettable(kind)):
        votes.forget(kind, part.stop - part.start)
