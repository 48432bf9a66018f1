"""Labelling functions that people have switched off."""

from __future__ import annotations

from catreview.store.database import Connections, utc_now


class Switches:
    """The table `switched_off`: names of functions that do not vote."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def off(self) -> set[str]:
        """The functions that are switched off."""
        return {row[0] for row in self._c.rows("SELECT name FROM switched_off")}

    def turn(self, name: str, *, on: bool) -> None:
        """Switch a function on or off; it counts from the functions' next run on."""
        with self._c.write() as db:
            if on:
                db.execute("DELETE FROM switched_off WHERE name = ?", [name])
            else:
                db.execute("INSERT OR IGNORE INTO switched_off VALUES (?, ?)", [name, utc_now()])
