"""The classification prompt: a versioned template, the schema, and messages quoted inert."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any, Final

from catreview.errors import ConfigError
from catreview.records import Example
from catreview.schema import Schema


class ReplyFormat(StrEnum):
    """How the server is asked to shape its reply, from strict to free."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """One request: chat messages, the id in the prompt of each example, and the wanted format."""

    messages: tuple[dict[str, str], ...]
    keys: dict[str, str]
    """Key in the prompt to example id, in the order of the batch."""
    response_format: dict[str, Any] | None


@dataclass(frozen=True)
class Prompt:
    """A template filled with a schema; `version` changes with every word of either.

    The template is text with the placeholders `{{categories}}` and `{{messages}}` (required),
    `{{reply}}` (how to answer; appended where missing), `{{names}}` and `{{count}}`. A line that
    holds only `---` parts the system message from the user message.
    """

    name: str
    template: str
    schema: Schema

    @cached_property
    def version(self) -> str:
        """Name, short hash of the wording, and fingerprint of the schema."""
        wording = json.dumps([self.template, sorted(_REPLY.items()), _ONE, _MANY])
        digest = hashlib.sha256(wording.encode()).hexdigest()[:8]
        return f"{self.name}-{digest}-{self.schema.fingerprint}"

    @cached_property
    def categories(self) -> str:
        """The numbered decision tree, one category a line."""
        return "\n".join(
            f"{place}. {category.name}: {' '.join(category.definition.split())}"
            + (f" Examples: {_json(list(category.examples))[1:-1]}" if category.examples else "")
            for place, category in enumerate(self.schema.categories, start=1)
        )

    def render(
        self, batch: Sequence[Example], reply_format: ReplyFormat = ReplyFormat.JSON_SCHEMA
    ) -> RenderedPrompt:
        """Make the request for `batch` (at least one example)."""
        keys = assign_keys(batch)
        lines = (
            _json({"id": key, "previous": example.previous, "message": example.text})
            for key, example in zip(keys, batch, strict=True)
        )
        values = {
            "categories": self.categories,
            "names": ", ".join(self.schema.names),
            "count": _ONE if len(batch) == 1 else _MANY.format(len(batch)),
            "messages": "\n".join(lines),
            "reply": _REPLY[reply_format].format(names=", ".join(self.schema.names)),
        }
        # One pass over the template only: what a message contains is never looked at again.
        parts = [
            _PLACEHOLDER.sub(lambda found: values[found[1]], part).strip()
            for part in _DIVIDER.split(self.template, maxsplit=1)
        ]
        roles = ("system", "user") if len(parts) == 2 else ("user",)
        messages = tuple(
            {"role": role, "content": part} for role, part in zip(roles, parts, strict=True)
        )
        return RenderedPrompt(
            messages, keys, _response_format(reply_format, keys, self.schema.names)
        )


_REPLY: Final = {
    ReplyFormat.JSON_SCHEMA: (
        "Reply with one JSON object and nothing else: every id above once, in the same order,"
        " each with its category (one of: {names})."
    ),
    ReplyFormat.JSON_OBJECT: (
        "Reply with one JSON object and nothing else: every id above once, in the same order,"
        " each with its category (one of: {names})."
    ),
    ReplyFormat.PLAIN: (
        "Reply with one line per id and nothing else: the id, a colon, a space, and its category"
        " (one of: {names}). Give every id above once, in the same order."
    ),
}
_ONE: Final = "1 message"
_MANY: Final = "{} messages"
_REQUIRED: Final = frozenset({"categories", "messages"})
_KNOWN: Final = _REQUIRED | {"reply", "names", "count"}
_PLACEHOLDER: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_DIVIDER: Final = re.compile(r"^---[ \t]*$", re.MULTILINE)


def load_prompt(name: str, schema: Schema, folder: Path = Path()) -> Prompt:
    """Load the built-in template `name`, or the file at that path (relative to `folder`).

    Raises ConfigError where there is no such template or a placeholder is missing or unknown.
    """
    built_in = resources.files("catreview.llm") / "prompts" / f"{name}.txt"
    if re.fullmatch(r"[\w-]+", name) and built_in.is_file():
        return Prompt(name, built_in.read_text(encoding="utf-8"), schema)
    path = folder / name
    try:
        template = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Cannot read the prompt template {path}: {error}",
            "Set prompt under [llm] to classify-v1 or to the path of a UTF-8 text file.",
        ) from error
    found = set(_PLACEHOLDER.findall(template))
    wrong = [f"lacks {{{{{p}}}}}" for p in sorted(_REQUIRED - found)]
    wrong += [f"has the unknown placeholder {{{{{p}}}}}" for p in sorted(found - _KNOWN)]
    if wrong:
        raise ConfigError(
            f"The prompt template {path} {' and '.join(wrong)}.",
            "It may use " + ", ".join(f"{{{{{p}}}}}" for p in sorted(_KNOWN)) + ".",
        )
    if "reply" not in found:
        template = template.rstrip() + "\n\n{{reply}}\n"
    return Prompt(path.stem, template, schema)


def source_fingerprint(model: str, prompt_version: str) -> str:
    """Hash what decides an LLM's votes; another fingerprint is another source."""
    return hashlib.sha256(json.dumps([model, prompt_version]).encode()).hexdigest()[:12]


_CONSONANTS: Final = "bcdfghjkmnpqrstvwxz"
_DIGITS: Final = "23456789"


def assign_keys(batch: Sequence[Example]) -> dict[str, str]:
    """Give each example of `batch` a short opaque key, in its order: {key: example id}.

    Letter, digit, letter, letter: never a number, a word or a category. The same batch gets the
    same keys, and no key occurs in any of its texts, so that a reply that quotes a message can
    never be taken for an answer.
    """
    texts = "\n".join(f"{e.text}\n{e.previous}" for e in batch).casefold()
    keys: dict[str, str] = {}
    for example in batch:
        for attempt in count():
            # Longer after many misses, so that no text, however long, can hold every key.
            digest = hashlib.sha256(f"{attempt} {example.id}".encode()).digest()
            letters = "".join(_CONSONANTS[b % len(_CONSONANTS)] for b in digest[1:])
            digit = _DIGITS[digest[0] % len(_DIGITS)]
            key = letters[0] + digit + letters[1 : 3 + attempt // 50]
            if key not in keys and key not in texts:
                break
        keys[key] = example.id
    return keys


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)
# Besides the usual control characters: tokens of chat templates, such as <|im_end|>, </s> or
# [INST], which some servers would take for the end of the message.
_TEMPLATE_TOKEN: Final = re.compile(r"<(?=[|/_!?A-Za-z\uff5c])|\[(?=/?[A-Z_]+\])")


def _json(value: object) -> str:
    """Write `value` as JSON on one line, with everything escaped that is not plainly visible."""
    text = _TEMPLATE_TOKEN.sub(lambda found: f"\\u{ord(found[0]):04x}", _ENCODER.encode(value))
    if text.isprintable():
        return text
    # The zero-width joiner holds emoji together and is harmless inside a JSON string.
    return "".join(
        c if c.isprintable() or c in "\u200d\u00a0" else json.dumps(c)[1:-1] for c in text
    )


def _response_format(
    reply_format: ReplyFormat, keys: dict[str, str], names: tuple[str, ...]
) -> dict[str, Any] | None:
    if reply_format is ReplyFormat.PLAIN:
        return None
    if reply_format is ReplyFormat.JSON_OBJECT:
        return {"type": "json_object"}
    schema = {
        "type": "object",
        "properties": {key: {"type": "string", "enum": list(names)} for key in keys},
        "required": list(keys),
        "additionalProperties": False,
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "labels", "strict": True, "schema": schema},
    }
