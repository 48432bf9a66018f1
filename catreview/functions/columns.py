"""The views of many texts at once: what stands between two spaces is read once, then looked up.

Plain `Views` of each text are the reference; `read` gives the same, ten times as fast, for texts
of ASCII characters alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.functions.message import OPENERS, tokenised

_KEY_LENGTH: Final = 16
_KEPT: Final = (np.tri(_KEY_LENGTH + 1, _KEY_LENGTH, -1, np.uint8) * np.uint8(255)).view(np.uint64)
"""What to keep of a key's bytes of which only the first 0 to 16 belong to the chunk."""
_SLOT_BITS: Final = 18
_SLICE: Final = 1 << 17
"""Characters read at once: few enough that what is at work stays in the processor's cache."""
_MANY: Final = 1 << 16
"""Chunks known, after which all are forgotten; a slice has fewer than that."""
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_LONG: Final = np.uint64(2**64 - 1)
"""The second half of the key of a chunk longer than a key; no chunk has such bytes."""
_END: Final = 0
"""The code of the end of a text."""
_OPENERS: Final = re.compile(OPENERS.pattern.encode())

Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Columns:
    """`plain`, `clauses` and `count` of `Views`, each of length n."""

    plain: list[bytes]
    clauses: list[bytes]
    counts: NDArray[np.int64]


def readable(text: str) -> bool:
    """Whether `read` takes the text, in one case."""
    return text.isascii() and "\0" not in text  # a chunk is padded with zeros to make its key


def read(texts: Sequence[str]) -> Columns:
    """Views of texts that are `readable` and on one line each."""
    slices = np.cumsum([len(text) for text in texts]) // _SLICE
    bounds = [*np.flatnonzero(np.diff(slices, prepend=-1)).tolist(), len(texts)]
    parts = [
        _lexicon.read("\n".join(["", *texts[begin:end], ""]).encode())
        for begin, end in pairwise(bounds)
    ]
    return Columns(
        [plain for part in parts for plain in part.plain],
        [clauses for part in parts for clauses in part.clauses],
        np.concatenate([np.zeros(0, np.int64), *(part.counts for part in parts)]),
    )


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
        self._keys = np.zeros((2, 2 * _MANY), np.uint64)
        self._long: dict[bytes, int] = {}
        self._plain = np.empty(2 * _MANY, object)
        self._clauses = np.empty(2 * _MANY, object)
        self._counts = np.zeros(2 * _MANY, np.int64)
        self._plain[_END], self._clauses[_END] = b"\t ", b"\n\t\n"

    def read(self, joined: bytes) -> Columns:
        """Views of lines of text, the first of them empty."""
        with self._lock:
            if self._size > _MANY:
                self._forget()
            return self._read(joined)

    def _read(self, joined: bytes) -> Columns:
        text = np.frombuffer(joined.lower() + bytes(_KEY_LENGTH), np.uint8)
        is_space = _is_space(text[: len(joined)])
        edges = np.flatnonzero(is_space[1:] != is_space[:-1]) + 1
        starts, ends = edges[::2], edges[1::2]
        breaks = np.searchsorted(starts, np.flatnonzero(text == ord("\n"))[1:])
        codes = np.insert(self._codes(text, starts, ends - starts), breaks, _END)
        counts = np.diff(self._counts.take(codes).cumsum()[codes == _END], prepend=0)
        plain = b"".join([b" ", *self._plain.take(codes).tolist()]).split(b"\t")[:-1]
        for row in np.flatnonzero(counts == 0).tolist():
            plain[row] = b"  "
        lines = b"".join([b"\n", *self._clauses.take(codes).tolist()]).replace(b" \n\t", b"\n\t")
        return Columns(plain, _OPENERS.sub(b"\n", lines).split(b"\n\t")[:-1], counts)

    def _codes(
        self, text: NDArray[np.uint8], starts: NDArray[np.intp], lengths: NDArray[np.intp]
    ) -> NDArray[np.int32]:
        """Codes of the chunks at `starts`, shape (n,); those met for the first time are learned."""
        windows = np.ndarray(len(text) - _KEY_LENGTH + 1, f"V{_KEY_LENGTH}", text, strides=1)
        keys = windows[starts].view(np.uint64).reshape(-1, 2)
        keys &= _KEPT[np.minimum(lengths, _KEY_LENGTH)]
        first, rest = keys.T
        for place in np.flatnonzero(lengths > _KEY_LENGTH).tolist():
            chunk = text[starts[place] : starts[place] + lengths[place]].tobytes()
            first[place] = self._long.setdefault(chunk, len(self._long))
            rest[place] = _LONG
        codes = self._known(first, rest)
        new = np.flatnonzero(codes == 0)
        if len(new):
            pairs = zip(first[new].tolist(), rest[new].tolist(), strict=True)
            once = np.fromiter(dict(zip(pairs, new.tolist(), strict=True)).values(), np.intp)
            spans = zip(starts[once].tolist(), (starts + lengths)[once].tolist(), strict=True)
            self._learn(first[once], rest[once], [text[a:b].tobytes().decode() for a, b in spans])
            codes[new] = self._known(first[new], rest[new])
        return codes

    def _known(self, first: Keys, rest: Keys) -> NDArray[np.int32]:
        """Codes of the chunks with these keys, shape (n,), 0 for those never met."""
        slots = _slots(first, rest)
        codes = self._slots[slots]
        open_ = np.flatnonzero((self._keys[0][codes] != first) | (self._keys[1][codes] != rest))
        while len(open_ := open_[codes[open_] != 0]):
            slots[open_] = (slots[open_] + 1) & (len(self._slots) - 1)
            codes[open_] = found = self._slots[slots[open_]]
            other = (self._keys[0][found] != first[open_]) | (self._keys[1][found] != rest[open_])
            open_ = open_[other]
        return codes

    def _learn(self, first: Keys, rest: Keys, chunks: Sequence[str]) -> None:
        codes = np.arange(self._size, self._size + len(chunks), dtype=np.int32)
        self._size += len(chunks)
        self._keys[0][codes], self._keys[1][codes] = first, rest
        for code, chunk in zip(codes.tolist(), chunks, strict=True):
            tokens, words = tokenised(chunk)
            self._counts[code] = len(words)
            self._plain[code] = " ".join([*words, ""]).encode()
            self._clauses[code] = " ".join([*tokens, ""]).replace("\n ", "\n").encode()
        slots = _slots(first, rest)
        while len(codes):
            free = self._slots[slots] == 0
            self._slots[slots[free]] = codes[free]
            left = self._slots[slots] != codes
            codes, slots = codes[left], (slots[left] + 1) & (len(self._slots) - 1)


def _is_space(text: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """What `str.isspace` says of ASCII characters: blank, tab to return, and four separators."""
    found: NDArray[np.bool_] = text == ord(" ")
    for low, high in ((0x09, 0x0D), (0x1C, 0x1F)):
        found |= text - np.uint8(low) <= high - low
    return found


def _slots(first: Keys, rest: Keys) -> NDArray[np.intp]:
    mixed = (first * _MIX[0]) ^ (rest * _MIX[1])
    return (mixed >> np.uint64(64 - _SLOT_BITS)).astype(np.intp)


_lexicon = _Lexicon()
