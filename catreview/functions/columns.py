"""The views of many texts at once: what stands between two spaces is read once, then looked up.

Plain `Views` of each text are the reference; `read` gives the same, many times as fast, for texts
of ASCII characters alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from threading import Lock
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catreview.functions.message import OPENERS, OPENINGS, tokenised

_KEY_LENGTH: Final = 16
_FILL: Final = np.triu(np.full((_KEY_LENGTH + 1, _KEY_LENGTH), 255, np.uint8)).view(np.uint64)
"""What fills a key's bytes of which only the first 0 to 16 are the chunk's; no chunk has it."""
_SLOT_BITS: Final = 18
_SLICE: Final = 1 << 17
"""Characters read at once: few enough that what is at work stays in the processor's cache."""
_MANY: Final = 1 << 16
"""Chunks known, after which all are forgotten; a slice has fewer than that."""
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_LONG: Final = 128
"""The first byte of the key of a chunk longer than a key; no chunk has it."""
_END: Final = 1
"""The code of the end of a text, a line break with spaces around it."""
_BETWEEN: Final = "\u4e00"
"""Stands between chunks that are read together: a word to `tokenised`, and in no chunk."""
_NONE: Final = b"\n"
"""Stands for the words of a chunk that has none."""
_MARK: Final = "\r"
"""Stands where a line may begin with openers; it is white space, so in no chunk."""
_MAY_OPEN: Final = re.compile(
    rf"(?:really|{'|'.join(words.split()[0] for words in OPENINGS)})(?!\S)|[\w']+ ,|,|-"
)
"""How a chunk begins with which an opener may begin."""
_BEHIND_MARK: Final = OPENERS.pattern.removeprefix(r"\n").replace(r"\n", rf"\n{_MARK}?")
_DROPPED: Final = re.compile(f"{_MARK}(?:{_BEHIND_MARK})?".encode())
"""A mark, and the openers behind it."""

Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Columns:
    """`plain`, `clauses` and `count` of `Views`, each of length n."""

    plain: list[bytes]
    clauses: list[bytes]
    counts: NDArray[np.int64]


def read(texts: Sequence[str]) -> Columns:
    """Views of ASCII texts that are in one case and on one line each."""
    slices = np.fromiter(map(len, texts), np.intp, len(texts)).cumsum() // _SLICE
    bounds = [*np.flatnonzero(np.diff(slices, prepend=-1)).tolist(), len(texts)]
    parts = [
        _lexicon.read(" \n ".join(["", *texts[begin:end], ""]).encode())
        for begin, end in pairwise(bounds)
    ]
    return Columns(
        [*chain.from_iterable(part.plain for part in parts)],
        [*chain.from_iterable(part.clauses for part in parts)],
        np.concatenate([np.zeros(0, np.int64), *(part.counts for part in parts)]),
    )


class _Pieces:
    """Strings, numbered from 0 on, that are put together by their numbers."""

    def __init__(self) -> None:
        self._bytes = np.zeros(0, np.uint8)
        self._spans = np.zeros((0, 2), np.intp)

    def add(self, strings: Sequence[str]) -> None:
        """Add ASCII strings, which have the next numbers."""
        added = np.frombuffer("".join(strings).encode(), np.uint8)
        ends = np.fromiter(map(len, strings), np.intp, len(strings)).cumsum() + len(self._bytes)
        starts = np.concatenate([[len(self._bytes)], ends[:-1]])
        self._bytes = np.concatenate([self._bytes, added])
        self._spans = np.concatenate([self._spans, np.stack([starts, ends], 1)])

    def joined(self, numbers: Places, left: Flags | int = 0, right: Flags | int = 0) -> bytes:
        """The strings of these numbers, one after the other, at `left` and `right` one byte less.

        No string may be left empty.
        """
        starts, ends = self._spans.take(numbers, axis=0).T
        starts, ends = starts + left, ends - right
        places = (ends - starts).cumsum()
        # From byte to byte it is one step, from the last of a string a jump to the next string.
        steps = np.ones(places[-1], np.intp)
        steps[0] = starts[0]
        steps[places[:-1]] += starts[1:] - ends[:-1]
        # No place is out of bounds; looking for such would take as long as the rest.
        return self._bytes.take(steps.cumsum(out=steps), mode="clip").tobytes()


class _Lexicon:
    """Chunks that were met, under codes from 1 on, with the views of each by itself.

    A hash table with open addressing. A chunk's key is its 16 bytes; longer ones are numbered.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._size = 1
        self._slots = np.zeros(1 << _SLOT_BITS, np.int32)
        self._keys = np.zeros((2 * _MANY, 2), np.uint64)
        self._long: dict[bytes, int] = {}
        self._plain, self._clauses = _Pieces(), _Pieces()
        self._counts = np.zeros(2 * _MANY, np.int64)
        self._opens, self._comma, self._stops = np.zeros((3, 2 * _MANY), dtype=bool)
        self._plain.add([""])  # of code 0, which is nobody's
        self._clauses.add([""])
        end = np.frombuffer(b"\n".ljust(_KEY_LENGTH, b"\xff"), np.uint64).reshape(1, 2)
        self._add(end, _Chunks(["\t "], ["\n\t\n"], np.zeros(1, np.int64)))

    def read(self, joined: bytes) -> Columns:
        """Views of texts; a line break with spaces around it is before, between and after them."""
        with self._lock:
            if self._size > _MANY:
                self._forget()
            return self._read(joined)

    def _read(self, joined: bytes) -> Columns:
        text = joined.lower()
        is_space = _is_space(np.frombuffer(text, np.uint8))
        edges = np.flatnonzero(is_space[1:] != is_space[:-1]) + 1
        codes = self._codes(text, edges[::2], edges[1::2])
        ends = codes == _END
        counts = np.diff(self._counts.take(codes).cumsum()[ends])
        plain = self._plain.joined(codes).replace(_NONE, b"").split(b"\t")[1:]
        for row in np.flatnonzero(counts == 0).tolist():
            plain[row] = b"  "
        stops = self._stops.take(codes)
        opens = (self._opens.take(codes) | np.roll(self._comma.take(codes), -1)) & ~ends
        begins, marked = np.roll(stops, 1) | ends, stops & np.roll(opens, -1)
        lines = self._clauses.joined(codes, begins, ~marked)
        clauses = _DROPPED.sub(b"", lines).split(b"\n\t")[1:]
        return Columns(plain[:-1], clauses[:-1], counts)

    def _codes(self, text: bytes, starts: Places, ends: Places) -> Places:
        """Codes of the chunks between these, shape (n,); new ones are learned."""
        padded = text + bytes(_KEY_LENGTH)
        windows = np.ndarray(len(text) + 1, f"V{_KEY_LENGTH}", padded, strides=1)
        keys = windows[starts].view(np.uint64).reshape(-1, 2)
        lengths = ends - starts
        keys |= _FILL.take(np.minimum(lengths, _KEY_LENGTH), axis=0)
        for place in np.flatnonzero(lengths > _KEY_LENGTH).tolist():
            chunk = text[starts[place] : ends[place]]
            keys[place] = self._long.setdefault(chunk, len(self._long)) << 8 | _LONG, 0
        codes = self._known(keys)
        new = np.flatnonzero(codes == 0)
        if len(new):
            spans = zip(starts[new].tolist(), ends[new].tolist(), new.tolist(), strict=True)
            chunks = {text[start:end].decode(): place for start, end, place in spans}
            self._add(keys[list(chunks.values())], _read_apart(chunks))
            codes[new] = self._known(keys[new])
        return codes

    def _known(self, keys: Keys) -> Places:
        """Codes of the chunks with these keys, shape (n,), 0 for those never met."""
        slots = _slots(keys)
        codes = self._slots.take(slots).astype(np.intp)
        open_ = np.flatnonzero(_differ(self._keys.take(codes, axis=0), keys))
        while len(open_ := open_[codes[open_] != 0]):
            slots[open_] = (slots[open_] + 1) & (len(self._slots) - 1)
            codes[open_] = found = self._slots[slots[open_]]
            open_ = open_[_differ(self._keys[found], keys[open_])]
        return codes

    def _add(self, keys: Keys, chunks: _Chunks) -> None:
        """Add chunks, none of them known, under these keys."""
        codes = np.arange(self._size, self._size + len(keys), dtype=np.int32)
        self._size += len(keys)
        self._keys[codes] = keys
        self._plain.add(chunks.plain)
        self._clauses.add([f" {said}{_MARK}" for said in chunks.said])
        self._counts[codes] = chunks.counts
        self._stops[codes] = [said.endswith("\n") for said in chunks.said]
        self._comma[codes] = [said.startswith(",") for said in chunks.said]
        self._opens[codes] = [_MAY_OPEN.match(said) is not None for said in chunks.said]
        slots = _slots(keys)
        while len(codes):
            free = self._slots[slots] == 0
            self._slots[slots[free]] = codes[free]
            left = self._slots[slots] != codes
            codes, slots = codes[left], (slots[left] + 1) & (len(self._slots) - 1)


class _Chunks(NamedTuple):
    """What each chunk puts into `plain` and into a line of `clauses`, and its number of words."""

    plain: list[str]
    said: list[str]
    counts: NDArray[np.int64]


def _read_apart(chunks: Iterable[str]) -> _Chunks:
    """Read chunks, each by itself."""
    tokens, words = tokenised(f" {_BETWEEN} ".join([*chunks, ""]))
    ends = np.flatnonzero(np.fromiter(map(_BETWEEN.__eq__, words), bool, len(words)))
    plain = " ".join(words).split(_BETWEEN)[:-1]
    said = " ".join(tokens).replace("\n ", "\n" + _MARK).split(_BETWEEN)[:-1]
    return _Chunks(
        [part.lstrip() or _NONE.decode() for part in plain],
        [part.strip(" " + _MARK) for part in said],
        np.diff(ends, prepend=-1) - 1,
    )


def _is_space(text: NDArray[np.uint8]) -> Flags:
    """What `str.isspace` says of ASCII characters, but for the line break that ends a text."""
    found: Flags = (text == ord(" ")) | (text == ord("\t"))
    for low, high in ((0x0B, 0x0D), (0x1C, 0x1F)):
        found |= text - np.uint8(low) <= high - low
    return found


def _slots(keys: Keys) -> Places:
    mixed = (keys[:, 0] * _MIX[0]) ^ (keys[:, 1] * _MIX[1])
    return (mixed >> np.uint64(64 - _SLOT_BITS)).astype(np.intp)


def _differ(some: Keys, others: Keys) -> Flags:
    found: Flags = (some[:, 0] != others[:, 0]) | (some[:, 1] != others[:, 1])
    return found


_lexicon = _Lexicon()
