"""Taking an import back: its messages go, and what was derived from them is derived anew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catreview.errors import InputError
from catreview.jobs.alone import alone
from catreview.jobs.holders import alive
from catreview.jobs.labels.settling import derive_stale
from catreview.jobs.project import Project
from catreview.store import Holdings, Import, Stale
from catreview.wording import counted


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was taken back, and where the database as it was before lies."""

    imported: Import
    holdings: Holdings
    copy: Path


def take_back(project: Project) -> TakenBack:
    """Take back the last import that added messages: they go, with their votes and labels.

    What it said of messages that were there before, as labels or gold, stays. A copy of the
    database is made before.

    Raises:
        InputError: there is none, somebody has decided about its messages or is at work on them,
            or another import ran at the same time; nothing was changed.
    """
    store = project.store
    with alone(project):
        with store.transaction():
            imported = store.imports.newest()
            if imported is None:
                raise InputError(
                    "No import is left that could be taken back.",
                    "Those from before catreview kept a record of them cannot be.",
                )
            holdings = store.imports.holdings(imported)
            _refuse(imported, holdings)
            copy = store.imports.remove(imported)
            # How sources err was learned from those messages, too.
            store.unsettled.mark(Stale.HEURISTIC)
        derive_stale(project)
    return TakenBack(imported, holdings, copy)


def _refuse(imported: Import, holdings: Holdings) -> None:
    """Raise where its messages are not its own, or not machines' alone."""
    what = f"The import of {imported.file} is not taken back"
    if holdings.reviewed:
        raise InputError(
            f"{what}: the log of reviews has {counted(holdings.reviewed, 'message')} of it.",
            "What people decided is never deleted. To start over: a new project, and export there.",
        )
    if holdings.handed_in:
        raise InputError(
            f"{what}: a provider has {counted(holdings.handed_in, 'message')} of it in a batch.",
            "Fetch it with catreview label --batch-api, or give it up with --cancel-batch.",
        )
    if holdings.busy or (imported.added is None and alive(imported.holder)):
        raise InputError(
            f"{what}: a job or an app is at work on its messages.",
            "End it and try again; after a crash that is possible within minutes.",
        )
    if imported.added is not None and imported.added != holdings.messages:
        raise InputError(
            f"{what}: another import ran at the same time, and their messages are mixed.",
            "Start a new project, or put back a copy of catreview.db from before.",
        )
