"""Taking an import back: its messages go with all that machines said of them, and no others."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.projects import write_jsonl

from catreview.errors import GoneError, InputError
from catreview.importers import Columns
from catreview.jobs import importing
from catreview.jobs.functions import solo, weak
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.project import DATABASE, Project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.status import next_steps, project_status
from catreview.jobs.training import modelling
from catreview.jobs.withdrawing import take_back
from catreview.jobs.works import works
from catreview.records import Example, Source, SourceKind

TABLES = ("example", "vote", "tally", "label", "review", "vector", "set_aside", "example_fts")


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """Messages that come in later, one with a label."""
    rows = [{"id": f"m{i}", "text": f"could you send number {i}"} for i in range(6)]
    rows[0]["label"] = "request"
    return write_jsonl(tmp_path / "more.jsonl", rows)


def stored(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """All rows, but for when they were written."""
    with sqlite3.connect(project.folder / DATABASE) as db:
        rows = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
    db.close()
    return rows


def test_everything_is_as_it_was_before_the_import(filled: Project, more: Path) -> None:
    run_functions(filled)
    before = stored(filled)
    import_messages(filled, more, Columns())
    run_functions(filled)
    votes = write_jsonl(more.with_name("llm.jsonl"), [{"id": "m1", "label": "question"}])
    import_votes(filled, votes)
    assert stored(filled) != before
    done = take_back(filled)
    assert stored(filled) == before
    assert (done.imported.file, done.holdings.messages) == ("more.jsonl", 6)
    with sqlite3.connect(done.copy) as copy:
        assert (
            copy.execute("SELECT count(*) FROM example").fetchone()[0] == len(before["example"]) + 6
        )
    copy.close()


def test_one_import_after_the_other_is_taken_back(filled: Project, more: Path) -> None:
    import_messages(filled, more, Columns())
    import_messages(filled, more, Columns())  # adds nothing, so there is nothing to take back
    one, two = take_back(filled), take_back(filled)
    assert (one.imported.file, two.imported.file) == ("more.jsonl", "messages.jsonl")
    assert one.copy != two.copy
    assert filled.store.examples.count() == 0
    with pytest.raises(InputError, match="No import is left"):
        take_back(filled)


def test_what_somebody_reviewed_stays(filled: Project, more: Path) -> None:
    import_messages(filled, more, Columns())
    run_functions(filled)
    session = ReviewSession(filled, "disagreement", "rita")
    session.decide(session.card(filled.store.examples.last()), "request", 1.0)
    before = stored(filled)
    with pytest.raises(InputError, match=r"log of reviews has 1 message of it"):
        take_back(filled)
    assert stored(filled) == before


def test_what_a_job_holds_stays(filled: Project, more: Path) -> None:
    import_messages(filled, more, Columns())
    llm = filled.store.votes.sources(SourceKind.GIVEN)[0]
    last = filled.store.examples.last()
    filled.store.leases.claim(llm.id, [last], "here:1:x", most=1, seconds=60)
    with pytest.raises(InputError, match="at work on its messages"):
        take_back(filled)
    filled.store.leases.release(llm.id, [last])
    take_back(filled)


def test_what_a_provider_has_in_a_batch_stays_until_that_is_over(
    filled: Project, more: Path
) -> None:
    import_messages(filled, more, Columns())
    llm = filled.store.votes.source(Source(SourceKind.LLM, "m"))
    last = filled.store.examples.last()
    batch = filled.store.batches.create(llm.id, "token", "here:1:x", [[1, last], [last - 1]])
    with pytest.raises(InputError, match="a provider has 2 messages of it in a batch"):
        take_back(filled)
    filled.store.batches.close(batch.id, "cancelled")
    assert take_back(filled).holdings.messages == 6


def test_an_import_under_way_is_not_taken_back_and_one_cut_off_is(
    filled: Project, more: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = filled.store.examples.count()
    monkeypatch.setattr(importing, "BATCH", 2)

    def cut_off(_: object) -> None:
        with pytest.raises(InputError, match="at work"):
            take_back(filled)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_messages(filled, more, Columns(), report=cut_off)
    assert filled.store.examples.count() == known + 2
    assert take_back(filled).holdings.messages == 2
    assert filled.store.examples.count() == known


def test_imports_that_ran_side_by_side_are_not_told_apart(project: Project) -> None:
    imports, examples = project.store.imports, project.store.examples
    one, two = imports.begin("one", "here:1:x"), imports.begin("two", "here:1:y")
    examples.add([Example("1", "from one")])
    examples.add([Example("2", "from two")])
    imports.end(one, 1)
    imports.end(two, 1)
    with pytest.raises(InputError, match="ran at the same time"):
        take_back(project)
    assert examples.count() == 2


def test_the_next_step_counts_the_messages_that_are_new_to_the_functions(
    filled: Project, more: Path
) -> None:
    take_back(filled)
    assert "catreview lf run" not in dict(next_steps(filled, project_status(filled)))
    import_messages(filled, more, Columns())
    steps = dict(next_steps(filled, project_status(filled)))
    assert steps["catreview lf run"] == "the functions have not voted on 6 messages"


def texts(count: int, kind: str) -> list[dict[str, str]]:
    """As many messages of two categories, each with its label."""
    about = {"question": "where is the {} bus?", "statement": "the {} house stood there"}
    return [
        {"id": f"{kind}{label}{i}", "text": f"{kind} {text.format(i)}", "label": label}
        for label, text in about.items()
        for i in range(count)
    ]


@pytest.fixture
def meanwhile(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[object, str], None]:
    """A project of two imports, the second one taken back when a named step of a job is done."""
    for kind in ("first", "second"):
        file = write_jsonl(tmp_path / f"{kind}.jsonl", texts(30, kind))
        import_messages(project, file, Columns())
    run_functions(project)

    def when_done(module: object, step: str) -> None:
        real = getattr(module, step)

        def then_taken_back(*given: Any, **options: Any) -> Any:
            result = real(*given, **options)
            monkeypatch.setattr(module, step, real)
            take_back(project)
            return result

        monkeypatch.setattr(module, step, then_taken_back)

    return when_done


@pytest.mark.parametrize("step", ["_fit", "model_votes"])
def test_a_training_whose_messages_are_taken_back_says_so_and_stores_nothing(
    project: Project, meanwhile: Callable[[object, str], None], step: str
) -> None:
    meanwhile(modelling, step)
    with pytest.raises(GoneError, match="An import was taken back meanwhile"):
        modelling.train(project)
    run = works(project).runs[0]
    assert (run.kind, run.status) == ("train", "failed")
    assert "taken back" in run.result
    assert project.store.votes.sources(SourceKind.MODEL) == []
    assert list(project.models.iterdir()) == []
    assert modelling.train(project).trained_on.left_out == 0


def test_a_training_copes_where_it_learned_nothing_from_what_is_taken_back(
    project: Project, meanwhile: Callable[[object, str], None], tmp_path: Path
) -> None:
    known = project.store.examples.count()
    plain = write_jsonl(tmp_path / "plain.jsonl", [{"id": f"p{i}", "text": "zq"} for i in range(3)])
    import_messages(project, plain, Columns())
    meanwhile(modelling, "model_votes")
    modelling.train(project)
    assert [count for s, count in project.store.votes.counts() if s.kind == "model"] == [known]


def test_gold_taken_back_while_a_model_is_trained_is_no_gap_in_its_score(
    project: Project, meanwhile: Callable[[object, str], None]
) -> None:
    gold = {row["id"]: row["label"] for row in texts(30, "second")}
    project.store.examples.mark_gold(gold)
    meanwhile(modelling, "_fit")
    with pytest.raises(GoneError, match="An import was taken back meanwhile"):
        modelling.train(project)


@pytest.mark.parametrize("alone", [False, True])
def test_functions_that_voted_on_what_is_taken_back_vote_on_the_others(
    project: Project, meanwhile: Callable[[object, str], None], alone: bool
) -> None:
    meanwhile(solo if alone else weak, "vote_on_all")
    ran = solo.vote_alone(project, "ends_on_question_mark") if alone else run_functions(project)
    assert ran.examples == project.store.examples.count() == 60
    assert stored(project)["tally"]


def test_what_is_taken_back_is_claimed_by_nobody(filled: Project, more: Path) -> None:
    import_messages(filled, more, Columns())
    planned = filled.store.examples.all_numbers().tolist()
    take_back(filled)
    llm = filled.store.votes.source(Source(SourceKind.LLM, "m"))
    claimed = filled.store.leases.claim(llm.id, planned, "here:1:x", most=99, seconds=60)
    assert claimed == planned[:-6]


def test_vectors_of_what_is_taken_back_are_not_kept(filled: Project, more: Path) -> None:
    import_messages(filled, more, Columns())
    numbers = filled.store.examples.all_numbers()
    take_back(filled)
    vectors = np.ones((len(numbers), 2), dtype=np.float16)
    filled.store.vectors.put("e", numbers, vectors)
    assert filled.store.vectors.get("e", numbers, 2)[1].sum() == len(numbers) - 6
