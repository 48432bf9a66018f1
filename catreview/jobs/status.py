"""Where a project stands, for the status strip and `catreview status`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from catreview.jobs.project import Project
from catreview.jobs.renaming import said_of_strangers, strangers
from catreview.records import Basis
from catreview.store import Run
from catreview.wording import counted

GOLD_TO_START = 200
"""So much gold tells macro F1 within about 6 points."""


@dataclass(frozen=True, slots=True)
class ModelScore:
    """A model's macro F1 with its 95 % interval, and on what and how many it was measured.

    `labels` is how many it was trained on, `reviews` how many of these people gave.
    """

    model: str
    macro_f1: float
    low: float
    high: float
    against: str
    n: int
    labels: int
    reviews: int


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of a project. `labels` is by basis; `models` newest first, at most 20.

    `since_training` counts the standing decisions made since the last training began.
    """

    examples: int
    gold: int
    reviewed: int
    votes: Mapping[str, int]
    labels: Mapping[str, int]
    models: tuple[ModelScore, ...]
    since_training: int

    def as_json(self) -> dict[str, Any]:
        """The status as one JSON object."""
        return {
            "schema_version": 1,
            "examples": self.examples,
            "gold": self.gold,
            "reviewed": self.reviewed,
            "votes": dict(self.votes),
            "labels": dict(self.labels),
            "models": [asdict(model) for model in self.models],
        }


def project_status(project: Project) -> Status:
    """Read a project's status; some tens of milliseconds on 100,000 examples."""
    store = project.store
    last = store.runs.latest("train")
    votes: dict[str, int] = {}
    for source, count in store.votes.counts():
        votes[source.kind] = votes.get(source.kind, 0) + count
    return Status(
        examples=store.examples.count(),
        gold=len(store.examples.gold()),
        reviewed=len(store.reviews.decided()),
        votes=votes,
        labels={basis: sum(c.values()) for basis, c in store.labels.counts().items()},
        models=model_scores(project),
        since_training=store.reviews.decided_since(last.started if last else ""),
    )


def model_scores(project: Project) -> tuple[ModelScore, ...]:
    """The scores of the newest models, newest first."""
    return tuple(map(model_score, project.store.runs.finished("train", 20)))


def model_score(run: Run) -> ModelScore:
    """The score that a training run kept."""
    macro = run.results["macro_f1"]
    # Runs of the first days kept no word of what they learned from.
    learned = run.results.get("trained_on", {"examples": 0, "by": {}})
    return ModelScore(
        model=run.results["model"],
        macro_f1=macro["value"],
        low=macro["low"],
        high=macro["high"],
        against=run.results["against"],
        n=macro["n"],
        labels=learned["examples"],
        reviews=learned["by"].get(Basis.HUMAN, 0),
    )


def next_steps(project: Project, status: Status) -> list[tuple[str, str]]:
    """What to do next, most useful first: each a command and its reason."""
    if not status.examples:
        return [("catreview import FILE", "there are no messages yet")]
    steps = [*_renaming_step(project), *_functions_step(project, status)]
    runs, model = project.store.runs, status.models[0] if status.models else None
    if status.gold < GOLD_TO_START:
        why = f"{status.gold:,} gold: {GOLD_TO_START} are a start for scores to trust"
        steps.append(("catreview review --queue gold", why))
    pilots, labelled, trained = runs.finished("pilot"), runs.latest("label"), runs.latest("train")
    if not pilots:
        steps.append(("catreview pilot", "see whether the LLM is good enough"))
    elif not pilots[0].results["passed"]:
        steps.append(("catreview pilot --model OTHER", "no LLM has passed the gate yet"))
    elif not runs.finished("label"):
        steps.append(("catreview label", "let the LLM vote"))
    if model and model.against == "gold" and model.macro_f1 >= project.settings.training.target:
        steps.append(("catreview export", f"macro F1 {model.macro_f1:.3f}: the target is reached"))
    review = ("catreview review --queue value", "where a review gains most")
    steps.append(review if model else ("catreview review", "accept or fix labels"))
    if not any(status.labels.values()):
        return steps
    if not trained or status.since_training or (labelled and labelled.id > trained.id):
        why = "the labels are newer than the model" if model else "learn from the labels"
        steps.append(("catreview train", why))
    return steps


def _renaming_step(project: Project) -> list[tuple[str, str]]:
    """Say what a category is called now; nothing where all that is stored is for categories."""
    strange = strangers(project)
    if not strange:
        return []
    why = f"{said_of_strangers(strange)}: counted as nothing"
    return [(f"catreview rename {shlex.quote(next(iter(strange)))} NEW", why)]


def _functions_step(project: Project, status: Status) -> list[tuple[str, str]]:
    """Let the functions vote, or write one; nothing where all have voted on all messages."""
    runs = project.store.runs.finished("functions", 50)
    whole = (run.results for run in runs if "only" not in run.parameters)
    last = next(whole, {"examples": 0, "functions": 0, "newest": 0})
    newest = last.get("newest")  # missing in a run of before imports could be taken back
    new = status.examples - last["examples"]
    if newest is not None:
        new = project.store.examples.count_beyond(newest)
    if new > 0:
        why = f"the functions have not voted on {counted(new, 'message')}"
        return [("catreview lf run", why)]
    if not last["functions"]:
        why = "no labelling function knows these categories"
        return [("catreview lf try WORDS CATEGORY --save", why)]
    return []
