"""Categories that are renamed or removed in catreview.toml after there are votes and decisions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.projects import Command

from catreview.jobs.functions.weak import function_report, run_functions
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.adding_up import add_up
from catreview.jobs.review.queueing import QUEUES
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.settling import gather, settle
from catreview.records import ABSTAIN, Basis, Source, SourceKind

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


def renamed(folder: Path) -> Project:
    tables = (f'[[category]]\nname = "{name}"\ndefinition = "{name}"\n' for name in OURS)
    (folder / "catreview.toml").write_text("\n".join(tables))
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
    assert categories().startswith("1 reviewed or gold messages are request, which is no category")


def test_a_stored_confidence_belongs_to_a_vote_that_counts(decided: Project) -> None:
    sources = decided.store.votes.sources(SourceKind.LLM)
    matrix = decided.store.votes.matrix(decided.store.examples.all_numbers(), sources, OURS)
    assert np.isnan(matrix.confidence).all()
