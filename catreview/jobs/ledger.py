"""The ledger: each request is a row before it is sent, each answer stored before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from catreview.errors import BudgetReached
from catreview.jobs.project import Project
from catreview.jobs.settling import settle
from catreview.jobs.voters import Voter
from catreview.jobs.votes_file import VotesFile
from catreview.llm.answers import Answer, Labeller
from catreview.records import Example
from catreview.store import Request


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """An answer to be stored, with its row in the ledger."""

    row: int
    request: Request
    answer: Answer

    def concluded(self) -> Request:
        """The request as it ended."""
        answer = self.answer
        return replace(
            self.request,
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


class Ledger:
    """A labeller that stores what another one answers, before it hands it on.

    Votes, request row and labels are committed together; the JSON lines follow, and what a kill
    keeps from following is added at the next start.
    """

    def __init__(
        self, project: Project, voter: Voter, labeller: Labeller, run: int, file: VotesFile
    ) -> None:
        self._project = project
        self._store = project.store
        self._voter = voter
        self._labeller = labeller
        self._run = run
        self._file = file
        self._entries: list[_Entry] = []
        self._commit: asyncio.Task[None] | None = None

    async def ask(self, batch: Sequence[Example]) -> Answer:
        """See `Labeller`."""
        request = self._request(batch)
        row = self._store.requests.begin(request)
        try:
            answer = await self._labeller.ask(batch)
        except BudgetReached:
            self._store.requests.drop(row)
            raise
        except BaseException as error:
            stopped = replace(request, status="stopped", error_class=type(error).__name__)
            self._store.requests.conclude(row, stopped)
            raise
        await self._stored(_Entry(row, request, answer))
        return answer

    def _request(self, batch: Sequence[Example]) -> Request:
        return Request(
            run=self._run,
            source=self._voter.source.id,
            model=self._voter.model,
            prompt=self._voter.prompt.version,
            examples=[example.id for example in batch],
        )

    async def _stored(self, entry: _Entry) -> None:
        """Return when the answer is in the database.

        Answers that come in together are stored together: a transaction costs more than its rows.
        """
        self._entries.append(entry)
        if self._commit is None:
            self._commit = asyncio.create_task(self._commit_soon())
        # A worker that is aborted takes nobody's answer with it.
        await asyncio.shield(self._commit)

    async def _commit_soon(self) -> None:
        await asyncio.sleep(0)
        entries, self._entries, self._commit = self._entries, [], None
        self.store(entries)

    def store(self, entries: Sequence[_Entry]) -> None:
        """Store answers: their votes, the labels they make, and how the requests went.

        An example that has a vote needs no lease any more.
        """
        votes = {i: vote for entry in entries for i, vote in entry.answer.votes.items()}
        number = self._store.examples.numbers(list(votes))
        with self._file.shared() as append:
            with self._store.transaction():
                self._store.votes.put(
                    self._voter.source.id,
                    [(number[i], category, sure) for i, (category, sure) in votes.items()],
                )
                for entry in entries:
                    self._store.requests.conclude(entry.row, entry.concluded())
                if votes:
                    settle(self._project, list(number.values()))
                    self._store.leases.release(self._voter.source.id, number.values())
            append(votes)
