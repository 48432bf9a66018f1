"""The last trained model, together with the labelling functions whose votes it looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catreview.errors import TrainingError
from catreview.functions import Function, apply_functions
from catreview.jobs.functions.weak import function_source, project_functions, switched_on
from catreview.jobs.project import Project
from catreview.records import Example
from catreview.schema import Schema
from catreview.store import Codes, Run

if TYPE_CHECKING:
    from catreview.training.model import Predictions, TrainedModel

_RETRAIN = "Train a new one: catreview train"


@dataclass(frozen=True, slots=True)
class Classifier:
    """A model and its functions, which vote on whatever it is given."""

    model: TrainedModel
    functions: tuple[Function, ...]
    schema: Schema

    def predict(self, examples: Sequence[Example]) -> Predictions:
        """The most probable category of each example, and how probable it is (0..1)."""
        votes = apply_functions(self.functions, examples, self.schema).votes
        return self.model.predict(examples, votes)


def fit_classifier(
    project: Project,
    examples: Sequence[Example],
    codes: Codes,
    *,
    cross_fit: bool = True,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Classifier, Predictions]:
    """Train on `examples` with `codes` (n,), and on what the functions say of them.

    Also returns the out-of-fold prediction of each example; see `train_classifier` for these,
    for `cross_fit` and `progress`.

    Raises:
        TrainingError: fewer than two categories have enough labels.
        FunctionsError: `functions.py` cannot be loaded.
    """
    # Late: scikit-learn takes a second to load.
    from catreview.training.model import Votes, train_classifier

    functions = tuple(switched_on(project))
    trained = train_classifier(
        examples,
        codes,
        project.schema.names,
        seed=project.settings.training.seed,
        votes=Votes(
            tuple(function_source(function) for function in functions),
            apply_functions(functions, examples, project.schema).votes,
        ),
        cross_fit=cross_fit,
        progress=progress,
    )
    return Classifier(trained.model, functions, project.schema), trained.out_of_fold


def model_path(project: Project, number: int) -> Path:
    """Where the model of this number is kept."""
    return project.models / f"svm-{number}.model"


def latest_run(project: Project) -> Run:
    """The last training run.

    Raises:
        TrainingError: nothing has been trained.
    """
    runs = project.store.runs.finished("train")
    if not runs:
        raise TrainingError("No model has been trained yet.", _RETRAIN)
    return runs[0]


def latest_model(project: Project) -> Classifier:
    """The last trained model; functions added since are no part of it.

    Raises:
        TrainingError: there is none, its file does not fit, or a function that it looks at has
            changed or is gone.
        FunctionsError: `functions.py` cannot be loaded.
    """
    from catreview.training.saved import load_model  # late: it loads scikit-learn

    name = latest_run(project).results["model"]
    path = model_path(project, int(name.rpartition("#")[2]))
    model = load_model(path, schema=project.schema)
    now = {function_source(function): function for function in project_functions(project)}
    strange = [source.name for source in model.sources if source not in now]
    if strange:
        raise TrainingError(
            f"{name} looks at labelling functions that have changed or are gone since it was"
            f" trained: {', '.join(strange)}.",
            _RETRAIN,
        )
    return Classifier(model, tuple(now[source] for source in model.sources), project.schema)
