"""Trying out functions on a project: first figures and all of them, beside a loop of `re.search`.

`PYTHONPATH=.:tests python tests/bench/bench_trying.py PROJECT` prints milliseconds, the median of
five, for the messages in memory; the first line is the opening, which reads them.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from pathlib import Path

from catreview.functions import Draft
from catreview.jobs.functions.ground import Ground
from catreview.jobs.functions.trying import try_out
from catreview.jobs.project import Project, open_project

DRAFTS = (
    Draft("could you", "request"),
    Draft("you", "request"),
    Draft("help you", "request", previous=True),
    Draft("could you", "request", start=True, at_most=12),
    Draft(r"\b(can|could|would) (you|u)\b", "request", regex=True),
)
REPEATS = 5


def timed(ground: Ground, draft: Draft) -> tuple[float, float]:
    """Seconds to the first figures, and to all."""
    started = time.perf_counter()
    steps = try_out(ground, draft)
    next(steps)
    first = time.perf_counter() - started
    for _ in steps:
        pass
    return first, time.perf_counter() - started


def floor(ground: Ground, draft: Draft) -> float:
    """Seconds of a plain loop that searches every message and does nothing else."""
    search = re.compile(draft.found.expression, draft.found.flags).search
    started = time.perf_counter()
    sum(search(text) is not None for text in ground.texts[draft.previous])
    return time.perf_counter() - started


def table(project: Project) -> list[tuple[str, float, float, float]]:
    """Draft, seconds to the first and to all figures, and of the loop."""
    ground = Ground(project)
    rows = [("opening", *timed(ground, DRAFTS[0]), 0.0)]
    for draft in DRAFTS:
        runs = [(*timed(ground, draft), floor(ground, draft)) for _ in range(REPEATS)]
        first, every, loop = (statistics.median(times) for times in zip(*runs, strict=True))
        rows.append((draft.doc, first, every, loop))
    return rows


if __name__ == "__main__":
    with open_project(Path(sys.argv[1])) as opened:
        for what, first, every, loop in table(opened):
            print(f"{what:55} {1000 * first:6.0f} {1000 * every:6.0f} {1000 * loop:6.0f}")
