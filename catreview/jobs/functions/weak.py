"""Weak votes: run the labelling functions, aggregate them into the heuristic, measure them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from catreview.errors import FunctionsError
from catreview.functions import (
    Faults,
    Function,
    Registry,
    apply_functions,
    load_functions,
)
from catreview.jobs.alone import alone
from catreview.jobs.labels.heuristic import aggregate_votes, cast_functions
from catreview.jobs.labels.settling import derive_stale
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import Project
from catreview.records import ABSTAIN, Source, SourceKind
from catreview.store import Codes, Numbers, StoredSource
from catreview.voting import SourceStatistics, source_statistics

BLOCK = 16_384
"""Examples read, voted on and held as text at once."""


@dataclass(frozen=True, slots=True)
class FunctionRun:
    """What a run of the functions did; `faults` has those that failed at least once."""

    examples: int
    functions: int
    votes: int
    covered: int
    """Examples with at least one vote."""
    seconds: float
    faults: Mapping[str, Faults]

    def as_json(self) -> dict[str, Any]:
        """The run as one JSON object."""
        return {
            "schema_version": 1,
            "examples": self.examples,
            "functions": self.functions,
            "votes": self.votes,
            "covered": self.covered,
            "seconds": round(self.seconds, 3),
            "faults": faults_as_json(self.faults),
        }


def faults_as_json(faults: Mapping[str, Faults]) -> dict[str, Any]:
    """How often each function failed, and how first."""
    return {name: {"count": fault.count, "first": fault.first} for name, fault in faults.items()}


def project_functions(project: Project) -> Registry:
    """The built-in functions for the project's categories, and the user's own.

    Raises:
        FunctionsError: `functions.py` cannot be loaded.
    """
    return load_functions(project.functions_file, project.schema)


def switched_on(project: Project) -> Registry:
    """The functions that vote: all but those switched off.

    Raises:
        FunctionsError: `functions.py` cannot be loaded.
    """
    off = project.store.switches.off()
    return Registry(f for f in project_functions(project) if f.name not in off)


def switch_function(project: Project, name: str) -> bool:
    """Switch a function off, or on again; returns whether it is on now.

    It counts when the functions vote the next time.

    Raises:
        FunctionsError: there is no such function.
    """
    functions = project_functions(project)
    if name not in functions:
        near = get_close_matches(name, functions.names, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Name them all: catreview lf list"
        raise FunctionsError(f"There is no function {name!r}.", hint)
    on = name in project.store.switches.off()
    project.store.switches.turn(name, on=on)
    return on


def run_functions(project: Project, report: Report = ignore) -> FunctionRun:
    """Let every function that is on vote on every example, aggregate and settle the labels.

    Raises:
        FunctionsError: `functions.py` cannot be loaded; nothing was stored.
    """
    started = time.perf_counter()
    functions = switched_on(project)
    run = project.store.runs.start("functions", {"functions": [f.name for f in functions]})
    numbers, codes, faults = vote_on_all(project, functions, report)
    with alone(project):
        there = project.store.examples.still_there(numbers)
        numbers, codes = numbers[there], codes[there]
        cast_functions(project, [function_source(f) for f in functions], numbers, codes)
        aggregate_votes(project, numbers, codes)
        derive_stale(project)
        result = FunctionRun(
            examples=len(numbers),
            functions=len(functions),
            votes=int((codes != ABSTAIN).sum()),
            covered=int((codes != ABSTAIN).any(axis=1).sum()),
            seconds=time.perf_counter() - started,
            faults=faults,
        )
        newest = int(numbers.max(initial=0))
        project.store.runs.finish(run, "done", {**result.as_json(), "newest": newest})
    return result


def vote_on_all(
    project: Project, functions: Registry, report: Report
) -> tuple[Numbers, Codes, dict[str, Faults]]:
    """Every example's number, the votes (examples, functions), and the faults by function."""
    total = project.store.examples.count()
    numbers: list[Numbers] = [np.empty(0, dtype=np.int64)]
    codes: list[Codes] = [np.empty((0, len(functions)), dtype=np.int16)]
    faults: dict[str, Faults] = {}
    done = 0
    for block, examples in project.store.examples.blocks(BLOCK):
        voted = apply_functions(functions, examples, project.schema)
        numbers.append(block)
        codes.append(voted.votes)
        for name, fault in voted.faults.items():
            faults[name] = faults.get(name, Faults()) + fault
        done += len(block)
        report(Progress("functions", done, total))
    return np.concatenate(numbers), np.concatenate(codes), faults


def function_source(function: Function) -> Source:
    """The function as a source of votes; changed, it is another one."""
    return Source(SourceKind.FUNCTION, function.name, function.fingerprint)


@dataclass(frozen=True, slots=True)
class FunctionReport:
    """Statistics of the stored votes, by function. `checked` examples have a known truth."""

    statistics: Mapping[str, SourceStatistics]
    gold: int
    reviewed: int


def function_report(project: Project) -> FunctionReport:
    """Coverage, overlap and conflict of each function; accuracy on gold and reviewed examples."""
    store = project.store
    sources = store.votes.sources(SourceKind.FUNCTION)
    gold, decided = store.examples.gold(), store.reviews.decided(looked_at=True)
    codes, counts = store.combinations.of(sources, project.schema.names)
    silent = np.full((1, len(sources)), ABSTAIN, dtype=np.int16)
    rest = store.examples.count() - int(counts.sum())
    everywhere = source_statistics(np.vstack([codes, silent]), counts=np.append(counts, rest))
    known = np.array(sorted(gold.keys() | decided.keys()), dtype=np.int64)
    checked = function_statistics(project, sources, known)
    return FunctionReport(
        statistics={
            source.name: replace(
                row,
                accuracy=checked[source.name].accuracy,
                low=checked[source.name].low,
                high=checked[source.name].high,
                n=checked[source.name].n,
            )
            for source, row in zip(sources, everywhere, strict=True)
        },
        gold=len(gold),
        reviewed=len(decided.keys() - gold.keys()),
    )


def function_statistics(
    project: Project, sources: Sequence[StoredSource], numbers: Numbers
) -> dict[str, SourceStatistics]:
    """Describe functions' votes on `numbers` (ascending), by name; truth is what people decided."""
    store, index = project.store, project.schema.index
    truth = np.full(len(numbers), ABSTAIN, dtype=np.int16)
    decided = store.reviews.decided(looked_at=True)
    said = {number: decision.category for number, decision in decided.items()}
    for number, category in (said | store.examples.gold()).items():
        at = int(np.searchsorted(numbers, number))
        if at < len(numbers) and numbers[at] == number:
            truth[at] = index.get(category, ABSTAIN)
    codes = store.votes.matrix(numbers, sources, project.schema.names).codes
    statistics = source_statistics(codes, truth)
    return {s.name: row for s, row in zip(sources, statistics, strict=True)}
