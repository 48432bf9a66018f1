"""How sources vote together, counted by the database."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catreview.records import ABSTAIN
from catreview.store.database import Connections
from catreview.store.votes import Codes, StoredSource


class Combinations:
    """The table `vote`, each combination of votes once: a few hundred in place of every vote."""

    def __init__(self, connections: Connections) -> None:
        self._c = connections

    def of(
        self, sources: Sequence[StoredSource], names: Sequence[str]
    ) -> tuple[Codes, NDArray[np.int64]]:
        """Votes of `sources` (combinations, sources), and on how many examples they stand.

        Codes as in `Votes.matrix`. Examples that none of the sources voted on are left out.
        """
        index = {name: code for code, name in enumerate(names)}
        column = {source.id: i for i, source in enumerate(sources)}
        rows = self._c.rows(
            """SELECT said, count(*) FROM
            (SELECT group_concat(source || ' ' || category, char(10)) AS said FROM vote
             WHERE +source IN (SELECT value FROM json_each(?)) GROUP BY example) GROUP BY said""",
            [json.dumps(list(column))],
        )
        codes = np.full((len(rows), len(sources)), ABSTAIN, dtype=np.int16)
        for row, (said, _) in enumerate(rows):
            for vote in said.split("\n"):
                source, category = vote.split(" ")
                codes[row, column[int(source)]] = index.get(category, ABSTAIN)
        return codes, np.array([count for _, count in rows], dtype=np.int64)
