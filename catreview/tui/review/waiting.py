"""What a key does waits for another process's transaction, and the screen goes on meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from inspect import isawaitable
from typing import Any

from textual import events
from textual.screen import Screen

from catreview.errors import CatreviewError, GoneError
from catreview.store import Store

POLL_SECONDS = 0.002
QUIET_SECONDS = 0.6
"""From then on it is said that something is waited for."""
LONGEST_SECONDS = 30.0


class InTurn:
    """Does what was asked of `screen`, at once or in its order when nobody else writes.

    It waits beside the screen's own messages: those paint. `tell` says what is waited for, and
    nothing any more; `problem` what went wrong and what to do.
    """

    def __init__(
        self,
        screen: Screen[Any],
        store: Store,
        tell: Callable[[str], object],
        problem: Callable[[str, str], object],
    ) -> None:
        self._screen = screen
        self._store = store
        self._tell = tell
        self._problem = problem
        self._late: list[Callable[[], object]] = []

    async def do(self, act: Callable[[], object]) -> None:
        """Do an act, now or later; an error is told."""
        if self._late or self._store.busy():
            self._keep(partial(self._screen.call_later, self.do, act))
            return
        try:
            if isawaitable(done := act()):
                await done
        except GoneError as error:
            # What was pressed may be saved, but where to go on from there nobody knows.
            self._screen.app.exit(error)
        except CatreviewError as error:
            self._problem(error.message, f"Nothing was changed. {error.hint}".rstrip())

    def keep_key(self, event: events.Key) -> bool:
        """Whether a key has to wait: what it means may depend on what waits already."""
        if self._late:
            key = events.Key(event.key, event.character)
            self._keep(partial(self._screen.app.post_message, key))
        return bool(self._late)

    def drop(self) -> None:
        """Another message is about to be shown: what waits was not meant for it."""
        if self._late:
            self._late.clear()
            self._problem("What you pressed while another program wrote was not done:",
                          "It was not meant for the queue that has opened now.")  # fmt: skip

    def _keep(self, again: Callable[[], object]) -> None:
        if not self._late:
            self._screen.run_worker(self._wait(), group="waiting")
        self._late.append(again)

    async def _wait(self) -> None:
        began, told = time.monotonic(), False
        while self._store.busy():
            waited = time.monotonic() - began
            if waited > LONGEST_SECONDS:
                self._late.clear()
                self._problem("Another program is writing.", "Nothing was changed. Try again.")
                return
            if waited > QUIET_SECONDS and not told:
                told = True
                self._tell("A job is saving; what you pressed is done as soon as it has.")
            await asyncio.sleep(POLL_SECONDS)
        if told and self._late:
            self._tell("")
        late, self._late = self._late, []
        for again in late:
            again()
