"""A message as labelling functions see it: the example, and views of its text made once."""

from __future__ import annotations

import hashlib
import re
from itertools import product
from typing import Final

from catreview.records import Example

_SPELLINGS: Final = {
    **dict.fromkeys(("u", "yu", "uu"), "you"),
    **dict.fromkeys(("okay", "okie", "okey", "oki", "k", "kk", "okk", "okies", "alrite"), "ok"),
    **dict.fromkeys(("yup", "yep", "ya", "yah", "yar", "yea", "yeh"), "yeah"),
    **dict.fromkeys(("pls", "plz", "plse", "pl", "pleas"), "please"),
    **dict.fromkeys(("thx", "thnx", "thanx", "tnx", "tks", "thks", "tq", "ty", "tysm"), "thanks"),
    **dict.fromkeys(("wat", "wot", "wht"), "what"),
    **dict.fromkeys(("dont", "dun", "dnt"), "don't"),
    **dict.fromkeys(("cos", "coz", "cuz"), "because"),
    **dict.fromkeys(("nite", "nyt", "ni8", "nyte", "nighty"), "night"),
    **dict.fromkeys(("byebye", "goodbye", "byee", "byeee", "byeeee"), "bye"),
    **dict.fromkeys(("gud", "gd"), "good"),
    **dict.fromkeys(("d", "da", "de"), "the"),
    **dict.fromkeys(("luv", "lov"), "love"),
    **dict.fromkeys(("wen", "whn"), "when"),
    **dict.fromkeys(("tmr", "tomo", "tmrw", "2morrow", "2moro"), "tomorrow"),
    **dict.fromkeys(("g2g", "gtg"), "got to go"),
    **dict.fromkeys(("xx", "xxxx", "kisses"), "xxx"),
    "ur": "your", "r": "are", "y": "why", "n": "and", "c": "see", "v": "we", "im": "i'm",
    "ive": "i've", "lets": "let's", "whats": "what's", "wats": "what's", "hows": "how's",
    "thats": "that's", "dat": "that", "didnt": "didn't", "cant": "can't", "wont": "won't",
    "isnt": "isn't", "hw": "how", "wer": "where", "gonna": "going to", "wanna": "want to",
    "gotta": "got to", "den": "then", "juz": "just", "jus": "just", "wif": "with", "wan": "want",
    "haf": "have", "hav": "have", "gimme": "give me", "lemme": "let me", "cya": "see you",
    "ttyl": "talk to you later", "brb": "be right back", "msg": "message", "txt": "text",
    "cannot": "can't", "goodnight": "good night", "tel": "tell", "laters": "later",
}  # fmt: skip
"""Chat spellings and the words that the rules know them by."""

_TOKEN: Final = re.compile(r"\d+(?:[.,:]\d+)*|[\w']+|[^\w\s']+")
_STOPS: Final = {
    "".join(marks) + quote: "".join(marks) + quote + "\n"
    for length in (1, 2, 3, 4)
    for marks in product(".!?\u2026", repeat=length)
    for quote in ("", '"', ")")
}
"""What ends a sentence, and the same with the end of the line."""
_REWRITTEN: Final = {**_SPELLINGS, **_STOPS, ";": ";\n", "\u3002": ".\n", "\uff1f": "?\n"}
OPENINGS: Final = (
    "ok", "yes", "yeah", "no", "oh", "ah", "eh", "hey", "hi", "hello", "well", "so", "and", "but",
    "or", "then", "now", "just", "also", "sorry", "sir", "mom", "dad", "dear", "babe", "thanks",
    "sure", "right", "actually", "anyway", "if you like", "by the way", "excuse me", "thank you",
    "all right", "alright", "in that case", "i think", "i guess",
)  # fmt: skip
"""Words that a sentence may begin with before it comes to the point."""
OPENERS: Final = re.compile(
    rf"\n(?:really [?!.]+\n(?=.)|(?:{'|'.join(OPENINGS)}"
    r"|(?!bye|night|please|later)[\w']+ ,|,|-+) )+"
)
"""All that stands there, and the newline: 'ok, well', 'John,', 'Really?'."""
LONGEST: Final = 2000
"""Of a longer text only this many characters are looked at, half from either end."""
_APOSTROPHES: Final = str.maketrans("\u2018\u2019\u02bc`\u00b4", "'''''")

VIEWS_FINGERPRINT: Final = hashlib.sha256(repr((_REWRITTEN, _TOKEN, OPENERS)).encode()).hexdigest()
"""Changes when a view of the same text may change."""


def in_one_case(text: str) -> str:
    """A text in lower case, on one line, at most about `LONGEST` characters of it."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    if "\n" in text:
        text = text.replace("\n", " ; ")
    text = text.lower()
    return text if text.isascii() else text.translate(_APOSTROPHES)


def tokenised(text: str) -> tuple[list[str], list[str]]:
    """Tokens of a text in one case, chat spellings written out; and those that are words."""
    if text.isalpha():  # most chunks of most messages
        word = _REWRITTEN.get(text, text)
        return [word], [word]
    tokens = [_REWRITTEN.get(token, token) for token in _TOKEN.findall(text)]
    return tokens, [token for token in tokens if token[0].isalnum()]


class Views:
    r"""A text in the shapes that rules look at; chat spellings are written out.

    `plain` is the words in lower case, a space at both ends; `clauses` has a newline before each
    sentence, punctuation apart from the words, openers such as "ok, well" dropped: "Ok. Can u
    come?" is "\n.\ncan you come ?\n". `count` is the number of words.
    """

    __slots__ = ("clauses", "count", "plain")

    def __init__(self, text: str) -> None:
        tokens, words = tokenised(in_one_case(text))
        self.count = len(words)
        self.plain = f" {' '.join(words)} "
        lines = "\n" + " ".join(tokens).replace("\n ", "\n")
        self.clauses = OPENERS.sub("\n", lines)


class Message:
    """What a Python labelling function is given: an example's fields, and its words."""

    __slots__ = ("_words", "conversation", "id", "previous", "speaker", "text", "turn")

    def __init__(self, example: Example) -> None:
        self.id = example.id
        self.text = example.text
        self.previous = example.previous
        self.speaker = example.speaker
        self.conversation = example.conversation
        self.turn = example.turn
        self._words: list[str] | None = None

    @property
    def lower(self) -> str:
        """The text in lower case."""
        return self.text.lower()

    @property
    def words(self) -> list[str]:
        """The words in lower case, chat spellings written out: "u" is "you", "pls" "please"."""
        if self._words is None:
            self._words = Views(self.text).plain.split()
        return self._words
