"""Labelling functions over the real messages: messages a second, beside the bare loop and peers.

Run by hand from the repository: `PYTHONPATH=. python tests/bench/bench_functions.py`. Reads
`../shared`; snorkel and polars take part where they are installed.
"""

from __future__ import annotations

import gzip
import importlib
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catreview.functions import (
    Block,
    Function,
    Message,
    apply_functions,
    builtin_functions,
    labelling_function,
)
from catreview.functions.apply import BLOCK_SIZE
from catreview.functions.conditions import sought_by
from catreview.patterns import translate
from catreview.records import Example
from catreview.schema import DEFAULT_SCHEMA

SHARED = Path(__file__).parents[3] / "shared"
REPEATS = 5
RULES = builtin_functions(DEFAULT_SCHEMA)


def messages(every: int = 1) -> list[Example]:
    """Every so manieth of the real messages."""
    with gzip.open(SHARED / "data" / "messages.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines][::every]
    return [Example(row["id"], row["text"], row["previous"]) for row in rows]


def one_by_one(rules: Sequence[Function], examples: Sequence[Example]) -> np.ndarray:
    """Votes when every condition is tested on one message after another, in blocks as usual."""
    blocks = (examples[at : at + BLOCK_SIZE] for at in range(0, len(examples), BLOCK_SIZE))
    return np.concatenate(
        [
            np.stack([rule.vote(block, DEFAULT_SCHEMA)[0] for rule in rules], 1)
            for block in map(Block, blocks)
        ]
    )


def users_functions() -> list[Callable[[Any], int]]:
    """29 functions as users write them, in plain Python; -1 abstains."""
    sys.path.insert(0, str(SHARED / "bench"))
    try:
        return list(importlib.import_module("lfs29").LFS)
    finally:
        sys.path.pop(0)


def marked(function: Callable[[Any], int]) -> Function:
    """The same as a labelling function, which says something true or false."""

    def says(message: Message) -> bool:
        return function(message) != -1

    return labelling_function("request")(says)


def polars_route(examples: Sequence[Example]) -> Callable[[], object] | None:
    """All patterns of the built-in rules, looked for by polars in views that are ready."""
    try:
        pl = importlib.import_module("polars")
    except ImportError:
        return None
    block = Block(examples)
    column = {
        (view, previous): pl.Series(
            [getattr(block.views(row, previous), view) for row in range(len(block))]
        )
        for view in ("plain", "clauses")
        for previous in (False, True)
    }
    conditions = [condition for rule in RULES for condition in (*rule.when, *rule.unless)]
    spelled = {each: translate(each.pattern) for each in sought_by(conditions)}
    return lambda: [
        column[each.view, each.previous].str.contains(translated.spelling)
        for each, translated in spelled.items()
        if translated is not None
    ]


def snorkel_route(examples: Sequence[Example]) -> Callable[[], object] | None:
    """The users' functions, applied by snorkel to a list."""
    try:
        labeling = importlib.import_module("snorkel.labeling")
    except ImportError:
        return None
    functions = [labeling.LabelingFunction(f.__name__, f) for f in users_functions()]
    applier = labeling.LFApplier(functions)
    return lambda: applier.apply(list(examples), progress_bar=False)


def timed(routes: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Processor seconds of a few runs of each route, in turn so that all meet the same load."""
    seconds: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(REPEATS):
        for name, run in routes.items():
            start = time.process_time()
            run()
            seconds[name].append(time.process_time() - start)
    return seconds


def main(every: int = 1) -> None:
    examples = messages(every)
    users, plain = users_functions(), [Message(example) for example in examples]
    own = [marked(function) for function in users]
    routes: dict[str, Callable[[], object] | None] = {
        "built-in, one by one": lambda: one_by_one(RULES, examples),
        "built-in, scanned": lambda: apply_functions(RULES, examples, DEFAULT_SCHEMA),
        "patterns alone, polars": polars_route(examples),
        "Python functions, bare loop": lambda: [[f.call(m) for m in plain] for f in own],
        "Python functions, applied": lambda: apply_functions(own, examples, DEFAULT_SCHEMA),
        "Python functions, snorkel": snorkel_route(examples),
    }
    for name in [name for name, run in routes.items() if run is None]:
        print(f"{name}: not installed, skipped")
    seconds = timed({name: run for name, run in routes.items() if run is not None})
    for name, runs in seconds.items():
        first, usual, best = (
            len(examples) / spent for spent in (runs[0], statistics.median(runs), min(runs))
        )
        print(f"{name}: {usual:,.0f} messages/s (first {first:,.0f}, best {best:,.0f})")
    pairs = ("built-in, one by one", "built-in, scanned"), tuple(routes)[3:5]
    for before, after in pairs:
        ratio = statistics.median(
            a / b for a, b in zip(seconds[before], seconds[after], strict=True)
        )
        print(f"{after} / {before}: {ratio:.2f} times as fast")
    votes = apply_functions(RULES, examples, DEFAULT_SCHEMA).votes
    print(
        f"votes that differ: {int((votes != one_by_one(RULES, examples)).sum())} of {votes.size:,}"
    )


if __name__ == "__main__":
    main()
