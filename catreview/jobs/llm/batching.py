"""The labelling job by the provider's batch API: handed in at once, answered within a day."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from catreview.errors import CatreviewError, ConfigError, ProviderError
from catreview.jobs.holders import looked_after, new_holder, retire
from catreview.jobs.labels.settling import settle_if_learned
from catreview.jobs.llm.batch_lines import BatchLines
from catreview.jobs.llm.labelling import LabellingJob, chunks
from catreview.jobs.llm.ledger import Ledger
from catreview.jobs.llm.planning import NO_CAPS, Plan
from catreview.jobs.llm.results import LabellingResult
from catreview.jobs.llm.trials import adopt_trial
from catreview.jobs.llm.voters import Voter
from catreview.jobs.llm.votes_file import VotesFile
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import VOTES_FILE, Project
from catreview.llm.answers import AnswerStatus
from catreview.llm.batches import BatchClient, BatchLine, BatchRefusedError, BatchState
from catreview.llm.budget import CapReached
from catreview.llm.chat import expected_tokens, most_tokens
from catreview.llm.providers import resolve_endpoint
from catreview.store import Batch

MOST_REQUESTS = 10_000
"""Requests in one batch: far below every provider's limit, and its file fits in memory."""
LEASE_SECONDS = 30 * 86_400.0
"""No batch takes longer; until then nobody else labels its examples."""
POLL_SECONDS = (5.0, 60.0)
"""Between looks at a batch."""
STORED_TOGETHER = 50
_CUT_SHORT: Final = {
    "failed": "The provider refused the batch",
    "expired": "The provider let the batch expire",
    "cancelled": "The batch was cancelled at the provider",
}
_FREE: Final = (
    "What was answered is stored; what was not waits for the next job. Without --batch-api you see"
    " what a single request gives."
)


class BatchJob:
    """Hands in the examples of a plan, waits, and stores the answers like any others.

    The batch is in the database before it is handed in, and its name at the provider before
    anything else is done with it: a job that is stopped or killed at any moment is gone on with,
    and nothing is handed in twice. A request that failed is set aside; what a reply left out
    waits for the next job. `cancel` stops the batch that is under way and keeps what is done of
    it. `poll` has the seconds between looks at a batch: at first, and at most.
    """

    def __init__(  # noqa: PLR0913 - as for LabellingJob; the rest by keyword only
        self,
        project: Project,
        voter: Voter,
        plan: Plan,
        *,
        report: Report = ignore,
        votes_file: Path | None = None,
        cancel: bool = False,
        poll: tuple[float, float] = POLL_SECONDS,
    ) -> None:
        if voter.replay:
            raise ConfigError("A replay has no batch API.", "Leave out --batch-api.")
        self._project = project
        self._store = project.store
        self._voter = voter
        self._plan = plan
        self._report = report
        self._path = votes_file or project.folder / VOTES_FILE
        self._cancel = cancel
        self._poll = poll
        self._endpoint = resolve_endpoint(project.settings.llm, project.environ)
        self._lines = BatchLines(project, voter, self._endpoint)
        self._price = project.settings.prices.get(voter.model)
        self._holder = new_holder()
        self._stop = asyncio.Event()
        self._first: LabellingJob | None = None
        self._done = 0
        self.result = LabellingResult(voter.model, len(plan.numbers))

    def stop(self) -> None:
        """Leave the batch with the provider, to be fetched by the next job."""
        self._stop.set()
        if self._first is not None:
            self._first.stop()

    async def run(self) -> LabellingResult:
        """Finish the batch that is under way, then work through the plan.

        Raises:
            ProviderError: the server has no batch API, is unreachable or refuses the key.
        """
        started = time.monotonic()
        run = self._store.runs.start("label", self._plan.parameters(self._voter, self._holder))
        status = "interrupted"
        try:
            async with BatchClient(self._endpoint, self._project.settings.llm.timeout) as client:
                await self._work(client, run)
            settle_if_learned(self._project)
            status = "done"
            if self._stop.is_set():
                status = self.result.stopped = "interrupted"
        except CapReached:
            status = "capped"  # as in LabellingJob, which asked the first request
            raise
        except CatreviewError as error:
            self.result.stopped = error.message
            raise
        finally:
            retire(self._holder)
            self.result.seconds = time.monotonic() - started
            self._store.runs.finish(run, status, self.result.as_json())
        return self.result

    async def _work(self, client: BatchClient, run: int) -> None:
        batch = self._store.batches.under_way(self._voter.source.id)
        if batch is not None and looked_after(batch):
            raise CatreviewError(
                "Another job is waiting for the batch that is under way.",
                "Let it finish, or stop it with Ctrl-C and run this again.",
            )
        if batch is not None:
            self._store.batches.hold(batch.id, self._holder)
            await self._finish(client, batch, run)
        if self._cancel or (batch is not None and self._plan.caps != NO_CAPS):
            # What was under way is what the caps were given for.
            return
        self._store.requests.take_back(self._voter.source.id, self._plan.retried)
        waiting = iter(await self._affordable())
        while not self._stop.is_set() and (some := list(islice(waiting, MOST_REQUESTS))):
            if (batch := self._prepare(some)) is not None:
                await self._finish(client, batch, run)

    async def _affordable(self) -> Sequence[Sequence[int]]:
        """The requests that fit under the caps, the first being asked in the ordinary way.

        That one finds out what the model takes; in a batch, each request would fail over it.
        """
        groups = list(chunks(self._plan.numbers, self._plan.batch_size))
        if groups and not self._lines.tried:
            plan = replace(self._plan, numbers=groups[0], resumes=None, retried=())
            self._first = LabellingJob(self._project, self._voter, plan, votes_file=self._path)
            self.result = replace(await self._first.run(), planned=len(self._plan.numbers))
            groups = groups[1:]
        caps = self._plan.caps
        if caps.max_requests is not None:
            groups = groups[: max(caps.max_requests - self.result.requests, 0)]
        if caps.max_cost is None or self._price is None:
            return groups
        left = caps.max_cost - (self.result.cost or 0.0)
        for count, numbers in enumerate(groups):
            rendered = self._lines.render(numbers)
            left -= self._price.of(expected_tokens(rendered)[0], most_tokens(rendered))
            if left < 0:
                return groups[:count]
        return groups

    def _prepare(self, groups: Sequence[Sequence[int]]) -> Batch | None:
        """Claim the examples and write the batch down; None where others have them all."""
        token = uuid.uuid4().hex
        source = self._voter.source.id
        with self._store.transaction():
            claimed = [
                self._store.leases.claim(
                    source, g, _lease(token), most=len(g), seconds=LEASE_SECONDS
                )
                for g in groups
            ]
            requests = [numbers for numbers in claimed if numbers]
            if not requests:
                return None
            return self._store.batches.create(source, token, self._holder, requests)

    async def _finish(self, client: BatchClient, batch: Batch, run: int) -> None:
        """See a batch through; one that the provider will not have is given up."""
        try:
            await self._see_through(client, batch, run)
        except BatchRefusedError:
            self._close(batch, "refused")
            raise

    async def _see_through(self, client: BatchClient, batch: Batch, run: int) -> None:
        """Hand a batch in if it is not yet, wait until it is over, and store its answers."""
        remote = batch.remote or await self._place(client, batch)
        if remote is None:
            self._close(batch, "cancelled")
            return
        if self._cancel:
            with contextlib.suppress(BatchRefusedError):  # it is over already
                await client.cancel(remote)
        state = await self._wait(client, batch, remote)
        if not state.over:
            return
        adopt_trial(self._project, self._voter)
        file = VotesFile(self._project, self._voter, self._path)
        ledger = Ledger(self._project, self._voter, run, file)
        for name in state.files:
            lines = [line async for line in client.lines(name)]
            for some in chunks(lines, STORED_TOGETHER):
                self._store_lines(ledger, batch, some)
        self._close(batch, state.status)
        if not self._cancel and state.status in _CUT_SHORT:
            why = f": {state.problem}" if state.problem else ""
            raise ProviderError(f"{_CUT_SHORT[state.status]}{why}.", _FREE)

    def _close(self, batch: Batch, status: str) -> None:
        with self._store.transaction():
            self._store.leases.drop([_lease(batch.token)])
            self._store.batches.close(batch.id, status)

    async def _place(self, client: BatchClient, batch: Batch) -> str | None:
        """The provider's name for a batch, which is handed in if it was not (or is cancelled)."""
        remote = None
        if batch.holder != self._holder:
            # Another job was cut off here: perhaps after the provider had it.
            remote = await client.find(batch.token)
        if remote is None and self._cancel:
            return None
        remote = remote or await self._hand_in(client, batch)
        self._store.batches.handed_in(batch.id, remote)
        return remote

    async def _hand_in(self, client: BatchClient, batch: Batch) -> str:
        # The file holds messages: only this user may read it, and it is gone afterwards.
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            file.writelines(self._lines.written(self._store.batches.requests(batch.id)))
            file.flush()
            return await client.hand_in(Path(file.name), batch.token)

    async def _wait(self, client: BatchClient, batch: Batch, remote: str) -> BatchState:
        """Look again and again until the batch is over or the job is stopped."""
        pause, most = self._poll
        while True:
            state = await client.state(remote)
            self._store.batches.look_after(batch.id, self._holder)
            self._progress(state)
            if state.over or self._stop.is_set():
                return state
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)
            pause = min(pause * 1.5, most)

    def _progress(self, state: BatchState) -> None:
        self._report(
            Progress(
                "label",
                self._done + state.done,
                self._plan.requests,
                "requests",
                f"batch {state.remote}: {state.status.replace('_', ' ')}",
            )
        )

    def _store_lines(self, ledger: Ledger, batch: Batch, lines: Sequence[BatchLine]) -> None:
        """Store what came of some requests; those that were stored before are left out."""
        line = {line.place: line for line in lines}
        batches, source = self._store.batches, self._voter.source.id
        waiting = batches.unanswered(batch.id, line)
        answers = {p: self._lines.read(numbers, line[p]) for p, numbers in waiting.items()}
        failed: dict[int, str] = {}
        for answer in answers.values():
            if answer.status in (AnswerStatus.FAILED, AnswerStatus.REFUSED):
                number = self._store.examples.numbers(list(answer.rejected))
                failed |= {number[i]: reason for i, reason in answer.rejected.items()}
                self.result.set_aside.update(answer.rejected)
            self.result.count(answer)
            self._done += 1

        def together() -> None:
            self._store.requests.set_aside(source, failed)
            batches.answered(batch.id, answers)

        ledger.record(list(answers.values()), together)


def _lease(token: str) -> str:
    """The holder of a batch's leases: no process, so none whose end sets them free."""
    return f"batch:0:{token}"
