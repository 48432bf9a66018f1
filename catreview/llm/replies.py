"""From a model's reply to labels, without ever guessing.

A reply may hold reasoning, drafts, quotes of the messages, fences and prose around the answer. It
is read as a row of *blocks* (a JSON value, or a run of `id: category` lines). The last block that
names every id is the answer, or else the last block; what any other block says differently about
an id makes that id unlabelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from catreview.llm.reasoning import visible_answer
from catreview.schema import Schema

Resolve = Callable[[str], str | None]
"""The category that a word means, if any."""


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """Category of each example that the reply labels beyond doubt, and why not for the others."""

    labels: dict[str, str]
    rejected: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Block:
    """One place of the reply that gives answers: (key, what it says), in order, and its extent."""

    pairs: tuple[tuple[str, str], ...]
    start: int
    end: int


class _Object:
    """A JSON object that remembers doubled names."""

    def __init__(self, items: list[tuple[str, object]]) -> None:
        self.items = items


def parse_reply(
    text: str | None, keys: Mapping[str, str], schema: Schema, truncated: bool = False
) -> ParsedReply:
    """Read the answers to a prompt whose `keys` map id in the prompt to example id.

    Every example is either in `labels` or in `rejected`. With `truncated` (the server stopped at
    its length limit) only entries that are complete beyond doubt count.
    """
    answer = visible_answer(text or "")
    if len(answer) > _LONGEST_REPLY or len(_OPENING.findall(answer)) > _MOST_OPENINGS:
        return ParsedReply({}, dict.fromkeys(keys.values(), "the reply is far too long"))
    resolve = _resolver(schema)
    blocks = _blocks(answer, keys, resolve, truncated)
    stating = [b for b in blocks if any(resolve(word) for _, word in b.pairs)]
    final = _final_block(stating or blocks, answer, keys, truncated)
    said: dict[str, list[str]] = {}
    elsewhere: dict[str, set[str | None]] = {}
    for block in blocks:
        for key, word in block.pairs:
            if block is final:
                said.setdefault(key, []).append(word)
            else:
                elsewhere.setdefault(key, set()).add(resolve(word))
    labels: dict[str, str] = {}
    rejected: dict[str, str] = {}
    for key, example in keys.items():
        words = said.get(key, [])
        category = resolve(words[0]) if len(words) == 1 else None
        if not words:
            rejected[example] = _nothing_said(answer, truncated)
        elif len(words) > 1:
            rejected[example] = "answered more than once"
        elif category is None:
            rejected[example] = f"answered {words[0][:40]!r}, which is no category"
        elif elsewhere.get(key, set()) - {None, category}:
            rejected[example] = "the reply gives it two different categories"
        else:
            labels[example] = category
    return ParsedReply(labels, rejected)


def _resolver(schema: Schema) -> Resolve:
    """The category that a word means, also where one's name is decorated, as `misc.`.

    Words come without what wraps them, and a dot that belongs to the name went with that.
    """
    bare = [name.strip(_WRAPPING).casefold() for name in schema.names]
    told = {b: n for b, n in zip(bare, schema.names, strict=True) if b and bare.count(b) == 1}
    return lambda word: schema.resolve(word) or told.get(word.strip(_WRAPPING).casefold())


_LONGEST_REPLY: Final = 100_000
"""Characters; 200 messages need a tenth of it."""
_MOST_OPENINGS: Final = 2000
"""Places where JSON may begin; each costs a try."""


def _nothing_said(answer: str, truncated: bool) -> str:
    if truncated:
        return "the reply was cut off before it"
    return "missing from the reply" if answer.strip() else "the reply was empty"


def _final_block(
    blocks: list[_Block], answer: str, keys: Mapping[str, str], truncated: bool
) -> _Block | None:
    complete = [b for b in blocks if {k for k, _ in b.pairs} >= keys.keys()]
    if complete:
        return complete[-1]
    if not blocks:
        return None
    # Cut off in the middle of reasoning, what stands there is a draft; an answer that was cut off
    # reaches to the end of the reply.
    rest = answer[blocks[-1].end :].strip()
    return None if truncated and "\n" in rest else blocks[-1]


def _blocks(text: str, keys: Mapping[str, str], resolve: Resolve, truncated: bool) -> list[_Block]:
    found = _merge_adjacent(list(_json_blocks(text, keys)), text)
    position = 0
    lines: list[_Block] = []
    for block in [*found, _Block((), len(text), len(text))]:
        lines += _line_blocks(text, position, block.start, keys, resolve)
        position = block.end
    if truncated and lines and lines[-1].end == len(text):
        # The last word of the reply may be the first half of a longer one.
        last = lines[-1]
        lines[-1] = _Block(last.pairs[:-1], last.start, last.end)
    return sorted((b for b in found + lines if b.pairs), key=lambda b: b.start)


def _json_blocks(text: str, keys: Mapping[str, str]) -> Iterator[_Block]:
    decoder = json.JSONDecoder(object_pairs_hook=_Object)
    position = 0
    while (opening := _OPENING.search(text, position)) is not None:
        start = opening.start()
        try:
            value, end = decoder.raw_decode(text, start)
            pairs = tuple(_pairs(value, keys))
        except (ValueError, RecursionError):
            loose = _loose_object(text, start, keys)
            position = loose.end if loose else start + 1
            if loose:
                yield loose
            continue
        position = end
        yield _Block(pairs, start, end)


_OPENING: Final = re.compile(r"\{(?=\s*[\"'])|\[(?=\s*[\[{])")
_ID_NAMES: Final = frozenset({"id", "key", "message_id"})
_CATEGORY_NAMES: Final = ("category", "label", "class", "answer")


def _pairs(value: object, keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Find every (key, category word) that a JSON value states."""
    if isinstance(value, list):
        for item in value:
            yield from _pairs(item, keys)
    if not isinstance(value, _Object):
        return
    ids = [v for name, v in value.items if name.casefold() in _ID_NAMES and isinstance(v, str)]
    words = _category_words(value)
    if len(ids) == 1 and words:
        key = _known(ids[0], keys)
        if key is not None:
            yield from ((key, word) for word in words)
        return
    for name, item in value.items:
        key = _known(name, keys)
        if key is None:
            yield from _pairs(item, keys)
        elif isinstance(item, str):
            yield key, item.strip(_WRAPPING)
        else:
            inner = _category_words(item) if isinstance(item, _Object) else []
            yield from ((key, word) for word in inner or [json.dumps(None)])


def _category_words(value: _Object) -> list[str]:
    return [
        v.strip(_WRAPPING)
        for name, v in value.items
        if name.casefold() in _CATEGORY_NAMES and isinstance(v, str)
    ]


def _known(word: str, keys: Mapping[str, str]) -> str | None:
    folded = word.strip().casefold()
    return folded if folded in keys else None


_LOOSE_PAIR: Final = re.compile(
    r"""\s*(["'])(?P<key>[^"'\\\n]*)\1\s*:\s*(["'])(?P<word>[^"'\\\n]*)\3\s*(?:,|(?=\})|\Z)"""
)
_LOOSE_TAIL: Final = re.compile(
    r"""\s*(?P<closed>\})|\s*(?:["'][^"'\n]*["']?\s*:?\s*(?:["'][^"'\n]*)?)?\Z"""
)


def _loose_object(text: str, start: int, keys: Mapping[str, str]) -> _Block | None:
    """Read an object of strings that is cut off at the end of `text`, or has quotes like 'this'."""
    position = start + 1
    pairs: list[tuple[str, str]] = []
    while (pair := _LOOSE_PAIR.match(text, position)) is not None:
        key = _known(pair["key"], keys)
        if key is not None:
            pairs.append((key, pair["word"].strip(_WRAPPING)))
        position = pair.end()
    tail = _LOOSE_TAIL.match(text, position)
    if tail is None or not pairs:
        return None
    return _Block(tuple(pairs), start, tail.end() if tail["closed"] else len(text))


def _merge_adjacent(blocks: list[_Block], text: str) -> list[_Block]:
    """Join JSON values that only space or commas part: one answer, a line for each id."""
    merged: list[_Block] = []
    for block in blocks:
        if merged and not text[merged[-1].end : block.start].strip(", \t\r\n"):
            last = merged.pop()
            merged.append(_Block(last.pairs + block.pairs, last.start, block.end))
        else:
            merged.append(block)
    return merged


_WRAPPING: Final = " \t\r\"'`*.,;:!()[]{}<>|"
_LINE: Final = re.compile(
    r"""[\s>*•#|"'`({\[-]*                    # quote marks, bullets, opening brackets
        (?:\d{1,3}\s*[.):]\s*)?               # a list number, which never stands for an id
        [\s*"'`({\[|]*
        (?:(?:id|message)\b[\s:="'`]*)?
        (?P<key>\w{1,40})
        [\s"'`*)}\]]*
        (?P<separator>[:=|,\t\u2192]|[-=]+>|[-\u2013\u2014]|(?<=\s))
        (?P<rest>.*)""",
    re.VERBOSE | re.IGNORECASE,
)
_LONGEST_LINE: Final = 400
_CATEGORY_PREFIX: Final = re.compile(r"(?:category|label|class|answer)\b[\s\"'`*]*[:=]", re.I)
_REMARK: Final = re.compile(r"\s+(?:[-\u2013\u2014#(]|//|because\b|since\b)")
_FILLER: Final = re.compile(r"\s*(?:```\w*|[-|:\s]*|[\[\]{},\s]*)\s*")


def _line_blocks(
    text: str, start: int, end: int, keys: Mapping[str, str], resolve: Resolve
) -> Iterator[_Block]:
    """Find runs of `key: category` lines in `text[start:end]`, across blank and fence lines."""
    pairs: list[tuple[str, str]] = []
    first = last = position = start
    for line in text[start:end].splitlines(keepends=True):
        here, position = position, position + len(line)
        stated = _line_pair(line.rstrip("\r\n"), keys, resolve)
        if stated is not None:
            if not pairs:
                first = here
            pairs.append(stated)
            last = here + len(line.rstrip())
        elif pairs and not _FILLER.fullmatch(line):
            yield _Block(tuple(pairs), first, last)
            pairs = []
    if pairs:
        yield _Block(tuple(pairs), first, last)


def _line_pair(line: str, keys: Mapping[str, str], resolve: Resolve) -> tuple[str, str] | None:
    """Read (key, category word) from one line; a line about an unknown id has an empty key."""
    found = _LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
    if found is None:
        return None
    key = _known(found["key"], keys)
    word = _line_category(found["rest"], resolve)
    if resolve(word) is not None:
        return key or "", word
    # Without a colon or the like, "k3f is hard to tell" is prose.
    return (key, word) if key is not None and found["separator"] else None


def _line_category(rest: str, resolve: Resolve) -> str:
    """Get the category word of a line, without decoration or a remark that follows it."""
    rest = rest.strip().strip(_WRAPPING)
    rest = _CATEGORY_PREFIX.sub("", rest, count=1).strip(_WRAPPING)
    if resolve(rest) is not None:
        return rest
    remark = _REMARK.search(rest)
    if remark is None:
        return rest
    words = re.findall(r"\w+", rest[remark.start() :])
    # "request - or rather emotion" is no answer.
    return rest if any(map(resolve, words)) else rest[: remark.start()].strip(_WRAPPING)
