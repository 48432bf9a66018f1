"""The ledger: each request is a row before it is sent, each answer stored before it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catreview.errors import BudgetReached
from catreview.jobs.project import Project
from catreview.jobs.settling import settle
from catreview.jobs.voters import Voter
from catreview.jobs.votes_file import VotesFile
from catreview.llm.answers import Answer, Labeller
from catreview.records import Example
from catreview.store import Request


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
        self.store(row, request, answer)
        return answer

    def _request(self, batch: Sequence[Example]) -> Request:
        return Request(
            run=self._run,
            source=self._voter.source.id,
            model=self._voter.model,
            prompt=self._voter.prompt.version,
            examples=[example.id for example in batch],
        )

    def store(self, row: int, request: Request, answer: Answer) -> None:
        """Store an answer: its votes, the labels they make, and how the request went."""
        number = self._store.examples.numbers(list(answer.votes))
        votes = [(number[i], category, sure) for i, (category, sure) in answer.votes.items()]
        request = replace(
            request,
            labelled=len(votes),
            attempts=answer.attempts,
            status=answer.status,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            cost=answer.cost,
            latency=answer.latency,
            error_class=answer.error_class or None,
            error=answer.error or None,
        )
        with self._file.shared() as append:
            with self._store.transaction():
                self._store.votes.put(self._voter.source.id, votes)
                self._store.requests.conclude(row, request)
                if votes:
                    settle(self._project, [n for n, _, _ in votes])
            append(answer.votes)
