"""Race the label rules where the truth is known: how right are the labels nobody reviewed?

Run by hand from the repository: `python tests/bench/bench_rules.py`. Reads `../shared` and never
touches its gold.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bench_queues import DATA, NAMES, codes, corrupted, demo, real, rows

from catreview.functions import apply_functions, builtin_functions
from catreview.records import ABSTAIN, Example
from catreview.schema import DEFAULT_SCHEMA
from catreview.settings import HeuristicSettings
from catreview.training.evaluation import evaluate
from catreview.training.model import train_classifier
from catreview.voting import (
    Settled,
    dawid_skene,
    learn_rates,
    learn_reliability,
    majority_vote,
    settle_labels,
    weigh,
)

K = len(NAMES)
SETTINGS = HeuristicSettings()
PRIOR = 0.95


@dataclass
class World:
    """Messages with their truth and the votes (n, LLMs) of one or two LLMs."""

    examples: list[Example]
    truth: np.ndarray
    llm: np.ndarray


def half(votes: np.ndarray) -> np.ndarray:
    """The votes on a random half of the examples."""
    asked = np.random.default_rng(5).random(len(votes)) < 0.5
    return np.where(asked, votes, ABSTAIN).astype(np.int16)


def noisy() -> World:
    """Real messages, an LLM's votes as truth; two LLMs err like that of `pilot_reports.json`."""
    examples, truth = real(8_000)
    return World(examples, truth, np.column_stack([corrupted(truth), half(corrupted(truth, 1))]))


def learners() -> World:
    """The same truth; as LLMs two classifiers trained on 300 and 900 other votes.

    Their errors lie in the words, as those of real models do.
    """
    examples, truth = real(16_485)
    place = np.random.default_rng(1).permutation(len(examples))
    seen, rest = place[:1_200], np.sort(place[1_200:9_200])

    def votes(of: np.ndarray) -> np.ndarray:
        learned = train_classifier(
            [examples[i] for i in of], truth[of], NAMES, seed=0, cross_fit=False
        )
        return learned.model.predict([examples[i] for i in rest]).codes

    llm = np.column_stack([votes(seen[:300]), half(votes(seen[300:]))])
    return World([examples[i] for i in rest], truth[rest], llm)


def one_reader() -> World:
    """The demonstration: people as truth, the reader without context as the LLM."""
    found = demo()
    return World(found.examples, found.truth, found.llm[:, None])


def two_readers() -> World:
    """The demonstration with both readers."""
    found = demo()
    said = {
        r["id"]: r["label"]
        for r in rows(DATA / "demo" / "llm_votes.jsonl")
        if r["source"] == "reader-in-context"
    }
    other = codes([said[example.id] for example in found.examples])
    return World(found.examples, found.truth, np.column_stack([found.llm, other]))


WORLDS: dict[str, Callable[[], World]] = {
    "noisy": noisy,
    "learners": learners,
    "one reader": one_reader,
    "two readers": two_readers,
}


def labels(world: World, functions: np.ndarray, known: np.ndarray) -> dict[str, np.ndarray]:
    """Every rule's labels (n,), having learned from the truth of `known` (n,)."""
    heuristic = majority_vote(functions, K)
    unsaid = np.full(len(known), np.nan)
    trust = [learn_reliability(votes, unsaid, known, K, PRIOR) for votes in world.llm.T]
    best = sorted(range(len(trust)), key=lambda i: -trust[i].accuracy)
    llm = world.llm[:, best]
    sure = np.column_stack([trust[i].confidence(world.llm[:, i], unsaid) for i in best])
    nobody = np.full(len(known), ABSTAIN, np.int16)
    priority: Settled = settle_labels(nobody, llm, sure, heuristic, SETTINGS)
    rates = learn_rates(llm, heuristic, known, [trust[i].accuracy for i in best], SETTINGS)
    everyone = np.column_stack([functions, llm])
    return {
        "priority": priority.label,
        "dawid-skene": weigh(priority, llm, heuristic, rates, SETTINGS).label,
        "majority of all": majority_vote(everyone, K).label,
        "functions joined by category": dawid_skene(everyone, K, truth=known).aggregate.label,
    }


def race(world: World, reviews: int, repeats: int) -> dict[str, tuple[float, float]]:
    """Accuracy and macro F1 of each rule's labels on what was not reviewed, means."""
    votes = apply_functions(builtin_functions(DEFAULT_SCHEMA), world.examples, DEFAULT_SCHEMA).votes
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(repeats):
        drawn = np.random.default_rng(seed).permutation(len(world.truth))[:reviews]
        known = np.full(len(world.truth), ABSTAIN, np.int16)
        known[drawn] = world.truth[drawn]
        left = np.flatnonzero(known == ABSTAIN)
        for rule, given in labels(world, votes, known).items():
            scores = evaluate(world.truth[left], given[left], NAMES, seed=0, n_bootstrap=1)
            right = float((world.truth[left] == given[left]).mean())
            found.setdefault(rule, []).append((right, scores.macro_f1.value))
    return {rule: tuple(np.mean(pairs, axis=0).tolist()) for rule, pairs in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--world", choices=[*WORLDS], action="append")
    parser.add_argument("--reviews", type=int, nargs="+", default=[0, 50, 200])
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    for name in arguments.world or [*WORLDS]:
        world = WORLDS[name]()
        asked = world.llm != ABSTAIN
        right = [(world.truth == v)[a].mean() for v, a in zip(world.llm.T, asked.T, strict=True)]
        print(f"{name}: {len(world.truth):,} messages, LLMs right {np.round(right, 3).tolist()}")
        for reviews in arguments.reviews:
            print(f"  {reviews} reviews")
            for rule, (share, f1) in race(world, reviews, arguments.repeats).items():
                print(f"    {rule:30} right {share:.3f}  macro F1 {f1:.3f}", flush=True)


if __name__ == "__main__":
    main()
