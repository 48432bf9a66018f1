"""The cap on a job: what is in flight counts, and no cap is ever passed."""

from __future__ import annotations

import asyncio

import pytest

from catreview.llm.budget import Budget, CapReached
from catreview.settings import Price

DOLLAR = Price(input=1e6, output=0)
"""One dollar a token."""


async def test_a_request_waits_for_the_one_in_flight_whose_worst_case_leaves_no_room() -> None:
    budget = Budget(DOLLAR, max_cost=10)
    first = await budget.reserve(8, 0)
    second = asyncio.create_task(budget.reserve(5, 0))
    await asyncio.sleep(0)
    assert not second.done()
    budget.settle(first, 5.0)
    assert await second == 5.0
    budget.settle(5.0, 5.0)
    with pytest.raises(CapReached, match=r"\$10\.00"):
        await budget.reserve(1, 0)


async def test_what_lands_frees_its_own_share_and_not_that_of_others_in_flight() -> None:
    budget = Budget(DOLLAR, max_cost=10)
    first, second = await budget.reserve(4, 0), await budget.reserve(4, 0)
    budget.settle(first, 1.0)
    assert budget.words() == "$1.0000 of $10.00 spent, $5.0000 left"
    budget.settle(second, 0.0)
    assert budget.words() == "$1.0000 of $10.00 spent, $9.0000 left"


async def test_requests_that_waited_for_money_keep_to_the_number_of_requests_too() -> None:
    budget = Budget(DOLLAR, max_cost=10, max_requests=2)
    first = await budget.reserve(8, 0)
    waiting = [asyncio.create_task(budget.reserve(3, 0)) for _ in range(2)]
    await asyncio.sleep(0)
    budget.settle(first, 1.0)
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert sorted(type(result) for result in results if result != 3.0) == [CapReached]


async def test_what_an_earlier_run_used_of_the_caps_counts() -> None:
    budget = Budget(DOLLAR, max_cost=10, max_requests=5, spent=9.0, requests=4)
    assert await budget.reserve(1, 0) == 1.0
    assert budget.words() == "$9.0000 of $10.00 spent, $0.0000 left; 5 of 5 requests, 0 left"
    with pytest.raises(CapReached, match="5 requests"):
        await budget.reserve(0, 0)


def test_without_a_price_nothing_costs_anything() -> None:
    assert Budget().cost(10, 10) is None
    assert Budget(DOLLAR).cost(3, 5) == 3.0
