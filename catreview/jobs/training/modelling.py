"""Training the classifier on the labels, measuring it on gold, letting it vote."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catreview.errors import TrainingError
from catreview.jobs.alone import alone
from catreview.jobs.labels.settling import settle_if_learned, stored_heuristic
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import Project
from catreview.jobs.training.classifying import Classifier, fit_classifier, model_path
from catreview.jobs.training.encoding import Reader, open_reader
from catreview.jobs.training.votes import let_model_vote, model_votes
from catreview.records import ABSTAIN, Basis, Example
from catreview.store import Codes, Numbers, utc_now
from catreview.training.evaluation import Evaluation, evaluate
from catreview.voting import is_confident

if TYPE_CHECKING:
    from catreview.training.model import Predictions

TRUSTED = (Basis.HUMAN, Basis.TOGETHER, Basis.LLM)
ENOUGH = 30
"""Trusted labels a category needs for the classifier to learn from trusted labels alone."""
GOLD = "gold"
PREDICTED = "predicted_on_gold"
"""In a run's results: the category predicted for each gold example, by its number."""
CROSS_VALIDATED = "labels of held-out conversations"


@dataclass(frozen=True)
class TrainingSet:
    """What the classifier learns from: n examples with their labels, by example number.

    `gold` is what there was before, category by number: what has become gold since may be among
    the examples, so models trained on these are measured on that alone.
    """

    numbers: Numbers
    examples: list[Example]
    codes: Codes
    gold: Mapping[int, str]
    by_basis: Mapping[str, int]
    left_out: int
    """Labelled examples not used because a gold message is in their conversation."""
    too_few: Mapping[str, int]
    """Categories with fewer than `ENOUGH` labels, and how many they have."""


@dataclass(frozen=True)
class TrainingResult:
    """A trained model and its scores; `against` says what `evaluation` is measured on."""

    name: str
    trained_on: TrainingSet
    evaluation: Evaluation
    against: str
    cross_validated: Evaluation
    doubtful: int
    """Labels that were dropped as doubtful."""
    seconds: float
    run: int

    def as_json(self) -> dict[str, Any]:
        """The result as one JSON object; it is what the run keeps."""
        macro = self.cross_validated.macro_f1
        return {
            **self.evaluation.as_json(),
            "against": self.against,
            "cross_validated": {"macro_f1": macro.value, "n": macro.n},
            "model": self.name,
            "too_few": dict(self.trained_on.too_few),
            "trained_on": {
                "examples": len(self.trained_on.numbers),
                "by": dict(self.trained_on.by_basis),
                "left_out_beside_gold": self.trained_on.left_out,
                "dropped_as_doubtful": self.doubtful,
            },
            "seconds": round(self.seconds, 2),
        }


def train(project: Project, report: Report = ignore) -> TrainingResult:
    """Train the classifier on the labels, save it, measure it on gold and let it vote.

    It looks at the words, at the functions' votes and at the vectors of an encoder, where one is
    set. Without gold it is measured against the
    labels themselves, on conversations held out, and the result says so. The model votes on
    every example; on those it was trained on with the model of the fold that had not seen them.

    Raises:
        TrainingError: fewer than two categories have enough labels.
        FunctionsError: `functions.py` cannot be loaded.
        ConfigError: the encoder cannot be loaded.
        GoneError: messages that it learned from, or gold, were taken back meanwhile.
    """
    # Late: scikit-learn takes a second to load.
    from catreview.training.saved import save_model

    started = time.perf_counter()
    reader = open_reader(project)
    settle_if_learned(project)
    data = training_set(project)
    run, number = _begin(project, data)
    name = f"svm #{number}"
    try:
        classifier, out_of_fold, doubtful = _fit(project, data, reader, report)
        held_out = against_labels(project, data, out_of_fold.codes)
        on_gold, predicted = _against_gold(project, classifier, data.gold)
        result = TrainingResult(
            name=name,
            trained_on=data,
            evaluation=on_gold or held_out,
            against=GOLD if on_gold else CROSS_VALIDATED,
            cross_validated=held_out,
            doubtful=doubtful,
            seconds=time.perf_counter() - started,
            run=run,
        )
        path = model_path(project, number)
        save_model(classifier.model, path, schema=project.schema, created=utc_now())
        report(Progress("train", 1, 2, "steps", "voting"))
        votes = model_votes(project, classifier, data.numbers, out_of_fold, report)
        with alone(project):
            project.store.examples.require(data.numbers)
            let_model_vote(project, run, name, votes)
            project.store.runs.finish(run, "done", {**result.as_json(), PREDICTED: predicted})
    except BaseException as error:
        model_path(project, number).unlink(missing_ok=True)
        project.store.runs.finish(run, "failed", {"error": str(error)})
        raise
    report(Progress("train", 2, 2, "steps", "done"))
    return result


def _begin(project: Project, data: TrainingSet) -> tuple[int, int]:
    """Record that a training began; its run, and the model's number, which no other has."""
    runs = project.store.runs
    with project.store.transaction():
        number = runs.count("train") + 1
        about = {"model": f"svm #{number}", "examples": len(data.numbers), "by": data.by_basis}
        return runs.start("train", about, project.settings.training.seed), number


def _fit(
    project: Project, data: TrainingSet, reader: Reader | None, report: Report
) -> tuple[Classifier, Predictions, int]:
    """The classifier, its out-of-fold predictions of `data`, and the labels dropped as doubtful.

    What a person decided is never in doubt.
    """
    from catreview.training.doubt import doubtful  # late, as all of training

    def progress(step: str, done: int, of: int) -> None:
        report(Progress("train", done, of + 2, "steps", step))

    classifier, out_of_fold = fit_classifier(
        project, data.examples, data.numbers, data.codes, reader=reader, progress=progress
    )
    if project.settings.training.doubtful == "keep":
        return classifier, out_of_fold, 0
    people = np.fromiter(project.store.reviews.decided(), dtype=np.int64)
    doubt = doubtful(data.codes, out_of_fold) & ~np.isin(data.numbers, people)
    kept = np.flatnonzero(~doubt)
    if len(kept) < len(doubt):
        examples = [data.examples[i] for i in kept.tolist()]
        classifier, _ = fit_classifier(
            project, examples, data.numbers[kept], data.codes[kept],
            reader=reader, cross_fit=False, progress=progress,
        )  # fmt: skip
    return classifier, out_of_fold, len(doubt) - len(kept)


def training_set(project: Project) -> TrainingSet:
    """Choose the labels to learn from, by `[training] labels`.

    Messages of a conversation with gold in it are left out: their texts stand in gold's
    `previous`, and would flatter the score.
    """
    gold = project.store.examples.gold()
    beside = project.store.examples.gold_conversations()
    wanted = project.settings.training.labels
    rows = weak_labels(project) if wanted == "weak" else project.store.labels.all()
    chosen = _chosen_bases(project, rows)
    kept = [row for row in rows if row[3] in chosen]
    examples = project.store.examples.get([row[0] for row in kept])
    index = project.schema.index
    used = [
        (row, example)
        for row, example in zip(kept, examples, strict=True)
        if example.conversation not in beside and row[0] not in gold and row[1] in index
    ]
    if not used:
        raise TrainingError(
            "There are no labels to train on yet.", "What to do first: catreview status"
        )
    by_basis: dict[str, int] = {}
    for row, _ in used:
        by_basis[row[3]] = by_basis.get(row[3], 0) + 1
    per_category = dict.fromkeys(index, 0)
    for row, _ in used:
        per_category[row[1]] += 1
    return TrainingSet(
        numbers=np.array([row[0] for row, _ in used], dtype=np.int64),
        examples=[example for _, example in used],
        codes=np.array([index[row[1]] for row, _ in used], dtype=np.int16),
        gold=gold,
        by_basis=by_basis,
        left_out=len(kept) - len(used),
        too_few={name: n for name, n in per_category.items() if n < ENOUGH},
    )


def _chosen_bases(project: Project, rows: Sequence[tuple[int, str, float, str]]) -> set[str]:
    """The bases whose labels train; `auto` takes weaker ones only where trusted ones are few."""
    wanted = project.settings.training.labels
    if wanted == "all":
        return set(Basis)
    if wanted == "trusted":
        return set(TRUSTED)
    chosen = set[str]()
    for more in (set(TRUSTED), {Basis.CONFIDENT}, {Basis.WEAK}):
        chosen |= more
        counts = dict.fromkeys(project.schema.names, 0)
        for _, category, _, basis in rows:
            if basis in chosen and category in counts:
                counts[category] += 1
        if min(counts.values()) >= ENOUGH:
            break
    return chosen


def weak_labels(project: Project) -> list[tuple[int, str, float, str]]:
    """The labels that the heuristic alone would give: (number, category, confidence, basis)."""
    numbers = project.store.examples.all_numbers()
    heuristic = stored_heuristic(project, numbers)
    confident = is_confident(heuristic, project.settings.heuristic)
    names = project.schema.names
    gold = project.store.examples.gold()
    return [
        (number, names[code], sure, Basis.CONFIDENT if enough else Basis.WEAK)
        for number, code, sure, enough in zip(
            numbers.tolist(),
            heuristic.label.tolist(),
            heuristic.confidence.tolist(),
            confident.tolist(),
            strict=True,
        )
        if code != ABSTAIN and number not in gold
    ]


def against_labels(project: Project, data: TrainingSet, held_out: Codes) -> Evaluation:
    """How well predictions by models that had not seen the labels (n,) meet these."""
    return evaluate(
        data.codes,
        held_out,
        project.schema.names,
        seed=project.settings.training.seed,
        groups=[example.conversation for example in data.examples],
    )


def _against_gold(
    project: Project, model: Classifier, gold: Mapping[int, str]
) -> tuple[Evaluation | None, dict[int, str]]:
    """The evaluation (None without gold) and what was predicted, by example number."""
    names, index = project.schema.names, project.schema.index
    truth = {number: index[category] for number, category in gold.items() if category in index}
    if not truth:
        return None, {}
    examples = project.store.examples.get(list(truth))
    predicted, _ = model.predict(examples, np.array(list(truth), dtype=np.int64))
    evaluation = evaluate(
        np.array(list(truth.values()), dtype=np.int16),
        predicted,
        names,
        seed=project.settings.training.seed,
        groups=[example.conversation for example in examples],
    )
    said = [names[code] for code in predicted.tolist()]
    return evaluation, dict(zip(truth, said, strict=True))
