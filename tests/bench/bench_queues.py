"""Simulate reviewing in the order of each queue: how many reviews until a given macro F1.

Run by hand from the repository: `python tests/bench/bench_queues.py`. Reads `../shared` and never
touches its gold.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catreview.functions import apply_functions, builtin_functions
from catreview.jobs.functions.weak import function_source
from catreview.queues import (
    Evidence,
    disagreement_queue,
    label_error_queue,
    near_duplicates,
    review_seconds,
    uncertain_queue,
    value_queue,
)
from catreview.records import ABSTAIN, Example
from catreview.schema import DEFAULT_SCHEMA
from catreview.settings import HeuristicSettings
from catreview.training.evaluation import evaluate
from catreview.training.model import Votes, train_classifier
from catreview.voting import majority_vote

DATA = Path(__file__).parents[3] / "shared" / "data"
NAMES = DEFAULT_SCHEMA.names
ORDERS = ("random", "uncertain", "disagreement", "label-errors", "value")
SETTINGS = HeuristicSettings()
ENOUGH = 30
"""As `jobs.modelling`: trusted labels a category needs to train on trusted labels alone."""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    packed = path.suffix == ".gz"
    with gzip.open(path, "rt", encoding="utf-8") if packed else path.open() as lines:
        yield from map(json.loads, lines)


def codes(labels: list[str]) -> np.ndarray:
    return np.array([DEFAULT_SCHEMA.index[label] for label in labels], np.int16)


@dataclass
class World:
    """Messages with the oracle's answers and the LLM's votes (ABSTAIN throughout: no LLM)."""

    examples: list[Example]
    truth: np.ndarray
    llm: np.ndarray
    start: int
    """Random reviews before the order begins."""

    def split(self, seed: int, pool: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to review and rows to measure on, by conversation."""
        groups = np.array([e.conversation or e.id for e in self.examples])
        names = np.random.default_rng(seed).permutation(np.unique(groups))
        place = {name: i for i, name in enumerate(names)}
        order = np.argsort([place[g] for g in groups], kind="stable")
        return np.sort(order[:pool]), order[pool:]


def demo() -> World:
    """The demonstration's chats: the reader without context as LLM, people as oracle."""
    folder = DATA / "demo"
    answers = {r["id"]: r["label"] for r in rows(DATA / "demo_answers.jsonl")}
    hurried = {
        r["id"]: r["label"]
        for r in rows(folder / "llm_votes.jsonl")
        if r["source"] == "reader-without-context"
    }
    examples, last = [], {}
    for r in rows(folder / "messages.jsonl"):
        previous = last.get(r["conversation"], "")
        last[r["conversation"]] = r["text"]
        examples.append(Example(r["id"], r["text"], previous, r["conversation"]))
    kept = [e for e in examples if e.id in hurried]
    llm = codes([hurried[e.id] for e in kept])
    return World(kept, codes([answers[e.id] for e in kept]), llm, 0)


def real(size: int) -> tuple[list[Example], np.ndarray]:
    """Real messages with the shared LLM's votes as oracle."""
    votes = {r["id"]: r["label"] for r in rows(DATA / "llm_votes.jsonl")}
    found = [
        Example(r["id"], r["text"], r["previous"], r["conversation"])
        for r in rows(DATA / "messages.jsonl.gz")
        if r["id"] in votes
    ]
    drawn = np.random.default_rng(0).permutation(len(found))[:size]
    kept = [found[i] for i in np.sort(drawn)]
    return kept, codes([votes[e.id] for e in kept])


def corrupted(truth: np.ndarray, seed: int = 0) -> np.ndarray:
    """Votes with the confusions of a real model's pilot, about three in ten wrong."""
    report = json.loads((DATA / "pilot_reports.json").read_text())
    order = [NAMES.index(name) for name in report["categories_assumed_order"]]
    (table,) = (
        run["confusion_rows_true_columns_given"]
        for run in report["runs"]
        if "confusion_rows_true_columns_given" in run
    )
    chances = np.empty((len(NAMES), len(NAMES)))
    chances[np.ix_(order, order)] = np.array(table, float) / np.sum(table, axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(len(NAMES), p=chances[code]) for code in truth], np.int16)


class Simulation:
    """One reviewer on one split; every order starts from the same labels."""

    def __init__(self, world: World, seed: int, pool: int) -> None:
        inside, outside = world.split(seed, pool)
        self.world, self.seed = world, seed
        self.examples = [world.examples[i] for i in inside]
        self.truth = world.truth[inside]
        self.llm = world.llm[inside]
        self.test = [world.examples[i] for i in outside]
        self.test_truth = world.truth[outside]
        functions = tuple(builtin_functions(DEFAULT_SCHEMA))
        self.functions = apply_functions(functions, self.examples, DEFAULT_SCHEMA).votes
        self.test_functions = apply_functions(functions, self.test, DEFAULT_SCHEMA).votes
        self.sources = tuple(function_source(f) for f in functions)
        self.names = tuple(f.name for f in functions)
        self.heuristic = majority_vote(self.functions, len(NAMES))
        self.groups = near_duplicates(e.text for e in self.examples)
        lengths = np.array([len(e.text) for e in self.examples], float)
        self.seconds = review_seconds(lengths, np.empty(0), np.empty(0))

    def run(self, order: str, budget: int, batch: int) -> list[tuple[int, float, float]]:
        """(reviews, seconds, macro F1) before the first review and after every batch."""
        rng = np.random.default_rng(self.seed)
        shuffled = rng.permutation(len(self.truth))
        reviewed = np.zeros(len(self.truth), bool)
        reviewed[shuffled[: self.world.start]] = True
        curve = []
        while True:
            known = self.evidence(reviewed)
            spent = float(self.seconds[reviewed].sum())
            curve.append((int(reviewed.sum()), spent, self.score))
            if reviewed.sum() >= budget:
                return curve
            chosen = self.choose(order, known, reviewed, shuffled)
            reviewed[chosen[: min(batch, budget - int(reviewed.sum()))]] = True

    def choose(
        self, order: str, known: Evidence, reviewed: np.ndarray, shuffled: np.ndarray
    ) -> np.ndarray:
        """Rows to review next; where the queue ends, at random."""
        left = ~reviewed
        build: dict[str, Callable[[], np.ndarray]] = {
            "random": lambda: shuffled[:0],
            "uncertain": lambda: uncertain_queue(known, left).order,
            "disagreement": lambda: disagreement_queue(known, SETTINGS, left).order,
            "label-errors": lambda: label_error_queue(known, left).order,
            "value": lambda: value_queue(known, self.seconds, self.groups, reviewed, left).order,
        }
        first = build[order]()
        return np.concatenate([first, shuffled[left[shuffled] & ~np.isin(shuffled, first)]])

    def evidence(self, reviewed: np.ndarray) -> Evidence:
        """Train as the project does, measure, and gather what the queues look at."""
        heuristic, has_llm = self.heuristic, self.llm != ABSTAIN
        label = np.where(has_llm, self.llm, heuristic.label)
        confidence = np.where(has_llm, 0.95, heuristic.confidence)
        label = np.where(reviewed, self.truth, label)
        confidence = np.where(reviewed, 1.0, confidence)
        trusted = reviewed | has_llm
        counts = np.bincount(label[trusted], minlength=len(NAMES))
        used = trusted if counts.min() >= ENOUGH else label != ABSTAIN
        at = np.flatnonzero(used)
        training = train_classifier(
            [self.examples[i] for i in at],
            label[at].astype(np.int16),
            NAMES,
            seed=self.seed,
            votes=Votes(self.sources, self.functions[at]),
        )
        guesses = training.model.predict(self.test, self.test_functions).codes
        self.score = evaluate(self.test_truth, guesses, NAMES, seed=0, n_bootstrap=1).macro_f1.value
        model, sure = training.model.predict(self.examples, self.functions)
        model[at], sure[at] = training.out_of_fold
        nothing = np.full(len(label), ABSTAIN, np.int16)
        return Evidence(
            NAMES, self.names, self.functions, heuristic, ("llm",), self.llm[:, None],
            model, sure, nothing, label.astype(np.int16), confidence,
            trusted,
        )  # fmt: skip


def reviews_to(curve: np.ndarray, target: float, axis: np.ndarray) -> float:
    """Where the curve first stays at the target or above it, interpolated; NaN if never."""
    best = np.maximum.accumulate(curve)
    if best[-1] < target:
        return float("nan")
    return float(np.interp(target, best, axis))


def worlds() -> dict[str, tuple[Callable[[], World], int, int, int]]:
    """Name -> (world, size of the pool, budget, batch)."""

    def weak() -> World:
        examples, truth = real(8_000)
        return World(examples, truth, np.full(len(truth), ABSTAIN, np.int16), 0)

    def noisy() -> World:
        examples, truth = real(8_000)
        return World(examples, truth, corrupted(truth), 0)

    return {
        "demo": (demo, 1_250, 400, 40),
        "noisy": (noisy, 4_000, 1_000, 100),
        "weak": (weak, 4_000, 1_000, 100),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--world", choices=[*worlds()], action="append")
    parser.add_argument("--orders", nargs="+", default=list(ORDERS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--budget", type=int, help="Reviews; default 400 or 1,000.")
    parser.add_argument("--batch", type=int, help="Reviews between trainings; 40 or 100.")
    arguments = parser.parse_args()
    for name in arguments.world or [*worlds()]:
        make, pool, budget, batch = worlds()[name]
        budget, batch = arguments.budget or budget, arguments.batch or batch
        world = make()
        results: dict[str, np.ndarray] = {}
        for order in arguments.orders:
            runs = [
                Simulation(world, seed, pool).run(order, budget, batch)
                for seed in range(arguments.repeats)
            ]
            results[order] = np.array(runs).mean(axis=0)
        show(name, results)


def show(name: str, results: dict[str, np.ndarray]) -> None:
    base = results["random"]
    target = float(np.maximum.accumulate(base[:, 2])[-1])
    print(f"{name}: target {target:.3f}, what {base[-1, 0]:.0f} random reviews reach")
    for order, curve in results.items():
        needed = reviews_to(curve[:, 2], target, curve[:, 0])
        hours = reviews_to(curve[:, 2], target, curve[:, 1]) / 3600
        points = " ".join(f"{f1:.3f}" for f1 in curve[:, 2])
        saved = 1 - needed / base[-1, 0]
        print(
            f"  {order:13} {needed:6.0f} reviews ({saved:+.0%}), {hours:.2f} h   {points}",
            flush=True,
        )


if __name__ == "__main__":
    main()
