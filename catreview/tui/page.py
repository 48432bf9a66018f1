"""The app's end of a page: it ends with the server."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from textual.drivers.web_driver import WebDriver

from catreview.tui.told import Page


class PageDriver(WebDriver):
    """Textual's driver for a page, under which the app ends when the server is gone.

    Textual's own would leave an app behind that nobody sees, with its leases and its jobs.
    """

    def start_application_mode(self) -> None:
        """See `WebDriver`."""
        Page.begun = True
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
