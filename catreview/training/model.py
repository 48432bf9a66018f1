"""The classifier: a linear SVM over text features, with calibrated confidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.svm import LinearSVC

from catreview.errors import TrainingError
from catreview.records import ABSTAIN, Example, Source
from catreview.training.calibration import fit_temperature, probabilities
from catreview.training.evaluation import conversation_folds
from catreview.training.features import Vectoriser, vote_rows
from catreview.training.vectors import Encoded, VectorFeatures, Vectors

MIN_PER_CATEGORY: Final = 3
"""With fewer labelled examples than this a category is hardly learned."""

FOLDS: Final = 3
_REGULARISATION: Final = 0.3
"""The C of the SVM; from conversation-wise cross-validation on LLM votes, flat from 0.2 to 0.5."""
_TOLERANCE: Final = 1e-2
"""Of the solver; a finer one takes a third longer and decides the same."""
_ABSENT_MARGIN: Final = -1.0
"""The SVM's plain "no", for a category that a fold's training rows lack."""
_BATCH: Final = 20_000
"""Examples vectorised at once when predicting, to bound memory."""

Codes = NDArray[np.int16]
Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
"""Called with the name of a step, the steps done and all steps."""


class Predictions(NamedTuple):
    """Category codes and, for each, the calibrated probability (0..1) that it is right.

    ABSTAIN with confidence 0 where there is no prediction.
    """

    codes: Codes
    confidence: Floats


class Votes(NamedTuple):
    """What labelling functions say of examples: `codes` is (n_examples, n_sources)."""

    sources: tuple[Source, ...]
    codes: Codes


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A fitted classifier; picklable, deterministic, and free of the training texts."""

    categories: tuple[str, ...]
    sources: tuple[Source, ...]
    """The functions whose votes it looks at, in the order of their columns."""
    vectoriser: Vectoriser
    weights: NDArray[np.float32]
    """Shape (n_categories, n_features)."""
    intercept: NDArray[np.float32]
    temperature: float
    trained_on: int
    seed: int
    vector_features: VectorFeatures | None = None
    """How it looks at the vectors of an encoder, where it does."""

    def predict_proba(
        self,
        examples: Sequence[Example],
        votes: Codes | None = None,
        vectors: Vectors | None = None,
    ) -> Floats:
        """Calibrated probabilities, shape (n_examples, n_categories); rows sum to 1.

        `votes` (n_examples, n_sources) are those of `sources`, needed where there are any, and
        `vectors` (n_examples, size) its encoder's, where it has one. Raises TrainingError where
        they are missing or of another shape.
        """
        votes = _checked_votes(votes, len(examples), len(self.sources))
        parts = [
            self._margins(
                examples[start : start + _BATCH],
                votes[start : start + _BATCH],
                None if vectors is None else vectors[start : start + _BATCH],
            )
            for start in range(0, len(examples), _BATCH)
        ]
        if not parts:
            return np.empty((0, len(self.categories)))
        return probabilities(np.concatenate(parts), self.temperature)

    def predict(
        self,
        examples: Sequence[Example],
        votes: Codes | None = None,
        vectors: Vectors | None = None,
    ) -> Predictions:
        """The most probable category of each example, and how probable; as `predict_proba`."""
        return _decided(self.predict_proba(examples, votes, vectors))

    def _margins(
        self, examples: Sequence[Example], votes: Codes, vectors: Vectors | None
    ) -> Floats:
        rows = feature_rows(self.vectoriser.transform(examples), votes, len(self.categories))
        if self.vector_features is not None:
            rows = beside(rows, self.vector_features.rows(vectors, len(examples)))
        return np.asarray(rows @ self.weights.T + self.intercept, dtype=np.float64)


class Training(NamedTuple):
    """What training gives: the model, and a prediction for every training example by a twin of it.

    `out_of_fold` comes from models that never saw the example's conversation, so it is honest
    about the labels trained on. It abstains where no such model could be fitted, and on every
    example outside the first fold where training ran with `cross_fit=False`.
    """

    model: TrainedModel
    out_of_fold: Predictions


def train_classifier(  # noqa: PLR0913 -- what is learned from, then named choices
    examples: Sequence[Example],
    labels: Codes,
    categories: Sequence[str],
    *,
    seed: int,
    votes: Votes | None = None,
    encoded: Encoded | None = None,
    cross_fit: bool = True,
    progress: Progress | None = None,
) -> Training:
    """Train on `examples` with `labels` (codes in `categories`, one per example).

    With `votes` the model looks at those of the functions too, with `encoded` at the vectors of
    an encoder, and wants them to predict.

    Confidence is calibrated by one softmax temperature (Guo et al. 2017, "On calibration of
    modern neural networks") on held-out decisions: conversations are dealt into three folds, and
    each is decided by an SVM fitted on the others. An example without conversation stands alone.
    Texts are vectorised once and only the SVM is refitted: folds share term frequencies, no
    labels. `cross_fit=False` decides the first fold alone and saves two fits.

    Raises TrainingError where fewer than two categories have MIN_PER_CATEGORY examples, or shapes
    do not fit. A category without examples is never predicted.
    """
    labels = np.asarray(labels, dtype=np.int16)
    _check(examples, labels, categories)
    report = progress or (lambda *_: None)
    folds = conversation_folds([e.conversation for e in examples], FOLDS, seed)
    held_out = range(int(folds.max()) + 1 if cross_fit else 1)
    steps = len(held_out) + 2

    report("reading messages", 0, steps)
    voted = votes or Votes((), np.empty((len(examples), 0), dtype=np.int16))
    said = _checked_votes(voted.codes, len(examples), len(voted.sources))
    vectoriser = Vectoriser()
    rows = feature_rows(vectoriser.fit_transform(examples), said, len(categories))
    vector_features = None
    if encoded is not None:
        vector_features = VectorFeatures.fit(encoded)
        rows = beside(rows, vector_features.rows(encoded.vectors, len(examples)))

    report("fitting", 1, steps)
    weights, intercept = fit_svm(rows, labels, len(categories), seed)
    margins = np.full((len(labels), len(categories)), np.nan)
    for fold in held_out:
        report("checking on held-out conversations", 2 + fold, steps)
        inside = folds != fold
        if len(np.unique(labels[inside])) > 1:
            fitted = fit_svm(rows[inside], labels[inside], len(categories), seed)
            margins[~inside] = rows[~inside] @ fitted[0].T + fitted[1]
    report("trained", steps, steps)

    decided = ~np.isnan(margins[:, 0])
    temperature = fit_temperature(margins[decided], labels[decided])
    model = TrainedModel(
        tuple(categories),
        voted.sources,
        vectoriser,
        weights,
        intercept,
        temperature,
        len(labels),
        seed,
        vector_features,
    )
    return Training(model, _out_of_fold(margins, decided, temperature))


def _check(examples: Sequence[Example], labels: Codes, categories: Sequence[str]) -> None:
    if labels.shape != (len(examples),):
        raise TrainingError(f"{len(examples)} examples do not fit labels of shape {labels.shape}")
    if len(labels) and (labels.min() < 0 or labels.max() >= len(categories)):
        raise TrainingError(f"a label code is outside 0..{len(categories) - 1}")
    check_enough(labels, categories)


def check_enough(labels: Codes, categories: Sequence[str]) -> None:
    """Raise TrainingError where fewer than two categories have MIN_PER_CATEGORY labels."""
    counts = np.bincount(labels, minlength=len(categories))
    if (counts >= MIN_PER_CATEGORY).sum() < 2:
        held = ", ".join(f"{name} ({n})" for name, n in zip(categories, counts, strict=True) if n)
        raise TrainingError(
            f"To train, two categories need {MIN_PER_CATEGORY} labelled examples or more;"
            f" there are {held or 'none'}.",
            "Label or review more: catreview review",
        )


def _checked_votes(votes: Codes | None, n_examples: int, n_sources: int) -> Codes:
    if votes is None:
        votes = np.empty((n_examples, 0), dtype=np.int16)
    if votes.shape != (n_examples, n_sources):
        raise TrainingError(
            f"votes of shape {votes.shape} do not fit {n_examples} examples and the {n_sources}"
            " functions of the model"
        )
    return votes


def feature_rows(texts: Any, votes: Codes, n_categories: int) -> Any:
    """The texts' features (CSR, n rows) with those of the votes (n, n_sources) beside them."""
    if not votes.shape[1]:
        return texts
    return beside(texts, vote_rows(votes, n_categories))


def beside(rows: Any, more: Any) -> Any:
    """Further features of the same n examples, as CSR."""
    return sparse.hstack([rows, more], format="csr", dtype=np.float32)


def fit_svm(
    rows: Any, labels: Codes, n_categories: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (n_categories, n_features) and intercepts of one-vs-rest SVMs, classes balanced."""
    svm = LinearSVC(
        C=_REGULARISATION, tol=_TOLERANCE, class_weight="balanced", dual=True, random_state=seed
    )
    svm.fit(rows, labels)
    learned, bias = svm.coef_, svm.intercept_
    if len(svm.classes_) == 2:
        # scikit-learn gives two classes one hyperplane, positive for the second.
        learned, bias = np.vstack([-learned, learned]), np.concatenate([-bias, bias])
    weights = np.zeros((n_categories, rows.shape[1]), dtype=np.float32)
    intercept = np.full(n_categories, _ABSENT_MARGIN, dtype=np.float32)
    weights[svm.classes_] = learned
    intercept[svm.classes_] = bias
    return weights, intercept


def _decided(probabilities: Floats) -> Predictions:
    return Predictions(probabilities.argmax(axis=1).astype(np.int16), probabilities.max(axis=1))


def _out_of_fold(margins: Floats, decided: NDArray[np.bool_], temperature: float) -> Predictions:
    codes = np.full(len(margins), ABSTAIN, dtype=np.int16)
    confidence = np.zeros(len(margins))
    if decided.any():
        codes[decided], confidence[decided] = _decided(probabilities(margins[decided], temperature))
    return Predictions(codes, confidence)
