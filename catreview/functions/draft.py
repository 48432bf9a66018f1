"""A labelling function that somebody thinks of, and the code that says the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from catreview.functions.conditions import Condition, Length
from catreview.functions.function import Rule
from catreview.functions.phrases import Found, pattern, phrase

LONGEST_NAME: Final = 40
LONGEST_DOC: Final = 60
"""Characters of the phrase that the code's description repeats."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A phrase, or with `regex` a regular expression, that speaks for a category.

    `whole_words`, `start` and `end` are about phrases alone; `at_most` is the number of words
    that the message may have, None for any.
    """

    words: str
    category: str
    regex: bool = False
    whole_words: bool = True
    start: bool = False
    end: bool = False
    previous: bool = False
    case: bool = False
    at_most: int | None = None

    def switched(self, option: str) -> Draft:
        """The draft with one of its yes-or-no options the other way."""
        changed: dict[str, Any] = {option: not getattr(self, option)}
        return replace(self, **changed)

    @property
    def found(self) -> Found:
        """The condition on what the message says; FunctionsError where there is none."""
        if self.regex:
            return pattern(self.words, previous=self.previous, case=self.case)
        return phrase(
            self.words,
            whole_words=self.whole_words,
            start=self.start,
            end=self.end,
            previous=self.previous,
            case=self.case,
        )

    def rule(self, name: str = "draft") -> Rule:
        """The labelling function; FunctionsError where there is nothing to look for."""
        when: tuple[Condition, ...] = (self.found,)
        if self.at_most is not None:
            when += (Length(0, self.at_most),)
        return Rule(name, self.category, self.doc, when)

    @property
    def doc(self) -> str:
        """One line on what it looks for."""
        what = self.words if self.regex else " ".join(self.words.split())
        plain = len(what) <= LONGEST_DOC and what.isprintable() and not set(what) & set('"\\')
        kind = "The expression" if self.regex else "The phrase"
        places = [
            word
            for word, on in (
                ("also within a word", not self.whole_words),
                ("at the start", self.start),
                ("at the end", self.end),
            )
            if on and not self.regex
        ]
        places += ["in the message before"] * self.previous + ["as written here"] * self.case
        if self.at_most is not None:
            places.append(f"in at most {self.at_most} words")
        said = f"'{what}'" if plain else f"{kind} below"
        return ", ".join([said, *places]) + "."

    @property
    def name(self) -> str:
        """A name that says it, in letters, digits and underscores; perhaps taken."""
        words = "_".join(re.findall(r"[a-z0-9]+", self.words.lower().replace("'", "")))
        words = words[:LONGEST_NAME].strip("_")
        verb = (
            "follows" if self.previous
            else "matches" if self.regex
            else "opens_with" if self.start
            else "ends_with" if self.end
            else "says"
        )  # fmt: skip
        spoken = words or re.sub(r"\W", "_", self.category)
        return f"{verb}_{spoken}"

    @property
    def uses(self) -> tuple[str, ...]:
        """The names from `catreview.functions` that its code uses, sorted."""
        condition = "pattern" if self.regex else "phrase"
        length = () if self.at_most is None else ("Length",)
        return (*length, "labelling_function", condition)

    def code(self, name: str) -> str:
        """The function as it stands in `functions.py`, without imports; ends with a newline."""
        options = {"previous": self.previous, "case": self.case}
        if not self.regex:
            options = {"start": self.start, "end": self.end, **options}
        arguments = [_raw(self.words) if self.regex else quoted(" ".join(self.words.split()))]
        if not self.regex and not self.whole_words:
            arguments.append("whole_words=False")
        arguments += [f"{option}=True" for option, on in options.items() if on]
        conditions = [f"{'pattern' if self.regex else 'phrase'}({', '.join(arguments)})"]
        if self.at_most is not None:
            conditions.append(f"Length(0, {self.at_most})")
        return (
            f"@labelling_function({quoted(self.category)})\n"
            f"def {name}():\n"
            f'    """{self.doc}"""\n'
            f"    return {', '.join(conditions)}\n"
        )


def quoted(text: str) -> str:
    r"""Python's literal of a text, on one line, in double quotes.

    What cannot be printed is escaped, so that nothing in it can steer a terminal or hide code.

    >>> print(quoted('say "hi"\n'))
    "say \"hi\"\n"
    """
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def _raw(expression: str) -> str:
    """The literal of a regular expression: raw where that can be, as people write them."""
    backslashes = len(expression) - len(expression.rstrip("\\"))
    if expression.isprintable() and '"' not in expression and backslashes % 2 == 0:
        return f'r"{expression}"'
    return quoted(expression)
