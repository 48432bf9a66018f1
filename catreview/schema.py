"""The ordered schema of categories; the first category that fits a message wins."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated

from catreview.toml_tables import counting, like


@dataclass(frozen=True, kw_only=True)
class Category:
    """One class of the schema."""

    name: Annotated[
        str,
        counting(1, 40),
        like(r"^[^\s|,;:\"'\[\]{}]+$", "must be one word, without quotes, brackets or | , ; :"),
    ]
    key: Annotated[str, counting(0, 1)] = ""
    """The key that gives this category in the review app; by default its place, 1 to 9, 0."""
    definition: Annotated[str, counting(1)]
    """One or two sentences; they stand in the prompt as they are."""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Schema:
    """Categories in the order of the decision tree.

    Raises:
        ValueError: two categories share a name or a key, or a synonym stands for none.
    """

    categories: Annotated[tuple[Category, ...], counting(2, unit="categories")]
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Other words a model may use for a category: `{"ack": "acknowledge"}`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "categories", _with_keys(self.categories))
        for what, values in (
            ("name", [c.name.casefold() for c in self.categories]),
            ("key", [c.key for c in self.categories if c.key]),
        ):
            doubled = {v for v in values if values.count(v) > 1}
            if doubled:
                raise ValueError(f"two categories share the {what} {sorted(doubled)[0]!r}")
        for word, name in self.synonyms.items():
            if name not in self.index:
                raise ValueError(f"synonym {word!r} stands for {name!r}, which is no category")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Category names in schema order; their positions are the codes in vote matrices."""
        return tuple(c.name for c in self.categories)

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each category name."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def fingerprint(self) -> str:
        """Short hash of everything that changes what a voter would say."""
        content = [[c.name, c.definition, c.examples] for c in self.categories]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]

    def resolve(self, word: str) -> str | None:
        """The category that `word` names, itself or by a listed synonym, in any case.

        "How to" and "how-to" name `how_to`, too, where no other category is spelled so.
        """
        for spelled in (str.casefold, _with_underscores):
            wanted = spelled(word.strip())
            for given in (dict(zip(self.names, self.names, strict=True)), self.synonyms):
                named = {name for word, name in given.items() if spelled(word) == wanted}
                if len(named) == 1:
                    return named.pop()
        return None

    def unknown(self, words: Iterable[str]) -> list[str]:
        """Those of `words` that are no category, each once, sorted."""
        return sorted({w for w in words if w not in self.index})


def _with_underscores(words: str) -> str:
    """Words in one case with an underscore wherever something parts them."""
    return re.sub(r"[\s_-]+", "_", words.casefold())


def _with_keys(categories: Iterable[Category]) -> tuple[Category, ...]:
    """The categories, each with a key as long as there are digits."""
    free = iter("1234567890")
    taken = {c.key for c in categories if c.key}
    return tuple(
        replace(category, key=category.key or next((k for k in free if k not in taken), ""))
        for category in categories
    )


DEFAULT_SCHEMA = Schema(
    categories=(
        Category(
            name="closing",
            definition=(
                "It ends or takes leave from the conversation. A thank-you on its own is not"
                " closing; a long message with real news that merely ends in 'bye' is labelled"
                " for its main content."
            ),
            examples=("bye", "ttyl", "gotta go", "good night then"),
        ),
        Category(
            name="acknowledge",
            definition=(
                "Minimal agreement or receipt, at most 3 words, no question; a bare yes or no"
                " counts. A short message that carries real information ('At six') does not."
            ),
            examples=("ok", "thanks", "sounds good", "nope"),
        ),
        Category(
            name="request",
            definition=(
                "It seeks action from the listener or proposes one: an imperative, 'can/could/would"
                " you' + verb, 'please' + verb, 'let's', a suggestion, an offer, an order for a"
                " service. An imperative that asks for nothing ('take it easy') is not a request."
            ),
            examples=("can you send it?", "please wait", "let's meet at 8", "I'd like two tickets"),
        ),
        Category(
            name="question",
            definition=(
                "It seeks information: a real question, with or without a question mark. A message"
                " that mixes a statement and a question that the reply must address is a question."
            ),
            examples=("what time is it", "are you coming?", "u ok?"),
        ),
        Category(
            name="emotion",
            definition=(
                "Its main content is feeling: joy, anger, sadness, surprise, worry, affection,"
                " sympathy. A plain polite phrase or a plain evaluation is a statement."
            ),
            examples=("I'm so stressed!", "congratulations!", "I miss you", "ugh"),
        ),
        Category(
            name="statement",
            definition=(
                "Everything else: facts, opinions, stories, answers, promises, explanations,"
                " greetings."
            ),
            examples=("I left at nine", "Hi, John", "it's a good film"),
        ),
    ),
    synonyms={"acknowledgement": "acknowledge", "acknowledgment": "acknowledge"},
)
