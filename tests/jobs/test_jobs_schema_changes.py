"""Categories that are renamed or removed in catreview.toml after there are votes and decisions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from helpers.projects import Command, write_jsonl

from catreview.errors import ConfigError
from catreview.importers import Columns
from catreview.jobs.demo import make_demo
from catreview.jobs.functions.weak import function_report, run_functions
from catreview.jobs.importing import import_messages
from catreview.jobs.labels.settling import gather, settle
from catreview.jobs.llm.planning import plan_labelling
from catreview.jobs.llm.voters import configured_voter
from catreview.jobs.project import Project, open_project
from catreview.jobs.renaming import rename, strangers
from catreview.jobs.review.adding_up import add_up
from catreview.jobs.review.queueing import QUEUES
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.training.modelling import train
from catreview.jobs.training.reporting import last_report
from catreview.records import ABSTAIN, Basis, Source, SourceKind
from catreview.schema import DEFAULT_SCHEMA

OURS = ("closing", "acknowledge", "ask", "question", "emotion", "statement")
"""The default categories with "request" renamed."""


@pytest.fixture
def decided(filled: Project) -> Project:
    """A reviewer and an LLM call one message a request, two LLMs another one."""
    one, two = filled.store.examples.all_numbers()[:2].tolist()
    session = ReviewSession(filled, "disagreement", "me")
    session.decide(session.card(one), "request")
    for name in ("first", "second"):
        source = filled.store.votes.source(Source(SourceKind.LLM, name)).id
        filled.store.votes.put(source, [(one, "request", 0.9), (two, "request", 0.8)])
    settle(filled)
    return filled


def own_categories(names: Iterable[str]) -> str:
    """The settings for these, all defined alike: nothing but a name can change."""
    return "\n".join(f'[[category]]\nname = "{name}"\ndefinition = "d"\n' for name in names)


def renamed(folder: Path) -> Project:
    (folder / "catreview.toml").write_text(own_categories(OURS))
    return open_project(folder)


def test_votes_and_decisions_for_a_category_that_is_gone_count_for_nothing(
    decided: Project,
) -> None:
    with renamed(decided.folder) as project:
        known = gather(project)
        assert set(known.human.tolist()) == {ABSTAIN}
        assert set(known.llm.codes.ravel().tolist()) == {ABSTAIN}
        assert not known.llm.confidence.any()
        # The heuristic called some messages requests: it says nothing of those, and is not sure.
        silent = known.heuristic.label == ABSTAIN
        assert silent.any()
        assert not known.heuristic.confidence[silent].any()
        settle(project)
        assert "request" not in {row[1] for row in project.store.labels.all()}
        run_functions(project)
        assert Basis.HUMAN not in {row[3] for row in project.store.labels.all()}


def test_functions_for_a_category_that_is_gone_are_reported_without_votes(
    decided: Project,
) -> None:
    asks = function_report(decided).statistics["says_please"]
    assert asks.votes > 0
    with renamed(decided.folder) as project:
        assert function_report(project).statistics["says_please"].votes == 0


def test_every_queue_and_card_opens_before_anything_is_labelled_anew(decided: Project) -> None:
    with renamed(decided.folder) as project:
        session = ReviewSession(project, "disagreement", "me")
        for name in QUEUES:
            session.open(name)
            session.rows(0, len(session))
        for number in project.store.examples.all_numbers().tolist():
            added = add_up(project, session.card(number))
            (llms,) = (level for level in added.levels if level.name == "language models")
            assert (llms.comes_to, {pull.weight for pull in llms.pulls} - {0.0}) == ((), set())


def test_the_name_given_back_brings_the_decision_back(decided: Project) -> None:
    with renamed(decided.folder) as project:
        settle(project)
    (decided.folder / "catreview.toml").write_text("")
    with open_project(decided.folder) as project:
        settle(project)
        assert [row[1] for row in project.store.labels.all() if row[3] == "human"] == ["request"]


def test_doctor_says_how_many_decisions_are_for_no_category(
    decided: Project, catreview: Command
) -> None:
    def categories() -> str:
        found = catreview("doctor", "--project", decided.folder, "--json").json()["findings"]
        return str(next(f["text"] for f in found if f["what"] == "categories"))

    assert categories() == "closing, acknowledge, request, question, emotion, statement"
    renamed(decided.folder).store.close()
    assert categories().startswith("5 decisions or votes of LLMs for request, which is no category")


def test_a_stored_confidence_belongs_to_a_vote_that_counts(decided: Project) -> None:
    sources = decided.store.votes.sources(SourceKind.LLM)
    matrix = decided.store.votes.matrix(decided.store.examples.all_numbers(), sources, OURS)
    assert np.isnan(matrix.confidence).all()


def test_what_counts_for_nothing_is_the_first_thing_said_with_the_command_that_mends_it(
    decided: Project, catreview: Command
) -> None:
    renamed(decided.folder).store.close()
    ran = catreview("lf", "run", "--project", decided.folder)
    assert "Next: catreview rename --project" in ran.err
    assert " request NEW " in ran.err
    assert "5 decisions or votes of LLMs for request, which is no category" in " ".join(
        ran.err.split()
    )


def test_votes_decisions_gold_and_labels_follow_a_category_to_its_new_name(
    decided: Project, catreview: Command
) -> None:
    three = int(decided.store.examples.all_numbers()[2])
    decided.store.examples.set_gold(three, "request")
    with renamed(decided.folder) as project:
        assert strangers(project) == {"request": 6}
        log = project.store.reviews.history(1)
        done = rename(project, "request", "ask")
        assert (done.standing.votes >= 4, done.standing.reviews, done.standing.gold) == (True, 1, 1)
        assert strangers(project) == {}
        assert [(row[1], row[3]) for row in project.store.labels.all()][:2] == [
            ("ask", Basis.HUMAN),
            ("ask", Basis.LLM),
        ]
        assert project.store.examples.gold() == {three: "ask"}
        assert [r.id for r in project.store.reviews.history(1)] == [r.id for r in log]
    ran = catreview("status", "--project", decided.folder)
    assert "rename" not in ran.out
    # The way back is the same.
    (decided.folder / "catreview.toml").write_text("")
    assert catreview("rename", "ask", "request", "--project", decided.folder).code == 0
    with open_project(decided.folder) as project:
        assert strangers(project) == {}
        assert "request" in {row[1] for row in project.store.labels.all()}


def test_a_rename_names_the_built_in_functions_that_fall_silent(
    decided: Project, catreview: Command
) -> None:
    at = ("--project", decided.folder)
    (decided.folder / "catreview.toml").write_text(own_categories(OURS))
    ran = catreview("rename", "request", "ask", *at)
    assert "built-in functions know only the name request and fall silent" in ran.err
    assert "\n  asks_you_to, " in ran.err
    assert "catreview lf new --project" in ran.err
    (decided.folder / "catreview.toml").write_text("")
    assert "fall silent" not in catreview("rename", "ask", "request", *at).err


def test_the_log_is_append_only_again_after_a_rename_and_the_copy_is_what_was_before(
    decided: Project,
) -> None:
    with renamed(decided.folder) as project:
        copy = rename(project, "request", "ask").copy
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as before:
        assert before.execute("SELECT category FROM review").fetchall() == [("request",)]
    with (
        closing(sqlite3.connect(decided.folder / "catreview.db")) as now,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        now.execute("UPDATE review SET category = 'closing'")


def test_an_llm_is_not_asked_again_because_a_category_has_another_name(decided: Project) -> None:
    llm = {"llm": {"provider": "custom", "base_url": "http://127.0.0.1:9/v1", "model": "m"}}
    (decided.folder / "catreview.toml").write_text(own_categories(DEFAULT_SCHEMA.names))
    with open_project(decided.folder, llm) as project:
        before = configured_voter(project).source.id
        project.store.votes.put(before, [(8, "request", None)])
    renamed(decided.folder).store.close()
    with open_project(decided.folder, llm) as project:
        rename(project, "request", "ask")
        assert configured_voter(project).source.id == before
        assert 8 not in plan_labelling(project, configured_voter(project)).numbers


def test_of_two_categories_renamed_together_no_llm_is_asked_again_and_both_copies_stay(
    decided: Project,
) -> None:
    llm = {"llm": {"provider": "custom", "base_url": "http://127.0.0.1:9/v1", "model": "m"}}
    config = decided.folder / "catreview.toml"
    config.write_text(own_categories(DEFAULT_SCHEMA.names))
    with open_project(decided.folder, llm) as project:
        before = configured_voter(project).source.id
        project.store.votes.put(before, [(7, "question", None), (8, "request", None)])
    both = {"request": "ask", "question": "query"}
    config.write_text(own_categories(both.get(name, name) for name in DEFAULT_SCHEMA.names))
    with open_project(decided.folder, llm) as project:
        copies = {rename(project, old, new).copy for old, new in both.items()}
        assert len(copies) == 2
        assert configured_voter(project).source.id == before
        assert strangers(project) == {}


def test_models_are_compared_on_the_same_gold_before_and_after_a_rename(tmp_path: Path) -> None:
    with make_demo(tmp_path / "demo") as demo:
        train(demo)
        run = train(demo).run
        before = last_report(demo)
        config = demo.folder / "catreview.toml"
        config.write_text(config.read_text() + own_categories(OURS))
    with open_project(tmp_path / "demo") as project:
        rename(project, "request", "ask")
        after = last_report(project)
        assert [row["category"] for row in after["per_class"]] == [*OURS]
        assert after["confusion"]["categories"] == [*OURS]
        assert (after["run"], after["delta"], after["paired"], after["stale"]) == (
            run, before["delta"], before["paired"], before["stale"],
        )  # fmt: skip
        assert before["paired"]["n"] == len(project.store.examples.gold())


def test_a_name_that_differs_from_a_category_in_case_alone_follows_to_another(
    decided: Project,
) -> None:
    decided.store.votes.put(
        decided.store.votes.source(Source(SourceKind.LLM, "first")).id, [(7, "Question", None)]
    )
    with renamed(decided.folder) as project:
        assert rename(project, "Question", "statement").standing.votes == 1


def test_a_rename_that_the_settings_do_not_know_changes_nothing(
    decided: Project, catreview: Command
) -> None:
    for old, new, fault in (
        ("request", "ask", "'request' is a category still"),
        ("ask", "demand", "'demand' is no category"),
    ):
        ran = catreview("rename", old, new, "--project", decided.folder)
        assert ran.code == 2
        assert fault in ran.err
        assert "catreview.toml" in ran.err
    assert not list(decided.folder.glob("*.before-*"))
    with renamed(decided.folder) as project, pytest.raises(ConfigError, match="is called 'claim'"):
        rename(project, "claim", "ask")


def test_given_labels_that_had_no_category_count_in_the_heuristic_after_a_rename(
    project: Project, tmp_path: Path
) -> None:
    names = ("praise", "chat")
    (project.folder / "catreview.toml").write_text(own_categories(names))
    rows = [{"id": "a", "text": "zq", "label": "praise"}]
    with open_project(project.folder) as before:
        import_messages(before, write_jsonl(tmp_path / "m.jsonl", rows), Columns())
        run_functions(before)
    (project.folder / "catreview.toml").write_text(own_categories(("thanks", "chat")))
    with open_project(project.folder) as now:
        run_functions(now)
        assert now.store.labels.all() == []
        rename(now, "praise", "thanks")
        assert [row[1] for row in now.store.labels.all()] == ["thanks"]
