"""One model at two servers: one source, which goes on where it was, and a word about it."""

from __future__ import annotations

from pathlib import Path

from helpers.llm_server import LLMServer
from helpers.projects import Command, write_jsonl

from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages
from catreview.jobs.project import Project
from catreview.records import SourceKind


def at(server: LLMServer, model: str = "m") -> tuple[str, ...]:
    return (
        "--provider",
        "custom",
        "--base-url",
        server.base_url,
        "--model",
        model,
        "--rpm",
        "100000",
    )


def test_another_server_goes_on_with_the_same_source_and_the_user_is_told(
    project: Project, tmp_path: Path, catreview: Command
) -> None:
    rows = [{"id": f"m{i}", "text": f"zq{i} xk"} for i in range(12)]
    import_messages(project, write_jsonl(tmp_path / "m.jsonl", rows), Columns())
    run_functions(project)
    label = ("label", "--batch-size", "4", "--project", project.folder)
    with (
        LLMServer(lambda _: "question") as first,
        LLMServer(lambda _: "statement") as second,
    ):
        one = catreview(*label, "--max-examples", "8", *at(first))
        two = catreview(*label, *at(second))
        other = catreview(*label, "--max-examples", "4", *at(second, "another"))
    assert (one.code, two.code, other.code) == (0, 0, 0), two.err
    assert f"note: m was also asked at {first.base_url}." in two.err
    assert "also asked" not in one.err + other.err
    (source, _) = project.store.votes.sources(SourceKind.LLM)
    votes = [category for _, (category, _) in project.store.votes.by_id(source.id)]
    assert sorted(votes) == ["question"] * 8 + ["statement"] * 4
    assert len(second.requests) == 2
