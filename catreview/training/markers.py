"""What a message does, read sentence by sentence: hand-made markers, as strings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from catreview.training.lexicon import (
    AUXILIARIES,
    CUES,
    IMPERATIVE_VERBS,
    INTERJECTIONS,
    LEADS,
    PLEASANT,
    RECEIPTS,
    SUBJECTS,
    UNPLEASANT,
    WH_WORDS,
)
from catreview.training.reading import Reading, Sentence

Words = tuple[str, ...]

_REMEMBERED: Final = 20_000
"""Sentences whose marks are kept: a message's last one is read again as the previous one's."""
_MODALS: Final = frozenset(
    ("should", "must", "need", "have", "can", "could", "will", "would", "may", "might", "had")
) | {"better", "ought"}
_ASKING: Final = {"can", "could", "will", "would", "can't", "won't", "couldn't"}
_TELLING: Final = {"tell", "say", "explain", "speak"}
_PERSONS: Final = {
    "i": "i", "i'd": "i'd", "i'll": "i'll", "i'm": "i'm", "i've": "i've",
    "we": "we", "we'd": "we'd", "we'll": "we'll",
    "you": "you", "you're": "you", "you've": "you", "you'll": "you", "you'd": "you",
    "it": "it", "it's": "it", "that": "it", "that's": "it",
    "this": "it", "there": "it", "there's": "it",
    "he": "they", "she": "they", "they": "they",
    "he's": "they", "she's": "they", "they're": "they",
}  # fmt: skip


def opening(words: Words) -> Words:
    """Give the words from the one that decides the mood on: no fillers, no "Name ," before it."""
    rest = _without_fillers(words)
    if len(rest) > 2 and rest[1] == "," and rest[0] not in WH_WORDS:
        return _without_fillers(rest[2:])
    return rest


def _without_fillers(words: Words) -> Words:
    start = 0
    while start < len(words) - 1 and words[start] in LEADS:
        start += 1
    return words[start:]


@lru_cache(_REMEMBERED)
def mood(sentence: Sentence) -> str:
    """Name the grammatical mood of a sentence by its opening: imperative, wh-question and so on."""
    first, second, third = (*opening(sentence.words)[:3], "", "", "")[:3]
    asks = sentence.end == "?"
    return (
        _asking(first, second, third, asks)
        or _urging(first, second, asks)
        or _stating(first, second, sentence.words)
    )


def _asking(first: str, second: str, third: str, asks: bool) -> str:
    if first in _ASKING and second == "you":
        return "tell-me" if third in _TELLING else "can-you"
    if first in AUXILIARIES and second in {"i", "we"}:
        return "can-i"
    if first in {"how", "what"} and second == "about":
        return "how-about"
    if first in WH_WORDS:
        return "wh" if asks or second in AUXILIARIES else "wh-clause"
    if first in AUXILIARIES and (second in SUBJECTS or (asks and first != "don't")):
        return "aux"
    return ""


def _urging(first: str, second: str, asks: bool) -> str:
    if first == "let's" or (first == "let" and second == "us"):
        return "lets"
    if first in IMPERATIVE_VERBS and second not in {"is", "was", "are"}:
        return "verb?" if asks else "verb"
    return ""


def _stating(first: str, second: str, words: Words) -> str:
    if first in {"i", "we", "you"} and second in _MODALS:
        return f"{first}-modal"
    if first in _PERSONS:
        return _PERSONS[first]
    if first in INTERJECTIONS:
        return "interjection"
    if all(word in RECEIPTS or word == "," for word in words):
        return "receipt"
    return "other"


@lru_cache(_REMEMBERED)
def sentence_markers(sentence: Sentence) -> tuple[str, ...]:
    """Marks of one sentence: phrase families, feeling words, mood with ending."""
    return tuple(_sentence_markers(sentence))


def _sentence_markers(sentence: Sentence) -> Iterator[str]:
    words = sentence.words
    joined = " ".join(words)
    for name, search in CUES:
        if search(joined):
            yield name
            yield name + sentence.end
    distinct = set(words)
    if not distinct.isdisjoint(PLEASANT):
        yield "pleasant"
    if not distinct.isdisjoint(UNPLEASANT):
        yield "unpleasant"
    if "please" in distinct:
        yield "please"
    if len(words) <= 3:
        yield "brief"
    if any(w in IMPERATIVE_VERBS and words[i - 1] == "," for i, w in enumerate(words) if i):
        yield "clause-verb"
    yield "end" + sentence.end


def message_markers(text: str, own: Reading, previous: Reading) -> list[str]:
    """All hand-made markers of a message in its context; a marker may occur several times."""
    moods = [mood(s) for s in own.sentences]
    ended = [m + s.end for m, s in zip(moods, own.sentences, strict=True)]
    markers = list(_positions(own, moods, ended))
    markers += _whole(text, own, ended)
    markers += _context(previous, moods, ended)
    return markers


def _positions(own: Reading, moods: list[str], ended: list[str]) -> Iterator[str]:
    last = len(moods) - 1
    for position, sentence in enumerate(own.sentences):
        where = _place(position, last)
        marks = [moods[position], ended[position], *sentence_markers(sentence)]
        for mark in marks:
            yield mark
            yield f"{where} {mark}"
    yield "moods " + ">".join(ended[:2])
    yield "moods " + ">".join(ended[-2:]) + " end"
    for mark in dict.fromkeys(ended):
        yield f"any {mark}"
    if len(set(ended)) == 1:
        yield f"all {ended[0]}"


def _place(position: int, last: int) -> str:
    if last == 0:
        return "only"
    if position == last:
        return "last"
    return "first" if position == 0 else "mid"


def _size(count: int) -> str:
    if count <= 5:
        return str(count)
    return next((f"<{limit}" for limit in (8, 15, 30) if count < limit), "30+")


def _whole(text: str, own: Reading, ended: list[str]) -> Iterator[str]:
    words = [t for t in own.tokens if t[0].isalnum()]
    count = len(words)
    yield f"words {_size(count)}"
    yield f"sentences {min(len(ended), 5)}"
    if count <= 3:
        yield "three words"
        yield "three words" + ("?" if "?" in text else "!" if "!" in text else "")
        if all(word in RECEIPTS for word in words):
            yield "receipt only"
    yield f"? {min(text.count('?'), 3)}"
    yield f"! {min(text.count('!'), 3)}"
    distinct = set(own.tokens)
    if not (distinct.isdisjoint(PLEASANT) and distinct.isdisjoint(UNPLEASANT)):
        yield "feeling " + ("short" if count < 8 else "long")
        yield "feeling " + (ended[0] if ended else "")
    if not distinct.isdisjoint(INTERJECTIONS):
        yield "interjection"
    start = text[:400]
    letters = sum(map(str.isalpha, start))
    if letters > 5 and sum(map(str.isupper, start)) > letters / 2:
        yield "shouting"
    yield "you" if "you" in distinct or "your" in distinct else "no you"
    yield "i" if "i" in distinct or "i'm" in distinct or "my" in distinct else "no i"


def _context(previous: Reading, moods: list[str], ended: list[str]) -> Iterator[str]:
    if not previous.sentences:
        yield "opens"
        return
    before = previous.sentences[-1]
    mark = mood(before) + before.end
    yield f"after {mark}"
    yield f"after {mark} > {moods[0] if moods else ''}"
    yield f"after {before.end} > {ended[-1] if ended else ''}"
    yield f"after {before.end} > {ended[0] if ended else ''}"
    for name in sentence_markers(before):
        yield f"after {name}"


def openings(own: Reading) -> list[str]:
    """First words of each sentence, with and without fillers, as n-grams and skip-grams."""
    grams: list[str] = []
    for words, end in own.sentences:
        plain = tuple(w for w in words if w != ",") or words
        for mark, start in (("^", plain), ("~", opening(words))):
            first = mark + start[0]
            grams += (first, first + end)
            if len(start) > 1:
                pair = f"{first} {start[1]}"
                grams += (pair, pair + end)
                if len(start) > 2:
                    grams += (f"{pair} {start[2]}", f"{first} _ {start[2]}")
                if len(start) > 3:
                    grams.append(f"{pair} _ {start[3]}")
    if own.sentences:
        words, end = own.sentences[-1]
        grams.append(f"$ {words[0]}{end}")
    return grams
