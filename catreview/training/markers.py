"""What a message does, read sentence by sentence: hand-made markers, as strings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, pairwise
from operator import itemgetter
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from catreview.training.lexicon import (
    AUXILIARIES,
    IMPERATIVE_VERBS,
    INTERJECTIONS,
    LEADS,
    PLEASANT,
    RECEIPTS,
    SUBJECTS,
    UNPLEASANT,
    WH_WORDS,
    cues,
)
from catreview.training.reading import Reading, Sentence

Words = tuple[str, ...]

_NOT_CASED: Final = [
    bytes(set(range(128)) - set(letters.encode())) for letters in (ascii_lowercase, ascii_uppercase)
]
"""ASCII without its small letters, and without its capitals."""

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
    for name in cues(joined):
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
    if "," in distinct and any(
        w in IMPERATIVE_VERBS and before == "," for before, w in pairwise(words)
    ):
        yield "clause-verb"
    yield "end" + sentence.end


def message_markers(text: str, own: Reading, previous: Reading) -> list[str]:
    """All hand-made markers of a message in its context; a marker may occur several times."""
    moods = [mood(s) for s in own.sentences]
    ended = [m + s.end for m, s in zip(moods, own.sentences, strict=True)]
    markers = _positions(own, moods, ended)
    markers += _whole(text, own, ended)
    markers += _context(previous, moods, ended)
    return markers


def _positions(own: Reading, moods: list[str], ended: list[str]) -> list[str]:
    last = len(moods) - 1
    found: list[str] = []
    for position, sentence in enumerate(own.sentences):
        marks = (moods[position], ended[position], *sentence_markers(sentence))
        found += _placed(marks, _place(position, last))
    found.append("moods " + ">".join(ended[:2]))
    found.append("moods " + ">".join(ended[-2:]) + " end")
    found += [f"any {mark}" for mark in dict.fromkeys(ended)]
    if len(set(ended)) == 1:
        found.append(f"all {ended[0]}")
    return found


@lru_cache(_REMEMBERED)
def _placed(marks: tuple[str, ...], where: str) -> tuple[str, ...]:
    return tuple(chain.from_iterable([(mark, f"{where} {mark}") for mark in marks]))


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
    count = sum(map(str.isalnum, map(itemgetter(0), own.tokens)))
    yield f"words {_size(count)}"
    yield f"sentences {min(len(ended), 5)}"
    if count <= 3:
        yield "three words"
        yield "three words" + ("?" if "?" in text else "!" if "!" in text else "")
        if all(token in RECEIPTS for token in own.tokens if token[0].isalnum()):
            yield "receipt only"
    yield f"? {min(text.count('?'), 3)}"
    yield f"! {min(text.count('!'), 3)}"
    distinct = set(own.tokens)
    if not (distinct.isdisjoint(PLEASANT) and distinct.isdisjoint(UNPLEASANT)):
        yield "feeling " + ("short" if count < 8 else "long")
        yield "feeling " + (ended[0] if ended else "")
    if not distinct.isdisjoint(INTERJECTIONS):
        yield "interjection"
    if _shouts(text[:400]):
        yield "shouting"
    yield "you" if "you" in distinct or "your" in distinct else "no you"
    yield "i" if "i" in distinct or "i'm" in distinct or "my" in distinct else "no i"


def _shouts(text: str) -> bool:
    """More than half of the letters, at least six of them, are capitals."""
    if text.isascii():  # takes a tenth of the time
        raw = text.encode()
        lower, upper = (len(raw.translate(None, other)) for other in _NOT_CASED)
        return lower + upper > 5 and upper > lower
    letters = sum(map(str.isalpha, text))
    return letters > 5 and sum(map(str.isupper, text)) > letters / 2


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
        plain = (tuple([w for w in words if w != ","]) or words) if "," in words else words
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
