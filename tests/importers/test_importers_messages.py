"""Messages in: columns, ids, conversations and what is left out."""

import csv
import io
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catreview.errors import InputError
from catreview.importers import Columns, Incoming, Problem, ProblemKind, read_messages
from catreview.records import Example

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="shared data is not here")


def jsonl(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def read(path: Path, **columns: str) -> tuple[list[Incoming], list[Problem]]:
    good, bad = [], []
    for item in read_messages(path, Columns(**columns)):
        (good if isinstance(item, Incoming) else bad).append(item)
    return good, bad


def examples(path: Path, **columns: str) -> list[Example]:
    good, bad = read(path, **columns)
    assert bad == []
    return [item.example for item in good]


def test_columns_are_found_by_their_usual_names_in_any_case(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("UUID,Chat,Sender,Body,Class\n7,c1,Dana,hello,statement\n")
    [item], problems = read(path)
    assert item.example == Example("7", "hello", "", "c1", 0, "Dana")
    assert (item.label, item.line, problems) == ("statement", 2, [])


def test_an_override_beats_the_usual_name(tmp_path):
    path = jsonl(tmp_path / "m.jsonl", {"id": "a", "text": "old", "revised": "new"})
    assert examples(path, text="revised")[0].text == "new"


def test_a_column_named_for_one_role_is_not_guessed_for_another(tmp_path):
    path = jsonl(tmp_path / "m.jsonl", {"id": "a", "user": "hello", "author": "Sam"})
    [example] = examples(path, text="user")
    assert (example.text, example.speaker) == ("hello", "Sam")


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_an_override_that_is_not_in_the_file_is_refused_with_the_columns_there_are(tmp_path, name):
    path = tmp_path / name
    path.write_text("id,text\na,hi\n" if name.endswith("csv") else '{"id": "a", "text": "hi"}\n')
    with pytest.raises(InputError) as caught:
        list(read_messages(path, Columns(label="lable")))
    assert str(path) in caught.value.message
    assert "'lable'" in caught.value.message
    assert "'id', 'text'" in caught.value.hint


def test_an_override_that_only_some_json_records_have_is_accepted(tmp_path):
    path = jsonl(tmp_path / "m.jsonl", {"text": "hi"}, {"text": "bye", "gold": "closing"})
    good, _ = read(path, label="gold")
    assert [item.label for item in good] == [None, "closing"]


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_a_file_without_a_text_column_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_text("id,words\na,hi\n" if name.endswith("csv") else '{"id": "a", "words": "hi"}\n')
    with pytest.raises(InputError, match="text of a message") as caught:
        list(read_messages(path))
    assert "'words'" in caught.value.hint


def test_the_message_before_in_the_same_conversation_is_the_previous_one(tmp_path):
    path = jsonl(
        tmp_path / "m.jsonl",
        {"conversation": 1, "text": "a"},
        {"conversation": 2, "text": "x"},
        {"conversation": 1, "text": "b"},
        {"text": "alone"},
    )
    found = [(e.conversation, e.turn, e.previous) for e in examples(path)]
    assert found == [("1", 0, ""), ("2", 0, ""), ("1", 1, "a"), ("", 0, "")]


def test_an_explicit_empty_previous_stays_empty_and_null_is_filled_in(tmp_path):
    path = jsonl(
        tmp_path / "m.jsonl",
        {"conversation": "c", "text": "a"},
        {"conversation": "c", "text": "b", "previous": ""},
        {"conversation": "c", "text": "d", "previous": None},
    )
    assert [e.previous for e in examples(path)] == ["", "", "b"]


def test_a_given_turn_is_kept(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("conversation,position,text\nc,5,a\nc,,b\n")
    assert [e.turn for e in examples(path)] == [5, 1]


def test_given_ids_are_text_and_blank_ones_are_made(tmp_path):
    path = jsonl(tmp_path / "m.jsonl", {"id": 12, "text": "a"}, {"id": "  ", "text": "b"})
    first, second = examples(path)
    assert first.id == "12"
    assert len(second.id) == 20


def test_equal_messages_at_different_places_of_a_conversation_have_different_ids(tmp_path):
    path = jsonl(tmp_path / "m.jsonl", *[{"conversation": "c", "text": "ok"}] * 3)
    assert len({e.id for e in examples(path)}) == 3


def test_made_ids_do_not_change_when_the_file_grows(tmp_path):
    rows = [{"conversation": "c", "speaker": "D", "text": t} for t in "abc"]
    before = [e.id for e in examples(jsonl(tmp_path / "one.jsonl", *rows[:2]))]
    assert [e.id for e in examples(jsonl(tmp_path / "two.jsonl", *rows))][:2] == before


def test_the_first_of_two_records_with_one_id_wins_and_the_second_is_named(tmp_path):
    path = jsonl(
        tmp_path / "m.jsonl",
        {"id": "a", "text": "one"},
        {"id": "a", "text": "one"},
        {"id": "a", "text": "two"},
    )
    good, bad = read(path)
    assert [item.example.text for item in good] == ["one"]
    assert [(p.line, p.kind) for p in bad] == [(2, "duplicate id"), (3, "duplicate id")]
    assert "line 1 with the same text" in bad[0].detail
    assert "line 1 with another text" in bad[1].detail


def test_the_same_message_again_is_called_so_where_no_id_was_given(tmp_path):
    path = jsonl(tmp_path / "m.jsonl", {"text": "one"}, {"text": "two"}, {"text": "one"})
    _, bad = read(path)
    assert [(p.line, p.kind) for p in bad] == [(3, "the same message again")]
    assert bad[0].detail == "it has no id and stands on line 1 too"


def test_the_place_of_a_fault_is_that_in_its_line(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text('{"text": "fine"}\n{"text": \n')
    assert read(path)[1][0].detail == "no JSON: Expecting value at column 9"


def test_a_record_left_out_is_not_the_previous_message_of_the_next(tmp_path):
    path = jsonl(
        tmp_path / "m.jsonl",
        {"conversation": "c", "text": "a"},
        {"conversation": "c", "text": " "},
        {"conversation": "c", "text": "b"},
    )
    good, bad = read(path)
    assert [(i.example.previous, i.example.turn) for i in good] == [("", 0), ("a", 1)]
    assert [p.line for p in bad] == [2]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"text": ""}, ProblemKind.EMPTY),
        ({"text": " \n\t"}, ProblemKind.EMPTY),
        ({"text": None}, ProblemKind.EMPTY),
        ({"id": "no text at all"}, ProblemKind.EMPTY),
        ({"text": 5}, ProblemKind.NOT_TEXT),
        ({"text": ["a"]}, ProblemKind.NOT_TEXT),
        ({"text": float("nan")}, ProblemKind.NOT_TEXT),
        ({"text": "half an emoji \ud83d"}, ProblemKind.ENCODING),
        ({"text": "a", "id": True}, ProblemKind.MALFORMED),
        ({"text": "a", "id": "b\0c"}, ProblemKind.MALFORMED),
        ({"text": "a", "conversation": "b\0c"}, ProblemKind.MALFORMED),
        ({"text": "a", "previous": ["b"]}, ProblemKind.MALFORMED),
        ({"text": "a", "turn": "second"}, ProblemKind.MALFORMED),
        ({"text": "a", "turn": -1}, ProblemKind.MALFORMED),
        (["text"], ProblemKind.MALFORMED),
    ],
)
def test_a_record_that_cannot_be_used_is_a_problem_on_its_line(tmp_path, record, kind):
    good, bad = read(jsonl(tmp_path / "m.jsonl", {"text": "fine"}, record, {"text": "too"}))
    assert [item.line for item in good] == [1, 3]
    assert [(p.line, p.kind) for p in bad] == [(2, kind)]


def test_broken_json_and_broken_bytes_are_named_by_line_and_blank_lines_pass(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_bytes(b'{"text": "a"}\n\n{"text": \n{"text": "caf\xe9"}\n' + b"[" * 99_999 + b"\n")
    good, bad = read(path)
    assert [item.line for item in good] == [1]
    assert [(p.line, p.kind) for p in bad] == [
        (3, ProblemKind.MALFORMED),
        (4, ProblemKind.ENCODING),
        (5, ProblemKind.MALFORMED),
    ]


def test_a_label_is_kept_as_written_and_a_blank_one_is_none(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("text,category\na,Question\nb,\nc,nonsense\n")
    good, _ = read(path)
    assert [item.label for item in good] == ["Question", None, "nonsense"]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=6), as_csv=st.booleans())
def test_any_text_comes_back_as_written_with_the_same_id_each_time(tmp_path, texts, as_csv):
    texts = [t if t.strip() else t + "x" for t in texts]
    path = tmp_path / ("m.csv" if as_csv else "m.jsonl")
    if as_csv:
        buffer = io.StringIO(newline="")
        csv.writer(buffer).writerows([["text", "thread"], *([t, "c"] for t in texts)])
        path.write_bytes(buffer.getvalue().encode())
    else:
        jsonl(path, *({"text": t, "thread": "c"} for t in texts))
    first = examples(path)
    assert [e.text for e in first] == texts
    assert examples(path) == first
    assert len({e.id for e in first}) == len(texts)


@needs_data
def test_the_shared_messages_come_in_whole():
    good, bad = read(DATA / "messages.jsonl.gz")
    assert (len(good), bad) == (99_462, [])
    assert len({item.example.id for item in good}) == 99_462


@needs_data
def test_the_previous_message_of_the_demo_is_taken_from_its_conversation():
    found = examples(DATA / "demo" / "messages.jsonl")
    assert len(found) == 1_816
    for before, example in pairwise(found):
        same = before.conversation == example.conversation
        assert example.previous == (before.text if same else "")
        assert example.turn == (before.turn + 1 if same else 0)
