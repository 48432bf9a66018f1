"""A labeller that plays recorded votes, for demonstrations without a key or a network."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

from catreview.llm.answers import Answer, AnswerStatus
from catreview.llm.prompt import Prompt, ReplyFormat
from catreview.llm.replies import parse_reply
from catreview.records import Example


class ReplayLabeller:
    """Answers from `recording` (example id to category and confidence) like a server would.

    Each batch takes about `latency` seconds (give or take a quarter, from `rng`) and goes through
    the same prompt and parser as a real reply. Examples without a recorded vote are rejected.
    """

    def __init__(
        self,
        recording: Mapping[str, tuple[str, float | None]],
        prompt: Prompt,
        *,
        latency: float = 0.4,
        rng: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._recording = recording
        self._prompt = prompt
        self._latency = latency
        self._rng = rng or random.Random(0)  # noqa: S311 - a pace, not cryptography
        self._sleep = sleep

    async def ask(self, batch: Sequence[Example]) -> Answer:
        """See `Labeller`."""
        keys = self._prompt.render(batch, ReplyFormat.PLAIN).keys
        reply = "\n".join(
            f"{key}: {self._recording[example][0]}"
            for key, example in keys.items()
            if example in self._recording
        )
        pause = self._latency * self._rng.uniform(0.75, 1.25)
        await self._sleep(pause)
        parsed = parse_reply(reply, keys, self._prompt.schema)
        rejected = {
            example: reason if example in self._recording else "not in the recording"
            for example, reason in parsed.rejected.items()
        }
        return Answer(
            examples=tuple(example.id for example in batch),
            status=AnswerStatus.PARTIAL if rejected else AnswerStatus.OK,
            votes={e: (category, self._recording[e][1]) for e, category in parsed.labels.items()},
            rejected=rejected,
            latency=pause,
            finish_reason="stop",
            # A recording says the same thing however often it is asked.
            ask_again=False,
        )
