"""The learning curve of the reviews: what more of them would bring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from catreview.errors import TrainingError
from catreview.functions import apply_functions
from catreview.jobs.functions.weak import switched_on
from catreview.jobs.labels.settling import gather, settle_by_rule
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import Project
from catreview.jobs.training.encoding import open_reader
from catreview.jobs.training.forecasts import ENOUGH, FORECAST, Outlook, ReviewForecast
from catreview.jobs.training.modelling import GOLD, TrainingSet, training_set
from catreview.records import ABSTAIN, Basis
from catreview.store import Codes
from catreview.training.curve import Forecast, forecast_size
from catreview.training.evaluation import Evaluation, evaluate
from catreview.voting import BASES

SHARES: Final = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Of the reviews, at which the curve is measured."""
REPEATS: Final = 3
HELD_OUT: Final = 0.3
"""Share of the reviewed conversations to measure on where there is no gold."""
FARTHEST: Final = 10
"""Times the reviews there are: further than that no curve can be trusted."""
REVIEWED = "reviewed examples held out"
Rows = np.ndarray[Any, np.dtype[np.intp]]


def forecast(
    project: Project, target: float | None = None, report: Report = ignore
) -> ReviewForecast:
    """Measure the learning curve of the reviews and carry it on to `target`.

    Each point trains with some of the reviews; the other reviewed examples fall back to what the
    machine says of them. It is measured on gold, or without gold on held-out reviewed
    conversations. `target` is macro F1, by default that of `[training]`.
    """
    goal = project.settings.training.target if target is None else target
    data = training_set(project)
    reviewed = np.flatnonzero(_reviewed(project, data))
    if len(reviewed) < ENOUGH:
        return ReviewForecast(goal, len(reviewed), Outlook.UNKNOWN)
    run = project.store.runs.start(FORECAST, {"target": goal}, project.settings.training.seed)
    try:
        found = _measured(project, goal, data, reviewed, report)
    except BaseException as error:
        project.store.runs.finish(run, "failed", {"error": str(error)})
        raise
    project.store.runs.finish(run, "done", found.as_json())
    return found


def _measured(
    project: Project, goal: float, data: TrainingSet, reviewed: Rows, report: Report
) -> ReviewForecast:
    report(Progress(FORECAST, 0, 0, "models", "reading messages"))
    curve = _Curve(project, data, reviewed)
    measured: list[tuple[int, Evaluation]] = []
    trials = list(curve.trials())
    for done, (used, kept, held_out) in enumerate(trials):
        report(Progress(FORECAST, done, len(trials), "models"))
        evaluation = curve.measure(used, kept, held_out)
        if evaluation is not None:
            measured.append((len(kept), evaluation))
    report(Progress(FORECAST, len(trials), len(trials), "models"))
    return _concluded(project, goal, len(reviewed), curve.against, measured)


def _reviewed(project: Project, data: TrainingSet) -> np.ndarray[Any, np.dtype[np.bool_]]:
    decided = np.fromiter(project.store.reviews.decided(looked_at=True), dtype=np.int64)
    return np.isin(data.numbers, decided)


class _Curve:
    """Training with a part of the reviews; every message is read and voted on once."""

    def __init__(self, project: Project, data: TrainingSet, reviewed: Rows) -> None:
        self._project, self._data, self._reviewed = project, data, reviewed
        self._machine = _machine_labels(project, data, reviewed)
        index = project.schema.index
        gold = {
            number: index[category] for number, category in data.gold.items() if category in index
        }
        self._gold = project.store.examples.get(list(gold))
        self._truth = np.array(list(gold.values()), dtype=np.int16)
        self.against = GOLD if gold else REVIEWED
        self._seed = project.settings.training.seed
        # Late: scikit-learn takes a second to load.
        from catreview.training.refits import Refits

        functions, schema = switched_on(project), project.schema
        votes = apply_functions(functions, data.examples, schema).votes
        reader = open_reader(project)
        self._refits = Refits(
            data.examples,
            votes,
            schema.names,
            seed=self._seed,
            encoded=None if reader is None else reader.encoded(data.examples, data.numbers),
        )
        self._asked = self._refits.rows(
            self._gold,
            apply_functions(functions, self._gold, schema).votes,
            None if reader is None else reader.vectors(self._gold, np.array(list(gold))),
        )

    def trials(self) -> Iterator[tuple[Rows, Rows, Rows]]:
        """(rows to train on, reviewed rows that count as reviewed, rows to measure on)."""
        rng = np.random.default_rng(self._seed)
        everything = np.arange(len(self._data.codes))
        conversations = np.array(
            [e.conversation or f"\0{e.id}" for e in self._data.examples], dtype=object
        )
        for repeat in range(REPEATS):
            used, held_out = everything, everything[:0]
            if self.against == REVIEWED:
                names = np.unique(conversations[self._reviewed])
                out = rng.permutation(names)[: max(round(HELD_OUT * len(names)), 1)]
                outside = np.isin(conversations, out)
                used = everything[~outside]
                held_out = self._reviewed[outside[self._reviewed]]
            inside = rng.permutation(np.intersect1d(used, self._reviewed))
            for share in SHARES:
                # With all reviews and the same gold there is only one model.
                if share < 1.0 or repeat == 0 or self.against == REVIEWED:
                    yield used, inside[: round(share * len(inside))], held_out

    def measure(self, used: Rows, kept: Rows, held_out: Rows) -> Evaluation | None:
        """Train and measure; None where a category has too few examples."""
        codes = self._data.codes.copy()
        codes[self._reviewed] = self._machine
        codes[kept] = self._data.codes[kept]
        learned = np.full_like(codes, ABSTAIN)
        learned[used] = codes[used]
        examples, truth, asked = self._gold, self._truth, self._asked
        if self.against == REVIEWED:
            examples = [self._data.examples[i] for i in held_out.tolist()]
            truth, asked = self._data.codes[held_out], self._refits.own(held_out)
        try:
            predicted = self._refits.decide(learned, asked)
        except TrainingError:
            return None
        groups = [example.conversation for example in examples]
        return evaluate(
            truth, predicted, self._project.schema.names, seed=0, n_bootstrap=1, groups=groups
        )


def _machine_labels(project: Project, data: TrainingSet, reviewed: Rows) -> Codes:
    """What each reviewed row would be labelled without its review, ABSTAIN if not trained on."""
    known = gather(project, data.numbers[reviewed].tolist())
    nobody = np.full(len(known.numbers), ABSTAIN, dtype=np.int16)
    settled = settle_by_rule(project, known, nobody)
    trained_on = [BASES.index(Basis(basis)) for basis in data.by_basis]
    return np.where(np.isin(settled.basis, trained_on), settled.label, ABSTAIN).astype(np.int16)


def _concluded(
    project: Project,
    target: float,
    reviews: int,
    against: str,
    measured: list[tuple[int, Evaluation]],
) -> ReviewForecast:
    sizes = np.array([size for size, _ in measured], dtype=np.float64)
    scores = np.array([evaluation.macro_f1.value for _, evaluation in measured])
    points = tuple((size, round(e.macro_f1.value, 4)) for size, e in measured)
    if len(np.unique(sizes)) < 3:
        return ReviewForecast(target, reviews, Outlook.UNKNOWN, against, points=points)
    fit = forecast_size(sizes, scores, target, seed=project.settings.training.seed)
    most = [evaluation for size, evaluation in measured if size == sizes.max()]
    return ReviewForecast(
        target=target,
        reviews=reviews,
        outlook=_outlook(fit, scores[sizes == sizes.max()].mean() >= target, reviews),
        against=against,
        n=most[0].macro_f1.n,
        points=points,
        fit=fit,
        weakest=_weakest(most, target),
        kept_doubtful=project.settings.training.doubtful == "drop",
    )


def _outlook(fit: Forecast, reached: bool, reviews: int) -> Outlook:
    if reached:
        return Outlook.REACHED
    farthest = FARTHEST * reviews
    if fit.high <= farthest:
        return Outlook.WITHIN_REACH
    return Outlook.OUT_OF_REACH if fit.low > farthest else Outlook.UNKNOWN


def _weakest(evaluations: list[Evaluation], target: float) -> tuple[str, ...]:
    """Up to two categories below the target, the furthest first."""
    gaps: dict[str, float] = {}
    for evaluation in evaluations:
        for row in evaluation.per_class:
            if row.f1 is not None:
                gaps[row.category] = gaps.get(row.category, 0.0) + (target - row.f1)
    below = sorted((c for c in gaps if gaps[c] > 0), key=lambda c: -gaps[c])
    return tuple(below[:2])
