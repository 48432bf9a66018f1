"""One labelling function votes alone: what follows from a function that is new or was changed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from catreview.errors import FunctionsError
from catreview.functions import Faults, Registry
from catreview.jobs.alone import alone
from catreview.jobs.functions.weak import (
    faults_as_json,
    function_source,
    project_functions,
    switched_on,
    vote_on_all,
)
from catreview.jobs.labels.heuristic import aggregate_votes, cast_functions
from catreview.jobs.labels.settling import derive_stale
from catreview.jobs.progress import Report, ignore
from catreview.jobs.project import Project
from catreview.records import ABSTAIN, SourceKind


@dataclass(frozen=True, slots=True)
class SoloRun:
    """What one function's votes did. `changed` counts labels by category before and after.

    An empty category stands for no label.
    """

    function: str
    examples: int
    votes: int
    changed: Mapping[tuple[str, str], int]
    seconds: float
    faults: Mapping[str, Faults]

    def as_json(self) -> dict[str, Any]:
        """The run as one JSON object."""
        return {
            "schema_version": 1,
            "only": self.function,
            "examples": self.examples,
            "votes": self.votes,
            "labels_changed": sum(self.changed.values()),
            "changes": [
                {"from": before or None, "to": after or None, "n": n}
                for (before, after), n in self.changed.items()
            ],
            "seconds": round(self.seconds, 3),
            "faults": faults_as_json(self.faults),
        }


def vote_alone(project: Project, name: str, report: Report = ignore) -> SoloRun:
    """Let one function vote on every example, then aggregate with what the others said before.

    Raises:
        FunctionsError: there is no such function or it is switched off, or `functions.py` cannot
            be loaded; nothing was stored.
    """
    started = time.perf_counter()
    functions = switched_on(project)
    if name not in functions:
        if name in project_functions(project):
            raise FunctionsError(
                f"{name} is switched off.", f"Switch it on: catreview lf switch {name}"
            )
        raise FunctionsError(f"There is no function {name!r}.", "Name them all: catreview lf list")
    function, store = functions[name], project.store
    run = store.runs.start("functions", {"only": name})
    numbers, codes, faults = vote_on_all(project, Registry([function]), report)
    with alone(project):
        there = store.examples.still_there(numbers)
        numbers, codes = numbers[there], codes[there]
        before = {row[0]: row[1] for row in store.labels.all()}
        others = [s for s in store.votes.sources(SourceKind.FUNCTION) if s.name != name]
        kept = [other.id for other in others]
        cast_functions(project, [function_source(function)], numbers, codes, kept)
        known = store.votes.matrix(numbers, others, project.schema.names).codes
        aggregate_votes(project, numbers, np.hstack([known, codes]))
        derive_stale(project)
        after = {row[0]: row[1] for row in store.labels.all()}
        changed = Counter(
            (before.get(number, ""), after.get(number, ""))
            for number in before.keys() | after.keys()
            if before.get(number) != after.get(number)
        )
        result = SoloRun(
            function=name,
            examples=len(numbers),
            votes=int((codes != ABSTAIN).sum()),
            changed=dict(changed.most_common()),
            seconds=time.perf_counter() - started,
            faults=faults,
        )
        store.runs.finish(run, "done", result.as_json())
    return result
