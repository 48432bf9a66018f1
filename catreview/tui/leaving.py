"""The way out: running jobs first save what is in flight."""

from __future__ import annotations

from dataclasses import dataclass

from catreview.tui.aide import Aide

CLOSE_SECONDS = 15.0


@dataclass
class Leaving(Aide):
    """Ends the app from the review screen, at once or when the jobs have saved."""

    quitting: bool = False
    """Whether it was asked for and the jobs are saving."""

    def quit(self) -> None:
        """Leave; running jobs first save what is in flight, unless asked a second time."""
        if self.quitting or not self.background.runner.running:
            self.background.runner.abort()
            self._leave()
            return
        self.quitting = True
        self.notice.plain(
            "Quitting: what is in flight is saved first…",
            f"{self.keys['quit']} again leaves at once.",
        )
        self.review.run_worker(self._drain(), group="quitting")

    async def _drain(self) -> None:
        await self.background.runner.close(CLOSE_SECONDS)
        self._leave()

    def _leave(self) -> None:
        desk = self.acts.desk
        today = desk.pace().today if desk is not None else 0
        self.review.app.exit(
            message=f"{today} decided today, all saved. Go on with: catreview review"
        )
