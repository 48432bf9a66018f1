"""What threads tell screens."""

from __future__ import annotations

from textual.message import Message

from catreview.errors import CatreviewError
from catreview.jobs.status import Status
from catreview.tui.desk import Desk


class Opened(Message):
    """A queue was opened, at an example of it where one was asked for."""

    def __init__(self, desk: Desk, number: int | None) -> None:
        super().__init__()
        self.desk = desk
        self.number = number


class Failed(Message):
    """What a thread was to do for a screen could not be done."""

    def __init__(self, error: CatreviewError) -> None:
        super().__init__()
        self.error = error


class Counted(Message):
    """The counts of the project were read."""

    def __init__(self, status: Status) -> None:
        super().__init__()
        self.status = status
