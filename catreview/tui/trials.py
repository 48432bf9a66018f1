"""Trying out drafts while they change: in a thread, one at a time, the newest alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Lock

from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.worker import get_current_worker

from catreview.errors import CatreviewError
from catreview.functions import Draft
from catreview.jobs.functions.ground import Ground
from catreview.jobs.functions.trying import Trial, try_out
from catreview.jobs.project import Project
from catreview.records import Example

SETTLE_SECONDS = 0.12
"""A draft is tried out when it has not changed for so long."""
GROUP = "trying"


class Trials:
    """Tells a screen what a draft would do on a project's messages, and on `here`."""

    @dataclass
    class Tried(Message):
        """Some figures of a draft are known."""

        draft: Draft
        trial: Trial

    @dataclass
    class Failed(Message):
        """A draft cannot be tried out."""

        draft: Draft
        error: CatreviewError

    def __init__(self, screen: Screen[str], project: Project, here: Example) -> None:
        self._screen = screen
        self._ground = Ground(project)
        self._here = here
        self._one = Lock()
        self._timer: Timer | None = None

    def ask(self, draft: Draft) -> None:
        """Try out a draft; what is known of it comes as messages, unless another one is asked."""
        if self._timer is not None:
            self._timer.stop()
        self._screen.workers.cancel_group(self._screen, GROUP)
        self._timer = self._screen.set_timer(SETTLE_SECONDS, partial(self._start, draft))

    def _start(self, draft: Draft) -> None:
        self._screen.run_worker(partial(self._try, draft), group=GROUP, thread=True)

    def _try(self, draft: Draft) -> None:
        worker = get_current_worker()
        try:
            with self._one:  # the messages are read once, however many drafts wait for them
                for trial in try_out(self._ground, draft, self._here, lambda: worker.is_cancelled):
                    self._screen.post_message(self.Tried(draft, trial))
        except CatreviewError as error:
            self._screen.post_message(self.Failed(draft, error))
