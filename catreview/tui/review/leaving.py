"""The way out: running jobs first save what is in flight."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from catreview.jobs.project import naming
from catreview.schema import Category
from catreview.tui.jobs import JobName
from catreview.tui.keys import Command
from catreview.tui.review.aide import Aide

CLOSE_SECONDS = 15.0


@dataclass
class Leaving(Aide):
    """Ends the app from the review screen, at once or when the jobs have saved."""

    quitting: bool = False
    """Whether it was asked for and the jobs are saving."""
    warned: bool = False
    """Whether it was asked for, and that said what is lost."""
    waits: bool = False
    """Whether it was the last to be asked for of what waits for another program."""
    dropped: bool = False
    """Whether what was pressed before it is not waited for."""

    def quit(self) -> None:
        """Leave; running jobs first save what is in flight, unless asked a second time.

        Before a job is ended that saves nothing, it is asked for once more.
        """
        running = self.background.runner.running
        if self.quitting or not running:
            self.background.runner.abort()
            self._leave()
            return
        if JobName.TUNE in running and not self.warned:
            self.warned = True
            self.notice.plain(
                "An encoder is being tuned: what it has learned is lost when you leave.",
                f"{self.keys['quit']} again leaves.",
            )
            return
        self.quitting = True
        self.notice.plain(
            "Quitting: what is in flight is saved first…",
            f"{self.keys['quit']} again leaves at once.",
        )
        self.review.run_worker(self._drain(), group="quitting")

    def insists(self, meant: Category | Command) -> bool:
        """Whether what was pressed while others waited is to leave, for the second time in a row.

        Then nothing is waited for.
        """
        asked = isinstance(meant, Command) and meant.id == "quit"
        insists, self.waits = asked and self.waits, asked
        if insists:
            self.dropped = self.quitting = True
        return insists

    async def _drain(self) -> None:
        await self.background.runner.close(CLOSE_SECONDS)
        self._leave()

    def _leave(self) -> None:
        desk = self.acts.desk
        today = f"{desk.pace().today} decided today, " if desk is not None else ""
        again = shlex.join(["catreview", "review", *naming(self.project.folder)])
        lost = ["what you pressed last"] if self.dropped else []
        lost += ["what a job had in flight"] if self.background.runner.running else []
        but = f" but {' and '.join(lost)}" if lost else ""
        self.review.app.exit(message=f"{today}all saved{but}. Go on with: {again}")
