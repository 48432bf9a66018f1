"""Files of every kind and state: formats, compression, damage."""

import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catreview.errors import InputError
from catreview.importers import (
    Incoming,
    LabelRow,
    Problem,
    lines_as_ranges,
    read_header,
    read_label_rows,
    read_messages,
)


def texts(path: Path) -> list[str]:
    return [i.example.text for i in read_messages(path) if isinstance(i, Incoming)]


def problem_lines(path: Path) -> list[int]:
    return [i.line for i in read_messages(path) if isinstance(i, Problem)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.jsonl", b'{"text": "a,b"}\n{"text": "c"}'),
        ("m.ndjson", b'{"text": "a,b"}\r\n{"text": "c"}\r\n'),
        ("m.json", b'\xef\xbb\xbf{"text": "a,b"}\n{"text": "c"}\n'),
        ("m.csv", b'text,n\n"a,b",1\nc,2\n'),
        ("m.csv", b"\xef\xbb\xbftext;n\r\na,b;1\r\nc;2\r\n"),
        ("m.tsv", b"n\ttext\n1\ta,b\n2\tc\n"),
        ("m", b'\n{"text": "a,b"}\n{"text": "c"}\n'),
        ("m.txt", b"n\ttext\n1\ta,b\n2\tc\n"),
        ("m.2026", b'n,text\n1,"a,b"\n2,c\n'),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_format_is_known_by_suffix_or_content_plain_or_gzip(tmp_path, name, content, packed):
    path = tmp_path / (name + ".gz" if packed else name)
    path.write_bytes(gzip.compress(content) if packed else content)
    assert texts(path) == ["a,b", "c"]


def test_gzip_is_known_by_its_content_not_its_name(tmp_path):
    (tmp_path / "packed.jsonl").write_bytes(gzip.compress(b'{"text": "a"}\n'))
    (tmp_path / "plain.jsonl.gz").write_bytes(b'{"text": "a"}\n')
    assert texts(tmp_path / "packed.jsonl") == texts(tmp_path / "plain.jsonl.gz") == ["a"]


def test_an_empty_file_has_no_messages(tmp_path):
    for name in ("m.jsonl", "m.csv"):
        (tmp_path / name).write_bytes(b"\n")
        assert list(read_messages(tmp_path / name)) == []


def test_a_quoted_field_may_hold_newlines_and_its_line_is_where_the_record_starts(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(b'id,text\r\n1,"a\r\nb ""c"""\r\n2,d\r\n')
    found = [(i.line, i.example.text) for i in read_messages(path) if isinstance(i, Incoming)]
    assert found == [(2, 'a\r\nb "c"'), (4, "d")]


def test_rows_with_too_many_or_too_few_columns_are_problems(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("id,text\n1,a\n2\n3,b,c\n\n4,d\n")
    assert texts(path) == ["a", "d"]
    assert problem_lines(path) == [3, 4]
    [short, long] = [i for i in read_messages(path) if isinstance(i, Problem)]
    assert (short.detail, long.detail) == (
        "1 columns where the header has 2",
        "3 columns where the header has 2",
    )


def test_a_quote_that_is_never_closed_costs_its_own_line_only(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text('id,text\n1,a\n2,"open\n3,b\n4,"fine\nhere"\n5,c\n6,"open again\n7,d\n')
    assert texts(path) == ["a", "b", "fine\nhere", "c", "d"]
    assert problem_lines(path) == [3, 8]


def test_a_field_of_a_megabyte_is_a_problem_not_the_end(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(f"id,text\n1,{'x' * 200_000}\n2,{'x' * 1_100_000}\n3,b\n")
    assert [len(t) for t in texts(path)] == [200_000, 1]
    assert problem_lines(path) == [3]


def test_invalid_bytes_in_csv_and_nul_characters_do_not_end_the_file(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(b"id,text\n1,caf\xe9\n2,a\x00b\n3,caf\xc3\xa9\n")
    assert texts(path) == ["a\x00b", "café"]
    assert problem_lines(path) == [2]


@pytest.mark.parametrize(
    ("name", "content", "message", "hint"),
    [
        ("m.json", b'[{"text": "a"}]', "JSON document", "jq"),
        ("m.json", b'[\n {"text": "a"}\n]\n', "JSON document", "jq"),
        ("m.json", b'{\n "text": "a"\n}\n', "JSON document", "jq"),
        ("m.csv", "text\nä\n".encode("utf-16"), "UTF-16", "iconv"),
        ("m.csv", b"text,text\na,b\n", "two columns 'text'", "Rename"),
        ("m.csv", b'"text,n\na,1\n', "no readable header", "first line"),
        ("notes", b"just words\n", "neither JSON lines, CSV nor TSV", "suffix"),
        (
            "notes.txt",
            b"just words\n",
            "neither JSON lines",
            "jq -Rc '{text: .}' notes.txt > notes.js",
        ),
        ("m.xlsx", b"PK\x03\x04\x14\x00", "is a spreadsheet or a zip archive", "as CSV in UTF-8"),
        ("m.csv", b"PK\x03\x04\x14\x00", "is a spreadsheet or a zip archive", "as CSV in UTF-8"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_a_remedy(tmp_path, name, content, message, hint):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        list(read_messages(path))
    assert str(path) in caught.value.message
    assert hint in caught.value.hint


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        list(read_messages(tmp_path / "none.jsonl"))
    with pytest.raises(InputError, match="is a folder"):
        list(read_messages(tmp_path))


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "m.jsonl"
    path.write_text('{"text": "a"}\n')

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        list(read_messages(path))


def test_a_cut_off_or_damaged_gzip_file_is_refused_at_its_end(tmp_path):
    noise = random.Random(0)
    rows = "".join(json.dumps({"text": f"{noise.random()}"}) + "\n" for _ in range(5_000))
    whole = gzip.compress(rows.encode())
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for content in (whole[: len(whole) // 2], whole[:-4], bytes(damaged), b""):
        path = tmp_path / "m.jsonl.gz"
        path.write_bytes(content)
        with pytest.raises(InputError, match="gzip") as caught:
            list(read_messages(path))
        assert "Nothing was imported" in caught.value.hint


def test_recorded_votes_come_with_source_and_confidence_where_given(tmp_path):
    path = tmp_path / "votes.txt"
    path.write_text(
        '{"id": "a", "label": "closing", "source": "m", "confidence": 1}\n{"id": 7, "label": "x"}\n'
    )
    assert list(read_label_rows(path)) == [
        LabelRow("a", "closing", "m", 1.0, 1),
        LabelRow("7", "x", None, None, 2),
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"id": "a"},
        {"label": "x"},
        {"id": " ", "label": "x"},
        {"id": "a", "label": ["x"]},
        {"id": "a", "label": "x", "source": 1.5},
        {"id": "a", "label": "x", "confidence": True},
        {"id": "a", "label": "x", "confidence": "high"},
        {"id": "a", "label": "x", "confidence": "nan"},
        {"id": "a", "label": "x", "confidence": 1.01},
        {"id": "a", "label": "x", "confidence": 10**400},
        {"id": "a", "label": "x", "confidence": float("nan")},
    ],
)
def test_a_vote_that_makes_no_sense_is_a_problem(tmp_path, row):
    path = tmp_path / "votes.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(row).encode()))
    [problem] = read_label_rows(path)
    assert isinstance(problem, Problem)
    assert problem.line == 1


def test_votes_whose_ids_and_sources_read_alike_are_two_votes(tmp_path):
    path = tmp_path / "votes.jsonl"
    rows = [
        {"id": "a of b", "label": "x"},
        {"id": "a", "label": "y", "source": "b"},
        {"id": "a", "label": "z", "source": "b"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    first, second, doubled = read_label_rows(path)
    assert (first, second) == (
        LabelRow("a of b", "x", None, None, 1),
        LabelRow("a", "y", "b", None, 2),
    )
    assert isinstance(doubled, Problem)
    assert doubled.detail == "'a of b' stands on line 2 with another label, which is kept"


def test_recorded_votes_may_be_csv(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("id,label,confidence\na,closing,0.5\nb,request,\n")
    assert list(read_label_rows(path)) == [
        LabelRow("a", "closing", None, 0.5, 2),
        LabelRow("b", "request", None, None, 3),
    ]


@pytest.mark.parametrize(
    ("name", "content", "there"),
    [
        ("m.jsonl", '{"id": "a", "label": "x"}\n', False),
        ("m.jsonl", 'broken\n{"id": "a", "text": "x"}\n', True),
        ("m.csv", "id,label\na,x\n", False),
        ("m.csv", "id,body\n", True),
        ("m.jsonl", "", True),
    ],
)
def test_a_file_of_labels_only_can_be_told_from_one_of_messages(tmp_path, name, content, there):
    (tmp_path / name).write_text(content)
    header = read_header(tmp_path / name)
    assert ("text" in header.taken or (not header.unused and not header.taken)) is there


def test_the_first_of_two_votes_of_one_source_wins(tmp_path):
    path = tmp_path / "votes.jsonl"
    rows = [("a", "m", "x"), ("a", "n", "y"), ("a", "m", "y")]
    path.write_text(
        "".join(json.dumps({"id": i, "source": s, "label": v}) + "\n" for i, s, v in rows)
    )
    first, second, third = read_label_rows(path)
    assert isinstance(first, LabelRow)
    assert isinstance(second, LabelRow)
    assert isinstance(third, Problem)
    assert "another label" in third.detail


def test_line_numbers_are_printed_as_ranges():
    assert lines_as_ranges([5, 9, 10, 11, 40]) == "5, 9-11, 40"
    assert lines_as_ranges([]) == ""
    assert lines_as_ranges([3, 1, 2, 2, 7, 9, 10], limit=2) == "1-3, 7 and 2 more"


@given(st.sets(st.integers(1, 60)))
def test_ranges_name_every_line_once(lines):
    named = []
    for run in filter(None, lines_as_ranges(lines, limit=100).split(", ")):
        start, _, end = run.partition("-")
        named += range(int(start), int(end or start) + 1)
    assert named == sorted(lines)


ALPHABET = [b"\n", b"\r", b'"', b",", b"\t", b"{", b"}", b"[", b":", b"\\", b"text", b"id", b"1"]
pieces = st.lists(st.one_of(st.sampled_from(ALPHABET), st.binary(max_size=3)), max_size=40)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(
    suffix=st.sampled_from([".jsonl", ".csv", ".tsv", ".txt", ".csv.gz"]),
    start=st.sampled_from([b"", b"id,text\n", b"id\ttext\n", b'{"text": "a"}\n']),
    rest=pieces,
)
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path, suffix, start, rest):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(start + b"".join(rest))
    try:
        lines = [item.line for item in read_messages(path)]
    except InputError as error:
        assert error.hint  # noqa: PT017 - a refusal is allowed, one without a remedy is not
    else:
        assert lines == sorted(set(lines))
