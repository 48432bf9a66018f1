"""The 29 built-in labelling functions for the default schema, written for real chat.

The categories are a decision tree and most messages are plain statements, so the rules for
statements keep silent where anything points elsewhere; when rules agree, they are mostly right.
"""

from __future__ import annotations

from typing import Final

from catreview.functions import signs
from catreview.functions import vocabulary as words
from catreview.functions.conditions import Length, after, clause, opens, says
from catreview.functions.function import Rule

CLOSING: Final = (
    Rule(
        "says_goodbye",
        "closing",
        "'Bye', 'see you later', 'good night', 'ttyl' in a short message.",
        when=(Length(1, 12), signs.FAREWELL),
        unless=(signs.QUESTION_MARK,),
    ),
    Rule(
        "ends_on_goodbye",
        "closing",
        "The last sentence takes leave.",
        when=(Length(1, 22), clause(rf"{signs.PARTING}\n?$")),
        unless=(signs.QUESTION_MARK,),
    ),
    Rule(
        "has_to_leave",
        "closing",
        "'Got to go', 'I'd better be off', 'nice talking to you'.",
        when=(Length(1, 16), says(words.LEAVING)),
        unless=(signs.QUESTION_MARK,),
    ),
    Rule(
        "wishes_well",
        "closing",
        "'Have a nice day', 'take care', 'keep in touch'.",
        when=(Length(1, 14), signs.GOOD_WISH),
        unless=(signs.QUESTION_MARK,),
    ),
)

ACKNOWLEDGE: Final = (
    Rule(
        "minimal_reply",
        "acknowledge",
        "Nothing but words like 'ok', 'yeah sure', 'I see', or only a thumb.",
        when=(signs.SHORT, signs.MINIMAL),
        unless=(
            signs.QUESTION_MARK,
            signs.UNMARKED,
            signs.INTERJECTION,
            signs.SAD_OR_GLAD_FACE,
            signs.FAREWELL,
        ),
    ),
    Rule(
        "short_thanks",
        "acknowledge",
        "'Thanks', 'ty', 'thank you, doctor'.",
        when=(signs.THANKS,),
        unless=(signs.QUESTION_MARK, signs.FAREWELL),
    ),
    Rule(
        "echoes",
        "acknowledge",
        "Gives the verb back: 'yes, it is', 'I will', 'so do I'.",
        when=(signs.SHORT, signs.ECHO),
        unless=(signs.QUESTION_MARK,),
    ),
    Rule(
        "assents",
        "acknowledge",
        "'Sounds good', 'no problem', 'that's right', 'works for me'.",
        when=(signs.SHORT, signs.ASSENT),
        unless=(signs.QUESTION_MARK,),
    ),
)

REQUEST: Final = (
    Rule(
        "asks_you_to",
        "request",
        "'Can you', 'would you' and a deed, not an ability.",
        when=(clause(rf"{signs.START}(?:{words.ASK_YOU})\b"),),
        unless=(signs.ABLE, opens("would you like")),
    ),
    Rule(
        "asks_leave_or_offers",
        "request",
        "'May I', 'can I help you', 'would you like', 'shall we'.",
        when=(clause(rf"{signs.START}(?:{words.MAY_I})\b"),),
        unless=(signs.ABLE,),
    ),
    Rule(
        "says_please",
        "request",
        "'Please' or 'pls', in more than a bare 'coffee, please'.",
        when=(Length(2, 60), signs.PLEASE),
        unless=(signs.BARE_PLEASE, signs.YES_PLEASE),
    ),
    Rule(
        "proposes",
        "request",
        "'Let's', 'why don't we', 'how about', 'I suggest', 'maybe we could'.",
        when=(Length(3, 300), clause(rf"{signs.START}(?:{words.PROPOSAL})\b")),
        unless=(signs.ABLE,),
    ),
    Rule(
        "imperative",
        "request",
        "A sentence begins with a verb to act on, unless directions were asked for.",
        when=(signs.IMPERATIVE,),
        unless=(signs.IDLE, signs.FAREWELL, signs.ASKED_THE_WAY),
    ),
    Rule(
        "wants",
        "request",
        "'I'd like', 'I need a', 'I'll take', 'I wonder if you'.",
        when=(signs.WANT,),
        unless=(signs.QUESTION_MARK,),
    ),
    Rule(
        "deed_for_me",
        "request",
        "'Give me', 'tell us', 'help you', 'have a look', 'hold on'.",
        when=(says(words.FOR_ME),),
    ),
)

QUESTION: Final = (
    Rule(
        "ends_on_question_mark",
        "question",
        "The last sentence ends in a question mark and asks for no deed.",
        when=(clause(r"\?[^\w]*$"),),
        unless=(signs.ASKS_ACTION,),
    ),
    Rule(
        "asks_wh",
        "question",
        "A sentence opens with 'what', 'where', 'how' and does not end in a full stop.",
        when=(clause(rf"\n(?:{words.WH})\b[^!.\n]*(?:\?|$)"),),
        unless=(signs.ASKS_ACTION,),
    ),
    Rule(
        "asks_yes_no",
        "question",
        "A sentence opens with 'do you', 'is it', 'r u' and does not end in a full stop.",
        when=(clause(rf"{signs.START}(?:{words.YES_NO})\b[^\n.!]*(?:\?|$)"),),
        unless=(signs.ASKS_ACTION,),
    ),
    Rule(
        "short_question",
        "question",
        "At most six words that end in a question mark.",
        when=(Length(0, 6), clause(r"\?\W*$")),
        unless=(signs.ASKS_ACTION,),
    ),
    Rule(
        "unmarked_question",
        "question",
        "Asks without a question mark: 'wat time', 'anyone got a pen'.",
        when=(signs.UNMARKED,),
        unless=(signs.ASKS_ACTION,),
    ),
)

EMOTION: Final = (
    Rule(
        "names_a_feeling",
        "emotion",
        "'I'm so happy', 'feeling lonely', 'I was scared'.",
        when=(signs.FEELING,),
        unless=(signs.QUESTION_MARK,),
    ),
    Rule(
        "interjection",
        "emotion",
        "'Wow', 'ugh', 'oh my god', 'noooo' in a short message.",
        when=(Length(1, 14), signs.INTERJECTION),
        unless=(signs.QUESTION_MARK,),
    ),
    Rule(
        "shares_joy_or_pity",
        "emotion",
        "'Congratulations', 'happy birthday', 'sorry to hear', 'that's awful'.",
        when=(signs.JOY_OR_PITY,),
        unless=(signs.QUESTION_MARK,),
    ),
    Rule(
        "loves_or_hates",
        "emotion",
        "'I miss you', 'I can't stand it', 'can't wait', 'it drives me crazy'.",
        when=(signs.LONGING,),
        unless=(signs.QUESTION_MARK,),
    ),
    Rule(
        "astonished",
        "emotion",
        "'What a day', 'how nice', 'I can't believe it', 'you're kidding'.",
        when=(signs.ASTONISHED,),
        unless=(signs.QUESTION_MARK,),
    ),
)

STATEMENT: Final = (
    Rule(
        "declares",
        "statement",
        "A sentence opens with its subject ('I', 'it', 'the', 'my'); nothing points elsewhere.",
        when=(Length(4, 400), opens(words.SUBJECT)),
        unless=(*signs.POINTS_ELSEWHERE, *signs.HINTS_ELSEWHERE),
    ),
    Rule(
        "answers",
        "statement",
        "Four words or more after a question, asking nothing back.",
        when=(Length(4, 400), after(r"\?\s*$")),
        unless=signs.POINTS_ELSEWHERE,
    ),
    Rule(
        "says_something",
        "statement",
        "Four words or more with no sign of any other category.",
        when=(Length(4, 1000),),
        unless=(
            *signs.POINTS_ELSEWHERE,
            *signs.HINTS_ELSEWHERE,
            *signs.ACKNOWLEDGES,
            signs.GOOD_WISH,
            signs.WANT,
        ),
    ),
    Rule(
        "short_information",
        "statement",
        "At most three words that say more than yes or no: 'At six', 'hi John'.",
        when=(Length(1, 3),),
        unless=(
            *signs.POINTS_ELSEWHERE,
            *signs.HINTS_ELSEWHERE,
            *signs.ACKNOWLEDGES,
            signs.GOOD_WISH,
        ),
    ),
)

RULES: Final = (*CLOSING, *ACKNOWLEDGE, *REQUEST, *QUESTION, *EMOTION, *STATEMENT)
