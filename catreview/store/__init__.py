"""The only place with SQL: a project's database, by table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from catreview.store.batches import Batch, Batches
from catreview.store.bulks import Bulks
from catreview.store.combinations import Combinations
from catreview.store.database import Connections, utc_now
from catreview.store.endpoints import Endpoints
from catreview.store.error_rates import ErrorRate, ErrorRates
from catreview.store.examples import Added, Examples, Excerpt, Neighbour, Numbers
from catreview.store.finding import (
    Condition,
    Decides,
    Finding,
    Holds,
    Labelled,
    Mark,
    Not,
    Sure,
    Voted,
)
from catreview.store.imports import Holdings, Import, Imports
from catreview.store.labels import LabelRow, Labels
from catreview.store.leases import Leases, Occupied
from catreview.store.orders import Orders, StoredOrder
from catreview.store.paces import Paces
from catreview.store.reliabilities import Reliabilities, StoredReliability
from catreview.store.renaming import AskedAlike, Renaming, Standing
from catreview.store.request_log import ErrorLine, RequestLine, RequestLog
from catreview.store.reviews import ADJUDICATE, DECISIONS, GOLD, Action, Decision, Review, Reviews
from catreview.store.runs import LabelCount, Run, Runs
from catreview.store.switches import Switches
from catreview.store.tallies import Tallies
from catreview.store.unsettled import Stale, Unsettled
from catreview.store.vectors import VectorTable
from catreview.store.votes import Codes, StoredSource, VoteLine, VoteMatrix, Votes
from catreview.store.work import Measured, Request, Requests

__all__ = [
    "ADJUDICATE",
    "DECISIONS",
    "GOLD",
    "Action",
    "Added",
    "AskedAlike",
    "Batch",
    "Codes",
    "Condition",
    "Decides",
    "Decision",
    "ErrorLine",
    "ErrorRate",
    "Excerpt",
    "Holdings",
    "Holds",
    "Import",
    "LabelCount",
    "LabelRow",
    "Labelled",
    "Mark",
    "Measured",
    "Neighbour",
    "Not",
    "Numbers",
    "Occupied",
    "Request",
    "RequestLine",
    "Review",
    "Reviews",
    "Run",
    "Stale",
    "Standing",
    "Store",
    "StoredOrder",
    "StoredReliability",
    "StoredSource",
    "Sure",
    "VoteLine",
    "VoteMatrix",
    "Voted",
    "utc_now",
]


class Store:
    """A project's database. Safe to share between threads; each gets its own connection.

    Raises:
        ProjectError: the file is no database, or was written by a newer catreview.
    """

    def __init__(self, path: Path) -> None:
        self._connections = Connections(path)
        self.examples = Examples(self._connections)
        self.votes = Votes(self._connections)
        self.tallies = Tallies(self._connections)
        self.finding = Finding(self._connections)
        self.combinations = Combinations(self._connections)
        self.labels = Labels(self._connections)
        self.reliabilities = Reliabilities(self._connections)
        self.error_rates = ErrorRates(self._connections)
        self.reviews = Reviews(self._connections)
        self.bulks = Bulks(self._connections, self.reviews)
        self.paces = Paces(self._connections)
        self.orders = Orders(self._connections)
        self.unsettled = Unsettled(self._connections)
        self.switches = Switches(self._connections)
        self.runs = Runs(self._connections)
        self.imports = Imports(self._connections)
        self.renaming = Renaming(self._connections)
        self.requests = Requests(self._connections)
        self.request_log = RequestLog(self._connections)
        self.leases = Leases(self._connections)
        self.batches = Batches(self._connections)
        self.endpoints = Endpoints(self._connections)
        self.vectors = VectorTable(self._connections)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is stored together or not at all."""
        with self._connections.write():
            yield

    def hurry(self) -> AbstractContextManager[None]:
        """Inside, a write that would have to wait for another process raises StoreError."""
        return self._connections.hurry()

    def reading(self) -> AbstractContextManager[None]:
        """Inside, this thread's reads raise StoreError as soon as `stop_waiting` is called."""
        return self._connections.reading()

    def stop_waiting(self) -> None:
        """From now on what would have to wait for another process raises StoreError at once.

        So does what is read inside `reading`.
        """
        self._connections.stop_waiting()

    def busy(self) -> bool:
        """Whether somebody else writes just now, so that a transaction would wait."""
        return self._connections.busy()

    def leave_checkpoints(self) -> None:
        """Let this thread commit without waiting for the disk; see that `checkpoint` is called."""
        self._connections.leave_checkpoints()

    def checkpoint(self) -> None:
        """Move what was committed from the log beside the file into it."""
        self._connections.checkpoint()

    def version(self) -> int:
        """A number that changes when another connection commits; cheap to poll."""
        return self._connections.version()

    def changes(self) -> int:
        """The same, but this thread's own commits count too."""
        return self._connections.changes()

    def check(self) -> str:
        """What is wrong with the database file; empty where it is sound."""
        return self._connections.check()

    def close(self) -> None:
        """Close every connection; that of a thread still at work when it has ended."""
        self._connections.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
