"""Trying out a labelling function before it exists: what it would say, and what speaks against it.

Gold has no part in it: not in the messages shown, and not in the figures.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from catreview.errors import FunctionsError
from catreview.functions import Block, Draft
from catreview.functions.phrases import Found
from catreview.jobs.functions.ground import Ground
from catreview.records import ABSTAIN, Example
from catreview.store import Codes
from catreview.training.evaluation import paired_difference
from catreview.voting import wilson_interval

PIECE: Final = 2_000
"""Messages searched between two looks at whether the answer is still wanted."""
SHOWN: Final = 200
"""Matching messages to walk through."""
EXPRESSION_SECONDS: Final = 4.0
"""Time that a regular expression may take for all messages."""
LOOK_SECONDS: Final = 0.05
"""Between two looks at whether the answer of a child process is still wanted."""
_SEARCH: Final = """import json, re, sys
search = re.compile(*json.loads(sys.stdin.readline())).search
texts = (text for line in sys.stdin for text in json.loads(line))
print("".join("1" if search(text) else "0" for text in texts))
"""


class Stopped(Exception):  # noqa: N818 - named for what happened
    """Nobody wants the answer any more."""


@dataclass(frozen=True, slots=True)
class Match:
    """A message that the function would vote on; `against` says who says otherwise, or nothing.

    `text` is what was searched, also where that is the previous message; the phrase was found
    from `start` to `end` of it.
    """

    number: int
    text: str
    start: int
    end: int
    against: str


@dataclass(frozen=True, slots=True)
class Gain:
    """Change of the heuristic's macro F1 with its 95 % interval, on `n` reviewed examples."""

    value: float
    low: float
    high: float
    n: int

    @property
    def tells(self) -> bool:
        """Whether it is more than chance."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What a draft would do among `looked` of `total` messages; None where not yet known.

    `right` of `checked` are those that people decided, with the Wilson interval; `agrees` of
    `labelled` those that have a label now. `conflicts` names functions that say something else,
    with how often, most first; `same` those that vote on the same messages for the same category.
    """

    looked: int
    total: int
    covers: int
    right: int
    checked: int
    low: float
    high: float
    agrees: int | None = None
    labelled: int | None = None
    conflicts: tuple[tuple[str, int], ...] | None = None
    same: tuple[str, ...] = ()
    gain: Gain | None = None
    matches: tuple[Match, ...] = ()
    here: bool | None = None
    """Whether it votes on the message that it was drafted from."""
    done: bool = False

    def as_json(self) -> dict[str, Any]:
        """The figures as one JSON object; interval and gain null where there is nothing to tell."""
        known = self.checked > 0
        gain = self.gain
        return {
            "examples": self.total,
            "looked_at": self.looked,
            "covers": self.covers,
            "coverage": self.covers / self.looked if self.looked else 0.0,
            "reviewed": {
                "n": self.checked,
                "right": self.right,
                "low": self.low if known else None,
                "high": self.high if known else None,
            },
            "labels": {"n": self.labelled, "same": self.agrees},
            "conflicts": [{"function": name, "n": n} for name, n in self.conflicts or ()],
            "same_votes_as": list(self.same),
            "heuristic_f1": None if gain is None else {
                "change": gain.value, "low": gain.low, "high": gain.high, "n": gain.n,
                "tells": gain.tells,
            },
            "matches": [{"text": m.text, "against": m.against or None} for m in self.matches],
        }  # fmt: skip


def try_out(
    ground: Ground,
    draft: Draft,
    here: Example | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Trial]:
    """What a draft would do, in three steps that each know more; the last one is `done`.

    Ends early once `stop` says so.

    Raises:
        FunctionsError: there is nothing to look for, the expression is none, or it takes longer
            than `EXPRESSION_SECONDS`.
    """
    code = ground.names.index(draft.category)
    try:
        flags, fires_here = _flags(ground, draft, here, stop)
    except Stopped:
        return
    rows = np.flatnonzero(flags)
    said = ground.truth[rows]
    checked, right = int((said != ABSTAIN).sum()), int((said == code).sum())
    low, high = wilson_interval(right, checked)
    trial = Trial(
        looked=len(flags),
        total=ground.total,
        covers=len(rows),
        right=right,
        checked=checked,
        low=low,
        high=high,
        here=fires_here,
    )
    yield trial
    if stop():
        return
    label = ground.label[rows]
    column = np.where(flags, code, ABSTAIN).astype(np.int16)
    trial = replace(
        trial,
        agrees=int((label == code).sum()),
        labelled=int((label != ABSTAIN).sum()),
        conflicts=_conflicts(ground, rows, code),
        same=tuple(
            source.name
            for i, source in enumerate(ground.sources)
            if len(rows) and np.array_equal(ground.votes[:, i], column)
        ),
        matches=tuple(_matches(ground, rows, draft, code)),
    )
    yield trial
    if not stop():
        yield replace(trial, gain=_gain(ground, column), done=True)


def _flags(
    ground: Ground, draft: Draft, here: Example | None, stop: Callable[[], bool]
) -> tuple[NDArray[np.bool_], bool | None]:
    """Whether the draft votes on each row, and on the message it was drafted from."""
    found = draft.found
    own = [] if here is None else [here]
    texts = [*ground.texts[draft.previous], *map(found.text, own)]
    said = np.zeros(len(texts), dtype=np.bool_)
    if draft.regex:
        said = _searched(found, texts, stop)
    else:
        for start in range(0, len(texts), PIECE):
            if stop():
                raise Stopped
            said[start : start + PIECE] = list(found.found_in(texts[start : start + PIECE]))
    flags, own_flags = said[: len(ground.numbers)], said[len(ground.numbers) :]
    if draft.at_most is not None:
        short = replace(draft.rule(), when=draft.rule().when[1:])
        rows = np.flatnonzero(flags)
        for start in range(0, len(rows), PIECE):
            some = rows[start : start + PIECE]
            flags[some] = short.fires(ground.block(some.tolist()))
        own_flags &= short.fires(Block(own))
    return flags, bool(own_flags[0]) if own else None


def _searched(found: Found, texts: list[str], stop: Callable[[], bool]) -> NDArray[np.bool_]:
    """Search in a process of its own: some expressions take for ever, and only a kill ends them."""
    until = time.monotonic() + EXPRESSION_SECONDS
    command = [sys.executable, "-I", "-c", _SEARCH]
    with tempfile.TemporaryFile() as given:
        given.write(json.dumps([found.expression, found.flags]).encode())
        # In pieces, between which other threads have their turn.
        for start in range(0, len(texts), PIECE):
            given.write(b"\n" + json.dumps(texts[start : start + PIECE]).encode())
        given.seek(0)
        with subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE) as child:  # noqa: S603 - all ours; the expression is data
            while True:
                try:
                    output, _ = child.communicate(timeout=LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    if stop() or time.monotonic() > until:
                        child.kill()
                        _give_up(stop(), len(texts))
    said: NDArray[np.bool_] = np.frombuffer(output.strip(), dtype=np.uint8) == ord("1")
    return said


def _give_up(unwanted: bool, messages: int) -> NoReturn:
    if unwanted:
        raise Stopped
    raise FunctionsError(
        f"That expression takes more than {EXPRESSION_SECONDS:.0f} s on {messages:,} messages.",
        "Is there a repetition within a repetition, as in (a+)+?",
    )


def _conflicts(ground: Ground, rows: NDArray[np.intp], code: int) -> tuple[tuple[str, int], ...]:
    votes = ground.votes[rows]
    against = ((votes != ABSTAIN) & (votes != code)).sum(axis=0).tolist()
    named = zip((source.name for source in ground.sources), against, strict=True)
    return tuple(sorted((pair for pair in named if pair[1]), key=lambda pair: -pair[1]))


def _matches(ground: Ground, rows: NDArray[np.intp], draft: Draft, code: int) -> Iterator[Match]:
    """The first of the matching messages, those that speak against the draft before the others."""
    names = ground.names
    votes = ground.votes[rows]
    function = (votes != ABSTAIN) & (votes != code)
    decided, label = ground.truth[rows], ground.label[rows]
    wrong = (decided != ABSTAIN) & (decided != code)
    # Where a person agrees, nobody else's opinion speaks against it.
    other = (label != ABSTAIN) & (label != code) & (decided != code)
    doubted = function.any(axis=1) & (decided != code)
    rank = np.select([wrong, other & ground.by_llm[rows], other, doubted], [0, 1, 2, 3], 4)
    for i in np.argsort(rank, kind="stable")[:SHOWN].tolist():
        match rank[i]:
            case 0:
                against = f"a person said {names[decided[i]]}"
            case 1:
                against = f"an LLM says {names[label[i]]}"
            case 2:
                against = f"labelled {names[label[i]]}"
            case 3:
                first = int(np.flatnonzero(function[i])[0])
                against = f"{ground.sources[first].name} says {names[votes[i, first]]}"
            case _:
                against = ""
        text = ground.texts[draft.previous][rows[i]]
        start, end = draft.found.span(text)
        yield Match(int(ground.numbers[rows[i]]), text, start, end, against)


def _gain(ground: Ground, column: Codes) -> Gain | None:
    """How much better the heuristic is with the draft, on what people decided."""
    rows = ground.reviewed
    if not len(rows):
        return None
    after = ground.combined(np.column_stack([ground.votes, column]))
    change = paired_difference(
        ground.truth[rows], ground.heuristic, after, seed=ground.seed, groups=ground.conversations
    )
    return Gain(change.value, change.low, change.high, len(rows))
