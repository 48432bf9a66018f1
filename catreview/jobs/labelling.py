"""The labelling job: which examples go to the LLM, and how their votes are stored."""

from __future__ import annotations

import asyncio
import math
import os
import socket
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from catreview.errors import ExitCode, ProviderError
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import VOTES_FILE, Project
from catreview.jobs.settling import gather, settle
from catreview.jobs.trials import adopt_trial, tried
from catreview.jobs.voters import Voter, open_labeller
from catreview.jobs.votes_file import VotesFile
from catreview.llm.answers import Answer, AnswerStatus, Labeller, label_batch
from catreview.queues import pools
from catreview.records import ABSTAIN
from catreview.store import Request

LEASE_SECONDS = 1800.0
"""After this long an example claimed by a worker on another machine is free again."""
FAILURES_IN_A_ROW = 10
"""So many requests in a row without a usable reply: the server is down, not the messages bad."""
PLANNED = ("disagreement", "ambiguous", "uncovered")
"""The pools the sampling plan sends to the LLM, in this order; the confident one is free."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a labelling job would do: example numbers in order, and how many per pool."""

    numbers: Sequence[int]
    pools: dict[str, int]
    waiting: int
    """Examples that would go to the LLM without `max_examples`."""
    resumes: int | None
    """The run that was cut short and is continued."""
    spent: int
    """What that run labelled of its `max_examples`."""
    max_examples: int | None
    batch_size: int
    kind: str = "label"
    """Of the run: "label", or "candidate" for a part of a pilot."""

    @property
    def requests(self) -> int:
        """Requests where every reply is good."""
        return math.ceil(len(self.numbers) / self.batch_size)


@dataclass
class LabellingResult:
    """What a labelling job did. `stopped` says why it ended before its time, if it did."""

    source: str
    planned: int
    labelled: int = 0
    requests: int = 0
    failed_requests: int = 0
    set_aside: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: str = ""

    @property
    def exit_code(self) -> ExitCode:
        """Done, some failed, or interrupted."""
        if self.stopped:
            return ExitCode.INTERRUPTED
        return ExitCode.GATE if self.set_aside else ExitCode.DONE

    def as_json(self) -> dict[str, Any]:
        """The result as one JSON object."""
        return {
            "schema_version": 1,
            "source": self.source,
            "planned": self.planned,
            "labelled": self.labelled,
            "requests": self.requests,
            "failed_requests": self.failed_requests,
            "set_aside": self.set_aside,
            "seconds": round(self.seconds, 1),
            "stopped": self.stopped,
        }


def plan_labelling(
    project: Project,
    voter: Voter,
    *,
    max_examples: int | None = None,
    retry_failed: bool = False,
) -> Plan:
    """Choose the examples for the LLM by the sampling plan.

    Left out are gold, what a person decided, what this source has voted on, and (unless
    `retry_failed`) what it set aside. A run that was killed with the same `max_examples` is
    continued: what it labelled counts.
    """
    store = project.store
    known = gather(project)
    parts = pools(known.heuristic, project.settings.heuristic)
    done = np.isin(known.numbers, store.votes.voted(voter.source.id))
    done |= np.isin(known.numbers, tried(project, voter))
    aside = store.requests.aside(voter.source.id)
    if retry_failed:
        store.requests.take_back(voter.source.id, list(aside))
    else:
        done |= np.isin(known.numbers, np.fromiter(aside, dtype=np.int64))
    free = ~known.gold & (known.human == ABSTAIN) & ~done
    chosen = {name: known.numbers[getattr(parts, name) & free] for name in PLANNED}
    numbers = np.concatenate([*chosen.values()]).tolist()
    resumes, spent = _cut_short(project, voter, max_examples)
    limit = None if max_examples is None else max(max_examples - spent, 0)
    return Plan(
        numbers=numbers[:limit],
        pools={name: len(part) for name, part in chosen.items()},
        waiting=len(numbers),
        resumes=resumes,
        spent=spent,
        max_examples=max_examples,
        batch_size=project.settings.llm.batch_size,
    )


def _cut_short(project: Project, voter: Voter, max_examples: int | None) -> tuple[int | None, int]:
    """The last run, where it was cut short with the same limit, and how far it came."""
    last = project.store.runs.latest("label")
    if last is None or last.status not in ("running", "interrupted") or max_examples is None:
        return None, 0
    same = last.parameters.get("source") == voter.source.id
    if (
        not same
        or last.parameters.get("max_examples") != max_examples
        or _alive(last.parameters["holder"])
    ):
        return None, 0
    done = last.parameters.get("done_before", 0) + project.store.requests.labelled_in(last.id)
    return last.id, done


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def _alive(holder: str) -> bool:
    host, pid, _ = holder.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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
        self._file = VotesFile(project, voter, votes_file or project.folder / VOTES_FILE)
        self._holder = _holder()
        self._batches = _chunks(plan.numbers, plan.batch_size)
        self._stop = asyncio.Event()
        self._failures = 0
        self._run = 0
        self._finished = 0
        self._started = 0.0
        self.result = LabellingResult(voter.model, len(plan.numbers))

    def stop(self) -> None:
        """Let the requests in flight finish and send no more."""
        self._stop.set()

    async def run(self) -> LabellingResult:
        """Work through the plan.

        Raises:
            ProviderError: the server is unreachable, refuses the key or does not know the model.
            BudgetReached: the day's requests are used up.
        """
        leases = self._store.leases
        leases.drop(holder for holder in leases.holders() if not _alive(holder))
        self._started = time.monotonic()
        self._run = self._store.runs.start(self._plan.kind, self._parameters())
        status = "interrupted"
        try:
            async with open_labeller(self._project, self._voter) as labeller:
                await self._work(labeller)
            if self._stop.is_set() and self._finished < self._plan.requests:
                self.result.stopped = "interrupted"
            else:
                status = "done"
        finally:
            leases.drop([self._holder])
            self.result.seconds = time.monotonic() - self._started
            self._store.runs.finish(self._run, status, self.result.as_json())
        return self.result

    def _parameters(self) -> dict[str, Any]:
        return {
            "source": self._voter.source.id,
            "model": self._voter.model,
            "prompt": self._voter.prompt.version,
            "batch_size": self._plan.batch_size,
            "planned": len(self._plan.numbers),
            "max_examples": self._plan.max_examples,
            "done_before": self._plan.spent,
            "resumes": self._plan.resumes,
            "holder": self._holder,
        }

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
            while not self._stop.is_set():
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
                if claimed:
                    await self._batch(labeller, claimed)
                self._finished += 1
                self._progress()
        except BaseException:
            self._stop.set()
            raise

    async def _batch(self, labeller: Labeller, claimed: list[int]) -> None:
        examples = self._store.examples.get(claimed)
        number = {example.id: n for n, example in zip(claimed, examples, strict=True)}
        reasons: dict[str, str] = {}
        async for answer in label_batch(labeller, examples):
            self._store_answer(answer, number)
            reasons = {
                i: r for i, r in (reasons | answer.rejected).items() if i not in answer.votes
            }
        if reasons:
            self._store.requests.set_aside(
                self._voter.source.id, {number[i]: reason for i, reason in reasons.items()}
            )
            self.result.set_aside.update(reasons)
        self._store.leases.release(self._voter.source.id, claimed)

    def _store_answer(self, answer: Answer, number: dict[str, int]) -> None:
        source = self._voter.source.id
        votes = [(number[i], category, sure) for i, (category, sure) in answer.votes.items()]
        with self._store.transaction():
            self._store.votes.put(source, votes)
            self._store.requests.add(
                Request(
                    run=self._run,
                    source=source,
                    model=self._voter.model,
                    prompt=self._voter.prompt.version,
                    examples=answer.examples,
                    labelled=len(votes),
                    attempts=answer.attempts,
                    status=answer.status,
                    prompt_tokens=answer.prompt_tokens,
                    completion_tokens=answer.completion_tokens,
                    latency=answer.latency,
                    error=": ".join(filter(None, (answer.error_class, answer.error))) or None,
                )
            )
            if votes:
                settle(self._project, [n for n, _, _ in votes])
        self._file.append(answer.votes)
        self.result.labelled += len(votes)
        self.result.requests += 1
        self._count_failure(answer)

    def _count_failure(self, answer: Answer) -> None:
        if answer.status is not AnswerStatus.FAILED:
            self._failures = 0
            return
        self.result.failed_requests += 1
        self._failures += 1
        if self._failures >= FAILURES_IN_A_ROW:
            raise ProviderError(
                f"{self._failures} requests in a row got no usable reply"
                f" (the last: {answer.error or answer.error_class}).",
                "Every vote so far is stored. Look at the server, then run the command again with"
                " --retry-failed.",
            )

    def _progress(self) -> None:
        minutes = (time.monotonic() - self._started) / 60
        rate = self._finished / minutes if minutes > 0 else None
        left = self._plan.requests - self._finished
        self._report(
            Progress(
                self._plan.kind,
                self._finished,
                self._plan.requests,
                "requests",
                f"{self.result.labelled:,} votes"
                + (f", {len(self.result.set_aside):,} set aside" if self.result.set_aside else ""),
                rate=rate,
                seconds_left=60 * left / rate if rate else None,
            )
        )


def _chunks(numbers: Sequence[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(numbers), size):
        yield list(numbers[start : start + size])
