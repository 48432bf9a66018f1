"""Requests as lines of a batch's file, and lines of its output as answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from catreview.jobs.llm.voters import EndpointBook, Voter
from catreview.jobs.project import Project
from catreview.llm.answers import Answer
from catreview.llm.batches import BatchLine
from catreview.llm.chat import Chat, Effort, Features, failed_answer
from catreview.llm.prompt import RenderedPrompt
from catreview.llm.providers import Endpoint
from catreview.llm.retries import Failure


class BatchLines:
    """What the provider gets to read for some examples, and what its reply says of them."""

    def __init__(self, project: Project, voter: Voter, endpoint: Endpoint) -> None:
        self._store = project.store
        self._voter = voter
        self._book = EndpointBook(project, endpoint)
        self._chat = Chat(endpoint, project.settings.llm, voter.prompt)
        self._price = project.settings.prices.get(voter.model)

    @property
    def tried(self) -> bool:
        """Whether it is known what the model takes."""
        return self._book.recall() is not None

    def render(self, numbers: Sequence[int]) -> RenderedPrompt:
        """The prompt of the request for these examples."""
        examples = self._store.examples.get(numbers)
        return self._voter.prompt.render(examples, self._features().reply_format)

    def written(self, requests: Iterable[tuple[int, Sequence[int]]]) -> Iterator[str]:
        """The lines of the file for requests of these places and examples."""
        features = self._features()
        for place, numbers in requests:
            body = self._chat.request(self.render(numbers), features)
            line = {"custom_id": str(place), "method": "POST", "url": "/v1/chat/completions"}
            yield json.dumps({**line, "body": body}) + "\n"

    def read(self, numbers: Sequence[int], line: BatchLine) -> Answer:
        """What a line of the output says of the examples of its request."""
        examples = self._store.examples.get(numbers)
        if isinstance(line.outcome, Failure):
            return failed_answer(examples, line.outcome, Effort(1, 0.0, None))
        cost = None
        if self._price is not None:
            cost = self._price.of(line.outcome.prompt_tokens, line.outcome.completion_tokens)
        return self._chat.answer(examples, self.render(numbers), line.outcome, Effort(1, 0.0, cost))

    def _features(self) -> Features:
        known = self._book.recall()
        return Features.from_text(known) if known else Features()
