"""RE2 finds what Python's regular expressions find, or is not asked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catreview.functions import patterns
from catreview.functions.patterns import Pattern, PatternSet, pattern_set, translate

ASCII = st.text(st.characters(max_codepoint=127), max_size=8) | st.text(
    "ab .?\n'_1\x1c", max_size=9
)
ATOMS = st.sampled_from(
    [
        *("a", "b", "B", " ", "?", r"\?", r"\n", r"\t", r"\w", r"\W", r"\s", r"\S", r"\d", r"\D"),
        *(".", "[ab]", "[^ab]", r"[^\w\n]", r"[\s?]", "[a-f1]", r"[^\S]", "^", r"\b", "'", r"\x1c"),
        *("$", r"\A", r"\Z", "é", "\U0001f600"),
    ]
)
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,3}", "{1,}", "+?", "{,2}"])
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
    found, looked = PatternSet([pattern]).found([text.encode() for text in texts])
    assert looked.all()
    if found.shape[1]:
        assert found[:, 0].tolist() == [compiled.search(text) is not None for text in texts]


@pytest.mark.parametrize(
    "expression",
    [r"(?=a)b", r"(?!a)", r"(?<=a)b", r"(a)\1", "(?i)a", "(?i:a)", "a$b", "(?:$)+", "(?>a)", "a*+"],
)
def test_what_re2_lacks_is_left_to_python(expression: str) -> None:
    assert translate(Pattern(expression)) is None


def test_letters_beyond_ascii_are_left_to_python_where_case_does_not_count() -> None:
    assert translate(Pattern("\u0131", case=False)) is None
    assert translate(Pattern("\u0131")) is not None


def test_an_end_is_before_a_last_newline_too() -> None:
    found, _ = PatternSet([Pattern("a$"), Pattern(r"a\Z"), Pattern("(?:b|a$)")]).found(
        [b"a\n", b"a", b"a\n\n"]
    )
    assert found.tolist() == [[True, False, True], [True, True, True], [False, False, False]]


def test_patterns_too_large_for_re2_leave_the_others_to_it() -> None:
    large = Pattern("(?:(?:(?:a{9}b?){99}c?){99}d?){99}")
    assert PatternSet([large, Pattern("x")]).patterns == [Pattern("x")]
    assert PatternSet([Pattern("a{2000}"), Pattern("x")]).patterns == [Pattern("x")]


def test_a_text_for_which_memory_ran_out_counts_as_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = PatternSet([Pattern("a")])

    class Exhausted:
        def Match(self, text: bytes) -> list[int] | None:  # noqa: N802 - RE2's name
            return None if text == b"aa" else [0, 1]

    monkeypatch.setattr(found, "_set", Exhausted())
    assert [part.tolist() for part in found.found([b"a", b"aa"])] == [
        [[True], [False]],
        [True, False],
    ]


def test_without_re2_there_is_no_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "re2", None)
    pattern_set.cache_clear()
    try:
        assert pattern_set((Pattern("a"),)) is None
    finally:
        pattern_set.cache_clear()
