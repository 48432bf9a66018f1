"""The ledger: each request is a row before it is sent, each answer stored before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from catreview.errors import LLMStopped
from catreview.jobs.labels.settling import settle
from catreview.jobs.llm.voters import Voter
from catreview.jobs.llm.votes_file import VotesFile
from catreview.jobs.project import Project
from catreview.llm.answers import Answer, Labeller
from catreview.records import Example
from catreview.store import Request


class Ledger:
    """Stores the answers of a run.

    Votes, request rows and labels are committed together; the JSON lines follow, and what a kill
    keeps from following is added at the next start.
    """

    def __init__(self, project: Project, voter: Voter, run: int, file: VotesFile) -> None:
        self._project = project
        self._store = project.store
        self._voter = voter
        self._run = run
        self._file = file

    def begin(self, examples: Sequence[str]) -> int:
        """Record that a request for these is on its way; returns its number."""
        return self._store.requests.begin(self._request(examples))

    def drop(self, row: int) -> None:
        """It was never sent."""
        self._store.requests.drop(row)

    def break_off(
        self,
        row: int,
        examples: Sequence[str],
        error: BaseException,
        attempts: int = 1,
        cost: float | None = None,
    ) -> None:
        """Record that the job ended before the answer came, and what was sent for it till then."""
        request = replace(
            self._request(examples),
            status="stopped",
            attempts=attempts,
            cost=cost,
            error_class=type(error).__name__,
        )
        self._store.requests.conclude(row, request)

    def record(self, answers: Sequence[Answer], together: Callable[[], None]) -> None:
        """Store answers to requests that have no row yet; `together` joins the transaction."""
        self._store_all([(None, answer) for answer in answers], together)

    def conclude(self, entries: Sequence[tuple[int, Answer]]) -> None:
        """Store answers to requests by the number of their row."""
        self._store_all(entries)

    def _store_all(
        self,
        entries: Sequence[tuple[int | None, Answer]],
        together: Callable[[], None] = lambda: None,
    ) -> None:
        votes = {i: vote for _, answer in entries for i, vote in answer.votes.items()}
        number = self._store.examples.numbers(list(votes))
        source = self._voter.source.id
        with self._file.shared() as append:
            with self._store.transaction():
                self._store.votes.put(
                    source, [(number[i], category, sure) for i, (category, sure) in votes.items()]
                )
                for known, answer in entries:
                    row = self.begin(answer.examples) if known is None else known
                    self._store.requests.conclude(row, self._concluded(answer))
                if votes:
                    settle(self._project, list(number.values()))
                    # What has a vote needs no lease any more.
                    self._store.leases.release(source, number.values())
                together()
            append(votes)

    def _request(self, examples: Sequence[str]) -> Request:
        return Request(
            run=self._run,
            source=self._voter.source.id,
            model=self._voter.model,
            prompt=self._voter.prompt.version,
            examples=examples,
        )

    def _concluded(self, answer: Answer) -> Request:
        return replace(
            self._request(answer.examples),
            labelled=len(answer.votes),
            attempts=answer.attempts,
            status=answer.status,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            cost=answer.cost,
            latency=answer.latency,
            error_class=answer.error_class or None,
            error=answer.error or None,
        )


class Recorded:
    """A labeller whose requests and answers are in the ledger before it hands them on."""

    def __init__(self, labeller: Labeller, ledger: Ledger) -> None:
        self._labeller = labeller
        self._ledger = ledger
        self._entries: list[tuple[int, Answer]] = []
        self._commit: asyncio.Task[None] | None = None

    async def ask(self, batch: Sequence[Example]) -> Answer:
        """See `Labeller`."""
        examples = [example.id for example in batch]
        row = self._ledger.begin(examples)
        try:
            answer = await self._labeller.ask(batch)
        except LLMStopped as error:
            if error.attempts:
                self._ledger.break_off(row, examples, error, error.attempts, error.cost)
            else:
                self._ledger.drop(row)
            raise
        except BaseException as error:
            self._ledger.break_off(row, examples, error)
            raise
        await self._stored(row, answer)
        return answer

    async def _stored(self, row: int, answer: Answer) -> None:
        """Return when the answer is in the database.

        Answers that come in together are stored together: a transaction costs more than its rows.
        """
        self._entries.append((row, answer))
        if self._commit is None:
            self._commit = asyncio.create_task(self._commit_soon())
        # A worker that is aborted takes nobody's answer with it.
        await asyncio.shield(self._commit)

    async def _commit_soon(self) -> None:
        await asyncio.sleep(0)
        entries, self._entries, self._commit = self._entries, [], None
        self._ledger.conclude(entries)
