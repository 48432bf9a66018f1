"""What reviews say of an LLM reaches its labels and the screen, and gold has no say in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.projects import Command, write_jsonl

from catreview.importers import Columns
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.settling import settle, settle_if_learned
from catreview.jobs.project import Project
from catreview.jobs.review.cards import VoteRow
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import Source, SourceKind

N = 60


@pytest.fixture
def disputed(project: Project, tmp_path: Path) -> Project:
    """Sixty messages on which `older` says statement and `newer` says emotion."""
    rows = [{"id": f"m{i:02}", "text": f"zq{i} xk"} for i in range(N)]
    import_messages(project, write_jsonl(tmp_path / "many.jsonl", rows), Columns())
    for name, label in (("older", "statement"), ("newer", "emotion")):
        votes = [{"id": f"m{i:02}", "label": label} for i in range(N)]
        import_votes(project, write_jsonl(tmp_path / f"{name}.jsonl", votes))
    settle(project)
    return project


def review(
    project: Project, count: int, category: str = "statement", queue: str = "disagreement"
) -> ReviewSession:
    session = ReviewSession(project, queue, "me")
    for position in range(count):
        session.decide(session.card(session.number(position)), category)
    return session


def label(project: Project, example: str) -> tuple[str, float, str, str] | None:
    return project.store.labels.get(project.store.examples.numbers([example])[example])


def llm_rows(session: ReviewSession, project: Project, example: str) -> dict[str, VoteRow]:
    card = session.card(project.store.examples.numbers([example])[example])
    return {row.source: row for row in card.votes if row.kind is SourceKind.LLM}


def test_without_reviews_the_newest_llm_breaks_the_tie_at_the_prior(disputed: Project) -> None:
    assert label(disputed, "m59") == ("emotion", 0.475, "llm", "newer")
    rows = llm_rows(review(disputed, 0), disputed, "m59")
    assert {(row.confidence, row.origin) for row in rows.values()} == {(0.95, "prior")}


def test_reviews_turn_the_labels_to_the_llm_that_is_right(disputed: Project) -> None:
    session = review(disputed, 30)
    settle(disputed)
    # older: (30 + 10 * .95) / 40, then its category with that as the prior; newer likewise from 0.
    older = (30 + 10 * (39.5 / 40)) / 40
    newer = (10 * (9.5 / 40)) / 40
    rows = llm_rows(session, disputed, "m59")
    assert rows["older"].confidence == pytest.approx(older)
    assert rows["newer"].confidence == pytest.approx(newer)
    assert rows["older"].origin == rows["newer"].origin == "measured on 30 reviews"
    settled = label(disputed, "m59")
    assert settled is not None
    assert settled[0::2] == ("statement", "llm")
    assert settled[1] == pytest.approx(older * older / (older + newer), abs=1e-4)


def test_a_review_settles_its_own_example_and_no_other(disputed: Project) -> None:
    review(disputed, 30)
    assert label(disputed, "m59") == ("emotion", 0.475, "llm", "newer")
    settle_if_learned(disputed)
    settled = label(disputed, "m59")
    assert settled is not None
    assert settled[0] == "statement"


def test_an_undone_review_is_unlearned(disputed: Project) -> None:
    session = review(disputed, 20)
    settle_if_learned(disputed)
    assert llm_rows(session, disputed, "m59")["older"].origin == "measured on 20 reviews"
    session.undo()
    settle_if_learned(disputed)
    assert llm_rows(session, disputed, "m59")["older"].origin == "prior"


def test_nothing_is_settled_anew_where_nothing_was_learned(disputed: Project) -> None:
    review(disputed, 30)
    settle_if_learned(disputed)
    with disputed.store.transaction():
        disputed.store._connections.db.execute("DELETE FROM label")
    settle_if_learned(disputed)
    assert disputed.store.labels.counts() == {}


def test_the_summary_of_sources_shows_the_llm_that_hurts(
    disputed: Project, catreview: Command
) -> None:
    review(disputed, 30)
    ran = catreview("prepare", "--project", disputed.folder)
    assert "older: 98.8 % right so far, on 30 reviews" in ran.out
    assert "newer: 23.8 % right so far, on 30 reviews" in ran.out
    measured = catreview("prepare", "--project", disputed.folder, "--json").json()["measured"]
    assert [(m["source"], m["reviews"]) for m in measured] == [("older", 30), ("newer", 30)]


def test_gold_teaches_nothing_about_an_llm(disputed: Project, tmp_path: Path) -> None:
    gold = [{"id": f"m{i:02}", "label": "statement"} for i in range(N)]
    path = write_jsonl(tmp_path / "gold.jsonl", gold)
    session = review(disputed, 25)
    import_messages(disputed, path, Columns(), gold=True)
    settle(disputed)
    assert {row.origin for row in llm_rows(session, disputed, "m59").values()} == {"prior"}


def test_logprobs_are_shown_as_such_until_reviews_calibrate_them(disputed: Project) -> None:
    source = disputed.store.votes.source(Source(SourceKind.LLM, "scripted", "abc"))
    numbers = disputed.store.examples.all_numbers().tolist()
    votes = [(n, "statement" if n % 2 else "emotion", 0.9 + 0.001 * n) for n in numbers]
    disputed.store.votes.put(source.id, votes)
    settle(disputed)
    session = ReviewSession(disputed, "disagreement", "me")
    row = llm_rows(session, disputed, "m59")["scripted"]
    assert (row.confidence, row.origin) == (pytest.approx(0.96), "logprobs")
    review(disputed, 30)
    settle(disputed)
    row = llm_rows(session, disputed, "m59")["scripted"]
    assert row.origin == "logprobs, calibrated on 30 reviews"
    assert row.confidence is not None
    assert row.confidence < 0.75


def test_confidences_of_an_imported_file_are_not_called_logprobs(
    disputed: Project, tmp_path: Path
) -> None:
    votes = [{"id": "m00", "label": "statement", "confidence": 0.6}]
    import_votes(disputed, write_jsonl(tmp_path / "third.jsonl", votes))
    row = llm_rows(ReviewSession(disputed, "disagreement", "me"), disputed, "m00")["third"]
    assert (row.confidence, row.origin) == (0.6, "recorded")


def test_a_random_sample_alone_says_how_right_an_llm_is_where_there_is_one(
    disputed: Project, catreview: Command
) -> None:
    review(disputed, 25, "statement")
    session = review(disputed, 19, "emotion", "audit")
    settle_if_learned(disputed)
    assert llm_rows(session, disputed, "m59")["newer"].origin == "measured on 44 reviews"
    review(disputed, 1, "emotion", "audit")
    settle_if_learned(disputed)
    rows = llm_rows(session, disputed, "m59")
    assert rows["newer"].origin == "measured on 20 random reviews"
    confidence = rows["newer"].confidence
    assert confidence is not None
    assert confidence > 0.98
    ran = catreview("prepare", "--project", disputed.folder)
    assert "newer: 98.3 % right so far, on 20 random reviews" in ran.out
    measured = catreview("prepare", "--project", disputed.folder, "--json").json()["measured"]
    assert {m["random"] for m in measured} == {True}


def test_an_llm_that_nobody_reviewed_does_not_outrank_a_measured_one(disputed: Project) -> None:
    store = disputed.store
    numbers = store.examples.all_numbers().tolist()
    older, newer = store.votes.sources(SourceKind.LLM)
    says = ("statement", "question")
    store.votes.put(older.id, [(n, says[i % 2], None) for i, n in enumerate(numbers)])
    store.votes.withdraw(numbers, newer.id)
    # Right in four of five, by category: less than the prior says of one nobody has looked at.
    session = ReviewSession(disputed, "disagreement", "me")
    for i, number in enumerate(numbers[:40]):
        session.decide(session.card(number), says[i % 2] if i % 10 < 8 else "emotion")
    store.votes.put(newer.id, [(n, says[(i + 1) % 2], None) for i, n in enumerate(numbers)][40:])
    settle(disputed)
    rows = llm_rows(session, disputed, "m59")
    assert rows["newer"].origin == "unchecked: like those measured"
    assert rows["newer"].confidence == rows["older"].confidence
    settled = label(disputed, "m59")
    assert settled is not None
    assert (settled[0], settled[3]) == ("question", "older")
