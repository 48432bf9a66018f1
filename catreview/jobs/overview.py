"""What the dashboard shows: the last model, the labels, the pilot's gate, the functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catreview.jobs.modelling import GOLD
from catreview.jobs.project import Project
from catreview.jobs.status import ModelScore, model_scores
from catreview.jobs.summary import SourcesSummary, sources_summary
from catreview.jobs.weak import function_report, project_functions
from catreview.store import Run

CLASS_TARGET = 0.70
"""The F1 that every category is to reach, whatever the mean."""


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """F1 of one category with its 95 % interval, on `n` examples; None where unknown."""

    category: str
    f1: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class ModelReport:
    """How the last model did. `confusion[t][p]` counts examples of category t called p.

    `before` is the confusion of the model before, None where it was measured on other examples;
    `against_gold` is False where there was no gold and the labels themselves had to serve.
    """

    score: ModelScore
    against_gold: bool
    categories: tuple[CategoryScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    before: tuple[tuple[int, ...], ...] | None


@dataclass(frozen=True, slots=True)
class Gate:
    """The best of the last pilot: accuracy with its interval on `n`, and what was to be reached."""

    model: str
    accuracy: float
    low: float
    high: float
    n: int
    against: str
    gate: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """Where the project stands; `models` newest first; `model` and `gate` None before the first."""

    target: float
    model: ModelReport | None
    models: tuple[ModelScore, ...]
    sources: SourcesSummary
    gate: Gate | None


@dataclass(frozen=True, slots=True)
class FunctionLine:
    """A labelling function: shares in 0..1 of all examples, `right` of `n` that people decided.

    `category` is empty where it may give several; `on` whether it votes.
    """

    name: str
    category: str
    covers: float
    conflict: float
    right: float | None
    n: int
    on: bool


def overview(project: Project) -> Overview:
    """Read all but the functions; a tenth of a second on 100,000 examples."""
    models = model_scores(project)
    return Overview(
        target=project.settings.training.target,
        model=_model_report(project, models),
        models=models,
        sources=sources_summary(project),
        gate=_gate(project.store.runs.finished("pilot")),
    )


def function_lines(project: Project) -> tuple[FunctionLine, ...]:
    """Every function with its statistics, in the order in which they vote.

    Raises:
        FunctionsError: `functions.py` cannot be loaded.
    """
    statistics = function_report(project).statistics
    off = project.store.switches.off()
    lines = []
    for function in project_functions(project):
        known = statistics.get(function.name)
        lines.append(
            FunctionLine(
                name=function.name,
                category=function.category or "",
                covers=known.coverage if known else 0.0,
                conflict=known.conflict if known else 0.0,
                right=known.accuracy if known else None,
                n=known.n if known else 0,
                on=function.name not in off,
            )
        )
    return tuple(lines)


def _model_report(project: Project, models: Sequence[ModelScore]) -> ModelReport | None:
    runs = project.store.runs.finished("train", 2)
    if not runs:
        return None
    results = runs[0].results
    comparable = len(runs) > 1 and _measured_on(runs[0]) == _measured_on(runs[1])
    return ModelReport(
        score=models[0],
        against_gold=results["against"] == GOLD,
        categories=tuple(
            CategoryScore(row["category"], row["f1"], row.get("low"), row.get("high"), row["n"])
            for row in results["per_class"]
        ),
        confusion=_confusion(results),
        before=_confusion(runs[1].results) if comparable else None,
    )


def _measured_on(run: Run) -> tuple[str, int, Sequence[str]]:
    results = run.results
    return results["against"], results["macro_f1"]["n"], results["confusion"]["categories"]


def _confusion(results: Mapping[str, Any]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in results["confusion"]["rows"])


def _gate(runs: Sequence[Run]) -> Gate | None:
    results = runs[0].results if runs else {}
    if not results.get("candidates"):
        return None
    best = results["candidates"][0]
    accuracy = best["accuracy"]
    return Gate(
        model=best["model"],
        accuracy=accuracy["value"],
        low=accuracy["low"],
        high=accuracy["high"],
        n=accuracy["n"],
        against=results["against"],
        gate=results["gate"],
        passed=best["passed"],
    )
