"""Signs of a category in a message: the conditions that several built-in rules share."""

from __future__ import annotations

from typing import Final

from catreview.functions import vocabulary as words
from catreview.functions.conditions import (
    Both,
    Length,
    Matches,
    Without,
    after,
    clause,
    is_just,
    opens,
    says,
)

START: Final = r"(?:\n|[,)] )(?:and |but |so |then |just |please |kindly )*"
"""Where a new thought begins: a sentence, or what follows a comma."""

SHORT: Final = Length(0, 3)
QUESTION_MARK: Final = clause(r"\?")

# closing
FAREWELL: Final = clause(
    rf"(?:\n|, |i'll |we'll |and |then |a )(?:{words.GOODBYE}|{words.LEAVING})\b| bye\b"
)
PARTING: Final = (
    rf"\n(?:(?:i'll|we'll|good) )?(?:{words.GOODBYE}|{words.GOOD_WISH}|talk to you)\b[^?\n]{{0,30}}"
)
GOOD_WISH: Final = says(words.GOOD_WISH)

# acknowledge
MINIMAL: Final = Matches("plain", rf"^ (?:(?:{words.AGREEMENT}|{words.ADDRESSED}) )* ?$")
ASSENT: Final = is_just(rf"(?:(?:ok|yes|no|oh|sure|well|yeah) )?(?:{words.ASSENT})")
ECHO: Final = is_just(words.ECHO)
THANKS: Final = Both(SHORT, says("thanks|thank you|cheers"))
ACKNOWLEDGES: Final = (MINIMAL, ASSENT, ECHO, THANKS)

# request
PLEASE: Final = says("please")
BARE_PLEASE: Final = clause(r"^\n(?:[^.!?\n]{0,18} , )?please \W*$")
YES_PLEASE: Final = is_just(rf"(?:{words.AGREEMENT}) please")
ABLE: Final = clause(rf"{START}(?:{words.ABLE})")
ASKS_ACTION: Final = Without(
    clause(rf"{START}(?:{words.ASK_YOU}|{words.MAY_I}|{words.PROPOSAL})\b"), ABLE
)
IMPERATIVE: Final = opens(rf"(?:(?:and|so|then|just|please|kindly) )*(?:{words.DO})")
IDLE: Final = opens(words.IDLE)
ASKED_THE_WAY: Final = after(
    r"\b(?:how (?:do|can|should|to|shall)|where|what should|the way)\b[^\n]*\?\s*$"
)
WANT: Final = says(words.WANT)
WISH: Final = clause(
    r"\n(?:i'd|we'd|i would|we would) (?:\w+ )?like\b|\bi need your|i wonder if you"
    r"|i was wondering if"
)
ORDER: Final = Both(
    clause(r"\n(?:i|we) (?:\w+ )?(?:need|want|have to)\b|\n(?:i'll|we'll) (?:have|take)\b"),
    after(
        r"(?:help you|do for you|would you like|anything else|what else|get you|your order"
        r"|to order)[^\n]*\?\s*$"
    ),
)

# question
UNMARKED: Final = clause(rf"{START}(?:{words.YES_NO}|{words.ASKING})\b[^\n.!?]*$")

# emotion
JOY_OR_PITY: Final = says(words.JOY_OR_PITY)
ASTONISHED: Final = opens(words.ASTONISHED)
LONGING: Final = says(words.LONGING)
FEELING: Final = says(words.FEELING)
INTERJECTION: Final = says(words.INTERJECTION)
SAD_OR_GLAD_FACE: Final = clause(r"^\n[^\w\n]*[😀-😂😅-😍😘😢-😭🎉🥳🥰🥹❤💕😱😡][^\w\n]*$|:-?'?\(")

POINTS_ELSEWHERE: Final = (
    QUESTION_MARK,
    UNMARKED,
    PLEASE,
    ASKS_ACTION,
    WISH,
    ORDER,
    JOY_OR_PITY,
    ASTONISHED,
    LONGING,
    FEELING,
    SAD_OR_GLAD_FACE,
)
"""What a statement must not have."""
HINTS_ELSEWHERE: Final = (IMPERATIVE, INTERJECTION, FAREWELL)
