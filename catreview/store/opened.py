"""The open connections of all threads: when they close, and which of them stop reading."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

STEPS: Final = 1_000_000
"""Instructions of SQLite, some hundredths of a second, after which a read looks whether to end."""


class Connection(sqlite3.Connection):
    """Closed when nobody uses it any more."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # it was never opened
            self.close()


class OpenConnections:
    """The connections to one file, each of the thread that opened it."""

    def __init__(self) -> None:
        self._all: list[tuple[Connection, threading.Thread]] = []
        self._reading: set[Connection] = set()
        self._ended: set[Connection] = set()
        self._lock = threading.Lock()

    def add(self, db: Connection) -> None:
        """Know of a connection that this thread has opened."""
        with self._lock:
            self._all.append((db, threading.current_thread()))

    def close(self) -> None:
        """Close the connections of this thread and of those that have ended."""
        # Closed under a statement that runs, a connection takes the process with it.
        here = threading.current_thread()
        with self._lock:
            for db, thread in self._all:
                if thread is here or not thread.is_alive():
                    db.close()
            self._all.clear()

    @contextmanager
    def reading(self, db: Connection) -> Iterator[None]:
        """Inside, nothing is read by this thread's connection after `end_reading`."""
        with self._lock:
            self._reading.add(db)
        # Asked for again and again: an interruption is lost on a statement that is about to begin.
        db.set_progress_handler(lambda: self.ended(db), STEPS)
        try:
            yield
        finally:
            db.set_progress_handler(None, STEPS)
            with self._lock:
                self._reading.discard(db)
                self._ended.discard(db)

    def end_reading(self) -> None:
        """End what is inside `reading` now, at once, unless it is part of a write."""
        with self._lock:
            self._ended |= self._reading

    def ended(self, db: Connection) -> bool:
        """Whether nothing is to be read by a connection, which writes nothing."""
        return db in self._ended and not db.in_transaction
