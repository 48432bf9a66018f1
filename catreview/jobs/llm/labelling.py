"""The labelling job: asks the LLM about a plan's examples, with all votes stored as they come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from catreview.errors import CatreviewError, ProviderError, StoreError
from catreview.jobs.holders import alive, new_holder, retire
from catreview.jobs.labels.settling import settle_if_learned
from catreview.jobs.llm.ledger import Ledger, Recorded
from catreview.jobs.llm.pausing import Gate
from catreview.jobs.llm.planning import Plan
from catreview.jobs.llm.results import LabellingResult
from catreview.jobs.llm.tempo import Tempo
from catreview.jobs.llm.trials import adopt_trial
from catreview.jobs.llm.voters import Voter, open_labeller
from catreview.jobs.llm.votes_file import VotesFile
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import VOTES_FILE, Project
from catreview.llm.answers import Answer, AnswerStatus, Labeller, label_batch
from catreview.llm.budget import Budget, CapReached
from catreview.llm.waiting import BrokenOff, Waiting
from catreview.wording import counted

T = TypeVar("T")

LEASE_SECONDS = 600.0
"""After this long without a sign of life, an example claimed by a worker is free again."""
SECONDS_BETWEEN_SIGNS = 30.0
"""So often the leases are renewed, and a job whose requests all wait says so."""
FAILURES_IN_A_ROW = 10
"""So many requests in a row without a usable reply: the server is down, not the messages bad."""


class LabellingJob:
    """Asks the voter about the examples of a plan and stores each answer as it comes.

    Votes, request row and labels are committed together before the next request of that worker
    starts: after a kill at any moment, at most the requests in flight are asked again.
    """

    def __init__(
        self,
        project: Project,
        voter: Voter,
        plan: Plan,
        *,
        report: Report = ignore,
        votes_file: Path | None = None,
    ) -> None:
        self._project = project
        self._store = project.store
        self._voter = voter
        self._plan = plan
        self._report = report
        if plan.kind == "label":
            adopt_trial(project, voter)
        self._budget = _budget(project, voter, plan)
        self._file = VotesFile(project, voter, votes_file or project.folder / VOTES_FILE)
        self._holder = new_holder()
        self._batches = chunks(plan.numbers, plan.batch_size)
        self._stop = asyncio.Event()
        self._gate = Gate()
        self._waiting = Waiting(self._tell_of_wait)
        self._next_at = ""
        self._failure = ""
        self._tempo = Tempo()
        self._failures = 0
        self._run = 0
        self._finished = 0
        self._started = 0.0
        self.result = LabellingResult(voter.model, len(plan.numbers))

    def stop(self) -> None:
        """Let the requests in flight finish, but for those that wait for long; send none anew."""
        self._stop.set()
        self._waiting.end()
        self._gate.open()

    def pause(self) -> None:
        """Let the requests in flight finish, and send the next one after `resume`."""
        self._gate.close()
        self._progress()

    def resume(self) -> None:
        """Go on after a pause."""
        self._gate.open()
        self._progress()

    async def run(self) -> LabellingResult:
        """Work through the plan.

        Raises:
            ProviderError: the server is unreachable, refuses the key or does not know the model.
            BudgetReached: a cap of the job, or the day's requests, are used up.
        """
        leases = self._store.leases
        leases.drop(holder for holder in leases.holders() if not alive(holder))
        self._store.requests.take_back(self._voter.source.id, self._plan.retried)
        self._started = time.monotonic()
        self._run = self._store.runs.start(
            self._plan.kind, self._plan.parameters(self._voter, self._holder)
        )
        status = "interrupted"
        heartbeat = asyncio.create_task(self._hold_on())
        self._progress()
        try:
            async with open_labeller(
                self._project, self._voter, self._budget, self._waiting
            ) as labeller:
                ledger = Ledger(self._project, self._voter, self._run, self._file)
                await self._work(Recorded(labeller, ledger))
            if self._stop.is_set() and self._finished < self._plan.requests:
                self.result.stopped = "interrupted"
            else:
                status = "done"
        except CapReached:
            # The next run of the same command has as much to spend again.
            status = "capped"
            raise
        except CatreviewError as error:
            self.result.stopped = error.message
            raise
        finally:
            heartbeat.cancel()
            leases.drop([self._holder])
            retire(self._holder)
            if status != "interrupted" and self._plan.kind == "label":
                # The new votes also tell of the sources that gave the others.
                settle_if_learned(self._project)
            self.result.seconds = time.monotonic() - self._started
            self._store.runs.finish(self._run, status, self.result.as_json())
        return self.result

    async def _hold_on(self) -> None:
        """Keep the leases while requests wait, for a slot or for a provider that throttles."""
        while True:
            await asyncio.sleep(min(LEASE_SECONDS / 3, SECONDS_BETWEEN_SIGNS))
            self._progress()
            # Where somebody else writes for long, there is time for another try.
            with suppress(StoreError):
                self._store.leases.renew(self._holder, LEASE_SECONDS)

    async def _work(self, labeller: Labeller) -> None:
        workers = 1 if self._voter.replay else self._project.settings.llm.concurrency
        tasks = [asyncio.create_task(self._worker(labeller)) for _ in range(workers)]
        try:
            # The first error stops the others after their request in flight.
            results = await asyncio.gather(*tasks, return_exceptions=True)
        except asyncio.CancelledError:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        errors = [result for result in results if isinstance(result, BaseException)]
        if errors:
            raise errors[0]

    async def _worker(self, labeller: Labeller) -> None:
        try:
            while True:
                await self._gate.passed()
                if self._stop.is_set():
                    return
                numbers = next(self._batches, None)
                if numbers is None:
                    return
                claimed = self._store.leases.claim(
                    self._voter.source.id,
                    numbers,
                    self._holder,
                    most=len(numbers),
                    seconds=LEASE_SECONDS,
                )
                self.result.elsewhere += len(numbers) - len(claimed)
                if claimed:
                    with self._gate.in_flight():
                        await self._batch(labeller, claimed)
                self._finished += 1
                self._tempo.finish(self._worked())
                self._progress()
        except BrokenOff:
            return
        except BaseException:
            self.stop()
            raise

    async def _batch(self, labeller: Labeller, claimed: list[int]) -> None:
        examples = self._store.examples.get(claimed)
        number = {example.id: n for n, example in zip(claimed, examples, strict=True)}
        reasons: dict[str, str] = {}
        async for answer in label_batch(labeller, examples):
            self._count(answer)
            reasons = {
                i: r for i, r in (reasons | answer.rejected).items() if i not in answer.votes
            }
        if reasons:
            aside = {number[i]: reason for i, reason in reasons.items()}
            with self._store.transaction():
                self._store.requests.set_aside(self._voter.source.id, aside)
                self._store.leases.release(self._voter.source.id, aside)
            self.result.set_aside.update(reasons)

    def _count(self, answer: Answer) -> None:
        self.result.count(answer)
        if answer.status is not AnswerStatus.FAILED:
            self._failures, self._failure = 0, ""
            return
        self._failures += 1
        if self._failures >= FAILURES_IN_A_ROW:
            error = ProviderError(
                f"{counted(self._failures, 'request')} in a row got no usable reply"
                f" (the last: {answer.error or answer.error_class}).",
                "Every vote so far is stored. Look at the server, then run the command again with"
                " --retry-failed.",
            )
            error.again = "--retry-failed"
            raise error

    def _progress(self) -> None:
        rate = self._tempo.per_minute(self._worked())
        if rate is not None:
            # The first waits for nothing: so far it may seem more than the limit lets through.
            rate = min(rate, self._project.settings.llm.rpm)
        left = self._plan.requests - self._finished
        self._report(
            Progress(
                self._plan.kind,
                self._finished,
                self._plan.requests,
                "requests",
                self._note(),
                rate=rate,
                seconds_left=60 * left / rate if rate else None,
                state=self._gate.state,
                budget=self._spending(),
                in_flight=self._gate.flying,
            )
        )

    def _worked(self) -> float:
        """Seconds since the start, without pauses."""
        return time.monotonic() - self._started - self._gate.seconds

    def _spending(self) -> str:
        most = self._plan.caps.max_examples
        examples = f"at most {counted(most, 'example')} this time" if most is not None else ""
        return "; ".join(filter(None, (self._budget.words(), examples)))

    def _note(self) -> str:
        note = counted(self.result.labelled, "vote")
        if self.result.set_aside:
            note += f", {len(self.result.set_aside):,} set aside"
        note = note if self.result.cost is None else f"{note}, ${self.result.cost:,.4f}"
        tries = f"{self._failure}: trying again" if self._failure else ""
        again = "" if self._stop.is_set() else self._next_at or tries
        return f"{note}, {again}" if again else note

    def _tell_of_wait(self, seconds: float, failure: str) -> None:
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        why = failure or "rate limit"
        self._next_at = f"{why}: goes on at {at:%H:%M:%S} UTC" if seconds else ""
        self._failure = failure
        self._progress()


def _budget(project: Project, voter: Voter, plan: Plan) -> Budget:
    caps, before = plan.caps, plan.resumes
    return Budget(
        project.settings.prices.get(voter.model),
        max_cost=caps.max_cost,
        max_requests=caps.max_requests,
        spent=before.cost if before else 0.0,
        requests=before.requests if before else 0,
    )


def chunks(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """`items` in their order, `size` at a time."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
