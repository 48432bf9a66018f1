"""Reading chat text: tokens with informal spellings made regular, and sentences."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, pairwise
from typing import Final, NamedTuple

MAX_CHARACTERS: Final = 4_000
"""Text beyond this is not read; the longest honest chat message is far shorter."""

NUMBER: Final = "0"
"""The token that stands for every number and every removed number (`<#>`)."""

_REMOVED: Final = "<#>"
_REMEMBERED: Final = 20_000
"""Tokens known: few words make up most of what people say."""
_TOKEN: Final = re.compile(
    r"<#>|<3|[:;=]-?[)(dp/|]|[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[?!]+|\.{2,}|[^\w\s]"
)
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_APOSTROPHES: Final = str.maketrans({"\u2019": "'", "\u2018": "'", "\u00b4": "'"})

_INFORMAL: Final = """
    u=you ü=you ya=you ur=your r=are n=and y=why wat=what wats=what's whats=what's hows=how's
    wheres=where's hw=how wen=when wan=want wanna=want_to gonna=going_to gotta=got_to
    lemme=let_me gimme=give_me goin=going da=the d=the dat=that den=then pls=please plz=please
    dun=don't dont=don't cant=can't wont=won't didnt=didn't doesnt=doesn't isnt=isn't im=i'm
    ive=i've youre=you're thats=that's lets=let's b=be c=see k=ok okay=ok okie=ok yup=yes
    yep=yes yeah=yes alright=right thx=thanks thanx=thanks thnx=thanks tmr=tomorrow
    tomo=tomorrow tmrw=tomorrow gd=good nite=night cya=bye goodbye=bye byebye=bye ttyl=bye
    cos=because coz=because bcoz=because abt=about wid=with wif=with thk=think luv=love
    msg=message"""
_SPELLINGS: Final = {
    informal: tuple(regular.split("_"))
    for informal, regular in (pair.split("=") for pair in _INFORMAL.split())
}
"""Informal spellings, as in text messages, and the words they stand for."""


class Sentence(NamedTuple):
    """Words of one sentence (punctuation inside kept) and how it ends: `?`, `!`, `.` or empty."""

    words: tuple[str, ...]
    end: str


class Reading(NamedTuple):
    """One text as tokens, the same tokens as neighbouring pairs, and as sentences."""

    tokens: list[str]
    pairs: list[str]
    sentences: list[Sentence]


def read(text: str) -> Reading:
    """Tokens and sentences of a text; any string is fine, also empty, broken or very long."""
    tokens = _tokens(text)
    pairs = [f"{first} {second}" for first, second in pairwise(tokens)]
    return Reading(tokens, pairs, _sentences(tokens))


def _tokens(text: str) -> list[str]:
    lowered = text[:MAX_CHARACTERS].lower()
    if not lowered.isascii():
        lowered = lowered.translate(_APOSTROPHES)
    lowered = lowered.replace("`", "'")
    regular = list(map(_known, _TOKEN.findall(lowered)))
    # Of a stretched word at least three letters are in one token, whatever stands before it.
    if () in regular:
        regular = list(map(_regular, _TOKEN.findall(_STRETCHED.sub(r"\1\1\1", lowered))))
    return list(chain.from_iterable(regular))


@lru_cache(_REMEMBERED)
def _known(token: str) -> tuple[str, ...]:
    """Give what a token stands for, nothing for a stretched one."""
    return () if _STRETCHED.search(token) else _regular(token)


def _regular(token: str) -> tuple[str, ...]:
    """Give what a token stands for."""
    if token in _SPELLINGS:
        return _SPELLINGS[token]
    return (NUMBER if token[0].isdigit() or token == _REMOVED else token,)


def _sentences(tokens: list[str]) -> list[Sentence]:
    sentences: list[Sentence] = []
    start = 0
    for place in [place for place, token in enumerate(tokens) if token[0] in "?!."]:
        end = "?" if "?" in tokens[place] else tokens[place][0]
        if place > start:
            sentences.append(Sentence(tuple(tokens[start:place]), end))
        elif sentences and end != ".":
            sentences[-1] = Sentence(sentences[-1].words, end)
        start = place + 1
    if start < len(tokens):
        sentences.append(Sentence(tuple(tokens[start:]), ""))
    return sentences
