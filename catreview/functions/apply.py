"""Votes of labelling functions on examples, a block of rows at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.errors import FunctionsError
from catreview.functions.conditions import Block, sought_by
from catreview.functions.function import Faults, Function, Rule
from catreview.functions.scan import Search
from catreview.records import Example
from catreview.schema import Schema

BLOCK_SIZE: Final = 16_384
"""Rows in a block: enough to share work between messages, few enough to stay in memory."""


@dataclass(frozen=True, slots=True)
class FunctionVotes:
    """What functions said about examples.

    `votes` is int16 of shape (n, f), columns in the order of `names`; `faults` has an entry for
    each function that failed at least once; `seconds` is the time that voting took.
    """

    examples: tuple[str, ...]
    names: tuple[str, ...]
    votes: NDArray[np.int16]
    faults: dict[str, Faults]
    seconds: float


def vote_blocks(
    functions: Iterable[Function],
    examples: Iterable[Example],
    schema: Schema,
    *,
    block_size: int = BLOCK_SIZE,
) -> Iterator[FunctionVotes]:
    """Votes on `examples`, `block_size` rows at a time, in flat memory.

    FunctionsError if a function is for a category that the schema lacks.
    """
    functions = tuple(functions)
    strange = schema.unknown(f.category for f in functions if f.category is not None)
    if strange:
        raise FunctionsError(
            f"labelling functions for {', '.join(strange)}, which the schema lacks",
            f"The categories are: {', '.join(schema.names)}.",
        )
    rules = [function for function in functions if isinstance(function, Rule)]
    search = Search(sought_by(chain.from_iterable(rule.when + rule.unless for rule in rules)))
    rows = iter(examples)
    while some := list(islice(rows, block_size)):
        yield _vote(functions, Block(some, search), schema)


def apply_functions(
    functions: Iterable[Function], examples: Iterable[Example], schema: Schema
) -> FunctionVotes:
    """Votes of all functions on all examples.

    FunctionsError if a function is for a category that the schema lacks; a function that crashes
    on a message abstains there, and the fault is counted.
    """
    functions = tuple(functions)
    ids: list[str] = []
    matrices = [np.empty((0, len(functions)), dtype=np.int16)]
    faults: dict[str, Faults] = {}
    seconds = 0.0
    for block in vote_blocks(functions, examples, schema):
        ids.extend(block.examples)
        matrices.append(block.votes)
        for name, fault in block.faults.items():
            faults[name] = faults.get(name, Faults()) + fault
        seconds += block.seconds
    names = tuple(f.name for f in functions)
    return FunctionVotes(tuple(ids), names, np.concatenate(matrices), faults, seconds)


def _vote(functions: Sequence[Function], block: Block, schema: Schema) -> FunctionVotes:
    started = time.perf_counter()
    votes = np.empty((len(functions), len(block)), dtype=np.int16)  # each writes at one place
    faults: dict[str, Faults] = {}
    for row, function in enumerate(functions):
        votes[row], fault = function.vote(block, schema)
        if fault.count:
            faults[function.name] = fault
    return FunctionVotes(
        examples=tuple(example.id for example in block.examples),
        names=tuple(f.name for f in functions),
        votes=votes.T,
        faults=faults,
        seconds=time.perf_counter() - started,
    )
