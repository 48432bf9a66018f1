"""What SQLite says in words for people: what is wrong with the machine, and what with the file."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NoReturn

from catreview.errors import ProjectError, StoreError

_OUTSIDE_CAUSES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
"""Primary error codes that say something of the machine, not of our SQL."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""Primary error codes that say something of what is in the file."""


def explain(path: Path, done: str, error: sqlite3.DatabaseError) -> NoReturn:
    """Raise an error of SQLite in words for people, unless it says something of our SQL."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        raise unread(path) from error
    if code in _DAMAGED:
        hint = "Restore it from a copy, or move it away and import again."
    elif code in _OUTSIDE_CAUSES:
        full = code == sqlite3.SQLITE_FULL
        remedy = "Make room on the disk" if full else "Close what else holds it"
        hint = f"{remedy}, then try again. What was stored before is safe."
    else:
        raise error
    raise StoreError(f"{path} cannot be {done}: {error}.", hint) from error


def unread(path: Path) -> StoreError:
    """Say that something was not read to its end, because nobody waits for it any more."""
    return StoreError(f"{path} was not read to the end.", "Nothing was changed.")


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another connection writes, or holds the file."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def unopened(path: Path, error: Exception) -> ProjectError:
    """Say what keeps a file from being opened: something of the machine, or what is in it."""
    if isinstance(error, StoreError):
        return ProjectError(error.message, error.hint)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if isinstance(error, OSError) or code in _OUTSIDE_CAUSES:
        return ProjectError(
            f"{path} cannot be opened: {getattr(error, 'strerror', '') or error}.",
            "Nothing is wrong with what is stored. May you write to the file and its folder, is"
            " the disk full?",
        )
    return ProjectError(
        f"{path} cannot be opened as a catreview database: {error}",
        "Restore it from a copy, or move it away and import again.",
    )
