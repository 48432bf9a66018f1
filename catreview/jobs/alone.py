"""What writes the votes or labels of all examples: one job at a time, in parts, beside others."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from catreview.jobs.project import Project

T = TypeVar("T")

PART: Final = 1_000
"""Rows or examples in one transaction: some ten milliseconds."""


@contextmanager
def alone(project: Project) -> Iterator[None]:
    """Inside, no other job does what is done alone; one that is killed is out at once.

    Enter it outside of a transaction. Whoever else writes, as a reviewer does, is not kept out.
    """
    # The folder's own lock: SQLite loses its locks on the database where anybody else closes it.
    folder = os.open(project.folder, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def in_parts(count: int) -> Iterator[slice]:
    """Where the parts of `count` rows lie, in turn with others as `in_turns` says."""
    starts = range(0, count, PART)
    return in_turns(slice(start, min(start + PART, count)) for start in starts)


def in_turns(items: Iterable[T]) -> Iterator[T]:
    """Each of `items`; after each, others can write for as long as what was done with it took.

    Who waits for SQLite looks only now and then: a shorter pause would be missed.
    """
    until = 0.0
    for item in items:
        _wait(until)
        began = time.perf_counter()
        yield item
        until = 2 * time.perf_counter() - began
    _wait(until)


def _wait(until: float) -> None:
    if (seconds := until - time.perf_counter()) > 0:
        time.sleep(seconds)
