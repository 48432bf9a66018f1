"""Applying functions: the matrix, faults, blocks."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catreview.errors import FunctionsError
from catreview.functions import (
    Faults,
    Message,
    apply_functions,
    builtin_functions,
    labelling_function,
    vote_blocks,
)
from catreview.records import ABSTAIN, Example
from catreview.schema import DEFAULT_SCHEMA

REQUEST = DEFAULT_SCHEMA.index["request"]
QUESTION = DEFAULT_SCHEMA.index["question"]
EXAMPLES = [Example("a", "please sit"), Example("b", "who?"), Example("c", "")]


@labelling_function("request")
def polite(message: Message) -> object:
    return "please" in message.text


@labelling_function
def first_letter(message: Message) -> str | None:
    return "question" if message.text[0] == "w" else None


@labelling_function
def invents(message: Message) -> object:
    return {"please sit": "nonsense", "who?": 3}.get(message.text)


def test_votes_are_codes_in_the_order_of_functions_and_examples() -> None:
    found = apply_functions([polite, first_letter], EXAMPLES[:2], DEFAULT_SCHEMA)
    assert found.votes.dtype == np.int16
    assert found.votes.tolist() == [[REQUEST, ABSTAIN], [ABSTAIN, QUESTION]]
    assert found.names == ("polite", "first_letter")
    assert found.examples == ("a", "b")
    assert found.faults == {}
    assert found.seconds >= 0


def test_any_true_value_is_a_vote_and_any_false_one_is_none() -> None:
    @labelling_function("request")
    def counts(message: Message) -> int:
        return message.text.count("s")

    found = apply_functions([counts], EXAMPLES, DEFAULT_SCHEMA)
    assert found.votes[:, 0].tolist() == [REQUEST, ABSTAIN, ABSTAIN]


def test_a_crash_abstains_and_is_counted_with_the_first_error() -> None:
    examples = [*EXAMPLES, Example("d", ""), Example("e", "why")]
    found = apply_functions([polite, first_letter], examples, DEFAULT_SCHEMA)
    assert found.votes[:, 1].tolist() == [ABSTAIN, QUESTION, ABSTAIN, ABSTAIN, QUESTION]
    fault = "IndexError: string index out of range (on message 'c')"
    assert found.faults == {"first_letter": Faults(2, fault)}


def test_a_search_that_finds_nothing_is_a_fault_like_any_other() -> None:
    @labelling_function("request")
    def finds(message: Message) -> str:
        return next(word for word in message.words if word == "please")

    found = apply_functions([finds], EXAMPLES, DEFAULT_SCHEMA)
    assert found.votes[:, 0].tolist() == [REQUEST, ABSTAIN, ABSTAIN]
    assert found.faults["finds"].count == 2


def test_a_function_that_ends_the_program_is_a_fault_like_any_other() -> None:
    @labelling_function("request")
    def quits(message: Message) -> bool:
        if message.text == "who?":
            sys.exit(3)
        return True

    found = apply_functions([quits], EXAMPLES, DEFAULT_SCHEMA)
    assert found.faults["quits"].count == 1
    assert found.faults["quits"].first.startswith("SystemExit: 3")


def test_a_category_that_does_not_exist_is_a_fault() -> None:
    found = apply_functions([invents], EXAMPLES, DEFAULT_SCHEMA)
    assert (found.votes == ABSTAIN).all()
    assert found.faults["invents"].count == 2
    assert "returned 'nonsense', which is no category" in found.faults["invents"].first


def test_a_function_for_a_category_that_the_schema_lacks_is_refused_before_the_first_row() -> None:
    @labelling_function("gossip")
    def gossips(message: Message) -> bool:
        raise AssertionError

    with pytest.raises(FunctionsError, match="gossip"):
        apply_functions([gossips], EXAMPLES, DEFAULT_SCHEMA)


def test_no_examples_and_no_functions_give_empty_matrices() -> None:
    assert apply_functions([polite], [], DEFAULT_SCHEMA).votes.shape == (0, 1)
    assert apply_functions([], EXAMPLES, DEFAULT_SCHEMA).votes.shape == (3, 0)


def test_blocks_take_no_more_examples_than_they_need() -> None:
    taken = 0

    def stream() -> Iterator[Example]:
        nonlocal taken
        for number in range(1_000_000):
            taken += 1
            yield Example(str(number), "please")

    blocks = vote_blocks([polite], stream(), DEFAULT_SCHEMA, block_size=10)
    first = next(blocks)
    assert first.examples == tuple(str(i) for i in range(10))
    assert first.votes.shape == (10, 1)
    assert taken == 10


def test_faults_of_all_blocks_are_added_up() -> None:
    many = [Example(str(i), "") for i in range(20_000)]
    found = apply_functions([first_letter], many, DEFAULT_SCHEMA)
    assert found.faults["first_letter"].count == 20_000
    assert found.faults["first_letter"].first.endswith("(on message '0')")


WORDS = st.sampled_from(
    [
        "ok",
        "can",
        "you",
        "please",
        "what",
        "bye",
        "I",
        "am",
        "happy",
        "it",
        "?",
        "!",
        ".",
        ",",
        "\n",
    ]
)
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=12), st.integers(1, 5))
def test_a_message_gets_the_same_votes_alone_as_in_any_block(
    texts: list[tuple[str, str]], size: int
) -> None:
    functions = builtin_functions(DEFAULT_SCHEMA)
    examples = [Example(str(i), text, previous) for i, (text, previous) in enumerate(texts)]
    together = apply_functions(functions, examples, DEFAULT_SCHEMA).votes
    for block_size in (1, size):
        blocks = vote_blocks(functions, examples, DEFAULT_SCHEMA, block_size=block_size)
        apart = [row for block in blocks for row in block.votes.tolist()]
        assert apart == together.tolist()


def test_a_function_votes_the_same_with_and_without_the_others() -> None:
    functions = builtin_functions(DEFAULT_SCHEMA)
    texts = ["can you sit?", "I am fine", "bye!", "ok", "wow", "what time", "Let's go."]
    examples = [Example(text, text, "How are you?") for text in texts]
    together = apply_functions(functions, examples, DEFAULT_SCHEMA).votes
    for column, function in enumerate(functions):
        alone = apply_functions([function], examples, DEFAULT_SCHEMA).votes[:, 0]
        assert alone.tolist() == together[:, column].tolist()
