from __future__ import annotations

import random

from catreview.llm.answers import AnswerStatus, label_batch
from catreview.llm.prompt import load_prompt
from catreview.llm.replay import ReplayLabeller
from catreview.records import Example
from catreview.schema import DEFAULT_SCHEMA

PROMPT = load_prompt("classify-v1", DEFAULT_SCHEMA)
BATCH = [Example("a", "k3fb: closing"), Example("b", "ok"), Example("c", "when?")]


async def test_recorded_votes_come_back_and_the_others_are_named() -> None:
    recording = {"a": ("statement", 0.9), "c": ("question", None), "z": ("closing", 0.1)}
    labeller = ReplayLabeller(recording, PROMPT, latency=0)
    (answer,) = [answer async for answer in label_batch(labeller, BATCH)]
    assert answer.status is AnswerStatus.PARTIAL
    assert answer.votes == {"a": ("statement", 0.9), "c": ("question", None)}
    assert answer.rejected == {"b": "not in the recording"}


async def test_a_recorded_word_that_is_no_category_is_rejected_like_any_other() -> None:
    labeller = ReplayLabeller({"a": ("greeting", 0.9)}, PROMPT, latency=0)
    answer = await labeller.ask(BATCH[:1])
    assert answer.rejected == {"a": "answered 'greeting', which is no category"}


async def test_the_pace_varies_a_little_and_the_same_for_the_same_seed() -> None:
    paces: list[list[float]] = []
    for _ in range(2):
        pauses: list[float] = []

        async def sleep(seconds: float, pauses: list[float] = pauses) -> None:
            pauses.append(seconds)

        labeller = ReplayLabeller({}, PROMPT, rng=random.Random(7), sleep=sleep)
        for _ in range(5):
            await labeller.ask(BATCH)
        paces.append(pauses)
    assert paces[0] == paces[1]
    assert len(set(paces[0])) == 5
    assert all(0.3 <= pause <= 0.5 for pause in paces[0])
