"""Messages, gold and recorded votes in: nothing of a file that is cut off, nothing silently."""

from __future__ import annotations

import gzip
import json
import sqlite3
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.projects import MESSAGES, write_jsonl

from catreview.errors import InputError
from catreview.importers import Columns
from catreview.jobs import alone, importing
from catreview.jobs.functions.weak import run_functions, switch_function, switched_on
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.settling import settle_if_learned
from catreview.jobs.project import DATABASE, Project
from catreview.records import SourceKind


def test_importing_twice_adds_nothing(project: Project, messages: Path) -> None:
    first = import_messages(project, messages, Columns())
    second = import_messages(project, messages, Columns())
    assert (first.new, first.known) == (8, 0)
    assert (second.new, second.known) == (0, 8)
    assert project.store.examples.count() == 8


def test_the_message_before_becomes_the_previous_one(project: Project, messages: Path) -> None:
    import_messages(project, messages, Columns())
    numbers = project.store.examples.numbers(["a0", "a1", "b0"])
    previous = [e.previous for e in project.store.examples.get(list(numbers.values()))]
    assert previous == ["", "can you call me at 8?", ""]


def test_what_cannot_be_used_is_named_by_line(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text(
        '{"id": "1", "text": "fine", "label": "statement"}\n'
        "not json\n"
        '{"id": "2", "text": " "}\n'
        '{"id": "1", "text": "again"}\n'
        '{"id": "3", "text": "odd", "label": "sarcasm"}\n'
    )
    report = import_messages(project, path, Columns())
    assert (report.new, report.labels) == (2, 1)
    assert report.problems == {
        "malformed": [2],
        "empty text": [3],
        "duplicate id": [4],
        "unknown label": [5],
    }


def test_labels_that_are_no_category_are_counted_and_their_messages_come_in(
    project: Project, tmp_path: Path
) -> None:
    words = ["misc", "question", "other", "misc", ""]
    path = tmp_path / "poor.csv"
    path.write_text("body,class\n" + "".join(f"m{i},{word}\n" for i, word in enumerate(words)))
    report = import_messages(project, path, Columns())
    assert (report.new, report.labels) == (5, 1)
    assert report.problem_lines() == [
        "label left out: 3 unknown label: lines 2, 4-5 ('misc' 2, 'other' 1; name them"
        " in catreview.toml, as [[category]] or in [synonyms], and import again)"
    ]


def test_it_says_which_columns_it_took_and_which_it_did_not(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "export.csv"
    path.write_text("thread,sent_at,text\nt,2025-03-01,hello\n")
    report = import_messages(project, path, Columns())
    assert report.column_line() == "columns: text, thread as conversation; not used: sent_at"
    assert report.as_json()["unused_columns"] == ["sent_at"]
    (tmp_path / "empty.jsonl").write_text("")
    assert import_messages(project, tmp_path / "empty.jsonl", Columns()).column_line() == ""


def test_a_known_id_with_another_text_is_named_and_keeps_its_text(
    project: Project, messages: Path, tmp_path: Path
) -> None:
    import_messages(project, messages, Columns())
    changed = write_jsonl(tmp_path / "changed.jsonl", [{"id": "a1", "text": "other"}])
    report = import_messages(project, changed, Columns())
    assert report.problems == {"known id, other text": [1]}
    assert project.store.examples.texts(["a1"]) == {"a1": "ok"}


def given(project: Project, number: int) -> list[str]:
    lines = project.store.votes.of(number)
    return [line.category for line in lines if line.source.kind is SourceKind.GIVEN]


def relabelled(folder: Path, label: str) -> Path:
    """The messages, the last of which comes with a label now."""
    return write_jsonl(
        folder / f"{label}.jsonl", [*MESSAGES[:-1], {**MESSAGES[-1], "label": label}]
    )


def label_of_last(project: Project) -> tuple[str, str] | None:
    label = project.store.labels.get(project.store.examples.last())
    return label and (label[0], label[2])


def test_a_label_given_to_a_known_message_counts_at_once(filled: Project, tmp_path: Path) -> None:
    assert label_of_last(filled) == ("statement", "weak")
    import_messages(filled, relabelled(tmp_path, "closing"), Columns())
    assert label_of_last(filled) == ("closing", "weak")
    import_messages(filled, relabelled(tmp_path, "request"), Columns())
    assert (given(filled, 8), label_of_last(filled)) == (["request"], ("request", "weak"))


def test_given_labels_of_an_import_that_was_killed_count_with_the_next_job(
    filled: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(importing, "settle_if_learned", lambda _: None)
        import_messages(filled, relabelled(tmp_path, "closing"), Columns())
    assert label_of_last(filled) == ("statement", "weak")
    settle_if_learned(filled)
    assert label_of_last(filled) == ("closing", "weak")


def test_the_same_given_labels_again_leave_nothing_to_do(filled: Project, tmp_path: Path) -> None:
    path = relabelled(tmp_path, "closing")
    import_messages(filled, path, Columns())
    before = filled.store.orders.basis()
    import_messages(filled, path, Columns())
    assert filled.store.orders.basis() == before
    assert filled.store.unsettled.marks() == {}


def test_labels_from_a_file_are_no_votes_of_functions(project: Project, tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": f"some words {i}", "label": "request"} for i in range(3)]
    import_messages(project, write_jsonl(tmp_path / "given.jsonl", rows), Columns())
    for name in switched_on(project).names:
        switch_function(project, name)
    run = run_functions(project)
    assert (run.examples, run.votes, run.covered) == (3, 0, 0)


def test_the_label_of_another_text_is_not_taken(project: Project, tmp_path: Path) -> None:
    for text in ("hello", "something else"):
        row = {"id": "a", "text": text, "label": "question" if text == "hello" else "closing"}
        report = import_messages(project, write_jsonl(tmp_path / "m.jsonl", [row]), Columns())
    assert (report.labels, list(report.problems)) == (0, ["known id, other text"])
    assert given(project, 1) == ["question"]


def test_a_cut_off_file_stores_nothing(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    rows = "".join(json.dumps({"id": str(i), "text": f"message {i}"}) + "\n" for i in range(20_000))
    path.write_bytes(gzip.compress(rows.encode())[:-2000])
    with pytest.raises(InputError, match=r"cut\.jsonl\.gz"):
        import_messages(project, path, Columns())
    assert project.store.examples.count() == 0


def test_given_labels_vote_and_gold_labels_are_locked(
    project: Project, messages: Path, tmp_path: Path
) -> None:
    labelled = write_jsonl(
        tmp_path / "labelled.jsonl", [{**m, "label": "statement"} for m in MESSAGES]
    )
    assert import_messages(project, labelled, Columns()).labels == 8
    gold = write_jsonl(
        tmp_path / "gold.jsonl", [{"id": "a1", "text": "ok", "label": "acknowledge"}]
    )
    report = import_messages(project, gold, Columns(), gold=True)
    assert (report.gold, report.known) == (1, 1)
    number = project.store.examples.numbers(["a1"])["a1"]
    assert project.store.examples.gold() == {number: "acknowledge"}


def test_gold_of_ids_and_labels_alone_marks_what_is_there(
    project: Project, messages: Path, tmp_path: Path
) -> None:
    import_messages(project, messages, Columns())
    gold = tmp_path / "gold.csv"
    gold.write_text("id,label\na1,acknowledge\nnobody,closing\na2,nonsense\n")
    report = import_messages(project, gold, Columns(), gold=True)
    assert report.gold == 1
    assert report.problems == {"unknown id": [3], "unknown label": [4]}


@pytest.mark.parametrize("text", [{}, {"text": "ok"}])
def test_gold_that_was_of_another_category_is_named(
    filled: Project, tmp_path: Path, text: dict[str, str]
) -> None:
    rows = [{"id": i, "label": "closing"} for i in ("a0", "a1", "b3")]
    import_messages(filled, write_jsonl(tmp_path / "one.jsonl", rows), Columns(), gold=True)
    texts = {e.id: e.text for e in filled.store.examples.get(filled.store.examples.all_numbers())}
    rows = [
        {"id": i, "label": label, **({"text": texts[i]} if text else {})}
        for i, label in (("a0", "closing"), ("a1", "request"), ("b3", "emotion"))
    ]
    again = write_jsonl(tmp_path / "two.jsonl", rows)
    report = import_messages(filled, again, Columns(), gold=True)
    assert (report.gold, report.known, report.exit_code) == (3, 3, 0)
    assert report.problem_lines() == [
        "changed: 2 gold of another category before: lines 2-3 (first: 'a1' was closing,"
        " is request now)"
    ]
    assert sorted(filled.store.examples.gold().values()) == ["closing", "emotion", "request"]
    assert not import_messages(filled, again, Columns(), gold=True).problems


def test_what_becomes_gold_has_no_label_from_then_on(filled: Project, tmp_path: Path) -> None:
    before = dict(row[:2] for row in filled.store.labels.all())
    gold = write_jsonl(tmp_path / "gold.jsonl", [{"id": "a0", "label": "statement"}])
    import_messages(filled, gold, Columns(), gold=True)
    (number,) = filled.store.examples.gold()
    assert before.keys() - dict(row[:2] for row in filled.store.labels.all()) == {number}


def test_votes_of_several_llms_come_from_one_file(filled: Project, tmp_path: Path) -> None:
    rows = [
        {"id": "a1", "label": "Acknowledge", "source": "one", "confidence": 0.7},
        {"id": "a1", "label": "statement", "source": "two"},
        {"id": "a2", "label": "statement"},
        {"id": "nobody", "label": "statement"},
    ]
    (report,) = import_votes(filled, write_jsonl(tmp_path / "my_model.votes.jsonl", rows))
    assert report.labels == 3
    assert report.problems == {"unknown id": [4]}
    votes = {s.name: n for s, n in filled.store.votes.counts() if s.kind == "llm"}
    assert votes == {"one": 1, "two": 1, "my_model": 1}


def test_a_file_of_strangers_stores_nothing(filled: Project, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "votes.jsonl", [{"id": "nobody", "label": "statement"}])
    with pytest.raises(InputError, match="no row has the id of an example"):
        import_votes(filled, path)
    assert [s for s, _ in filled.store.votes.counts() if s.kind == "llm"] == []


class Killed(BaseException):
    """A signal that comes between two transactions."""


def test_others_write_while_a_file_is_imported_and_killed_it_is_added_to(
    project: Project, messages: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = [{**json.loads(line), "label": "request"} for line in messages.read_text().splitlines()]
    labelled = write_jsonl(tmp_path / "labelled.jsonl", rows)
    monkeypatch.setattr(importing, "BATCH", 2)
    other = sqlite3.connect(project.folder / DATABASE, timeout=0.0, isolation_level=None)
    other.execute("CREATE TABLE mark (x)")

    def turn(_: float) -> None:
        other.execute("INSERT INTO mark VALUES (1)")
        if other.execute("SELECT count(*) FROM mark").fetchone() == (3,):
            raise Killed

    monkeypatch.setattr(alone, "time", SimpleNamespace(perf_counter=time.perf_counter, sleep=turn))
    with pytest.raises(Killed):
        import_messages(project, labelled, Columns())
    assert project.store.examples.count() == 6
    report = import_messages(project, labelled, Columns())
    assert (report.new, report.known, report.labels) == (2, 6, 8)
    assert other.execute("SELECT count(*) FROM mark").fetchone()[0] > 5
    assert project.store.examples.count() == 8
    other.close()
