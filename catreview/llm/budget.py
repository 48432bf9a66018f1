"""What a job may spend: HTTP requests and US dollars, counting what is in flight."""

from __future__ import annotations

import asyncio

from catreview.errors import BudgetReached
from catreview.settings import Price
from catreview.wording import counted


class CapReached(BudgetReached):
    """A cap that was given for this job; the next one has as much again."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message, "Nothing is lost: the same command goes on, with as much to spend again."
        )


class Budget:
    """The cap on one job, shared by its workers; `spent` and `requests` count from before it.

    A request is let through only where its worst case fits beside what was spent and what the
    requests in flight may come to, so that the cap is never passed. `max_cost` is in US dollars
    and counts nothing without a price.
    """

    def __init__(
        self,
        price: Price | None = None,
        *,
        max_cost: float | None = None,
        max_requests: int | None = None,
        spent: float = 0.0,
        requests: int = 0,
    ) -> None:
        self._price = price
        self._max_cost = max_cost
        self._max_requests = max_requests
        self._spent = spent
        self._requests = requests
        self._flying = 0
        self._reserved = 0.0
        self._landed = asyncio.Event()

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """US dollars for so many tokens; None without a price."""
        return self._price.of(prompt_tokens, completion_tokens) if self._price else None

    def words(self) -> str:
        """What is used and left of the caps, for people; empty without a cap."""
        parts = []
        if self._max_cost is not None:
            left = max(self._max_cost - self._spent - self._reserved, 0.0)
            parts.append(f"${self._spent:,.4f} of ${self._max_cost:,.2f} spent, ${left:,.4f} left")
        if self._max_requests is not None:
            left_over = max(self._max_requests - self._requests, 0)
            limit = counted(self._max_requests, "request")
            parts.append(f"{self._requests:,} of {limit}, {left_over:,} left")
        return "; ".join(parts)

    async def reserve(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Set aside the worst case of a request, waiting for those in flight where need be.

        Returns the US dollars set aside, for `settle`. Raises CapReached where the request
        does not fit even when nothing is in flight.
        """
        worst = self.cost(prompt_tokens, completion_tokens) or 0.0
        while not self._room(worst):
            self._landed.clear()
            await self._landed.wait()
        self._requests += 1
        self._flying += 1
        self._reserved += worst
        return worst

    def _room(self, worst: float) -> bool:
        """Whether a request fits now; False while it may fit once another has landed."""
        if self._max_requests is not None and self._requests >= self._max_requests:
            limit = counted(self._max_requests, "request")
            raise CapReached(f"This job's limit of {limit} is used up.")
        if self._max_cost is None or self._spent + self._reserved + worst <= self._max_cost:
            return True
        if not self._flying:
            raise CapReached(
                f"The ${self._max_cost:,.2f} of this job are used up:"
                f" ${self._spent:,.4f} spent, and the next request may cost ${worst:,.4f}."
            )
        return False

    def settle(self, reserved: float, cost: float) -> None:
        """Put what a request did cost in place of what was set aside for it."""
        self._flying -= 1
        # Not a running difference: rounding must not keep a cent reserved for ever.
        self._reserved = self._reserved - reserved if self._flying else 0.0
        self._spent += cost
        self._landed.set()
