"""Running an asynchronous job: Ctrl-C once finishes what is in flight, twice aborts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from catreview.cli import talk

T = TypeVar("T")


class Interrupts:
    """Turns the first Ctrl-C (or the end of the parent's pipe) into `stop`, the second to abort."""

    def __init__(self, *, attached: bool) -> None:
        self._attached = attached
        self._stop: Callable[[], None] | None = None
        self._orders: Mapping[str, Callable[[], None]] = {}
        self._asked = False

    def on_stop(self, stop: Callable[[], None]) -> None:
        """What the first interrupt calls."""
        self._stop = stop
        if self._asked:
            stop()

    def on_order(self, orders: Mapping[str, Callable[[], None]]) -> None:
        """What the lines call that an attached parent writes."""
        self._orders = orders

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` to its end.

        Raises:
            KeyboardInterrupt: it was aborted.
        """
        try:
            return asyncio.run(self._supervise(work))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None

    async def _supervise(self, work: Coroutine[Any, Any, T]) -> T:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work)

        def interrupt() -> None:
            if self._asked:
                task.cancel()
                return
            self._asked = True
            if not self._attached:
                talk.say("Finishing the requests in flight; press Ctrl-C again to abort.")
            if self._stop is not None:
                self._stop()

        loop.add_signal_handler(signal.SIGINT, interrupt)
        loop.add_signal_handler(signal.SIGTERM, interrupt)
        if self._attached:
            loop.add_reader(sys.stdin.fileno(), self._reader(loop, interrupt))
        try:
            return await task
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            loop.remove_signal_handler(signal.SIGTERM)
            if self._attached:
                loop.remove_reader(sys.stdin.fileno())

    def _reader(
        self, loop: asyncio.AbstractEventLoop, interrupt: Callable[[], None]
    ) -> Callable[[], None]:
        """Read the parent's orders, a line each; the end of its pipe interrupts."""
        rest = b""

        def read() -> None:
            nonlocal rest
            data = os.read(sys.stdin.fileno(), 1024)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                order = self._orders.get(line.decode(errors="replace").strip())
                if order is not None:
                    order()
            if not data:
                loop.remove_reader(sys.stdin.fileno())
                interrupt()

        return read
