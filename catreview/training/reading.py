"""Reading chat text: tokens with informal spellings made regular, and sentences."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAX_CHARACTERS: Final = 4_000
"""Text beyond this is not read; the longest honest chat message is far shorter."""

NUMBER: Final = "0"
"""The token that stands for every number and every removed number (`<#>`)."""

_REMOVED: Final = "<#>"
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
    informal: regular.split("_")
    for informal, regular in (pair.split("=") for pair in _INFORMAL.split())
}
"""Informal spellings, as in text messages, and the words they stand for."""


class Sentence(NamedTuple):
    """Words of one sentence (punctuation inside kept) and how it ends: `?`, `!`, `.` or empty."""

    words: tuple[str, ...]
    end: str


class Reading(NamedTuple):
    """One text as tokens, and the same tokens as sentences."""

    tokens: list[str]
    sentences: list[Sentence]


def read(text: str) -> Reading:
    """Tokens and sentences of a text; any string is fine, also empty, broken or very long."""
    tokens = _tokens(text)
    return Reading(tokens, _sentences(tokens))


def _tokens(text: str) -> list[str]:
    lowered = text[:MAX_CHARACTERS].lower()
    if not lowered.isascii():
        lowered = lowered.translate(_APOSTROPHES)
    lowered = _STRETCHED.sub(r"\1\1\1", lowered.replace("`", "'"))
    tokens: list[str] = []
    for word in _TOKEN.findall(lowered):
        if word in _SPELLINGS:
            tokens += _SPELLINGS[word]
        elif word[0].isdigit() or word == _REMOVED:
            tokens.append(NUMBER)
        else:
            tokens.append(word)
    return tokens


def _sentences(tokens: list[str]) -> list[Sentence]:
    sentences: list[Sentence] = []
    words: list[str] = []
    for token in tokens:
        if token[0] not in "?!.":
            words.append(token)
            continue
        end = "?" if "?" in token else token[0]
        if words:
            sentences.append(Sentence(tuple(words), end))
            words = []
        elif sentences and end != ".":
            sentences[-1] = Sentence(sentences[-1].words, end)
    if words:
        sentences.append(Sentence(tuple(words), ""))
    return sentences
