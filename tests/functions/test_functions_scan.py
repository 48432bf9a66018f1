"""Many examples at once get what each gets by itself."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catreview import patterns
from catreview.functions import (
    Block,
    Rule,
    apply_functions,
    builtin_functions,
    columns,
    conditions,
    pattern,
    phrase,
)
from catreview.functions.conditions import Condition, Matches, sought_by
from catreview.functions.message import Views, in_one_case
from catreview.functions.scan import Search
from catreview.records import Example
from catreview.schema import DEFAULT_SCHEMA

RULES = builtin_functions(DEFAULT_SCHEMA)
CONDITIONS: list[Condition] = [
    *dict.fromkeys(c for rule in RULES for c in (*rule.when, *rule.unless)),
    phrase("can you"),
    phrase("OK", case=True),
    phrase("really", previous=True, start=True),
    phrase("é"),
    pattern(r"\bi\b.*\?$"),
    pattern(r"(?<!no) thanks"),
    pattern(r"a{9,16}\?|^[^?]{0,12} ok$"),
    Matches("clauses", r"(?i)what"),
]
TEXT = st.text(max_size=30) | st.text("abkury ,.?!'\n\t\r\x00\x1c\u2019…éK3:;`_-İıſ", max_size=30)
CHUNKS = (
    "Ok can u you pls please what's that? , . ?! really ... 3rd 12:30 gtg 'em I\u2019m \xdf well,"
    " i think thank if like the way - ,, bye, john,and yes...ok, ; _x really?"
)
WORDS = st.lists(
    st.sampled_from(
        [
            *CHUNKS.split(),
            "a" * 16,
            "a" * 17,
            "b" * 40 + "?",
            "a" * 16 + "?",
            "\n",
            "\x00",
            "\u2003",
            "so well, now",
        ]
    ),
    max_size=9,
).map(" ".join)
PAIRS = st.lists(st.tuples(TEXT | WORDS, TEXT | WORDS), min_size=1, max_size=12)


def _examples(pairs: list[tuple[str, str]]) -> list[Example]:
    return [Example(str(number), *pair) for number, pair in enumerate(pairs)]


@pytest.fixture(autouse=True, scope="module")
def _scan_even_a_few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conditions, "_FEW", 0)
        yield


def _differences(examples: list[Example], tested: list[Condition]) -> list[Condition]:
    """Those conditions that hold elsewhere when they are looked for in all texts at once."""
    alone, together = Block(examples), Block(examples, Search(sought_by(tested)))
    all_ = np.ones(len(examples), dtype=bool)
    return [c for c in tested if (alone.where(c, all_) != together.where(c, all_)).any()]


@given(PAIRS)
def test_every_condition_holds_where_it_holds_for_one_message(pairs: list[tuple[str, str]]) -> None:
    assert _differences(_examples(pairs), CONDITIONS) == []


@example(["really?", ","])
@example(["a", "a\0", "a" * 15 + "\0", "a" * 15])
@given(st.lists(TEXT | WORDS, min_size=1, max_size=12))
def test_views_of_many_texts_are_the_views_of_each(texts: list[str]) -> None:
    cased = [text for text in map(in_one_case, texts) if text.isascii()]
    found = columns.read(cased)
    views = [Views(text) for text in cased]
    assert [text.decode() for text in found.plain] == [view.plain for view in views]
    assert [text.decode() for text in found.clauses] == [view.clauses for view in views]
    assert found.counts.tolist() == [view.count for view in views]


def _real(folder: Path, step: int) -> list[Example]:
    with gzip.open(folder / "messages.jsonl.gz", "rt") as lines:
        rows = map(json.loads, islice(lines, 0, None, step))
        return [Example(row["id"], row["text"], row["previous"]) for row in rows]


def test_real_messages_get_the_same_from_every_condition_at_once_and_one_by_one(
    shared_data: Path,
) -> None:
    assert _differences(_real(shared_data, 12), CONDITIONS) == []


def test_python_is_left_what_is_not_in_ascii_and_what_only_seems_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: set[str] = set()
    test = Matches.test

    def watched(condition: Matches, block: Block, rows: conditions.Rows) -> conditions.Flags:
        looked_at.update(block.examples[row].id for row in rows)
        return test(condition, block, rows)

    monkeypatch.setattr(Matches, "test", watched)
    texts = {"a": "Ok, can u come?", "b": "I\u2019m fine", "c": "Bye " + "now " * 9, "d": "\xe9"}
    examples = [Example(name, text, "Hi") for name, text in texts.items()]
    apply_functions(RULES, examples, DEFAULT_SCHEMA)
    assert looked_at == {"c", "d"}


def test_without_re2_the_votes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [*RULES, Rule("own", "request", "", (phrase("could you"),))]
    texts = ["Could you come?", "ok", "I\u2019m off, bye", "é", "what time", "Let's go. Please!"]
    examples = [Example(text, text, "How are you?") for text in texts]
    votes = apply_functions(rules, examples, DEFAULT_SCHEMA).votes
    patterns.pattern_set.cache_clear()
    monkeypatch.setattr(patterns, "re2", None)
    assert apply_functions(rules, examples, DEFAULT_SCHEMA).votes.tolist() == votes.tolist()
    patterns.pattern_set.cache_clear()


def _same_views(texts: list[str]) -> bool:
    found = columns.read(texts)
    return [plain.decode() for plain in found.plain] == [Views(text).plain for text in texts]


def test_chunks_that_share_a_slot_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_MIX", (np.uint64(0), np.uint64(0)))
    monkeypatch.setattr(columns, "_lexicon", columns._Lexicon())
    texts = ["a b ab", "b c? " + "d" * 30, "ab " + "d" * 31, "u u"]
    assert _same_views(texts)
    assert _same_views(texts[::-1])


def test_a_full_lexicon_forgets_and_learns_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_SLICE", 64)
    monkeypatch.setattr(columns, "_MANY", 64)
    lexicon = columns._Lexicon()
    monkeypatch.setattr(columns, "_lexicon", lexicon)
    assert all(_same_views([f"u{n}{word} pls" for word in range(40)]) for n in range(12))
    assert lexicon._size <= 2 * 64
