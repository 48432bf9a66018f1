"""The batch API against a scripted server on loopback: handed in once, fetched after anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.batch_server import BatchServer, Line
from helpers.llm_server import LLMServer, error, html
from helpers.projects import Command, write_jsonl

from catreview.errors import CatreviewError, ProviderError
from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages
from catreview.jobs.llm.batching import BatchJob
from catreview.jobs.llm.planning import Caps, plan_labelling
from catreview.jobs.llm.results import LabellingResult
from catreview.jobs.llm.voters import EndpointBook, configured_voter
from catreview.jobs.project import VOTES_FILE, Project, open_project
from catreview.jobs.works import works
from catreview.llm.chat import Features
from catreview.llm.providers import resolve_endpoint


def label(text: str) -> str:
    return "question" if "7" in text else "statement"


@pytest.fixture
def many(project: Project, tmp_path: Path) -> Project:
    """Sixty messages that no function understands."""
    rows = [{"id": f"m{i:02}", "text": f"zq{i} xk"} for i in range(60)]
    import_messages(project, write_jsonl(tmp_path / "many.jsonl", rows), Columns())
    run_functions(project)
    return project


RIGHT = {f"m{i:02}": label(f"zq{i}") for i in range(60)}


def using(project: Project, server: LLMServer, pilot: bool = True, **llm: object) -> Project:
    settings = {"provider": "custom", "base_url": server.base_url, "model": "scripted"}
    opened = open_project(project.folder, {"llm": settings | {"rpm": 10**6} | llm})
    if pilot:
        # What the model takes is known then.
        book = EndpointBook(opened, resolve_endpoint(opened.settings.llm, {}))
        book.remember(Features().as_text())
    return opened


def job_for(project: Project, cancel: bool = False, **caps: Any) -> BatchJob:
    voter = configured_voter(project)
    plan = plan_labelling(project, voter, Caps(**caps))
    return BatchJob(project, voter, plan, cancel=cancel, poll=(0.01, 0.01))


async def run(project: Project, **options: Any) -> LabellingResult:
    return await job_for(project, **options).run()


def votes(project: Project) -> dict[str, str]:
    return {e: c for e, (c, _) in project.store.votes.by_id(configured_voter(project).source.id)}


def rows(project: Project, sql: str) -> list[tuple[Any, ...]]:
    return project.store._connections.rows(sql)


async def test_everything_is_handed_in_at_once_and_stored_like_any_other_vote(
    many: Project,
) -> None:
    with BatchServer(looks=3, label=label) as server, using(many, server) as project:
        result = await run(project)
        assert votes(project) == RIGHT
        ledger = rows(project, "SELECT status, labelled, prompt_tokens FROM request")
        lines = (many.folder / VOTES_FILE).read_text().splitlines()
        assert project.store.leases.holders() == set()
    assert (result.labelled, result.requests, result.exit_code) == (60, 3, 0)
    assert ledger == [("ok", 20, 100)] * 3
    assert {json.loads(x)["id"]: json.loads(x)["label"] for x in lines} == RIGHT
    assert server.requests == []
    assert [c for c in server.calls if c.startswith("POST")] == ["POST /files", "POST /batches"]


async def test_a_model_that_is_new_is_first_asked_in_the_ordinary_way(many: Project) -> None:
    with (
        BatchServer(label=label, refuses=frozenset({"logprobs"})) as server,
        using(many, server, pilot=False) as project,
    ):
        await run(project)
        assert votes(project) == RIGHT
    assert len(server.requests) == 2
    handed_in = [json.loads(line) for line in server.files["file-0"].splitlines()]
    assert len(handed_in) == 2
    assert all("logprobs" not in line["body"] for line in handed_in)


async def test_a_batch_left_with_the_provider_is_fetched_by_the_next_job(many: Project) -> None:
    with BatchServer(looks=10**6, label=label) as server, using(many, server) as project:
        first = job_for(project)
        first._report = lambda _: first.stop()
        stopped = await first.run()
        assert stopped.exit_code == 130
        assert votes(project) == {}
        assert plan_labelling(project, configured_voter(project)).waiting == 60
        server.looks = 1
        assert (await run(project)).labelled == 60
        assert votes(project) == RIGHT
        assert len(rows(project, "SELECT id FROM request")) == 3
    assert len(server.batches) == 1


async def test_a_batch_that_another_machine_looks_after_is_taken_over_once_it_no_longer_does(
    many: Project,
) -> None:
    with BatchServer(looks=10**6, label=label) as server, using(many, server) as project:
        first = job_for(project)
        first._report = lambda _: first.stop()
        await first.run()
        batch = project.store.batches.under_way(first._voter.source.id)
        assert batch is not None
        project.store.batches.hold(batch.id, "elsewhere:1:abc")
        server.looks = 1
        with pytest.raises(CatreviewError, match="Another job is waiting"):
            await run(project)
        write = project.store._connections.db.execute
        write("UPDATE batch SET at = '2026-01-01T00:00:00.000Z'")
        assert (await run(project)).labelled == 60
        assert votes(project) == RIGHT
    assert len(server.batches) == 1


async def test_a_job_that_waits_for_a_batch_keeps_it(many: Project) -> None:
    with BatchServer(looks=3, label=label) as server, using(many, server) as project:
        job, seen = job_for(project), []
        batches, source = project.store.batches, job._voter.source.id
        long_ago = "UPDATE batch SET at = '2026-01-01T00:00:00.000Z'"

        def look(_: object) -> None:
            batch = batches.under_way(source)
            seen.append(batch is not None and batch.at > "2026-02")
            project.store._connections.db.execute(long_ago)

        job._report = look
        await job.run()
    assert len(seen) > 1
    assert all(seen)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_while_handing_in_the_batch_is_found_and_not_handed_in_twice(
    many: Project, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with BatchServer(label=label) as server, using(many, server) as project:
        with monkeypatch.context() as patch:
            target = "hand_in" if moment == "before" else "state"
            patch.setattr(f"catreview.llm.batches.BatchClient.{target}", _dies)
            if moment == "after":
                patch.setattr(project.store.batches, "handed_in", lambda *_: None)
            with pytest.raises(KeyboardInterrupt):
                await run(project)
        assert (await run(project)).labelled == 60
        assert votes(project) == RIGHT
    assert len(server.batches) == 1


async def _dies(*_: object) -> None:
    raise KeyboardInterrupt


async def test_a_job_killed_between_answers_stores_each_only_once(
    many: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catreview.jobs.llm.batching.STORED_TOGETHER", 1)
    with BatchServer(label=label) as server, using(many, server) as project:
        store_lines, stored = BatchJob._store_lines, []

        def second_dies(self: BatchJob, *given: Any) -> None:
            if stored:
                raise KeyboardInterrupt
            stored.append(store_lines(self, *given))

        with monkeypatch.context() as patch:
            patch.setattr(BatchJob, "_store_lines", second_dies)
            with pytest.raises(KeyboardInterrupt):
                await run(project)
        assert len(votes(project)) == 20
        assert (await run(project)).labelled == 40
        assert votes(project) == RIGHT
        assert len(rows(project, "SELECT id FROM request")) == 3
    assert len(server.batches) == 1


async def test_a_failed_line_is_set_aside_and_one_left_out_waits_for_the_next_job(
    many: Project,
) -> None:
    def spoil(lines: list[Line]) -> list[Line]:
        body = {"error": {"message": "flagged by the content filter", "code": "content_filter"}}
        lines[0]["response"] = {"status_code": 400, "body": body}
        return lines[:2]

    with BatchServer(label=label, edit=spoil) as server, using(many, server) as project:
        result = await run(project)
        assert result.labelled == 20
        assert len(result.set_aside) == 20
        assert "content filter" in next(iter(result.set_aside.values()))
        assert result.exit_code == 1
        assert project.store.leases.holders() == set()
        assert plan_labelling(project, configured_voter(project)).waiting == 20
        statuses = rows(project, "SELECT status, error_class FROM request ORDER BY status")
        assert statuses == [("ok", None), ("refused", "HTTP 400")]


async def test_lines_in_any_order_label_their_own_examples(many: Project) -> None:
    def shuffled(lines: list[Line]) -> list[Line]:
        return [{"custom_id": "none of ours"}, *reversed(lines), lines[0]]

    with BatchServer(label=label, edit=shuffled) as server, using(many, server) as project:
        await run(project)
        assert votes(project) == RIGHT


async def test_cancelling_keeps_what_is_done_and_sets_the_rest_free(many: Project) -> None:
    with (
        BatchServer(looks=10**6, label=label, edit=lambda lines: lines[:1]) as server,
        using(many, server) as project,
    ):
        first = job_for(project)
        first._report = lambda _: first.stop()
        await first.run()
        result = await run(project, cancel=True)
        assert result.labelled == 20
        assert "POST /batches/batch_0/cancel" in server.calls
        assert project.store.leases.holders() == set()
        assert plan_labelling(project, configured_voter(project)).waiting == 40
    assert len(server.batches) == 1


async def test_examples_in_a_batch_are_not_labelled_by_anybody_else(many: Project) -> None:
    with BatchServer(looks=10**6, label=label) as server, using(many, server) as project:
        first = job_for(project)
        first._report = lambda _: first.stop()
        await first.run()
        voter = configured_voter(project)
        from catreview.jobs.llm.labelling import LabellingJob

        ordinary = await LabellingJob(project, voter, plan_labelling(project, voter)).run()
        assert ordinary.labelled == 0
    assert server.requests == []


async def test_caps_bound_what_is_handed_in(many: Project) -> None:
    with BatchServer(label=label) as server, using(many, server) as project:
        assert (await run(project, max_requests=2)).labelled == 40
        assert (await run(project, max_examples=5)).labelled == 5


async def test_the_request_that_tries_a_new_model_counts_against_the_cap(many: Project) -> None:
    with BatchServer(label=label) as server, using(many, server, pilot=False) as project:
        assert (await run(project, max_requests=2)).labelled == 40
    assert len(server.requests) == 1
    assert len(server.files["file-0"].splitlines()) == 1


async def test_an_address_that_answers_everything_with_a_page_has_no_batch_api(
    many: Project,
) -> None:
    class Pages(LLMServer):
        def route(self, method: str, path: str, headers: Any, body: bytes) -> Any:
            return html()

    with Pages() as server, using(many, server) as project:
        with pytest.raises(ProviderError, match="does not do this batch"):
            await run(project)
        assert project.store.leases.holders() == set()


async def test_a_capped_batch_that_was_left_is_fetched_and_no_other_handed_in(
    many: Project,
) -> None:
    with BatchServer(looks=10**6, label=label) as server, using(many, server) as project:
        first = job_for(project, max_examples=20)
        first._report = lambda _: first.stop()
        await first.run()
        server.looks = 1
        assert (await run(project, max_examples=20)).labelled == 20
    assert len(server.batches) == 1


async def test_a_server_without_batches_says_so_and_nothing_is_lost(many: Project) -> None:
    class Plain(LLMServer):
        def route(self, method: str, path: str, headers: Any, body: bytes) -> Any:
            return error(404, "no such route")

    with Plain() as server, using(many, server) as project:
        with pytest.raises(ProviderError, match="does not do this batch") as stop:
            await run(project)
        assert "without --batch-api" in stop.value.hint
        assert stop.value.__context__ is None
        assert project.store.leases.holders() == set()
    with BatchServer(label=label) as server, using(many, server) as project:
        assert (await run(project)).labelled == 60


def why(project: Project) -> tuple[str, str]:
    """Status of the newest run, and its result in words."""
    run = works(project).runs[0]
    return run.status, run.result


async def test_a_batch_that_the_provider_refuses_ends_with_its_reason_and_the_run_keeps_it(
    many: Project,
) -> None:
    with BatchServer(label=label) as server, using(many, server) as project:
        create = server._create

        def refuse(given: Line) -> Any:
            reply = create(given)
            errors = {"object": "list", "data": [{"message": "token limit exceeded"}]}
            server.batches["batch_0"] |= {"status": "failed", "errors": errors}
            return reply

        server._create = refuse  # type: ignore[method-assign]  # this one server only
        reason = "The provider refused the batch: token limit exceeded."
        with pytest.raises(ProviderError, match=reason):
            await run(project)
        assert project.store.leases.holders() == set()
        assert why(project) == ("interrupted", f"0 of 60 labelled: {reason}")


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("expired", "The provider let the batch expire."),
        ("cancelled", "The batch was cancelled at the provider."),
    ],
)
async def test_a_batch_cut_short_keeps_its_answers_and_the_run_says_why(
    many: Project, end: str, said: str
) -> None:
    with (
        BatchServer(label=label, edit=lambda lines: lines[:1]) as server,
        using(many, server) as project,
    ):
        server.end = end
        with pytest.raises(ProviderError, match=said):
            await run(project)
        assert why(project) == ("interrupted", f"20 of 60 labelled: {said}")
        assert project.store.leases.holders() == set()
        assert plan_labelling(project, configured_voter(project)).waiting == 40


async def test_a_run_by_batches_keeps_that_the_server_has_none(many: Project) -> None:
    class Plain(LLMServer):
        def route(self, method: str, path: str, headers: Any, body: bytes) -> Any:
            return error(404, "no such route")

    with Plain() as server, using(many, server) as project:
        with pytest.raises(ProviderError) as stop:
            await run(project)
        assert why(project) == ("interrupted", f"0 of 60 labelled: {stop.value.message}")


def test_the_command_hands_in_and_fetches(many: Project, catreview: Command) -> None:
    with BatchServer(label=label) as server:
        llm = ("--provider", "custom", "--base-url", server.base_url, "--model", "scripted")
        ran = catreview("label", "--batch-api", "--json", "--project", many.folder, *llm)
    assert ran.code == 0, ran.err
    assert ran.json()["labelled"] == 60
