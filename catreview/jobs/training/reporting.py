"""The last model's scores, and whether it is better than the one before."""

from __future__ import annotations

from typing import Any

import numpy as np

from catreview.jobs.project import Project
from catreview.jobs.training.classifying import latest_run
from catreview.jobs.training.modelling import GOLD, PREDICTED
from catreview.store import Run
from catreview.training.evaluation import Difference, paired_difference


def last_report(project: Project) -> dict[str, Any]:
    """The last training run's scores, with the change since the one before.

    `delta` is the difference in macro F1, None where there is nothing to compare; `paired` its
    test on the gold that both models were measured on, None without such gold. `stale` is true
    where gold has changed since.

    Raises:
        TrainingError: nothing has been trained.
    """
    run = latest_run(project)
    before = next(
        (
            earlier
            for earlier in project.store.runs.finished("train", 2)[1:]
            if earlier.results["against"] == run.results["against"]
        ),
        None,
    )
    value = run.results["macro_f1"]["value"]
    gold = sum(c in project.schema.index for c in project.store.examples.gold().values())
    measured = run.results["macro_f1"]["n"] if run.results["against"] == GOLD else 0
    delta = value - before.results["macro_f1"]["value"] if before else None
    paired, n = _paired(project, before, run) if before else (None, 0)
    return {
        **{key: result for key, result in run.results.items() if key != PREDICTED},
        "run": run.id,
        "trained": run.ended,
        "delta": paired.value if paired else delta,
        "paired": (
            {"low": paired.low, "high": paired.high, "p": paired.p, "n": n} if paired else None
        ),
        "before": before.results["model"] if before else None,
        "stale": gold != measured,
    }


def _paired(project: Project, before: Run, now: Run) -> tuple[Difference | None, int]:
    """The difference on the gold examples that both models predicted, and how many those are."""
    index = project.schema.index
    first, second = (run.results.get(PREDICTED, {}) for run in (before, now))
    common = [
        (number, category)
        for number, category in project.store.examples.gold().items()
        # JSON knows only text as a key.
        if {category, first.get(str(number)), second.get(str(number))} <= index.keys()
    ]
    if not common:
        return None, 0
    truth, one, two = (
        np.array([index[category] for category in said], dtype=np.int16)
        for said in (
            [category for _, category in common],
            [first[str(number)] for number, _ in common],
            [second[str(number)] for number, _ in common],
        )
    )
    examples = project.store.examples.get([number for number, _ in common])
    difference = paired_difference(
        truth,
        one,
        two,
        seed=project.settings.training.seed,
        groups=[example.conversation for example in examples],
    )
    return difference, len(common)
