"""A project of any size, written through the store: what the benchmark of the app opens.

Messages are those of the demonstration, two joined where there are more than those; about three
of 29 functions vote on each (four of five right), an LLM on the first 17,000, a model on all.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.training.modelling import PREDICTED
from catreview.records import ABSTAIN, Example, Source, SourceKind
from catreview.store import Action, Review
from catreview.voting import majority_vote

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo" / "messages.jsonl"
BLOCK = 50_000
FUNCTIONS = 29
RIGHT = 0.8
TURNS = 20
"""Messages of a conversation."""
LLM = 17_000
REVIEWS = 3_000
GOLD = 700


def make(folder: Path, examples: int) -> None:
    """Write a project of `examples` messages; gone again where it fails."""
    init_project(folder)
    rng = np.random.default_rng(0)
    with open_project(folder) as project:
        truth = rng.integers(0, len(project.schema.names), examples).astype(np.int16)
        _messages(project, examples)
        _votes(project, truth, rng)
        _reviews(project, truth, rng)
        settle(project)
        _training(project, rng)


def _messages(project: Project, examples: int) -> None:
    texts = [json.loads(line)["text"] for line in DEMO.read_text(encoding="utf-8").splitlines()]
    for start in range(0, examples, BLOCK):
        block = []
        for i in range(start, min(start + BLOCK, examples)):
            first, second = texts[i % len(texts)], texts[i * 7919 // len(texts) % len(texts)]
            text = first if i < len(texts) else f"{first} {second}"
            turn = i % TURNS
            before = block[-1].text if turn and block else ""
            conversation = f"c{i // TURNS}"
            block.append(Example(f"m{i}", text, before, conversation, turn, f"P{turn % 2}"))
        project.store.examples.add(block)
    every = max(examples // GOLD, 2)
    project.store.examples.mark_gold(
        {f"m{i}": project.schema.names[i % 6] for i in range(0, examples, every)}
    )


def _said(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Votes that are right four times of five."""
    wrong = rng.integers(0, 6, len(truth))
    return np.where(rng.random(len(truth)) < RIGHT, truth, wrong).astype(np.int16)


def _votes(project: Project, truth: np.ndarray, rng: np.random.Generator) -> None:
    votes, names = project.store.votes, project.schema.names
    functions = [
        votes.source(Source(SourceKind.FUNCTION, f"function_{i:02}")) for i in range(FUNCTIONS)
    ]
    heuristic = votes.source(Source(SourceKind.HEURISTIC, "heuristic", "majority")).id
    llm = votes.source(Source(SourceKind.LLM, "llm", "1")).id
    model = votes.source(Source(SourceKind.MODEL, "svm #1", "1")).id
    numbers = project.store.examples.all_numbers()
    for start in range(0, len(numbers), BLOCK):
        block, true = numbers[start : start + BLOCK], truth[start : start + BLOCK]
        codes = np.stack([_said(true, rng) for _ in range(FUNCTIONS)], axis=1)
        codes[rng.random(codes.shape) > 3 / FUNCTIONS] = ABSTAIN
        weak = majority_vote(codes, len(names))
        with project.store.transaction():
            votes.put_rows(votes.differing(block, functions, codes, names))
            project.store.tallies.put(block, weak.votes, weak.categories)
            voted = np.flatnonzero(weak.label != ABSTAIN)
            for source, rows, said, sure in (
                (heuristic, voted, weak.label, weak.confidence),
                (llm, np.arange(len(block))[: max(LLM - start, 0)], _said(true, rng), None),
                (model, np.arange(len(block)), _said(true, rng), rng.random(len(block))),
            ):
                votes.put(
                    source,
                    [
                        (int(block[i]), names[said[i]], None if sure is None else float(sure[i]))
                        for i in rows.tolist()
                    ],
                )


def _reviews(project: Project, truth: np.ndarray, rng: np.random.Generator) -> None:
    store, names = project.store, project.schema.names
    gold = store.examples.gold()
    numbers = store.examples.all_numbers()
    rows = rng.choice(len(numbers), min(REVIEWS, len(numbers) // 20), replace=False).tolist()
    rows = [row for row in rows if numbers[row] not in gold]
    source = store.votes.source(Source(SourceKind.REVIEWER, "rita")).id
    with store.transaction():
        for row in rows:
            number, category = int(numbers[row]), names[truth[row]]
            store.reviews.append(
                Review(
                    number, "rita", Action.FIX, category=category, queue="disagreement",
                    seconds=float(rng.gamma(2.0, 3.0)),
                )
            )  # fmt: skip
            store.votes.put(source, [(number, category, 1.0)])


def _training(project: Project, rng: np.random.Generator) -> None:
    """A made-up training run, for the dashboard to show."""
    store, names = project.store, project.schema.names
    gold = store.examples.gold()
    said = {n: g if rng.random() < RIGHT else names[rng.integers(6)] for n, g in gold.items()}
    confusion = [
        [sum(gold[n] == true and said[n] == called for n in gold) for called in names]
        for true in names
    ]
    scores = [
        {"category": name, "precision": 0.8, "recall": 0.8, "f1": 0.8, "low": 0.7, "high": 0.9,
         "n": sum(row)}
        for name, row in zip(names, confusion, strict=True)
    ]  # fmt: skip
    run = store.runs.start("train", {"model": "svm #1"})
    store.runs.finish(run, "done", {
        "model": "svm #1", "against": "gold", "per_class": scores, PREDICTED: said,
        "macro_f1": {"value": 0.8, "low": 0.77, "high": 0.83, "n": len(gold)},
        "trained_on": {"examples": LLM, "by": {"llm": LLM}},
        "confusion": {"categories": list(names), "rows": confusion},
    })  # fmt: skip
