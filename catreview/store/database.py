"""Opening the project's database: one connection per thread, WAL, migrations with a backup."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any, Final

from catreview.errors import ProjectError, StoreError
from catreview.store.faults import explain, is_busy, unopened, unread
from catreview.store.opened import Connection, OpenConnections

BUSY_SECONDS = 30.0
"""How long a writer waits for another process's transaction."""
TURN_SECONDS = 0.1
"""How long SQLite waits at a stretch: nothing ends that, so it is asked again and again."""
STEPS: Final = 19
"""How many migrations there are; a file that all of them ran on says so in its `user_version`."""
CHUNK = 10_000
"""Rows sent to SQLite in one statement; 10,000 keeps peak memory low at full speed."""

Parameters = Sequence[Any] | Mapping[str, Any]
"""What stands for each `?` of a statement, or for each `:name`."""


def utc_now() -> str:
    """The time in UTC as ISO 8601 with milliseconds, as every table stores it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Connections:
    """The database file, with a connection for each thread that asks.

    Opening creates the file (mode 0600) or brings it up to date, after a backup copy beside it.

    Raises:
        ProjectError: the file is no database, or was written by a newer catreview.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._opened = OpenConnections()
        self._stopped = False
        try:
            if not path.exists():
                # Created before SQLite does so, because SQLite would use the umask's mode.
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._migrate()
        except (OSError, StoreError, sqlite3.DatabaseError) as error:
            self.close()
            raise unopened(path, error) from error
        except ProjectError:
            self.close()
            raise

    @property
    def db(self) -> Connection:
        """This thread's connection.

        Raises:
            ProjectError: the file can no longer be opened.
            StoreError: this thread was reading when `stop_waiting` was called.
        """
        db: Connection | None = getattr(self._local, "db", None)
        if db is not None and self._opened.ended(db):
            raise unread(self.path)
        if db is None:
            try:
                db = self._connect()
            except sqlite3.DatabaseError as error:
                raise unopened(self.path, error) from error
            self._local.db = db
        return db

    def close(self) -> None:
        """Close the connections of this thread and of those that have ended.

        That of a thread still at work is closed when nobody uses it any more.
        """
        self._opened.close()
        self._local = threading.local()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One write transaction, or a part of the one already open in this thread.

        Raises:
            StoreError: the file is locked, read-only or damaged, or the disk is full; nothing of
                it was stored.
        """
        db = self.db
        if db.in_transaction:
            yield db
            return
        # IMMEDIATE: a deferred transaction that reads first and writes later fails at once,
        # whatever the timeout, when another process wrote in between.
        try:
            self._begin(db, getattr(self._local, "patience", BUSY_SECONDS))
            yield db
            db.commit()
        except sqlite3.DatabaseError as error:
            db.rollback()
            explain(self.path, "written", error)
        except BaseException:
            db.rollback()
            raise

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """Inside, a write that another process's transaction is in the way of fails at once."""
        self._local.patience = 0.0
        try:
            yield
        finally:
            del self._local.patience

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Inside, what this thread reads ends with a StoreError when `stop_waiting` is called."""
        with self._opened.reading(self.db):
            yield

    def stop_waiting(self) -> None:
        """From now on every thread writes at once or not at all, also one that waits already.

        What is being read inside `reading` ends, be it in the middle of a statement; what is read
        later is read.
        """
        self._stopped = True
        self._opened.end_reading()

    def busy(self) -> bool:
        """Whether another connection writes just now, so that `write` would wait for it."""
        db = self.db
        if db.in_transaction:
            return False
        try:
            self._begin(db, 0)
            db.rollback()
        except sqlite3.OperationalError as error:
            # Anything else is for `write` to tell.
            return is_busy(error)
        return False

    def _begin(self, db: sqlite3.Connection, patience: float) -> None:
        """Begin to write, within so many seconds, as soon as nobody else does."""
        end = time.monotonic() + patience
        db.execute(f"PRAGMA busy_timeout = {1000 * min(patience, TURN_SECONDS):.0f}")
        try:
            while True:
                try:
                    db.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if not is_busy(error) or self._stopped or time.monotonic() >= end:
                        raise
        finally:
            db.execute(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS:.0f}")

    def leave_checkpoints(self) -> None:
        """This thread's commits move nothing into the database file: `checkpoint` does."""
        self.db.execute("PRAGMA wal_autocheckpoint = 0")

    def checkpoint(self) -> None:
        """Move what was committed into the database file, as far as nobody reads it."""
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Raises:
            StoreError: the file is damaged, or cannot be read for what the machine says.
        """
        try:
            return self.db.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            explain(self.path, "read", error)

    def blocks(self, sql: str, parameters: Parameters = ()) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query, up to `CHUNK` at a time; raises as `rows` does."""
        try:
            cursor = self.db.execute(sql, parameters)
            while some := cursor.fetchmany(CHUNK):
                yield some
        except sqlite3.DatabaseError as error:
            explain(self.path, "read", error)

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, or None; raises as `rows` does."""
        try:
            row = self.db.execute(sql, parameters).fetchone()
        except sqlite3.DatabaseError as error:
            explain(self.path, "read", error)
        return row[0] if row else None

    def numbers(self, sql: str, parameters: Parameters = ()) -> list[int]:
        """The whole numbers that a query of one column finds, in any order; raises as `rows` does.

        As one row: at each a thread lets go of Python's lock, which it gets back only after up to
        5 ms where another thread computes.
        """
        whole = f"WITH found (number) AS ({sql}) SELECT json_group_array(number) FROM found"  # noqa: S608
        numbers: list[int] = json.loads(self.value(whole, parameters))
        return numbers

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for many rows, within the current transaction."""
        for start in range(0, len(rows), CHUNK):
            self.db.executemany(sql, rows[start : start + CHUNK])

    def version(self) -> int:
        """A number that changes when another connection commits."""
        return int(self.value("PRAGMA data_version"))

    def changes(self) -> int:
        """A number that grows with every commit, also with those of this thread's connection."""
        return self.version() + self.db.total_changes

    def check(self) -> str:
        """What SQLite finds wrong with the file; empty where it is sound."""
        try:
            (found,) = self.db.execute("PRAGMA quick_check").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error)
        return "" if found == "ok" else str(found)

    def _connect(self) -> Connection:
        db = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False,
            factory=Connection,
        )  # fmt: skip
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        self._opened.add(db)
        return db

    def _migrate(self) -> None:
        if self.value("PRAGMA user_version") == STEPS:
            return
        # Late: they take as long to load as all the rest of the store.
        from sqlite_utils import Database

        from catreview.store.migrations import migrations

        with closing(Database(memory=True)) as empty:
            steps = {migration.name for migration in migrations.pending(empty)}
        # One writer: of two processes that open an old file at once, the second finds it migrated.
        with self.write() as connection:
            db = Database(connection)
            applied = {migration.name for migration in migrations.applied(db)}
            newer = sorted(applied - steps)
            if newer:
                raise ProjectError(
                    f"{self.path} was written by a newer catreview (it has {newer[0]!r}).",
                    "Upgrade with: pip install --upgrade catreview",
                )
            if applied != steps:
                if applied:
                    self.back_up()
                migrations.apply(db)
            db.execute(f"PRAGMA user_version = {STEPS}")

    def back_up(self) -> Path:
        """Copy what is committed into a file beside this one; returns where it is."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        named = self.path.with_name(f"{self.path.name}.before-{stamp}")
        # Two copies may be made within a second, and none goes over another.
        copies = (named.with_name(f"{named.name}-{again}") for again in count(2))
        copy = next(path for path in chain([named], copies) if not path.exists())
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(self.path)) as before, closing(sqlite3.connect(copy)) as after:
            before.backup(after)
        return copy
