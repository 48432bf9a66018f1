from __future__ import annotations

from collections.abc import Sequence

import pytest

from catreview.llm.answers import Answer, AnswerStatus, label_batch, request_bound
from catreview.records import Example

BATCH = [Example(f"e{i}", "text") for i in range(20)]


class Scripted:
    """Labels everything but `missing` (left out of replies) and `poison` (spoils the batch)."""

    def __init__(
        self, missing: dict[str, int] | None = None, poison: frozenset[str] = frozenset()
    ) -> None:
        self.missing = dict(missing or {})
        self.poison = poison
        self.asked: list[tuple[str, ...]] = []
        self.ask_again = True

    async def ask(self, batch: Sequence[Example]) -> Answer:
        ids = tuple(e.id for e in batch)
        self.asked.append(ids)
        if self.poison & set(ids):
            rejected = dict.fromkeys(ids, "HTTP 500")
            return Answer(ids, AnswerStatus.FAILED, {}, rejected, ask_again=self.ask_again)
        left_out = [i for i in ids if self.missing.get(i, 0) > 0]
        for example in left_out:
            self.missing[example] -= 1
        votes = {i: ("statement", None) for i in ids if i not in left_out}
        status = AnswerStatus.PARTIAL if left_out else AnswerStatus.OK
        return Answer(ids, status, votes, dict.fromkeys(left_out, "missing"))


async def run(labeller: Scripted, batch: Sequence[Example]) -> list[Answer]:
    answers = [answer async for answer in label_batch(labeller, batch)]
    votes = [example for answer in answers for example in answer.votes]
    assert len(votes) == len(set(votes))
    assert len(answers) <= request_bound(len(batch))
    return answers


async def test_a_whole_reply_needs_one_request() -> None:
    labeller = Scripted()
    assert len(await run(labeller, BATCH)) == 1


async def test_only_what_was_left_out_is_asked_again() -> None:
    labeller = Scripted(missing={"e3": 1, "e7": 1})
    await run(labeller, BATCH)
    assert labeller.asked[1:] == [("e3", "e7")]


@pytest.mark.parametrize("place", range(20))
async def test_a_poisoned_example_is_isolated_by_halving(place: int) -> None:
    labeller = Scripted(poison=frozenset({f"e{place}"}))
    answers = await run(labeller, BATCH)
    labelled = {example for answer in answers for example in answer.votes}
    assert labelled == {e.id for e in BATCH} - {f"e{place}"}
    assert (f"e{place}",) in labeller.asked


async def test_an_example_that_never_gets_an_answer_is_set_aside_with_its_reason() -> None:
    labeller = Scripted(missing={"e3": 99})
    answers = await run(labeller, BATCH)
    assert answers[-1].rejected == {"e3": "missing"}
    assert len(answers) == 2


async def test_a_garbled_reply_to_a_lone_example_is_asked_for_once_more() -> None:
    assert len(await run(Scripted(missing={"e0": 1}), BATCH[:1])) == 2
    assert len(await run(Scripted(missing={"e0": 99}), BATCH[:1])) == 2
    assert len(await run(Scripted(poison=frozenset({"e0"})), BATCH[:1])) == 1


async def test_nothing_is_asked_again_where_that_cannot_help() -> None:
    labeller = Scripted(poison=frozenset({"e0"}))
    labeller.ask_again = False
    assert len(await run(labeller, BATCH)) == 1


async def test_a_batch_that_fails_throughout_stays_within_the_bound() -> None:
    labeller = Scripted(poison=frozenset(e.id for e in BATCH))
    assert len(await run(labeller, BATCH)) == request_bound(20) == 12


async def test_no_examples_need_no_request() -> None:
    assert await run(Scripted(), []) == []
