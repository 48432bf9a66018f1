"""What threads tell screens."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from catreview.errors import CatreviewError
from catreview.jobs.status import Status
from catreview.tui.review.desk import Desk


@dataclass
class Opened(Message):
    """A queue was opened, at an example of it where one was asked for."""

    desk: Desk
    number: int | None


@dataclass
class Failed(Message):
    """What a thread was to do for a screen could not be done."""

    error: CatreviewError


@dataclass
class Counted(Message):
    """The counts of the project were read."""

    status: Status
