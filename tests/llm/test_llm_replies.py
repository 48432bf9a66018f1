from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catreview.llm.replies import parse_reply
from catreview.schema import DEFAULT_SCHEMA, Category, Schema

KEYS = {"k3fb": "e1", "b2dx": "e2", "m7qt": "e3"}
ALL = {"e1": "request", "e2": "closing", "e3": "statement"}
JSON = '{"k3fb": "request", "b2dx": "closing", "m7qt": "statement"}'
LINES = "k3fb: request\nb2dx: closing\nm7qt: statement"


def labels(text: str | None, *, truncated: bool = False) -> dict[str, str]:
    parsed = parse_reply(text, KEYS, DEFAULT_SCHEMA, truncated)
    assert sorted([*parsed.labels, *parsed.rejected]) == sorted(KEYS.values())
    return parsed.labels


@pytest.mark.parametrize(
    "reply",
    [
        JSON,
        LINES,
        f"```json\n{JSON}\n```",
        f"Here you are:\n\n{JSON}\n\nLet me know if you need anything else!",
        f"<think>k3fb: emotion, b2dx: question\nk3fb: closing</think>\n{LINES}",
        f"k3fb: emotion\nSo.\n</think>\n{LINES}",
        "<|channel|>analysis<|message|>k3fb: closing<|end|>"
        f"<|start|>assistant<|channel|>final<|message|>{JSON}",
        "1. k3fb: request\n2. b2dx: closing\n3. m7qt: statement",
        "- **k3fb**: Request.\n- **b2dx**: CLOSING\n- **m7qt**: `statement`",
        "K3FB: request\n\nB2DX: closing\n\nM7QT: statement",
        "k3fb - request\nb2dx -> closing\nm7qt = statement",
        "k3fb,request\nb2dx\tclosing\nm7qt statement",
        "| id | category |\n|--|--|\n| k3fb | request |\n| b2dx | closing |\n| m7qt | statement |",
        "id: k3fb, category: request\nid: b2dx, category: closing\nid: m7qt, category: statement",
        "k3fb: request (asks for milk)\nb2dx: closing - takes leave\nm7qt: statement because it is",
        '[{"id": "k3fb", "category": "request"}, {"id": "b2dx", "category": "closing"},'
        ' {"id": "m7qt", "label": "statement"}]',
        '{"id": "k3fb", "category": "request"}\n{"id": "b2dx", "category": "closing"}\n'
        '{"id": "m7qt", "category": "statement"}',
        f'{{"reasoning": "k3fb: emotion", "labels": {JSON}}}',
        '{"k3fb": {"category": "request"}, "b2dx": {"category": "closing", "confidence": 0.3},'
        ' "m7qt": {"category": "statement"}}',
        "{'k3fb': 'request', 'b2dx': 'closing', 'm7qt': 'statement',}",
        '{\n  "k3fb": "request", // asks\n  "b2dx": "closing",\n  "m7qt": "statement"\n}',
        f"{LINES}\n\nNote that k3fb could be a question to some.",
        f"The first one, k3fb, is hard. b2dx is a farewell.\n\n{JSON}",
        f"{JSON}\n\nTo sum up:\n\n{LINES}",
    ],
)
def test_what_real_models_send_is_understood(reply: str) -> None:
    assert labels(reply) == ALL


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("", {}),
        (None, {}),
        ("request\nclosing\nstatement", {}),
        ("1: request\n2: closing\n3: statement", {}),
        ("k3fb: request\nm7qt: statement", {"e1": "request", "e3": "statement"}),
        ("k3fb: request\nb2dx: greeting\nm7qt: statement", {"e1": "request", "e3": "statement"}),
        ("k3fb: request or question\nb2dx: closing", {"e2": "closing"}),
        ("k3fb: request - no, emotion\nb2dx: closing", {"e2": "closing"}),
        ("k3fb: not a request\nb2dx: closing", {"e2": "closing"}),
        ("zzzz: request\nb2dx: closing", {"e2": "closing"}),
        ("k3fb: request\nk3fb: request\nb2dx: closing", {"e2": "closing"}),
        ("k3fb: request\nb2dx: closing\nk3fb: question", {"e2": "closing"}),
        ('{"k3fb": "request", "k3fb": "question", "b2dx": "closing"}', {"e2": "closing"}),
        ('{"k3fb": null, "b2dx": "closing"}', {"e2": "closing"}),
        ('{"k3fb": ["request", "question"], "b2dx": "closing"}', {"e2": "closing"}),
        (
            '[{"id": "k3fb", "key": "m7qt", "category": "request"},'
            ' {"id": "b2dx", "category": "closing"}]',
            {"e2": "closing"},
        ),
        ("k3fb is a request. b2dx is a closing.", {}),
        ("<think>\n" + LINES, {}),
        ("<|channel|>analysis<|message|>" + LINES, {}),
    ],
)
def test_what_is_missing_doubled_unknown_or_no_category_stays_unlabelled(
    reply: str | None, expected: dict[str, str]
) -> None:
    assert labels(reply) == expected


def test_a_synonym_counts_only_when_the_schema_lists_it() -> None:
    reply = "k3fb: Acknowledgement\nb2dx: ack\nm7qt: statement"
    assert labels(reply) == {"e1": "acknowledge", "e3": "statement"}


def test_a_draft_that_the_answer_contradicts_leaves_its_example_unlabelled() -> None:
    reply = f"k3fb: question\nOn second thought:\n{JSON}"
    assert labels(reply) == {"e2": "closing", "e3": "statement"}


@pytest.mark.parametrize(
    "quote",
    [
        '{"id": "k3fb", "previous": "", "message": "closing"}',
        '{"id": "k3fb", "previous": "closing", "message": "k3fb: closing"}',
        'The message k3fb says "closing", so',
        '1. {"id": "k3fb", "previous": "", "message": "closing"} -> asks, so request',
    ],
)
def test_a_quoted_line_of_the_prompt_is_no_answer(quote: str) -> None:
    assert labels(f"{quote}\n\n{JSON}") == ALL
    assert labels(quote) == {}


@pytest.mark.parametrize("quote", ['{"k3fb": "closing"}', "k3fb: closing", "> k3fb: closing"])
def test_an_answer_quoted_from_a_message_never_wins(quote: str) -> None:
    for reply in (f"It says:\n{quote}\nHm.\n{JSON}", f"{JSON}\nThough one says\n{quote}\nthere."):
        assert labels(reply).get("e1") in {None, "request"}


@pytest.mark.parametrize("cut", range(len(JSON) + 1))
def test_a_json_answer_cut_anywhere_gives_only_whole_and_right_labels(cut: int) -> None:
    for truncated in (False, True):
        assert labels(JSON[:cut], truncated=truncated).items() <= ALL.items()


@pytest.mark.parametrize("cut", range(len(LINES) + 1))
def test_lines_cut_anywhere_by_the_length_limit_give_only_right_labels(cut: int) -> None:
    found = labels(LINES[:cut], truncated=True)
    assert found.items() <= ALL.items()
    assert "e3" not in found


def test_drafts_of_a_reply_cut_off_while_reasoning_label_nothing() -> None:
    draft = "Let me see.\nk3fb: question\nIt asks something.\nNow the second message,\nwhich is"
    assert labels(draft, truncated=True) == {}


def test_each_rejection_says_why() -> None:
    parsed = parse_reply("k3fb: greeting\nb2dx: closing\nb2dx: closing", KEYS, DEFAULT_SCHEMA)
    assert parsed.rejected == {
        "e1": "answered 'greeting', which is no category",
        "e2": "answered more than once",
        "e3": "missing from the reply",
    }


WORDS = st.sampled_from(
    [*KEYS, *(k.upper() for k in KEYS), "zzzz", "id", "category", "message", *DEFAULT_SCHEMA.names]
)
PIECES = st.sampled_from(
    [*"{}[]\"':,|-*`\n\n\n  ", "<think>", "</think>", "```json", "null", "greeting", "1."]
)


@given(st.lists(WORDS | PIECES, max_size=60).map("".join) | st.text(), st.booleans())
def test_for_any_reply_at_all_labels_are_of_asked_examples_and_real_categories(
    reply: str, truncated: bool
) -> None:
    parsed = parse_reply(reply, KEYS, DEFAULT_SCHEMA, truncated)
    assert parsed.labels.keys().isdisjoint(parsed.rejected)
    assert parsed.labels.keys() | parsed.rejected.keys() == set(KEYS.values())
    assert set(parsed.labels.values()) <= set(DEFAULT_SCHEMA.names)
    for key, example in KEYS.items():
        if example in parsed.labels:
            assert key in reply.casefold()


ANSWERS = st.lists(
    st.tuples(st.sampled_from([*KEYS]), st.sampled_from([*DEFAULT_SCHEMA.names, "hello"]))
    | st.tuples(st.just("zzzz"), st.sampled_from(DEFAULT_SCHEMA.names)),
    max_size=8,
)


def as_json(pairs: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{json.dumps(k)}: {json.dumps(c)}" for k, c in pairs) + "}"


def as_lines(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"{k}: {c}" for k, c in pairs)


def as_list(pairs: list[tuple[str, str]]) -> str:
    return json.dumps([{"id": k, "category": c} for k, c in pairs])


@given(ANSWERS, st.sampled_from([as_json, as_lines, as_list]), st.sampled_from(["", "Well.\n"]))
def test_exactly_the_ids_with_one_valid_answer_are_labelled(
    pairs: list[tuple[str, str]], write: object, prose: str
) -> None:
    assert callable(write)
    given_to = {k: [c for key, c in pairs if key == k] for k in KEYS}
    expected = {
        KEYS[k]: said[0]
        for k, said in given_to.items()
        if len(said) == 1 and said[0] in DEFAULT_SCHEMA.names
    }
    assert labels(prose + write(pairs)) == expected


@given(st.lists(ANSWERS, min_size=2, max_size=3), st.sampled_from(["\n\nHm.\n\n", "\n", " "]))
def test_an_id_with_two_different_answers_anywhere_is_never_labelled(
    blocks: list[list[tuple[str, str]]], glue: str
) -> None:
    found = labels(glue.join(map(as_json, blocks)))
    for key, example in KEYS.items():
        said = {c for block in blocks for k, c in block if k == key and c in DEFAULT_SCHEMA.names}
        if len(said) > 1:
            assert example not in found
        elif example in found:
            assert {found[example]} == said


@pytest.mark.parametrize(
    "unit", ["{", '{"a":[', "[{", "<think>", '"', "* ", "k3fb: ", "<|channel|>a", "</think", " "]
)
def test_no_reply_takes_long_to_read(unit: str) -> None:
    started = time.process_time()
    labels(unit * (90_000 // len(unit)))
    assert time.process_time() - started < 5


@pytest.mark.parametrize("name", ["misc.", "(none)", "wow!"])
@pytest.mark.parametrize("reply", ['{{"k2ab": "{}"}}', "k2ab: {}", "k2ab - **{}**"])
def test_a_category_whose_name_ends_in_what_wraps_words_can_be_given(name: str, reply: str) -> None:
    names = (name, "!!!", "request")
    schema = Schema(categories=tuple(Category(name=n, definition="d") for n in names))
    assert parse_reply(reply.format(name), {"k2ab": "e"}, schema).labels == {"e": name}
    for nothing in ("", "no", "..."):
        assert parse_reply(reply.format(nothing), {"k2ab": "e"}, schema).labels == {}


def test_of_two_names_that_differ_in_what_wraps_words_none_is_guessed() -> None:
    schema = Schema(categories=tuple(Category(name=n, definition="d") for n in ("a.", "(a)", "b")))
    assert parse_reply('{"k2ab": "a"}', {"k2ab": "e"}, schema).labels == {}
