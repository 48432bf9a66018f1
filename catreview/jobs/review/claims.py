"""Claims: what lies on one reviewer's desk, and what comes next there, no other app lays out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice

from catreview.errors import StoreError
from catreview.jobs.holders import alive, retire
from catreview.jobs.project import Project
from catreview.store import Occupied, StoredSource

AHEAD = 3
"""Examples kept for the desk beside the one that lies on it."""
IDLE_SECONDS = 600.0
"""After so long on the same example others may have it, and those."""

Room = Callable[[Sequence[int]], Mapping[int, int]]
"""How many reviewers may have each of some examples on their desks; 0: not this one."""


class Claims:
    """The claims of one review app, which `holder` names, for a reviewer."""

    def __init__(self, project: Project, reviewer: StoredSource, holder: str) -> None:
        self._store = project.store
        self._reviewer = reviewer
        self._holder = holder
        self._claimed: frozenset[int] = frozenset()

    def first(self, numbers: Iterable[int], room: Room) -> int | None:
        """Claim the first of these examples with room, and with it the next few; None: no room.

        What was claimed before is given back.
        """
        coming = iter(numbers)
        while batch := list(islice(coming, 1 + AHEAD)):
            claimed = self._claim(batch, room)
            if claimed:
                return claimed[0]
        self._claim([], room)
        return None

    def look(self, number: int, room: Room) -> None:
        """Claim one example that the reviewer goes to, if there is room and it isn't yet.

        Where another process is writing, not now: who looks around writes nothing and need not
        wait for anybody.
        """
        if number not in self._claimed:
            with suppress(StoreError), self._store.hurry():
                self._claim([number], room)

    def free(self, numbers: Sequence[int], room: Room) -> bool:
        """Whether there is room for any of these examples; claims nothing and waits for nobody."""
        desks = [d for d in self._store.leases.desks(numbers, self._holder) if alive(d.holder)]
        return bool(self._with_room(numbers, room, desks))

    def others(self, numbers: Sequence[int]) -> dict[int, list[str]]:
        """Who else has each of these examples on the desk, for those that are on one."""
        found: dict[int, list[str]] = {}
        for desk in self._store.leases.desks(numbers, self._holder):
            if alive(desk.holder):
                found.setdefault(desk.example, []).append(desk.reviewer)
        return found

    def _claim(self, numbers: Sequence[int], room: Room) -> list[int]:
        leases = self._store.leases
        with self._store.transaction():
            desks = leases.desks(numbers, self._holder)
            gone = {desk.holder for desk in desks if not alive(desk.holder)}
            leases.drop(gone)
            # Asked in here: what another app decides in between is no longer to be decided.
            free = self._with_room(numbers, room, [d for d in desks if d.holder not in gone])
            leases.seat(self._reviewer.id, free, self._holder, IDLE_SECONDS)
        self._claimed = frozenset(free)
        return free

    def _with_room(
        self, numbers: Sequence[int], room: Room, desks: Iterable[Occupied]
    ) -> list[int]:
        taken: dict[int, list[str]] = defaultdict(list)
        for desk in desks:
            taken[desk.example].append(desk.reviewer)
        places, own = room(numbers), self._reviewer.name
        return [n for n in numbers if len(taken[n]) < places[n] and own not in taken[n]]


def leave(project: Project, holder: str) -> None:
    """Give back everything that the app of this name has claimed: it closes."""
    retire(holder)
    # Whatever stays there belongs to nobody alive.
    with suppress(StoreError), project.store.hurry():
        project.store.leases.drop([holder])


def on_desks(project: Project, numbers: Sequence[int], *, except_of: str) -> set[int]:
    """Those of these examples that lie on another reviewer's desk than that of `except_of`."""
    return {
        desk.example
        for desk in project.store.leases.desks(numbers, "")
        if desk.reviewer != except_of and alive(desk.holder)
    }
