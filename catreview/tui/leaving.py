"""The way out: running jobs first save what is in flight."""

from __future__ import annotations

from textual.screen import Screen

from catreview.tui.acts import Acts
from catreview.tui.background import Background
from catreview.tui.keymap import Keymap
from catreview.tui.widgets.notice import Notice

CLOSE_SECONDS = 15.0


class Leaving:
    """Ends the app from the review screen, at once or when the jobs have saved."""

    def __init__(
        self,
        review: Screen[None],
        keys: Keymap,
        notice: Notice,
        acts: Acts,
        background: Background,
    ) -> None:
        self._review = review
        self._keys = keys
        self._notice = notice
        self._acts = acts
        self._background = background
        self._quitting = False

    def quit(self) -> None:
        """Leave; running jobs first save what is in flight, unless asked a second time."""
        if self._quitting or not self._background.runner.running:
            self._background.runner.abort()
            self._leave()
            return
        self._quitting = True
        self._notice.plain(
            "Quitting: what is in flight is saved first…",
            f"{self._keys['quit']} again leaves at once.",
        )
        self._review.run_worker(self._drain(), group="quitting")

    async def _drain(self) -> None:
        await self._background.runner.close(CLOSE_SECONDS)
        self._leave()

    def _leave(self) -> None:
        desk = self._acts.desk
        today = desk.pace().today if desk is not None else 0
        self._review.app.exit(
            message=f"{today} decided today, all saved. Go on with: catreview review"
        )
