"""Labelling functions of both kinds: declared rules, and functions written in Python."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import truth
from pathlib import Path
from types import FunctionType
from typing import Any, Final, Protocol, cast, overload

import numpy as np
from numpy.typing import NDArray

from catreview.errors import FunctionsError
from catreview.functions.conditions import Block, Condition
from catreview.functions.message import VIEWS_FINGERPRINT, Message
from catreview.functions.scan import Flags
from catreview.records import ABSTAIN
from catreview.schema import Schema

BUILT_IN: Final = "built in"
"""The origin of the functions that come with catreview."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How often a function failed, and how it failed first (empty: never)."""

    count: int = 0
    first: str = ""

    def __add__(self, later: Faults) -> Faults:
        return Faults(self.count + later.count, self.first or later.first)


class Function(Protocol):
    """A labelling function."""

    @property
    def name(self) -> str:
        """Unique in a project."""
        ...

    @property
    def category(self) -> str | None:
        """The one category it can give; None where it may give several."""
        ...

    @property
    def doc(self) -> str:
        """One line on what it looks for."""
        ...

    @property
    def origin(self) -> str:
        """Where it stands: "built in" or file and line."""
        ...

    @property
    def fingerprint(self) -> str:
        """Short hash that changes when what it would say may change."""
        ...

    def vote(self, block: Block, schema: Schema) -> tuple[NDArray[np.int16], Faults]:
        """Category codes or ABSTAIN for each message, shape (n,), and what went wrong."""
        ...


@dataclass(frozen=True)
class Rule:
    """A labelling function made of conditions: all of `when` and none of `unless`."""

    name: str
    category: str
    doc: str
    when: tuple[Condition, ...]
    unless: tuple[Condition, ...] = ()
    origin: str = BUILT_IN

    @cached_property
    def fingerprint(self) -> str:
        """Short hash of the conditions and of the views that they look at."""
        return _hash(repr((self.category, self.when, self.unless, VIEWS_FINGERPRINT)))

    def fires(self, block: Block) -> Flags:
        """Whether the rule gives its category, for each message of the block: shape (n,)."""
        flags = np.ones(len(block), dtype=bool)
        for condition in self.when:
            flags = block.where(condition, flags)
        for condition in self.unless:
            flags &= ~block.where(condition, flags)
        return flags

    def vote(self, block: Block, schema: Schema) -> tuple[NDArray[np.int16], Faults]:
        """Its category where it fires, else ABSTAIN: shape (n,). A rule has no faults."""
        votes = np.full(len(block), ABSTAIN, dtype=np.int16)
        votes[self.fires(block)] = schema.index[self.category]
        return votes, Faults()


@dataclass(frozen=True)
class PythonFunction:
    """A labelling function written in Python; still callable as the function it was."""

    call: Callable[[Message], object]
    name: str
    category: str | None
    doc: str
    origin: str
    fingerprint: str

    def __call__(self, message: Message) -> object:
        """Call the function itself: true or false, or a category's name or None."""
        return self.call(message)

    def vote(self, block: Block, schema: Schema) -> tuple[NDArray[np.int16], Faults]:
        """Category codes, shape (n,); a crash or an unknown category abstains and is counted."""
        own = None if self.category is None else schema.index[self.category]
        read = _Codes(schema).__getitem__ if own is None else truth
        said: list[int] = []
        faults = Faults()
        messages = iter(block.messages)
        # Running through the messages at once costs hardly more than the calls themselves.
        while True:
            # Raised by a call, it ends the run without a word.
            fault: BaseException = StopIteration()
            try:
                said.extend(map(read, map(self.call, messages)))
            # One bad message must not end the run, nor the program; faults are reported.
            except (Exception, SystemExit) as raised:
                fault = raised
            if len(said) == len(block):
                break
            where = f"(on message {block.messages[len(said)].id!r})"
            faults += Faults(1, f"{type(fault).__name__}: {fault} {where}")
            said.append(False if own is not None else ABSTAIN)
        votes = np.array(said, dtype=np.int16)
        return (votes if own is None else np.where(votes, own, ABSTAIN).astype(np.int16)), faults


class _Codes(dict[object, int]):
    """Code of each category's name, and of None."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(schema.index.items())
        self[None] = ABSTAIN

    def __missing__(self, said: object) -> int:
        raise ValueError(f"returned {said!r}, which is no category")


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:12]


Written = Callable[[Any], object]
"""A user's function: takes a Message, whether annotated or not."""
Declared = Callable[[], Condition | tuple[Condition, ...]]
"""A user's declaration: says what to look for, once."""


class _Mark(Protocol):
    """The decorator with its category."""

    @overload
    def __call__(self, written: Declared) -> Rule: ...
    @overload
    def __call__(self, written: Written) -> PythonFunction: ...


@overload
def labelling_function(category: Written) -> PythonFunction: ...
@overload
def labelling_function(category: str | None = None) -> _Mark: ...
def labelling_function(category: str | Written | None = None) -> PythonFunction | Rule | _Mark:
    """Mark a function as a labelling function; its name is the function's.

    A function of one message returns, with a category, something true or false; without, the name
    of a category or None. A function without parameters declares: it returns a condition, or
    several that must all hold, which are tested on many messages at once; it needs a category.
    Nothing is registered: a project collects what its `functions.py` holds.
    """
    if callable(category):
        return _wrap(category, None)
    # The overloads of `_Mark` say by the parameters which kind comes of which function.
    return cast(_Mark, lambda written: _wrap(written, category))


def _wrap(written: Written | Declared, category: str | None) -> PythonFunction | Rule:
    if not inspect.isfunction(written):
        raise FunctionsError(
            f"{written!r} cannot be a labelling function",
            "Put @labelling_function above a plain `def`, as the first of its decorators.",
        )
    doc = (inspect.getdoc(written) or "").split("\n", 1)[0]
    code = written.__code__
    origin = f"{Path(code.co_filename).name} line {code.co_firstlineno}"
    if not inspect.signature(written).parameters:
        return _declared(written, category, doc, origin)
    try:
        source = inspect.getsource(written)
    except (OSError, TypeError):  # no file to read: typed in or generated
        source = code.co_code.hex() + repr(code.co_consts)
    return PythonFunction(
        call=written,
        name=written.__name__,
        category=category,
        doc=doc,
        origin=origin,
        fingerprint=_hash(source),
    )


def _declared(declares: FunctionType, category: str | None, doc: str, origin: str) -> Rule:
    name = declares.__name__
    said = declares()
    when = said if isinstance(said, tuple) else (said,)
    # A condition is whatever can test; anything else would fail only when it is run.
    if not when or not all(callable(getattr(condition, "test", None)) for condition in when):
        raise FunctionsError(
            f"{name!r} has no parameter and returns {said!r}, which is no condition",
            'Return one, such as phrase("can you"), or give it a parameter: the message.',
        )
    if category is None:
        raise FunctionsError(
            f"{name!r} declares conditions without a category",
            'Name it: @labelling_function("…").',
        )
    return Rule(name, category, doc, when, origin=origin)
