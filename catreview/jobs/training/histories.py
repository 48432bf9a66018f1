"""How it came to be: models beside the newest one, reviews of confusion cells, labels by source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from catreview.jobs.project import Project
from catreview.jobs.status import ModelScore, model_score
from catreview.jobs.training.modelling import GOLD, PREDICTED
from catreview.store import LabelCount, Run

MOST_MODELS: Final = 20
MOST_COUNTS: Final = 200
Confusion = tuple[tuple[int, ...], ...]
"""`confusion[t][p]` counts examples of category t called p."""


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model beside the newest.

    `confusion` is counted on the gold that both predicted, as it is labelled now; without such
    gold it is the model's own where it was measured on as many of the same kind, else None.
    `reviewed` counts the standing decisions made in each queue of a confusion cell (by the queue's
    name) between the start of the training before and of this one.
    """

    score: ModelScore
    confusion: Confusion | None
    reviewed: Mapping[str, int]


def model_lines(project: Project) -> tuple[tuple[ModelLine, ...], Mapping[str, int]]:
    """The newest models, newest first, and the reviews of cells made since the newest began."""
    runs = project.store.runs.finished("train", MOST_MODELS)
    if not runs:
        return (), {}
    reviewed = project.store.reviews.decided_at("% called %")
    gold = project.store.examples.gold()
    starts = [run.started for run in runs]
    lines = tuple(
        ModelLine(
            score=model_score(run),
            confusion=_beside(project, gold, runs[0], run),
            reviewed=_between(reviewed, since, run.started),
        )
        for run, since in zip(runs, [*starts[1:], ""], strict=True)
    )
    return lines, _between(reviewed, starts[0], "\uffff")


def label_counts(project: Project) -> tuple[LabelCount, ...]:
    """Labels by basis when each run ended, oldest first, without runs that changed nothing."""
    counts: list[LabelCount] = []
    for count in project.store.runs.label_counts(MOST_COUNTS):
        if not counts or counts[-1].labels != count.labels:
            counts.append(count)
    return tuple(counts)


def confusion_of(run: Run) -> Confusion:
    """The confusion that a training run kept."""
    return tuple(tuple(row) for row in run.results["confusion"]["rows"])


def _between(reviewed: Sequence[tuple[str, str]], since: str, until: str) -> Mapping[str, int]:
    return Counter(queue for queue, at in reviewed if since < at <= until)


def _beside(project: Project, gold: Mapping[int, str], newest: Run, run: Run) -> Confusion | None:
    if run is newest:
        return confusion_of(run)
    both = run.results["against"] == newest.results["against"] == GOLD
    common = _on_common(project, gold, newest, run) if both else None
    if common is None and _measured_on(run) == _measured_on(newest):
        return confusion_of(run)
    return common


def _on_common(
    project: Project, gold: Mapping[int, str], newest: Run, run: Run
) -> Confusion | None:
    """The run's confusion on the gold that it and the newest one predicted; None without any."""
    index = project.schema.index
    first, second = (r.results.get(PREDICTED, {}) for r in (run, newest))
    counts = np.zeros((len(index), len(index)), dtype=np.int64)
    for number, category in gold.items():
        said = first.get(str(number))  # JSON knows only text as a key
        if category in index and said in index and str(number) in second:
            counts[index[category], index[said]] += 1
    return tuple(map(tuple, counts.tolist())) if counts.any() else None


def _measured_on(run: Run) -> tuple[Any, ...]:
    results = run.results
    return results["against"], results["macro_f1"]["n"], results["confusion"]["categories"]
