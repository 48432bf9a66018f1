"""How good predictions are against gold: F1 with intervals, confusion, and paired differences.

Plain NumPy: a report needs no scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catreview.errors import TrainingError
from catreview.records import ABSTAIN
from catreview.training.intervals import PERCENTILES, Counts, Floats, f1_bounds, f1_of

JSON_VERSION: Final = 1
_RESAMPLES_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % bootstrap interval and the number of gold examples behind it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Precision, recall and F1 of one category, each in 0..1; `n` is its gold examples.

    `low` and `high` bound F1 with 95 % confidence, as `f1_bounds` says: by the bootstrap that
    bounds macro F1, wider for few examples. Where `n` is 0 there is nothing to measure: recall, F1
    and its bounds are None. Precision is None where the category was never predicted.
    """

    category: str
    precision: float | None
    recall: float | None
    f1: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Predictions measured against gold.

    `macro_f1` is the mean F1 of the categories that occur in gold; categories without gold are
    listed in `per_class` with n = 0 and left out of the mean. `confusion[t, p]` counts gold
    category t predicted as p; gold without a prediction is in none of its columns: it is wrong
    for recall and accuracy and touches no precision.
    """

    macro_f1: Interval
    accuracy: float
    per_class: tuple[ClassScore, ...]
    confusion: Counts

    def as_json(self) -> dict[str, Any]:
        """The object that `train --json` and `report --json` print."""
        macro = self.macro_f1
        return {
            "schema_version": JSON_VERSION,
            "macro_f1": {"value": macro.value, "low": macro.low, "high": macro.high, "n": macro.n},
            "per_class": [
                {
                    "category": score.category,
                    "precision": score.precision,
                    "recall": score.recall,
                    "f1": score.f1,
                    "low": score.low,
                    "high": score.high,
                    "n": score.n,
                }
                for score in self.per_class
            ],
            "confusion": {
                "categories": [score.category for score in self.per_class],
                "rows": self.confusion.tolist(),
            },
            "accuracy": self.accuracy,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """Macro F1 of the second predictions minus the first, on the same gold.

    `low` and `high` bound it with 95 % confidence; `p` is the two-sided bootstrap p-value of no
    difference, never below 2 / (resamples + 1).
    """

    value: float
    low: float
    high: float
    p: float


def evaluate(
    truth: ArrayLike,
    predicted: ArrayLike,
    categories: Sequence[str],
    *,
    seed: int,
    n_bootstrap: int = 1000,
    groups: Sequence[str] | None = None,
) -> Evaluation:
    """Score predictions against gold.

    `truth` and `predicted` are codes, shape (n_examples,), positions in `categories`; ABSTAIN is
    allowed in `predicted` alone. The interval is the percentile bootstrap (Efron & Tibshirani
    1993, ch. 13) over conversations where `groups` gives one per example, else over examples; an
    empty group name stands for an example of its own, and a single conversation, of which no
    other could be drawn, for its examples. Raises TrainingError without gold or where shapes or
    codes do not fit.
    """
    size = len(categories)
    gold, guess = _checked(truth, predicted, size)
    tables = _group_tables(gold, guess, size, groups)
    whole = tables.sum(axis=0)
    resampled = _resample(tables, n_bootstrap, seed)
    low, high = np.percentile(_macro_f1(resampled, _present(whole)), PERCENTILES)
    macro = float(_macro_f1(whole[None], _present(whole))[0])
    return Evaluation(
        macro_f1=Interval(macro, float(low), float(high), len(gold)),
        accuracy=float(np.mean(gold == guess)),
        per_class=_class_scores(whole, f1_bounds(whole, resampled), categories),
        confusion=whole[:, :size],
    )


def paired_difference(
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    seed: int,
    n_bootstrap: int = 1000,
    groups: Sequence[str] | None = None,
) -> Difference:
    """Whether `second` is better than `first` in macro F1 on the same gold; positive = better.

    Arguments as for `evaluate`. Every resample draws the same conversations for both. The
    p-value is twice the smaller share of resamples on either side of zero (Efron & Tibshirani
    1993, ch. 15), counting ties on both sides.
    """
    n_categories = 1 + max(int(np.max(codes, initial=0)) for codes in (truth, first, second))
    gold, one = _checked(truth, first, n_categories)
    _, two = _checked(truth, second, n_categories)
    tables = np.concatenate(
        [_group_tables(gold, guess, n_categories, groups) for guess in (one, two)], axis=2
    )
    width = n_categories + 1
    whole = tables.sum(axis=0)[None]
    present = _present(whole[0])
    drawn = _resample(tables, n_bootstrap, seed)

    def gain(counts: Counts) -> Floats:
        return _macro_f1(counts[:, :, width:], present) - _macro_f1(counts[:, :, :width], present)

    gains = gain(drawn)
    low, high = np.percentile(gains, PERCENTILES)
    side = min(int(np.sum(gains <= 0)), int(np.sum(gains >= 0)))
    p = min(1.0, 2 * (side + 1) / (n_bootstrap + 1))
    return Difference(float(gain(whole)[0]), float(low), float(high), p)


def group_codes(groups: Sequence[str]) -> NDArray[np.intp]:
    """Number the groups 0, 1, … by first appearance; an empty name is a group of its own."""
    seen: dict[str | int, int] = {}
    numbers = [seen.setdefault(name or i, len(seen)) for i, name in enumerate(groups)]
    return np.array(numbers, dtype=np.intp)


def conversation_folds(conversations: Sequence[str], n_folds: int, seed: int) -> NDArray[np.intp]:
    """A fold, 0..n_folds - 1, for each example; examples of one conversation share a fold.

    An empty conversation stands for one of its own. Conversations are dealt out in a seeded
    random order; with fewer conversations than folds there are only that many folds.
    """
    group = group_codes(conversations)
    place = np.random.default_rng(seed).permutation(int(group.max(initial=-1)) + 1)
    return np.asarray(place[group] % n_folds, dtype=np.intp)


def _checked(truth: ArrayLike, predicted: ArrayLike, size: int) -> tuple[Counts, Counts]:
    gold = np.asarray(truth, dtype=np.int64)
    guess = np.asarray(predicted, dtype=np.int64)
    if gold.ndim != 1 or gold.shape != guess.shape:
        raise TrainingError(f"{gold.shape} gold labels do not fit {guess.shape} predictions")
    if not len(gold):
        raise TrainingError(
            "there is no gold to measure against",
            "import some with `catreview import FILE --gold`",
        )
    if gold.min() < 0 or gold.max() >= size or guess.min() < ABSTAIN or guess.max() >= size:
        raise TrainingError(f"a category code is outside 0..{size - 1}")
    return gold, guess


def _group_tables(gold: Counts, guess: Counts, size: int, groups: Sequence[str] | None) -> Counts:
    """Confusion counts of each group, shape (n_groups, K, K + 1); the last column is ABSTAIN."""
    if groups is None:
        group = np.arange(len(gold))
    else:
        if len(groups) != len(gold):
            raise TrainingError(f"{len(groups)} groups do not fit {len(gold)} gold labels")
        group = group_codes(groups)
        if not group.any():
            group = np.arange(len(gold))
    column = np.where(guess == ABSTAIN, size, guess)
    tables = np.zeros((int(group.max()) + 1, size, size + 1), dtype=np.int64)
    np.add.at(tables, (group, gold, column), 1)
    return tables


def _resample(tables: Counts, n: int, seed: int) -> Counts:
    """Sums of `n` draws of groups with replacement, as one product of draw counts and tables."""
    rng = np.random.default_rng(seed)
    n_groups = len(tables)
    flat = tables.reshape(n_groups, -1).astype(np.float64)
    sums = []
    for start in range(0, n, _RESAMPLES_AT_ONCE):
        rows = min(_RESAMPLES_AT_ONCE, n - start)
        drawn = rng.integers(n_groups, size=(rows, n_groups)) + n_groups * np.arange(rows)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * n_groups)
        sums.append(weights.reshape(rows, n_groups).astype(np.float64) @ flat)
    return np.rint(np.concatenate(sums)).astype(np.int64).reshape(n, *tables.shape[1:])


def _present(table: Counts) -> NDArray[np.bool_]:
    return np.asarray(table.sum(axis=1) > 0)


def _macro_f1(tables: Counts, present: NDArray[np.bool_]) -> Floats:
    """Mean F1 of the `present` categories in each table, shape (n_tables,).

    F1 = 2 TP / (gold + predicted). A category that a resample misses in both gold and predictions
    has no F1 there and is left out of that resample's mean.
    """
    f1, counted = f1_of(tables)
    counted = counted & present
    return np.asarray((f1 * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1))


def _class_scores(
    table: Counts, bounds: Floats, categories: Sequence[str]
) -> tuple[ClassScore, ...]:
    scores = []
    for code, category in enumerate(categories):
        hits = int(table[code, code])
        n = int(table[code].sum())
        guessed = int(table[:, code].sum())
        scores.append(
            ClassScore(
                category=category,
                precision=hits / guessed if guessed else None,
                recall=hits / n if n else None,
                f1=2 * hits / (n + guessed) if n else None,
                low=float(bounds[0, code]) if n else None,
                high=float(bounds[1, code]) if n else None,
                n=n,
            )
        )
    return tuple(scores)
