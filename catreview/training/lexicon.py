"""English words and phrases that tell what a sentence does; other languages rely on n-grams."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from catreview.patterns import Pattern, pattern_set


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LEADS: Final = _words(
    """well ok so and but then oh yes no please just now hey hi hello right sure um er uh ah
    hmm , : - sir madam mr miss mrs ms dr ma'am dear honey mom dad mum anyway actually first
    also maybe perhaps or course all great good thanks always never sorry"""
)
"""Words before the one that decides a sentence's mood."""

IMPERATIVE_VERBS: Final = _words(
    """add admit allow answer apologize apply ask avoid be bear become begin believe book
    borrow bring build buy call cancel care carry catch change charge chat check cheer choose
    clean clear climb close come compare complete concentrate confirm consider contact continue
    cook copy count cover cross cut decide deliver describe dial do don't draw dress drink
    drive drop eat enjoy enter excuse exercise expect explain face fasten feel fetch fill find
    finish fix fly focus fold follow forget forgive gather get give go grab guess hand hang
    have hear help hit hold hope hurry ignore imagine include inform invite join jump keep kick
    kiss knock lay lead learn leave lend let let's lie lift light listen lock look lower make
    mark meet mention mind mix move name note notice offer open order pack park pass pay pick
    place play point practice prepare press print promise pull push put quit raise reach read
    record reduce relax remember remind remove repeat reply report rest return ring rinse roll
    run save say search see select sell send serve set shake share show shut sign sing sit
    sleep slow smile speak spell spend stand start stay step stick stop study switch take talk
    taste teach tell text think throw tie touch translate travel treat trust try turn type use
    visit wait wake walk warm wash watch water wear work worry wrap write"""
)

WH_WORDS: Final = _words(
    """what where when why who whom whose which how what's where's how's who's when's why's
    what're who're"""
)

AUXILIARIES: Final = _words(
    """do does did is are was were am have has had can could will would shall should may might
    must don't doesn't didn't isn't aren't wasn't weren't haven't hasn't can't couldn't won't
    wouldn't shouldn't"""
)

SUBJECTS: Final = _words(
    """i you he she it we they there this that these those your the my his her our their any
    anyone anybody anything everything everyone somebody someone"""
)

RECEIPTS: Final = _words(
    """yes no ok sure nope right exactly absolutely definitely certainly course i see thanks
    thank you not really fine great good cool got it of sounds all haha indeed agreed deal true
    done never always problem me too neither so do hmm mm mhm uh huh ha lol maybe perhaps well
    oh very much correct perfect a lot same here that's nothing my pleasure welcome you're"""
)
"""Words that minimal answers are made of."""

INTERJECTIONS: Final = _words(
    """oh wow ah aha gosh ouch damn hooray hey god ugh haha hahaha ha lol lmao hmm aw aww oops
    yay hurray jeez gee boy man hell yuck phew alas whoa goodness argh"""
)

PLEASANT: Final = _words(
    """happy glad excited delighted pleased wonderful great fantastic amazing awesome terrific
    marvelous brilliant lovely beautiful fabulous love loved thrilled proud congratulations
    congrats hooray yay wow cool lucky thankful grateful adore fun hurray relieved perfect
    gorgeous incredible sweet excellent splendid unbelievable <3 :) :-) :d"""
)

UNPLEASANT: Final = _words(
    """sad sorry afraid angry upset worried scared terrible horrible awful hate annoyed
    disappointed depressed nervous stressed ashamed mad frustrated lonely miss hurt cry crying
    disgusting ridiculous damn hell shit stupid fool idiot crazy terrified frightened fear
    jealous bored exhausted tired sick pity shame ugh unfortunately poor regret embarrassed
    embarrassing furious heartbroken guilty unfair suffer suffering painful pain worry bad
    worse worst unhappy miserable anxious shocked surprised dead die nightmare gosh god
    goodness heaven heavens jesus christ bloody unbearable sigh disgusted bother stand :( :-(
    :/"""
)


def _either(text: str) -> str:
    return "|".join(text.split())


_FEELINGS: Final = _either(
    """happy sad sorry afraid angry glad excited worried tired upset scared pleased nervous
    proud jealous bored lonely stressed surprised disappointed depressed delighted shocked
    ashamed frustrated exhausted relieved mad sick thrilled lucky hungry starving embarrassed
    annoyed confused"""
)
_VERDICTS: Final = _either(
    """wonderful terrible awful horrible amazing great fantastic lovely sad sweet beautiful
    exciting nice disgusting ridiculous marvelous unfair awesome cool incredible"""
)

_PHRASES: Final = {
    "leave": """
        bye / good night / see you / take care / so long / farewell / signing off / keep in touch
        / (?:talk|speak) to you (?:later|soon|tomorrow) / catch you later / on my way / i'm off
        / have an? \\w+ (?:day|time|trip|weekend|evening|night|flight|journey|holiday|one|stay)
        / (?:must|better|got to|have to|need to|should|time to) (?:really )?(?:go|run|leave)
        / (?:must|better|got to|have to|should|to) (?:be (?:going|off)|get going|hang up|say bye)
        / (?:nice|pleasure|good|great) (?:meeting|talking|seeing|chatting|to have met)
        / thank you for (?:coming|calling|shopping|your time) / regards to / that's all for""",
    "offer": """
        (?:can|could|may) i (?:help|be of|do|get|offer|bring|take|give|show) / what can i
        / how (?:can|may|could) i / can i do (?:for|to) / let me (?!see|think|know|down)
        / (?:need|want) (?:any|some|a) (?:help|hand|assistance) / shall i
        / (?:anything|something) (?:else )?(?:i|we) can / if you (?:like|want|wish|need)
        / (?:i|we)(?:'ll| can| could) (?:help|show|give|get|take|lend|bring|make|pick|drive) you""",
    "invite": """
        would you (?:like|care|prefer|mind|be) / do you (?:want|mind|need|feel like|care|fancy)
        / you (?:want|interested|up for|free) / feel like / want some / care for
        / want to (?:go|come|join|get|grab|see)""",
    "suggest": """
        (?:how|what) about / why (?:don't|not|doesn't) / shall we / let's / what do you say
        / (?:maybe|perhaps|think|suppose|guess|then|so) (?:we|you) (?:can|could|should|might)
        / (?:i|we|may i|might i|i'd) (?:suggest|propose|recommend|advise|urge|invite|insist)
        / (?:you|we) (?:should|ought|could|might want|better|had better) / (?:you|we)'d better
        / you (?:need|have|must|can|may|got) / if (?:i )?were you / be sure to / make sure
        / time to / you're (?:supposed|advised|invited) / (?:some|another) other time""",
    "order": """
        (?:i|we)(?:'d| would) (?:like|love|prefer|appreciate) / (?:i|we) (?:want|need)
        / (?:i|we)(?:'ll| will) (?:have|take|go with|order|try|get) / i (?:wish|hope) you
        / i(?:'m| am) (?:calling (?:to|about|for)|looking for|here to) / i(?:'ve)? (?:came|come) to
        / (?:can|could|may|might) (?:i|we) (?:have|get|see|try|take|borrow|use|speak|talk|ask|leave)
        / (?:can|could|may|might) (?:i|we) (?:book|order|make|change) / wondering if""",
    "ask action": """
        (?:can|could|will|would) you (?:please |just )?(?!tell|like|be|see|mind|say|explain)\\w+
        / please / do me a favor / would you mind / mind \\w+ing / let me know / will you
        / (?:give|help|call|tell|show|send|bring|text) me / come on
        / don't (?:forget|worry|be|mention|know|you|think|have|want)""",
    "ask answer": """
        (?:can|could|would) you (?:please )?(?:tell|explain|say) / have you / are you / did you
        / do you (?:know|have|think|like|remember|mean) / is (?:it|there|that|this) / what's
        / what (?:is|do|did|kind|time|are|happened) / any idea
        / wonder (?:what|why|how|who|where|when)
        / how (?:much|many|long|far|often|is|are|do|did|was)
        / (?:isn't|aren't|don't|doesn't|didn't|won't|wasn't) (?:it|you|he|she|they|we)$
        / (?:right|huh|ok)$""",
    "asks nothing": """
        take it easy / don't (?:worry|mention) / have fun / enjoy your / cheer up / calm down
        / come on / guess what / hold on / never mind / forget it / help yourself / go ahead
        / good luck / excuse me / (?:trust|believe) me / let me (?:see|think) / let's see
        / you're welcome / wait a / you know / be my guest / here you are / take your time
        / look at / how do you do / best wishes""",
    "feel": f"""
        i(?:'m| am| was| feel| felt)(?: \\w+)? (?:{_FEELINGS}) / i can(?:'t|not) (?:believe|stand)
        / i (?:really |just |so )?(?:love|hate|miss|adore) you / can't (?:wait|help)
        / sorry to hear / so sorry / what an? / too bad / a pity / a shame / no way / oh no
        / my god / oh god / thank (?:god|goodness|heavens) / happy (?:birthday|new)
        / merry christmas / congratulations / looking forward / i(?:'m)? (?:really )?(?:wish|hope)
        / (?:how|so|that's|that is|it's|sounds) (?:\\w+ )?(?:{_VERDICTS})
        / for (?:god's|heaven's|goodness) sake / how (?:dare|could you) / you're so / fed up
        / (?:sick|tired) of / (?:drives?|makes?) me""",
}


def _pattern(phrases: str) -> Pattern:
    """In `_PHRASES`, `/` stands between alternatives and each is a regular expression."""
    alternatives = " ".join(phrases.split()).split(" / ")
    return Pattern(rf"\b(?:{'|'.join(alternatives)})(?!\w)")


_CUES: Final = {_pattern(phrases): name for name, phrases in _PHRASES.items()}
_SEARCHES: Final = {pattern: re.compile(pattern.expression).search for pattern in _CUES}
_together: Final = cache(lambda: pattern_set(tuple(_CUES)))


def cues(sentence: str) -> list[str]:
    """Name the families of phrases that are found in a sentence's joined words."""
    together = _together() if sentence.isascii() else None
    some = _CUES if together is None else together.maybe_in(sentence.encode())
    return [_CUES[pattern] for pattern in some if _SEARCHES[pattern](sentence)]
