"""The app's end of a page: it ends with the server, and can say why it does not even begin."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import ClassVar

from textual.drivers.web_driver import WebDriver


class PageDriver(WebDriver):
    """Textual's driver for a page, under which the app ends when the server is gone.

    Textual's own would leave an app behind that nobody sees, with its leases and its jobs.
    """

    begun: ClassVar[bool] = False
    """Whether an app has begun to draw in this process."""

    def start_application_mode(self) -> None:
        """See `WebDriver`."""
        PageDriver.begun = True
        super().start_application_mode()

    def write(self, data: str) -> None:
        """See `WebDriver`; what nobody reads any more is dropped."""
        with suppress(BrokenPipeError):
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        """See `write`."""
        with suppress(BrokenPipeError):
            super().write_meta(data)

    def run_input_thread(self) -> None:
        """Read what the page sends; when that ends by itself, the app is asked to end."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            os.kill(os.getpid(), signal.SIGTERM)


def tell_page(words: str) -> None:
    """Show words in the page in the place of an app that could not begin."""
    if PageDriver.begun or sys.__stdout__ is None:
        return
    shown = words.replace("\n", "\r\n").encode()
    # As every app under textual-serve begins, then one packet of what its terminal shows.
    os.write(
        sys.__stdout__.fileno(), b"__GANGLION__\nD%s%s" % (len(shown).to_bytes(4, "big"), shown)
    )
