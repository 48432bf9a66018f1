"""Measure the classifier on the real messages: F1 on gold, time against scikit-learn, ablation.

Run by hand from the repository: `python tests/bench/bench_training.py`, with `speed` behind it for
the times alone. Reads `../shared`.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

from catreview.functions import apply_functions, builtin_functions
from catreview.records import ABSTAIN, Example, Source, SourceKind
from catreview.schema import DEFAULT_SCHEMA
from catreview.training.evaluation import (
    Evaluation,
    conversation_folds,
    evaluate,
    paired_difference,
)
from catreview.training.features import BLOCKS, Vectoriser, vote_rows
from catreview.training.model import FOLDS, Training, Votes, train_classifier
from catreview.voting import majority_vote

DATA = Path(__file__).parents[3] / "shared" / "data"
NAMES = DEFAULT_SCHEMA.names
SEED = 0
REPEATS = 5


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def codes(labelled: list[dict[str, Any]]) -> np.ndarray:
    return np.array([DEFAULT_SCHEMA.index[row["label"]] for row in labelled], dtype=np.int16)


def all_messages() -> dict[str, Example]:
    with gzip.open(DATA / "messages.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {
            m["id"]: Example(m["id"], m["text"], m["previous"], m["conversation"])
            for m in map(json.loads, lines)
        }


def function_votes(examples: list[Example]) -> Votes:
    """Votes of the built-in functions."""
    functions = builtin_functions(DEFAULT_SCHEMA)
    sources = tuple(Source(SourceKind.FUNCTION, f.name, f.fingerprint) for f in functions)
    return Votes(sources, apply_functions(functions, examples, DEFAULT_SCHEMA).votes)


def weak_labels(votes: Votes) -> np.ndarray:
    """Majority of the functions; `statement` where none votes, the first category on a tie."""
    label = majority_vote(votes.codes, len(NAMES)).label
    return np.where(label == ABSTAIN, NAMES.index("statement"), label)


def timed(routes: dict[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """Processor seconds of a few rounds in which every route has its turn, under the same load."""
    seconds: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(REPEATS):
        for name, run in routes.items():
            start = time.process_time()
            run()
            seconds[name].append(time.process_time() - start)
    return seconds


def show_times(what: str, seconds: dict[str, list[float]]) -> None:
    """The median of each route, and of its ratios to the first one within a round."""
    base = next(iter(seconds.values()))
    for name, spent in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(spent, base, strict=True))
        print(f"{what}, {name}: {statistics.median(spent):.2f} s ({ratio:.2f}x)", flush=True)


class Bench:
    """The data, read once."""

    def __init__(self) -> None:
        self.messages = all_messages()
        gold = rows("gold_dev.jsonl")
        self.gold = [self.messages[row["id"]] for row in gold]
        self.truth = codes(gold)
        self.groups = [e.conversation for e in self.gold]
        votes = rows("llm_votes.jsonl")
        measured = set(self.groups) - {""}
        kept = [v for v in votes if self.messages[v["id"]].conversation not in measured]
        self.voted = [self.messages[v["id"]] for v in kept]
        self.labels = codes(kept)
        self.pools = np.array([v["pool"] for v in kept])
        self.gold_votes = function_votes(self.gold)
        self.votes = function_votes(self.voted)
        self.unlabelled = [e for e in self.messages.values() if e.conversation not in measured]

    def score(self, predicted: np.ndarray) -> Evaluation:
        return evaluate(self.truth, predicted, NAMES, seed=SEED, groups=self.groups)

    def trained(self, *, cross_fit: bool) -> Training:
        """Train as `catreview train` does: the functions vote, then the classifier learns."""
        votes = function_votes(self.voted)
        return train_classifier(
            self.voted, self.labels, NAMES, seed=SEED, votes=votes, cross_fit=cross_fit
        )

    def quality(self) -> np.ndarray:
        training = self.trained(cross_fit=True)
        predicted, confidence = training.model.predict(self.gold, self.gold_votes.codes)
        result = self.score(predicted)
        show(f"LLM votes, gold's conversations left out ({len(self.voted)})", result)
        print("  confusion (rows gold):", result.confusion.tolist())
        right = predicted == self.truth
        print(f"  calibration error on gold {calibration_error(confidence, right):.3f},", end=" ")
        held_out = training.out_of_fold
        error = calibration_error(held_out.confidence, held_out.codes == self.labels)
        agreement = f1_score(self.labels, held_out.codes, average="macro")
        print(f"out of fold {error:.3f}; out-of-fold macro F1 against the votes {agreement:.3f}")
        words = train_classifier(self.voted, self.labels, NAMES, seed=SEED, cross_fit=False)
        alone = words.model.predict(self.gold).codes
        show("LLM votes, without the functions' votes", self.score(alone))
        gain = paired_difference(self.truth, alone, predicted, seed=SEED, groups=self.groups)
        print(f"  difference {gain.value:+.3f} ({gain.low:+.3f}..{gain.high:+.3f}), p {gain.p:.3f}")
        return predicted

    def weak(self) -> None:
        drawn = np.random.default_rng(SEED).permutation(len(self.unlabelled))[:17_000]
        examples = [self.unlabelled[i] for i in drawn]
        labels = weak_labels(function_votes(examples)).astype(np.int16)
        training = train_classifier(examples, labels, NAMES, seed=SEED, cross_fit=False)
        show("weak labels (17000)", self.score(training.model.predict(self.gold).codes))
        show("the 29 functions' majority itself", self.score(weak_labels(self.gold_votes)))

    def plain(self) -> tuple[Any, LinearSVC]:
        """The plain scikit-learn pipeline, fitted."""
        union = FeatureUnion(
            [
                ("words", TfidfVectorizer(ngram_range=(1, 2))),
                ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5))),
            ]
        )
        svm = LinearSVC(class_weight="balanced", random_state=SEED)
        return union, svm.fit(union.fit_transform([e.text for e in self.voted]), self.labels)

    def against_plain(self, predicted: np.ndarray) -> None:
        union, svm = self.plain()
        baseline = svm.predict(union.transform([e.text for e in self.gold]))
        show("plain scikit-learn pipeline", self.score(baseline))
        gain = paired_difference(self.truth, baseline, predicted, seed=SEED, groups=self.groups)
        print(f"  difference {gain.value:+.3f} ({gain.low:+.3f}..{gain.high:+.3f}), p {gain.p:.3f}")

    def speed(self) -> None:
        """Seconds to retrain and to predict, beside the plain pipeline's in the same rounds."""

        def bare() -> None:
            self.svm().fit(Vectoriser().fit_transform(self.voted), self.labels)

        seconds = timed(
            {
                "plain": self.plain,
                "cross-fitted": lambda: self.trained(cross_fit=True),
                "one fold held out": lambda: self.trained(cross_fit=False),
                "vectorise and fit alone": bare,
            }
        )
        show_times("retrain", seconds)
        (union, svm), model = self.plain(), self.trained(cross_fit=False).model
        some = self.unlabelled[:20_000]
        seconds = timed(
            {
                "plain": lambda: svm.predict(union.transform([e.text for e in some])),
                "ours": lambda: model.predict(some, function_votes(some).codes),
            }
        )
        show_times(f"predict {len(some)}", seconds)

    def ablation(self) -> None:
        folds = conversation_folds([e.conversation for e in self.voted], FOLDS, SEED)
        natural = self.pools == "random"
        matrices, seconds = {}, {}
        for block in BLOCKS:
            start = time.process_time()
            vectoriser = Vectoriser([block])
            matrices[block.name] = (
                vectoriser.fit_transform(self.voted),
                vectoriser.transform(self.gold),
            )
            seconds[block.name] = time.process_time() - start
        matrices["functions"] = tuple(
            vote_rows(votes.codes, len(NAMES)) for votes in (self.votes, self.gold_votes)
        )
        print("blocks: macro F1 against held-out votes, the natural ones, gold; s to vectorise")
        every = list(matrices)
        variants = [("all", every)]
        variants += [(f"without {n}", [o for o in every if o != n]) for n in every]
        variants += [(f"only {n}", [n]) for n in every]
        for name, blocks in variants:
            rows, gold = (
                sparse.hstack([matrices[b][side] for b in blocks], format="csr") for side in (0, 1)
            )
            guesses = np.empty_like(self.labels)
            for fold in range(FOLDS):
                inside = folds != fold
                guesses[~inside] = (
                    self.svm().fit(rows[inside], self.labels[inside]).predict(rows[~inside])
                )
            held_out = f1_score(self.labels, guesses, average="macro")
            random = f1_score(self.labels[natural], guesses[natural], average="macro")
            on_gold = self.score(self.svm().fit(rows, self.labels).predict(gold)).macro_f1.value
            took = f"{seconds[blocks[0]]:.2f}" if len(blocks) == 1 and blocks[0] in seconds else ""
            print(f"  {name:22} {held_out:.3f}  {random:.3f}  {on_gold:.3f}  {took}", flush=True)

    @staticmethod
    def svm() -> LinearSVC:
        return LinearSVC(C=0.3, tol=1e-2, class_weight="balanced", random_state=SEED)


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error in ten equal bins: 0 is perfect."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    parts = [(bins == b) for b in range(10) if (bins == b).any()]
    return float(sum(p.mean() * abs(confidence[p].mean() - right[p].mean()) for p in parts))


def show(name: str, result: Evaluation) -> None:
    macro = result.macro_f1
    classes = " ".join(f"{s.category} {s.f1:.2f}" for s in result.per_class if s.f1 is not None)
    print(f"{name}: macro F1 {macro.value:.3f} ({macro.low:.3f}..{macro.high:.3f}), {classes}")


def main(*, speed_alone: bool = False) -> None:
    bench = Bench()
    bench.speed()
    if not speed_alone:
        bench.against_plain(bench.quality())
        bench.weak()
        bench.ablation()


if __name__ == "__main__":
    main(speed_alone=sys.argv[1:] == ["speed"])
