"""Opening a queue reads every vote, so it happens in a thread; the old one stays in use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from textual.screen import Screen
from textual.worker import get_current_worker

from catreview.errors import CatreviewError
from catreview.jobs.review.reviewing import ReviewSession
from catreview.store import Store
from catreview.tui.messages import Failed, Opened
from catreview.tui.review.desk import Desk
from catreview.tui.review.waiting import QUIET_SECONDS

MOMENT = 0.3
"""Seconds that the first paint waits for the queue; most are open sooner."""
SOON = 0.03
"""Seconds that paints wait for a queue being opened: one before it would slow down its thread."""
POLL_SECONDS = 0.1
"""Between two looks at whether another program keeps a queue from being opened."""
Tell = Callable[[Opened | Failed], object]


class Opening:
    """Opens queues for `screen`; `session` opens one by its name, the first is `queue`.

    Of several only the newest counts: what becomes of those before is never told. `held` says
    that another program keeps it waiting, or no longer does.
    """

    def __init__(
        self,
        screen: Screen[None],
        store: Store,
        session: Callable[[str], ReviewSession],
        clock: Callable[[], float],
        queue: str,
        held: Callable[[bool], object],
    ) -> None:
        self._screen = screen
        self._store = store
        self._session = session
        self._clock = clock
        self._held = held
        self.queue = queue
        """The queue that is open, or is being opened."""
        self.under_way = True
        self._told = False
        self._unpainted = ExitStack()

    def start(self, queue: str, number: int | None) -> None:
        """Open a queue; what becomes of that comes to the screen as `Opened` or `Failed`."""
        self.queue, self.under_way = queue, True
        self._unpainted.enter_context(self._screen.app.batch_update())
        self._screen.set_timer(SOON, self._unpainted.close)
        self._start(queue, number, self._screen.post_message)

    def ended(self, queue: str) -> None:
        """This queue is open now."""
        self.queue, self.under_way = queue, False
        self._tell(False)
        self._unpainted.close()

    async def first(self) -> Opened | Failed | None:
        """Open the first queue; None where that takes more than a moment, and it comes later."""
        loop = asyncio.get_running_loop()
        news: asyncio.Future[Opened | Failed] = loop.create_future()
        self._start(self.queue, None, lambda told: loop.call_soon_threadsafe(news.set_result, told))
        await asyncio.wait([news], timeout=MOMENT)
        if news.done():
            return news.result()
        news.add_done_callback(lambda _: self._screen.post_message(news.result()))
        return None

    def _start(self, queue: str, number: int | None, tell: Tell) -> None:
        work = partial(self._open, queue, number, tell)
        self._screen.run_worker(work, thread=True, exclusive=True, group="opening")
        self._screen.run_worker(self._watch(), exclusive=True, group="watching")

    async def _watch(self) -> None:
        await asyncio.sleep(QUIET_SECONDS)
        while self.under_way:
            self._tell(self._store.busy())
            await asyncio.sleep(POLL_SECONDS)

    def _tell(self, held: bool) -> None:
        if held != self._told:
            self._told = held
            self._held(held)

    def _open(self, queue: str, number: int | None, tell: Tell) -> None:
        news: Opened | Failed
        try:
            with self._store.reading():
                news = Opened(Desk(self._session(queue), self._clock), number)
        except CatreviewError as error:
            news = Failed(error)
        if not get_current_worker().is_cancelled:
            tell(news)
