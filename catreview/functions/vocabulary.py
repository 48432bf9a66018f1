"""The phrases that the built-in labelling functions look for, as regular expressions.

Words are lower-case with chat spellings written out, as in `message.Views`.
"""

from __future__ import annotations

from typing import Final

GOODBYE: Final = (
    r"bye"
    r"|see you (?:all |guys |both )?(?:later|soon|then|again|tomorrow|tonight|there|around|next)"
    r"|see you (?:on|at|in|this) \w+|see you|see yah|talk to you (?:later|soon|tomorrow|then)"
    r"|catch you later|farewell|so long|good night|sweet dreams|ta ta"
    r"|later (?:dude|man|mate|guys)|yours sincerely|kind regards"
    r"|until (?:then|tomorrow|next time|\w+day)|safe (?:travels|trip|flight|journey)|bon voyage"
    r"|(?:speak|talk|chat) (?:later|soon|tonight|tomorrow)|speak to you (?:later|soon)"
    r"|night night|drive safe"
)

LEAVING: Final = (
    r"(?:i|we|i'd|we'd|i've|we've)(?: really| had| have|) (?:got to|must|better)(?: be|)"
    r" (?:go|going|run|leave|leaving|get going|off|hang up|sleep|get back)"
    r"|(?:i|we)(?: really| do|) (?:have to|need to|should) (?:go|run|leave|be going)(?: right|) now"
    r"|i really have to (?:go|run|leave)|got to (?:go|run)|need to run|i'm off|be right back"
    r"|i'd better (?:go|be|let you)|i'll (?:talk|speak) to you|signing off|time for me to go"
    r"|(?:nice|good|great|lovely|been a pleasure) (?:talking|chatting|seeing|meeting)"
    r" (?:to|with) you"
    r"|going to (?:bed|sleep)(?: now)?"
)

GOOD_WISH: Final = (
    r"have a (?:very |really |)(?:good|nice|great|lovely|wonderful|pleasant|safe|happy"
    r"|blessed) (?:day|night|evening|weekend|trip|flight|time|journey|stay|one|holiday|sleep"
    r"|rest|vacation)|keep in touch|stay in touch|sleep well|sleep tight"
    r"|take care(?: of yourself)?|hope to see you|looking forward to seeing you"
)

AGREEMENT: Final = (
    r"ok|yes|yeah|no|nope|nah|sure|surely|right|fine|alright|all right|of course|certainly"
    r"|correct|absolutely|exactly|definitely|great|good|cool|perfect|super|agreed|deal|noted"
    r"|indeed|true|nice|lovely|ikr|nvm|np|lmao|valid|maybe|perhaps|possibly|probably|never"
    r"|anytime|anyway|whatever|welcome|gotcha|done|mine too|thanks|thank|cheers|i see|i know"
    r"|i understand|got it|no problem|never mind|me too|same here|hm+|mm+|uh|um|huh|oh|ah|o|em"
    r"|lol|haha+|lor|lar|really|so|not|very|too|well|much|lot|a lot"
)

ASSENT: Final = (
    r"(?:that|it|this)(?:'s| is|'ll be| will be| sounds| sound|) (?:\w+ )?(?:ok|fine|right|good"
    r"|great|true|correct|all right|alright|a deal|interesting|perfect|settled)"
    r"|sounds? (?:\w+ )?(?:good|great|fine|interesting|nice|cool|perfect|ok|reasonable|lovely)"
    r"|(?:good|great|nice|fair) (?:idea|enough|point)|you (?:bet|got it|said it|are right)"
    r"|you're (?:\w+ )?(?:right|welcome)|no (?:problem|way|wonder|doubt|joke|thank you)(?: \w+)?"
    r"|(?:certainly|of course|definitely|probably|surely|i'm afraid|absolutely) not(?: \w+)?"
    r"|(?:not|nothing) (?:really|yet|at all|much|a problem|a bit)|there you go|as you wish"
    r"|go ahead|go for it|why not|(?:it's )?(?:my|a|our) pleasure|(?:i'm |count me )?in|on it"
    r"|i'm on it|(?:works|fine) (?:for|by|with) me|that makes sense|it doesn't matter"
    r"|(?:that's|that'll be) all|it's no problem|that's for sure|i'd love to|whatever you say"
    r"|will do|please do|so do i|neither do i"
    r"|i (?:completely |totally |quite )?(?:agree|understand|see|know|appreciate it)"
    r"|i know (?:that|it)|i (?:think|hope|guess|believe|suppose) (?:so|not)|could be|hope so"
    r"|don't mention it|any time"
)

ECHO: Final = (
    r"(?:yes |no |yeah |sure |ok |of course |so |neither |oh )?(?:(?:i|he|she|it|they|we|you"
    r"|that|there) (?:sure |really )?(?:do|does|did|am|is|are|was|were|will|would|can|could"
    r"|have|has|should)(?: not|)|(?:i|he|she|it|they|we|you|that|there) (?:don't|didn't|doesn't"
    r"|won't|can't|haven't|isn't|wasn't|wouldn't|couldn't|aren't|hasn't)|(?:do|does|did|am|is"
    r"|are|was|will|would|can|have|should) (?:i|he|she|it|they|we|you)|i'm not|(?:it|that|he"
    r"|she)'s (?:it|not|true|him|her))(?: too| so|)"
)

ASK_YOU: Final = r"(?:can|could|would|will|won't) (?:you|someone|anyone)"
"""'Can you' and the like, where it asks for a deed."""

ABLE: Final = (
    r"(?:can|could|would|will|won't) you (?:be |believe|imagine|afford|speak|swim|see |hear"
    r"|remember|rather|prefer|say |have |think|mind if|guess|understand|feel|want )"
    r"|(?:may|can|could) i (?:ask|know)\b|how about (?:you|your|the other)\b"
    r"|are you interested in|what do you say|do you want to (?:see|know|pay)"
)
"""'Can you' and the like, where it asks for a fact."""

MAY_I: Final = (
    r"(?:can|could|may) (?:i|we)|shall (?:i|we)|would you (?:like|care|mind)"
    r"|do you want (?:me )?to|want to|would it be (?:possible|ok)"
    r"|is it (?:ok|all right|possible) (?:if|to)|do you mind|what can i (?:do|get) (?:for )?you"
    r"|how can i help|how may i|what can i do|is there anything i can"
)

PROPOSAL: Final = (
    r"let's|let us|why (?:don't|not) \w+|how about|shall we|we'd better"
    r"|maybe (?:we|you) (?:can|should|could)|i suggest|i recommend|i propose|what do you say"
    r"|we should|would you like to|are you interested in|what if we"
)

WANT: Final = (
    r"(?:i'd|we'd|i would|we would) (?:also |just |really |)(?:like|prefer|appreciate)"
    r"|(?:i|we) (?:really |just |also )?(?:need|want) (?:a|an|some|the|your|you|two|three|help"
    r"|it|this)"
    r"|(?:i|we) (?:need|want|have) to (?:buy|book|order|reserve|rent|open|change|send|cash"
    r"|cancel|return|check|see|speak|make|get|talk)|i'm looking for|i am looking for"
    r"|i wonder if (?:you|i|we)|i was wondering if|if you (?:could|would)"
)

DO: Final = (
    r"give|take|tell|show|bring|send|call|come|go|wait|check|put|try|make|get|turn|open|close"
    r"|shut|sign|fill|follow|write|leave|pick|stop|stay|ask|help|sit|pass|hold|buy|text|message"
    r"|ring|reply|do (?:it|that|this|me|something)|use|add|drop|hurry|wake|move|order|pay|cut"
    r"|join|change|clean|wash|step|drive|walk|watch|press|hand|calm|slow|lend|speak|contact"
    r"|inform|return|collect|email|save|push|pull|choose|pretend|consider|wear|grab|say|read"
    r"|look up|teach|stir|lift|toss|bundle|dress|dry|hang|swap|breathe|plug|tap|book it|remind"
    r"|act|see (?:if|the)|throw|carry|cover|cancel|fix|sing with|admit|invite"
    r"|have (?:a (?:look|seat|try)|some|another)|be (?:careful|quiet|patient|there|sure|here)"
    r"|make sure"
    r"|don't (?:forget|be|do|go|let|make|take|touch|tell|leave|move|eat|run|wait|call|give|say"
    r"|get|put|you dare|try|use|listen|stop|just|bother|overdo|ever|sit|always)"
    r"|let me (?:know|have|get|help|take|show|go|try)"
)

IDLE: Final = (
    r"take (?:it easy|care|your time|your pick)|come on |look (?:forward|like|here)"
    r"|go (?:ahead|on)|do (?:you|they|we|i|he|she|not|the|your)"
    r"|give me a (?:break|second|minute)|keep in touch|keep it up|tell me about it|get well"
    r"|get (?:lost|out)|try to |stay in touch|say hi|help yourself|go(?:ing)? to|call it"
    r"|don't be (?:silly|sad|upset|nervous|afraid|ridiculous|so)|have some fun"
    r"|let's (?:hope|see|say)|check out|leave it to me|stop it|make yourself|be sure|watch out"
    r"|hold it"
)
"""Imperatives that ask for nothing."""

FOR_ME: Final = (
    r"(?:give|tell|show|help|send|call|bring|get|pick|join|lend|pass|ring|text|take|inform"
    r"|do) (?:me|us|him|her|them)|help you|(?:a|have a|take a) (?:look|seat)(?: at)?|a favor"
    r"|make sure|don't forget(?: to)?|hurry up|hold on|wait a (?:minute|moment|second)"
    r"|come (?:and|over|in|here|with)|remember to|fill (?:in|out|it)|speak to|would you please"
    r"|can you please|could you please|in advance|room service|a (?:glass|cup) of|you please"
)

WH: Final = (
    r"what|when|where|who|whose|whom|which|why|how|what's|where's|who's|how's|when's|why's"
    r"|what're|(?:in|on|at|by|for|of|from|with|to|about) (?:what|which|whom|where)"
)

YES_NO: Final = (
    r"(?:do|does|did|is|are|am|was|were|have|has|had|can|could|will|would|should|may|might"
    r"|don't|doesn't|didn't|isn't|aren't|wasn't|weren't|haven't|hasn't|won't|can't|couldn't"
    r"|wouldn't|shouldn't) (?:i|you|he|she|it|we|they|the|this|that|these|those|there|your|my"
    r"|his|her|any|anyone|anybody|anything|someone|everyone|everything|our|their|not|all)"
)

ASKING: Final = (
    r"what|whose|who|where|why|how|what's|who's|where's|how's|whos|which|any|anyone|anybody"
    r"|got any|when (?:is|are|do|does|did|was|were|can|should|will|would)|u ok|you ok"
)
"""Openings that ask even where nobody typed a question mark."""

JOY_OR_PITY: Final = (
    r"congratulations|congrats"
    r"|happy (?:\w+ )?(?:birthday|anniversary|new year|valentines?|christmas|easter)"
    r"|happy \w+ day|merry christmas|sorry to hear|sorry for (?:you|your)|that's too bad"
    r"|too bad (?:i|you)|cheer up|happy for you"
    r"|what a (?:shame|pity|relief|surprise|nightmare|disaster|mess|tragedy)"
    r"|poor (?:\w+ )?(?:thing|guy|girl|boy|child|man|cat|dog)"
    r"|(?:that's|it's|is|such) a (?:shame|pity)|(?:made|makes) my (?:day|week)"
    r"|(?:it|that|this) (?:really )?sucks|gives? me the creeps|that's a let down|i admire you"
    r"|get well soon|feel better soon"
    r"|that's (?:so |really |just |absolutely )*(?:terrible|awful|horrible|wonderful|fantastic"
    r"|amazing|great news|unbelievable|incredible|terrific|sad|ridiculous|unfair|disgusting"
    r"|dreadful|sweet of you)|glad to hear|proud of you|my condolences|good for you|well done"
    r"|bless you|best wishes"
)

ASTONISHED: Final = (
    r"what a"
    r"|how (?:annoying|cute|awesome|cool|funny|strange|stupid|silly|boring|cruel|great|nice"
    r"|terrible|awful|wonderful|sad|exciting|lovely|sweet|could you|dare|beautiful|romantic"
    r"|rude|embarrassing|disgusting|thoughtful)|you're kidding|you must be (?:kidding|joking)"
    r"|you can't be serious|i can't believe|are you (?:kidding|nuts|crazy)|(?:i )?can't believe"
    r"|i don't believe (?:it|this)|unbelievable|incredible|it's unfair|no way"
)

LONGING: Final = (
    r"(?:i|we) (?:\w+ )?(?:love|miss|hate|adore|envy|detest|regret) (?:you|u|him|her|my|it|this"
    r"|that|being|when|the way)?|(?:i )?(?:can't|couldn't) stand|(?:i )?can't wait"
    r"|i (?:just |only )?wish i|(?:love|miss|missing|hate) (?:you|my)|i need you|my love|xxx"
    r"|hugs?|kiss(?:es)?|drives? me (?:crazy|mad|nuts)"
    r"|makes? me (?:so |feel |very )?(?:happy|sad|sick|angry|cry|mad)|how could (?:i|you)"
    r"|pisse[sd]|fml"
)

FEELING: Final = (
    r"(?:i'm|i am|am|i feel|i felt|i was|feel|feeling|we're|i get|i'm feeling) (?:so |very "
    r"|really |too |quite |just |a little |a bit |such |pretty |absolutely |extremely |also "
    r"|still |damn |totally )*(?:happy|glad|sad|angry|upset|worried|scared|nervous|excited"
    r"|thrilled|disappointed|depressed|lonely|jealous|proud|furious|annoyed|frustrated|stressed"
    r"|miserable|ashamed|embarrassed|terrified|delighted|shocked|amazed|sick of|tired of|fed up"
    r"|heartbroken|hurt|mad|moved|touched|relieved|bored|grateful|anxious|guilty|flattered"
    r"|impressed|honou?red|lucky|freaking|crazy about|so|stupid|horrible|terrible|awful|down"
    r"|blue|screwed|afraid of|in trouble|dying|exhausted|pissed)"
)

INTERJECTION: Final = (
    r"wow|ugh|yay|oops|ouch|gosh|god|goodness|damn|hooray|hurray|yikes|alas|shit|hell|fuck"
    r"|fucking|crap|omg|oh (?:dear|no|boy|man)|good heavens|my goodness|good gracious|whoa|woo"
    r"|whew|phew|aww+|bloody|grr+|argh+|darn|gee|jesus|ow|yuck|eww?|duh|huh|n+o{3,}|y+e+s{2,}"
    r"|a{4,}h*|oof|lmao|so sorry"
)

ADDRESSED: Final = r"you|i|please|sir|ma'am|madam|mom|mum|dad|doctor|man|mate|bro|is|that"
"""What a minimal reply may have besides agreement."""

SUBJECT: Final = (
    r"i|he|she|it|they|we|you|the|that|this|there|these|those|my|his|her|our|their|your|it's|i'm"
    r"|he's|she's|they're|we're|that's|there's|i've|i'll|we'll|we've|you're|a|an|some|most|in|on"
    r"|at|for|as|if|because|to|not|one|all|by|with"
)
