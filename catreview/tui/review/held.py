"""Held keys: an example that a person has not seen is never labelled by a repeat."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

REPEAT_SECONDS = 0.15
"""Keyboards repeat every 20 to 50 ms; nobody reads a message and decides within this."""
DELAY_SECONDS = 0.75
"""The longest that keyboards usually wait before the first repeat."""


class Press(Enum):
    """What a key press is."""

    FRESH = auto()
    REPEAT = auto()
    """The key is held down: drop it."""
    REVEALED = auto()
    """It is held down, and the press before this one was its first repeat: take that back too."""


class HeldKeys:
    """Tells presses from the repeats of a held key, for the keys that write something."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = ""
        self._at = float("-inf")
        self._gap = float("inf")

    def press(self, key: str) -> Press:
        """Judge one press.

        A held key sends one press, a pause of up to DELAY_SECONDS, then repeats. The first of
        those looks like a press; the second one reveals it.
        """
        now = self._clock()
        gap = now - self._at if key == self._key else float("inf")
        before, self._gap = self._gap, gap
        self._key, self._at = key, now
        if gap >= REPEAT_SECONDS:
            return Press.FRESH
        if REPEAT_SECONDS <= before < DELAY_SECONDS:
            return Press.REVEALED
        return Press.REPEAT
