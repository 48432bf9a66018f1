"""Finding messages: the language of queries, and what each of them finds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catreview.errors import InputError
from catreview.jobs.project import Project
from catreview.jobs.review.finding import Vocabulary, helped, parse, vocabulary
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Basis, Source, SourceKind
from catreview.store import Decides, Holds, Labelled, Mark, Not, Sure

KNOWN = Vocabulary(
    {
        "label": ("request", "Question", "none"),
        "conf": ("<0.6",),
        "by": ("human", "llm"),
        "is": ("open", "decided", "flagged"),
        "llm": ("request", "Question", "none"),
        "svm #2": ("request", "Question", "none"),
        "llama3:8b": ("request", "Question", "none"),
    },
    {"llm": (1, 2), "svm #2": (3,), "llama3:8b": (1,)},
)
Find = Callable[[str], list[str]]


@pytest.fixture
def find(filled: Project) -> Find:
    """The ids of what a query finds among eight messages with votes of functions and an LLM."""
    llm = filled.store.votes.source(Source(SourceKind.LLM, "llama3:8b"))
    numbers = filled.store.examples.numbers(["a0", "a2", "b3"])
    votes = {"a0": "request", "a2": "statement", "b3": "closing"}
    filled.store.votes.put(llm.id, [(numbers[i], c, 0.9) for i, c in votes.items()])
    session = ReviewSession(filled, "disagreement", "rita")
    by_id = {e.id: n for n, e in zip(*next(filled.store.examples.blocks(100)), strict=True)}

    def card(id_: str):
        return session.card(int(by_id[id_]))

    session.decide(card("a1"), "acknowledge")
    session.decide(card("b0"), "closing")
    session.undo()
    session.skip(card("b0"))
    session.skip(card("a3"))
    session.decide(card("a3"), "question")
    session.toggle_flag(card("a2"))
    session.toggle_flag(card("b1"))
    session.toggle_flag(card("b1"))
    session.note(card("b2"), "who is it?")
    filled.store.labels.put(np.array([by_id["b2"]]), [])

    def run(query: str) -> list[str]:
        found = filled.store.finding.find(parse(vocabulary(filled), query), 100)
        return [example.id for example in filled.store.examples.get(found)]

    return run


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("the", ["a2", "b1"]),
        ("THE bag", ["b1"]),
        ("t", ["a2", "a3", "b1", "b2"]),
        ('"red bag"', ["b1"]),
        ('"bag red"', []),
        ('"8?"', ["a0"]),
        ("the -bag", ["a2"]),
        ("is:decided", ["a1", "a3"]),
        ("is:open call", ["a0"]),
        ("is:skipped", ["b0"]),
        ("is:flagged", ["a2"]),
        ("is:noted", ["b2"]),
        ("is:bulk", []),
        ("by:human", ["a1", "a3"]),
        ("label:acknowledge by:human", ["a1"]),
        ("label:none", ["b2"]),
        ("llm:request", ["a0"]),
        ("llama3:8b:statement", ["a2"]),
        ("llm:statement -label:statement", []),
        ("LLM:Closing", ["b3"]),
        ("rita:question", ["a3"]),
        ("asks_wh:question", ["a3"]),
        ("llm:none -is:decided conf:<=1", ["b0", "b1"]),
        ("conf:>=1 by:human", ["a1", "a3"]),
        ("conf:>1", []),
        ("conf:<1 by:human", []),
    ],
)
def test_a_query_finds_what_fulfils_all_its_conditions(
    find: Find, query: str, ids: list[str]
) -> None:
    assert find(query) == ids


def test_gold_is_never_found(find: Find, filled: Project) -> None:
    filled.store.examples.mark_gold({"b1": "request"})
    assert find("the") == ["a2"]
    assert "b1" not in find("-zebra")


def test_words_are_one_condition_and_the_last_may_go_on() -> None:
    assert parse(KNOWN, 'red llm:request "a b" mi') == [
        Holds(("red", "a b", "mi"), prefix=True), parse(KNOWN, "llm:request")[0],
    ]  # fmt: skip
    assert parse(KNOWN, 'mi "a b"') == [Holds(("mi", "a b"))]
    assert parse(KNOWN, "mi is:open")[0] == Holds(("mi",))
    assert parse(KNOWN, ":) -") == [Holds((":)", "-"), prefix=True)]


def test_values_are_written_in_any_case_and_kept_as_the_schema_has_them() -> None:
    assert parse(KNOWN, "Label:QUESTION -by:LLM") == [
        Labelled("Question"), Not(Decides("llm")),  # type: ignore[arg-type]
    ]  # fmt: skip
    assert parse(KNOWN, '"svm #2":request')[0].sources == (3,)


def test_a_confidence_below_is_below_and_a_range_is_within() -> None:
    (below,) = parse(KNOWN, "conf:<0.6")
    assert isinstance(below, Sure)
    assert 0.5999 < below.high < 0.6
    assert parse(KNOWN, "conf:0.4-0.6") == [Sure(0.4, 0.6)]
    assert parse(KNOWN, "conf:>=.9") == [Sure(0.9, 1.0)]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("milk lable:request", "no field or source called “lable”. Did you mean “label”?"),
        ("label:requst", "label: has no “requst”. Did you mean “request”?"),
        ("label:", "label: has no “”"),
        ("is:blue", "is: has no “blue”"),
        ("at 10:30", "no field or source called “10”"),
        ("conf:0.5", "conf: has no “0.5”"),
        ("conf:<.", "conf: has no “<.”"),
        ("conf:1.1.1-2", "conf: has no “1.1.1-2”"),
        ("conf:<60", "conf: has no “<60”"),
        ("conf:0.6-0.4", "conf: has no “0.6-0.4”"),
    ],
)
def test_what_is_not_understood_is_named_with_what_there_is(query: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        parse(KNOWN, query)
    assert words in error.value.message
    assert error.value.hint


def test_text_with_a_colon_is_found_in_quotes() -> None:
    assert parse(KNOWN, '"10:30"') == [Holds(("10:30",))]


@given(st.text(max_size=40))
def test_any_query_is_understood_or_refused_and_helped(query: str) -> None:
    try:
        parse(KNOWN, query)
    except InputError:
        assert helped(KNOWN, query).words
    helped(KNOWN, query)


@pytest.mark.parametrize("words", ["", "   ", '"', "NOT the", "the OR", "(", "^the", "!!!", "*"])
def test_the_full_text_index_gets_words_and_no_language(find: Find, words: str) -> None:
    assert len(find(words)) in (0, 2, 8)


@pytest.mark.parametrize(
    ("typed", "words", "completed"),
    [
        ("milk la", "label:", "milk label:"),
        ("-la", "label:", "-label:"),
        ("label:", "request  Question  none", "label:"),
        ("label:q", "Question", "label:Question "),
        ("sv", '"svm #2":', '"svm #2":'),
        ('"svm #2":re', "request", '"svm #2":request '),
        ("label:request", "", "label:request"),
        ("milk", "", "milk"),
        ("milk ", "", "milk "),
    ],
)
def test_help_says_what_can_stand_there_and_tab_writes_it(
    typed: str, words: str, completed: str
) -> None:
    found = helped(KNOWN, typed)
    assert (found.words, found.completed, found.problem) == (words, completed, False)


def test_help_names_what_is_wrong_while_one_types() -> None:
    assert helped(KNOWN, "lable:request").problem
    assert "Did you mean “label”?" in helped(KNOWN, "lable:request").words


def test_a_model_means_the_newest(filled: Project) -> None:
    old, new = (filled.store.votes.source(Source(SourceKind.MODEL, f"svm #{i}")) for i in (1, 2))
    filled.store.votes.put(old.id, [(1, "request", 0.7)])
    filled.store.votes.put(new.id, [(2, "request", 0.7)])
    known = vocabulary(filled)
    assert filled.store.finding.find(parse(known, "model:request"), 9) == [2]
    assert filled.store.finding.find(parse(known, '"svm #1":request'), 9) == [1]


def test_a_reviewer_whose_name_is_a_fields_takes_nothing_from_it(filled: Project) -> None:
    for name in ("is", "label", "conf", "by"):
        filled.store.votes.source(Source(SourceKind.REVIEWER, name))
    known = vocabulary(filled)
    assert parse(known, "is:flagged label:none conf:<0.6 by:human") == [
        Mark.FLAGGED, Labelled(None), Sure(0.0, math.nextafter(0.6, 0)), Decides(Basis.HUMAN),
    ]  # fmt: skip


def test_a_query_opens_as_a_queue_that_says_what_it_is(filled: Project) -> None:
    session = ReviewSession(filled, "find: red b", "rita")
    assert session.queue == "find: red b"
    assert [session.card(session.number(0)).example.id] == ["b1"]
    assert session.card(session.number(0)).reason == "found by “red b”"
    with pytest.raises(InputError, match="lable"):
        ReviewSession(filled, "find: lable:x", "rita")
