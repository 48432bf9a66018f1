"""What the dashboard shows: models, labels, pilot, forecast, reviewers, functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catreview.errors import ConfigError
from catreview.jobs.functions.weak import function_report, project_functions
from catreview.jobs.labels.auditing import Audit, audit
from catreview.jobs.labels.summary import SourcesSummary, sources_summary
from catreview.jobs.llm.voters import asked
from catreview.jobs.project import Project
from catreview.jobs.review.reviewers import ReviewerLine, reviewers
from catreview.jobs.status import ModelScore
from catreview.jobs.training.forecasts import (
    ReviewForecast,
    last_forecast,
    reviews_to_learn_from,
)
from catreview.jobs.training.histories import (
    Confusion,
    ModelLine,
    confusion_of,
    label_counts,
    model_lines,
)
from catreview.jobs.training.modelling import GOLD
from catreview.store import LabelCount

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
    """How the last model did, and those before it (`models`, newest first, itself included).

    `against_gold` is False where there was no gold and the labels themselves had to serve;
    `since` counts the decisions made in each confusion cell's queue since its training began.
    """

    score: ModelScore
    against_gold: bool
    categories: tuple[CategoryScore, ...]
    confusion: Confusion
    models: tuple[ModelLine, ...]
    since: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PilotScore:
    """A combination of a pilot: accuracy (0..1) with its 95 % interval on `n` examples."""

    model: str
    prompt: str
    batch_size: int
    accuracy: float
    low: float
    high: float
    n: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Pilot:
    """The last pilot: its candidates, best first, what they were compared with, and the gate."""

    candidates: tuple[PilotScore, ...]
    against: str
    sampled: int
    people: int
    gate: float
    configured: tuple[str, str, int] | None = None
    """Model, prompt and batch size that the settings name; None where something is missing."""

    @property
    def passed(self) -> bool:
        """Whether any candidate reached the gate."""
        return any(candidate.passed for candidate in self.candidates)

    def on_trial(self, model: str = "") -> PilotScore | None:
        """The candidate that labelling will be next, if it is one; `model` was chosen for it."""
        if self.configured is None:
            return None
        wanted = (model or self.configured[0], *self.configured[1:])
        same = (c for c in self.candidates if (c.model, c.prompt, c.batch_size) == wanted)
        return next(same, None)


@dataclass(frozen=True, slots=True)
class Overview:
    """Where the project stands; `model`, `pilot` and `forecast` are None before the first.

    `counts` has the labels at the end of each run, oldest first.
    """

    target: float
    model: ModelReport | None
    sources: SourcesSummary
    counts: tuple[LabelCount, ...]
    pilot: Pilot | None
    forecast: ReviewForecast | None
    reviewers: tuple[ReviewerLine, ...]
    audit: Audit
    reviewed: int
    """Reviews that a forecast made now would go by."""


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
    """Read all but functions and agreement; a fifth of a second on 100,000 examples."""
    return Overview(
        target=project.settings.training.target,
        model=_model_report(project),
        sources=sources_summary(project),
        counts=label_counts(project),
        pilot=_pilot(project),
        forecast=last_forecast(project),
        reviewers=reviewers(project).reviewers,
        audit=audit(project),
        reviewed=reviews_to_learn_from(project),
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


def _model_report(project: Project) -> ModelReport | None:
    runs = project.store.runs.finished("train")
    if not runs:
        return None
    results = runs[0].results
    models, since = model_lines(project)
    return ModelReport(
        score=models[0].score,
        against_gold=results["against"] == GOLD,
        categories=tuple(
            CategoryScore(row["category"], row["f1"], row.get("low"), row.get("high"), row["n"])
            for row in results["per_class"]
        ),
        confusion=confusion_of(runs[0]),
        models=models,
        since=since,
    )


def _pilot(project: Project) -> Pilot | None:
    runs = project.store.runs.finished("pilot")
    results = runs[0].results if runs else {}
    if not results.get("candidates"):
        return None
    return Pilot(
        candidates=tuple(
            PilotScore(
                row["model"], row["prompt"], row["batch_size"], row["accuracy"]["value"],
                row["accuracy"]["low"], row["accuracy"]["high"], row["accuracy"]["n"],
                row["passed"],
            )
            for row in results["candidates"]
        ),
        against=results["against"],
        sampled=results["sampled"],
        people=results["people"],
        gate=results["gate"],
        configured=_configured(project),
    )  # fmt: skip


def _configured(project: Project) -> tuple[str, str, int] | None:
    try:
        model, prompt = asked(project, to_ask=False)
    except ConfigError:
        return None
    return model, prompt.version, project.settings.llm.batch_size
