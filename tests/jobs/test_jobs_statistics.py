"""What the functions' report says, against every vote read one by one."""

from __future__ import annotations

from catreview.jobs.functions.weak import function_report, function_statistics, run_functions
from catreview.jobs.project import Project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Example, SourceKind


def test_counting_combinations_of_votes_says_the_same_as_reading_every_vote(
    project: Project,
) -> None:
    store = project.store
    talk = ["can you call me?", "ok", "zzz", "bye, see you", "please", "ok", "I'm so happy!!"]
    store.examples.add([Example(f"m{i}", text) for i, text in enumerate(talk)])
    store.examples.mark_gold({"m1": "acknowledge"})
    run_functions(project)
    session = ReviewSession(project, "ambiguous", "rita")
    for number, category in ((1, "question"), (4, "closing")):
        session.decide(session.card(number), category)
    numbers = store.examples.all_numbers()
    sources = store.votes.sources(SourceKind.FUNCTION)
    every = function_statistics(project, sources, numbers)
    assert function_report(project).statistics == every
    assert sum(row.n for row in every.values()) >= 3


def test_without_messages_every_figure_is_zero(project: Project) -> None:
    run_functions(project)
    rows = function_report(project).statistics.values()
    assert {(row.votes, row.coverage, row.accuracy) for row in rows} == {(0, 0.0, None)}
