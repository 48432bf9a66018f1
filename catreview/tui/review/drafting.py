"""Functions made in the review: the screen that drafts them, taking them back, and redo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.worker import Worker

from catreview.errors import CatreviewError
from catreview.jobs.project import Project
from catreview.tui.review.aide import Aide

if TYPE_CHECKING:
    from catreview.jobs.functions.authoring import Written


class Drafting(Aide):
    """Drafts over `review`; what is written votes in the background."""

    _writing: Worker[None] | None = None
    """The last work on functions.py."""

    def open(self) -> None:
        """Draft a function from the message in view."""
        from catreview.tui.screens.draft import DraftScreen

        desk, card = self.acts.desk, self.acts.uncovered(others=True)
        if desk is not None and card is not None:
            self.review.app.push_screen(
                DraftScreen(self.project, self.keys, card, desk.session.reviewer, self._written)
            )

    def _written(self, written: Written) -> None:
        self.acts.still_down("field", "answer")
        self.background.vote(written.name)
        self.notice.done(f"{written.name} is in functions.py and votes in the background")

    async def undo(self) -> None:
        """Take back the reviewer's last act: a function that was written, or a review."""
        from catreview.jobs.functions.authoring import function_to_undo

        if self.acts.desk is None or self._is_writing():
            return
        if function_to_undo(self.project, self.acts.desk.session.reviewer):
            self._writing = self.review.run_worker(self._take_back(), group="writing")
        else:
            await self.acts.undo()

    async def redo(self) -> None:
        """Do again what was undone last: a function is written again, or a review stands."""
        from catreview.jobs.functions.authoring import function_to_redo

        if self.acts.desk is None or self._is_writing():
            return
        if function_to_redo(self.project, self.acts.desk.session.reviewer):
            self._writing = self.review.run_worker(self._write_again(), group="writing")
        else:
            await self.acts.redo()

    def _is_writing(self) -> bool:
        """Whether what is to be undone, or done again, is not known yet; then it is said."""
        if self._writing is None or self._writing.is_finished:
            return False
        self.notice.plain("functions.py is still being written: that key did nothing.")
        return True

    async def _take_back(self) -> None:
        from catreview.jobs.functions.authoring import take_back

        name = await self._in_thread(take_back)
        if name is not None:
            self.background.vote()
            self.notice.plain(
                f"Taken back: {name} is out of functions.py; the others vote again"
                f" — {self.keys['redo']} writes it again"
            )

    async def _write_again(self) -> None:
        from catreview.jobs.functions.authoring import write_again

        name = await self._in_thread(write_again)
        if name is not None:
            self.background.vote(name)
            self.notice.done(f"{name} is in functions.py again and votes in the background")

    async def _in_thread(self, act: Callable[[Project], str]) -> str | None:
        # The file is run to see that it still loads, which takes as long as its author likes.
        try:
            return await asyncio.to_thread(act, self.project)
        except CatreviewError as error:
            self.notice.problem(error.message, error.hint)
            return None
