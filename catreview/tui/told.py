"""What a page shows in the place of an app that did not begin; loads no Textual, which may lack."""

from __future__ import annotations

import os
import sys
from typing import ClassVar

PRELUDE = b"__GANGLION__\n"
"""As every app under textual-serve begins."""


class Page:
    """The page that is this process's terminal."""

    begun: ClassVar[bool] = False
    """Whether an app has begun to draw there."""

    @classmethod
    def tell(cls, words: str) -> None:
        """Show words in the place of an app that could not begin."""
        if not cls.begun and sys.__stdout__ is not None:
            os.write(sys.__stdout__.fileno(), PRELUDE + packet("D", words.replace("\n", "\r\n")))


def packet(kind: str, content: str) -> bytes:
    """What an app tells textual-serve: "D" and what its terminal shows, or "M" and some JSON."""
    encoded = content.encode()
    return kind.encode() + len(encoded).to_bytes(4, "big") + encoded
