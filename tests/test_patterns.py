"""RE2 finds what Python's regular expressions find, or is not asked."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catreview import patterns
from catreview.patterns import Pattern, PatternSet, pattern_set, translate

ASCII = (
    st.text(st.characters(max_codepoint=127), max_size=8)
    | st.text("ab .?\n'_1\x1c", max_size=9)
    | st.sampled_from(["a" * 10, "ab" * 12, "b" * 30])
)
ATOMS = st.sampled_from(
    [
        *("a", "b", "B", " ", "?", r"\?", r"\n", r"\t", r"\w", r"\W", r"\s", r"\S", r"\d", r"\D"),
        *(".", "[ab]", "[^ab]", r"[^\w\n]", r"[\s?]", "[a-f1]", r"[^\S]", "^", r"\b", "'", r"\x1c"),
        *("$", r"\A", r"\Z", "é", "\U0001f600", "(?!a)", "(?<=b)"),
    ]
)
REPEATS = st.sampled_from(
    ["", "", "", "*", "+", "?", "{2}", "{0,3}", "{1,}", "+?", "{,2}", "{9,12}"]
)
# Of what repeats already: without limit, Python's search would take exponential time.
AGAIN = st.sampled_from(["", "", "?", "{2}", "??"])


def _group(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.lists(parts, min_size=1, max_size=4).map("".join)
    either = st.lists(parts | st.just(""), min_size=2, max_size=3).map("|".join)
    return (joined | either).map(lambda inner: f"(?:{inner})")


def _again(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(_group(parts), AGAIN).map("".join)


EXPRESSIONS = st.lists(
    st.recursive(st.tuples(ATOMS | _group(ATOMS), REPEATS).map("".join), _again, max_leaves=5),
    min_size=1,
    max_size=3,
).map("".join)


@given(EXPRESSIONS, st.booleans(), st.lists(ASCII, min_size=1, max_size=4))
def test_what_is_translated_finds_what_python_finds(
    expression: str, case: bool, texts: list[str]
) -> None:
    pattern = Pattern(expression, case)
    try:
        compiled = re.compile(expression, pattern.flags)
    except re.error:
        return
    asked = PatternSet([pattern])
    kinds, has = asked.found([text.encode() for text in texts])
    assert kinds.all()
    for found in has[:, kinds]:
        there = [compiled.search(text) is not None for text in texts]
        loose = found if pattern in asked.loose else np.zeros(len(texts), dtype=bool)
        assert (found == (there | loose)).all()


@pytest.mark.parametrize(
    "expression",
    [r"(a)\1", "(?i)a", "(?i:a)", "a$b", "(?:$)+", "(?>a)", "a*+"],
)
def test_what_re2_lacks_is_left_to_python(expression: str) -> None:
    assert translate(Pattern(expression)) is None


def test_letters_beyond_ascii_are_left_to_python_where_case_does_not_count() -> None:
    assert translate(Pattern("\u0131", case=False)) is None
    assert translate(Pattern("\u0131")) is not None


@pytest.mark.parametrize("expression", ["a{3}", "a{3,}", "a{,8}", "a*?"])
def test_few_repeats_are_counted(expression: str) -> None:
    assert PatternSet([Pattern(expression)]).loose == set()


@pytest.mark.parametrize(
    "expression",
    ["a{9}", "a{3,9}", "b(?:a{2}c{,30})?", "a{2000}", "(?=a)a", "a(?!b)$", "b|(?<=a)b"],
)
def test_counts_and_looks_around_are_let_go(expression: str) -> None:
    pattern = Pattern(expression)
    asked = PatternSet([pattern])
    assert asked.patterns == [pattern]
    assert asked.loose == {pattern}
    assert asked.maybe_in(b"b" + b"a" * 3000) == [pattern]


def test_an_end_is_before_a_last_newline_too() -> None:
    kinds, has = PatternSet([Pattern("a$"), Pattern(r"a\Z"), Pattern("(?:b|a$)")]).found(
        [b"a\n", b"a", b"a\n\n"]
    )
    assert has[:, kinds].tolist() == [
        [True, True, False],
        [False, True, False],
        [True, True, False],
    ]


def test_patterns_too_large_for_re2_leave_the_others_to_it() -> None:
    large = Pattern("(?:(?:(?:(?:(?:a{8}b?){8}c?){8}d?){8}e?){8}f?){8}")
    assert PatternSet([large, Pattern("x")]).patterns == [Pattern("x")]


def test_a_text_for_which_memory_ran_out_counts_as_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = PatternSet([Pattern("a")])

    monkeypatch.setattr(found, "_look", lambda text: [] if text == b"aa" else [0, 1])
    kinds, has = found.found([b"a", b"aa"])
    assert kinds.astype(bool).tolist() == [True, False]
    assert has[:, kinds].tolist() == [[True, False]]
    assert found.maybe_in(b"aa") == [Pattern("a")]


def test_without_re2_there_is_no_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "re2", None)
    pattern_set.cache_clear()
    try:
        assert pattern_set((Pattern("a"),)) is None
    finally:
        pattern_set.cache_clear()
