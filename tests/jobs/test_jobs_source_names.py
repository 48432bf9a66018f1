"""Two sources of one name are told apart by the least that differs, wherever sources are named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catreview.jobs.labels.agreeing import agree
from catreview.jobs.labels.source_names import source_names
from catreview.jobs.labels.summary import sources_summary
from catreview.jobs.labels.trust import FROM_FILE
from catreview.jobs.project import Project
from catreview.jobs.review.adding_up import add_up
from catreview.jobs.review.reviewing import ReviewSession
from catreview.llm.prompt import load_prompt, source_fingerprint
from catreview.records import Source, SourceKind
from catreview.schema import Category, Schema
from catreview.store import Request, StoredSource

MODEL = "gpt-oss-120b"


def asked(project: Project, version: str, *, trial: bool = False) -> StoredSource:
    """The model as a source that was asked with this prompt, or whose trial was."""
    source = Source(SourceKind.LLM, MODEL, source_fingerprint(MODEL, version))
    store = project.store
    stored = store.votes.source(source)
    tried = replace(source, name=f"{MODEL}, 20 a request")
    run = store.runs.start("label", {})
    sender = store.votes.source(tried, active=False).id if trial else stored.id
    store.requests.begin(Request(run, sender, MODEL, version, ["a0"]))
    return stored


def marks(project: Project, *sources: StoredSource) -> list[str]:
    names = source_names(project, sources)
    return [names[source.id].removeprefix(MODEL) for source in sources]


@pytest.fixture
def versions(filled: Project) -> dict[str, str]:
    """Prompts: the default, one of another name, another wording and other categories of that."""
    (filled.folder / "mine.txt").write_text("{{categories}} {{messages}}")
    mine = load_prompt("mine.txt", filled.schema, filled.folder)
    more = (Category(name="x", definition="y"), *filled.schema.categories)
    return {
        "default": load_prompt("classify-v1", filled.schema).version,
        "mine": mine.version,
        "reworded": replace(mine, template="other {{categories}} {{messages}}").version,
        "other categories": replace(mine, schema=Schema(categories=more)).version,
    }


def test_a_name_that_nobody_shares_stays_as_it_is(
    filled: Project, versions: dict[str, str]
) -> None:
    other = filled.store.votes.source(Source(SourceKind.LLM, "zai-glm-4.7"))
    mine = asked(filled, versions["mine"])
    assert source_names(filled, [mine, other]) == {mine.id: MODEL, other.id: "zai-glm-4.7"}


def test_the_least_that_differs_is_told(filled: Project, versions: dict[str, str]) -> None:
    default, mine, reworded, elsewhere = (asked(filled, version) for version in versions.values())
    recorded = filled.store.votes.source(Source(SourceKind.LLM, MODEL, FROM_FILE + MODEL))
    given = filled.store.votes.source(Source(SourceKind.GIVEN, MODEL))
    assert marks(filled, default, mine) == [" (classify-v1)", " (mine)"]
    assert marks(filled, mine, recorded) == [" (mine)", " (from a file)"]
    assert marks(filled, mine, given) == [" (llm)", " (given)"]
    one, two = marks(filled, mine, reworded)
    assert one != two
    assert one.startswith(" (mine ")
    one, two = marks(filled, mine, elsewhere)
    assert one != two
    assert one.startswith(" (mine, categories ")


def test_votes_taken_over_from_a_pilot_are_known_by_its_prompt(
    filled: Project, versions: dict[str, str]
) -> None:
    mine = asked(filled, versions["mine"])
    piloted = asked(filled, versions["default"], trial=True)
    assert marks(filled, mine, piloted) == [" (mine)", " (classify-v1)"]


def test_namesakes_are_told_apart_wherever_sources_are_listed(
    filled: Project, versions: dict[str, str]
) -> None:
    first, second, silent = (
        asked(filled, versions[name]) for name in ("default", "mine", "reworded")
    )
    numbers = filled.store.examples.all_numbers().tolist()
    for source, category in ((first, "request"), (second, "question")):
        filled.store.votes.put(source.id, [(number, category, None) for number in numbers])
    called = [f"{MODEL} (classify-v1)", f"{MODEL} (mine)"]

    session = ReviewSession(filled, "disagreement", "me")
    card = session.card(numbers[-1])
    assert [vote.source for vote in card.votes if vote.kind is SourceKind.LLM] == called
    pulls = [pull.source for level in add_up(filled, card).levels for pull in level.pulls]
    assert set(called) <= set(pulls)
    assert all(f"{name} says" in card.reason for name in called)
    found = agree(filled)
    assert any({pair.first, pair.second} == set(called) for pair in found.pairs)
    assert set(called) <= {source.source for source in found.sources}
    listed = [name for kind, name, _ in sources_summary(filled).votes if kind == "llm"]
    assert listed == called  # and none without votes
    assert silent.id not in source_names(filled, [first, second])
