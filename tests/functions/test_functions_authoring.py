"""Functions that are declared, drafted from a message and written into functions.py."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catreview.errors import FunctionsError
from catreview.functions import (
    Draft,
    Length,
    Rule,
    apply_functions,
    labelling_function,
    load_user_functions,
    pattern,
    phrase,
)
from catreview.functions.writing import addition, free_name, replace_file, taken_names, without
from catreview.records import Example
from catreview.schema import DEFAULT_SCHEMA

HOSTILE = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\"'\\\n\t.*+?()[]{}|^$ \u202e\u2028aA\x1b"),
    min_size=1,
    max_size=30,
)


def fires(rule: Rule, text: str, previous: str = "") -> bool:
    voted = apply_functions([rule], [Example("x", text, previous)], DEFAULT_SCHEMA)
    return bool(voted.votes[0, 0] == DEFAULT_SCHEMA.index[rule.category])


def says(words: str, text: str, **options: bool) -> bool:
    return fires(Draft(words, "request", **options).rule(), text)


def loaded(path: Path, source: bytes) -> list[Rule]:
    path.write_bytes(source)
    functions = load_user_functions(path, DEFAULT_SCHEMA)
    assert all(isinstance(function, Rule) for function in functions)
    return [function for function in functions if isinstance(function, Rule)]


def test_a_phrase_is_found_as_whole_words_in_any_case_and_with_any_space() -> None:
    assert says("grab milk", "Can you GRAB\n  milk?")
    assert not says("grab milk", "grab milkshakes")
    assert says("grab milk", "grab milkshakes", whole_words=False)


def test_the_options_narrow_where_it_is_found() -> None:
    assert says("Can you", "can you come")
    assert not says("Can you", "can you come", case=True)
    assert says("can you", "- can you come", start=True)
    assert not says("can you", "so can you come", start=True)
    assert says("come", "can you come?!", end=True)
    assert not says("can", "can you come?!", end=True)
    before = Draft("help you", "request", previous=True).rule()
    assert fires(before, "a coffee", "How may I help you?")
    assert not fires(before, "may I help you", "a coffee")


def test_at_most_so_many_words_is_about_the_message_itself() -> None:
    short = Draft("milk", "request", at_most=3).rule()
    assert fires(short, "buy some milk")
    assert not fires(short, "please buy some milk")


def test_letters_that_only_fold_to_ascii_are_found_where_case_does_not_count() -> None:
    assert list(phrase("so").found_in(["\u017fo what", "SO", "no"])) == [True, True, False]
    assert list(phrase("so", case=True).found_in(["\u017fo what", "so"])) == [False, True]


def test_punctuation_can_be_a_phrase() -> None:
    assert says("?!", "what?!")
    assert says("milk?", "grab milk?")
    assert says(":)", "fine :)")


def test_a_regular_expression_is_taken_as_it_is() -> None:
    rule = Draft(r"\bcan (you|u)\b", "request", regex=True).rule()
    assert fires(rule, "Can u come")
    assert not fires(rule, "can we come")


@pytest.mark.parametrize("expression", ["(", "a{99999999999999}", "[[a]", " ", "*", "(?P<x>"])
def test_what_is_no_regular_expression_is_an_error(expression: str) -> None:
    with pytest.raises(FunctionsError):
        pattern(expression)


def test_no_words_are_an_error() -> None:
    with pytest.raises(FunctionsError, match="no phrase"):
        phrase(" \n ")


def test_letters_that_only_look_ascii_when_folded_are_found_all_the_same() -> None:
    assert says("kilo", "one \u212ailo")  # the Kelvin sign
    assert says("\u212ailo", "one kilo")


def test_a_function_without_parameters_declares_its_conditions() -> None:
    @labelling_function("request")
    def asks():
        """Asks for it."""
        return phrase("can you"), Length(0, 9)

    assert isinstance(asks, Rule)
    assert (asks.name, asks.category, asks.doc) == ("asks", "request", "Asks for it.")
    assert asks.when == (phrase("can you"), Length(0, 9))


def test_a_declaration_that_returns_no_condition_or_has_no_category_is_refused() -> None:
    with pytest.raises(FunctionsError, match="no condition"):
        labelling_function("request")(lambda: True)
    with pytest.raises(FunctionsError, match="without a category"):
        labelling_function()(lambda: phrase("x"))


@given(HOSTILE, st.integers(0, 29), st.integers(1, 30), st.booleans(), st.booleans())
def test_the_written_function_is_the_draft_and_matches_the_message_it_came_from(
    text: str, start: int, length: int, case: bool, regex: bool
) -> None:
    import re

    part = text[start % len(text) :][:length]
    if not part.strip():
        return
    words = re.escape(part) if regex else part
    draft = Draft(words, "request", regex=regex, whole_words=False, case=case)
    code = addition(b"", draft.code("drafted"), draft.uses).decode()
    scope: dict[str, object] = {}
    exec(compile(code, "functions.py", "exec"), scope)
    rule = scope["drafted"]
    assert isinstance(rule, Rule)
    assert rule.when == draft.rule().when
    assert rule.doc == draft.doc
    assert fires(rule, text)
    assert draft.name.isidentifier()
    assert code.replace("\n", "").isprintable()


@given(st.lists(HOSTILE.filter(lambda t: t.strip()), min_size=1, max_size=4))
def test_whole_words_match_where_they_stand_between_spaces(words: list[str]) -> None:
    text = " ".join(words)
    draft = Draft(words[0], "request", start=len(words) == 1, end=len(words) == 1)
    assert fires(draft.rule(), text)


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"x = 1",
        b"# only words\n\n",
        b'"""Mine."""\r\n\r\nfrom catreview.functions import labelling_function\r\n',
        b"from catreview.functions import Length, labelling_function, phrase\n\n\nx = 'phrase'\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        b"\xef\xbb\xbfx = 1\n",
        b"def f():\n    phrase = 1\n    return phrase\n",
    ],
)
def test_writing_appends_and_taking_back_gives_the_same_bytes(
    source: bytes, tmp_path: Path
) -> None:
    draft = Draft("can you", "request", at_most=9)
    added = addition(source, draft.code("asks"), draft.uses)
    rules = loaded(tmp_path / "functions.py", source + added)
    assert [(r.name, r.when) for r in rules] == [("asks", draft.rule().when)]
    again = addition(source + added, draft.code("asks_2"), draft.uses)
    assert b"import" not in again
    assert without(source + added, added) == source


def test_what_was_written_since_stays_when_a_function_is_taken_back() -> None:
    draft, later = Draft("can you", "request"), b"\n\n# mine\ny = 2\n"
    added = addition(b"x = 1\n", draft.code("asks"), draft.uses)
    rest = without(b"x = 1\n" + added + later, added)
    assert rest is not None
    assert b"asks" not in rest
    assert rest.endswith(later)
    assert rest.startswith(b"x = 1\n")
    ast.parse(rest)


def test_a_function_changed_since_or_built_upon_is_not_taken_back() -> None:
    draft = Draft("can you", "request")
    added = addition(b"", draft.code("asks"), draft.uses)
    assert without(added.replace(b"can you", b"could you"), added) is None
    assert without(added.replace(b"@lab", b"@other\n@lab") + b"\n# end\n", added) is None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"phrase = 'mine'\n", "something of its own"),
        (b"from catreview.functions import phrase\nphrase = 2\n", "something of its own"),
        (b"def broken(:\n", "line 1"),
        (b"\0", "null bytes|no Python"),
        (b"# -*- coding: latin-1 -*-\n", "latin-1|iso-8859-1"),
    ],
)
def test_a_file_that_cannot_take_it_is_refused_with_the_reason(source: bytes, words: str) -> None:
    draft = Draft("can you \u2713", "request")
    with pytest.raises(FunctionsError, match=words):
        addition(source, draft.code("asks"), draft.uses)


def test_a_free_name_avoids_what_python_and_the_file_mean_by_it() -> None:
    taken = taken_names(
        b"import os as system\nfor i in (): pass\nclass Mine: pass\ndef f(): g = 1\n"
    )
    assert taken == {"system", "i", "Mine", "f"}
    assert free_name("f", taken) == "f_2"
    assert free_name("if", ()) == "if_2"
    assert free_name("print", ()) == "print_2"


def test_replacing_a_file_keeps_its_mode_and_the_link_to_it(tmp_path: Path) -> None:
    target, link = tmp_path / "kept.py", tmp_path / "functions.py"
    target.write_bytes(b"x = 1\n")
    target.chmod(0o640)
    link.symlink_to(target)
    replace_file(link, b"x = 2\n")
    assert link.is_symlink()
    assert target.read_bytes() == b"x = 2\n"
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["functions.py", "kept.py"]


def test_an_import_of_ours_changes_no_function_of_the_user(tmp_path: Path) -> None:
    source = "from catreview.functions import labelling_function\nN = 1\n{more}\n" + (
        '@labelling_function("request")\ndef mine(message):\n    return N\n'
    )
    prints = set()
    for more in ("", "from catreview.functions import phrase"):
        path = tmp_path / "functions.py"
        path.write_text(source.format(more=more))
        prints.add(load_user_functions(path, DEFAULT_SCHEMA)[0].fingerprint)
    assert len(prints) == 1
