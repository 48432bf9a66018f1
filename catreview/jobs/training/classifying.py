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
from catreview.jobs.training.encoding import Heard, Reader
from catreview.records import Example
from catreview.schema import Schema
from catreview.store import Codes, Numbers, Run

if TYPE_CHECKING:
    from catreview.training.model import Predictions, TrainedModel

_RETRAIN = "Train a new one: catreview train"


@dataclass(frozen=True, slots=True)
class Classifier:
    """A model, its functions, which vote on whatever it is given, and its encoder."""

    model: TrainedModel
    functions: tuple[Function, ...]
    schema: Schema
    reader: Reader | None = None

    def predict(
        self,
        examples: Sequence[Example],
        numbers: Numbers | None = None,
        heard: Heard = lambda *_: None,
    ) -> Predictions:
        """The most probable category of each example, and how probable it is (0..1).

        With the `numbers` (n,) that they have in the project an encoder reads each only once;
        `heard` is told how far it is.
        """
        votes = apply_functions(self.functions, examples, self.schema).votes
        vectors = None if self.reader is None else self.reader.vectors(examples, numbers, heard)
        return self.model.predict(examples, votes, vectors)


def fit_classifier(  # noqa: PLR0913 -- what is learned from, then named choices
    project: Project,
    examples: Sequence[Example],
    numbers: Numbers,
    codes: Codes,
    *,
    reader: Reader | None = None,
    cross_fit: bool = True,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> tuple[Classifier, Predictions]:
    """Train on `examples` with `codes` (n,), and on what functions and `reader` say of them.

    Also returns the out-of-fold prediction of each example; see `train_classifier` for these,
    for `cross_fit` and `progress`.

    Raises:
        TrainingError: fewer than two categories have enough labels.
        FunctionsError: `functions.py` cannot be loaded.
    """
    # Late: scikit-learn takes a second to load.
    from catreview.training.model import Votes, train_classifier

    def reading(done: int, of: int) -> None:
        progress(f"reading with the encoder, {done:,} of {of:,}", 0, 1)

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
        encoded=None if reader is None else reader.encoded(examples, numbers, reading),
        cross_fit=cross_fit,
        progress=progress,
    )
    return Classifier(trained.model, functions, project.schema, reader), trained.out_of_fold


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
        TrainingError: there is none, its file does not fit, or a function or the encoder that it
            looks at has changed or is gone.
        FunctionsError: `functions.py` cannot be loaded.
        ConfigError: its encoder cannot be loaded.
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
    reader = None
    if model.vector_features is not None:
        trained_with = model.vector_features.encoder
        reader = Reader(project, trained_with.source)
        if reader.name != trained_with:
            raise TrainingError(
                f"{name} looks at the encoder {trained_with.source}, which has changed since.",
                _RETRAIN,
            )
    functions = tuple(now[source] for source in model.sources)
    return Classifier(model, functions, project.schema, reader)
