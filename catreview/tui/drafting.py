"""Functions made in the review: the screen that drafts them, and taking them back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.screen import Screen

from catreview.errors import CatreviewError
from catreview.jobs.project import Project
from catreview.tui.acts import Acts
from catreview.tui.background import Background
from catreview.tui.keymap import Keymap
from catreview.tui.widgets.notice import Notice

if TYPE_CHECKING:
    from catreview.jobs.functions.authoring import Written


class Drafting:
    """Drafts over `review`; what is written votes in the background."""

    def __init__(
        self,
        review: Screen[None],
        project: Project,
        keys: Keymap,
        notice: Notice,
        acts: Acts,
        background: Background,
    ) -> None:
        self._review = review
        self._project = project
        self._keys = keys
        self._notice = notice
        self._acts = acts
        self._background = background

    def open(self) -> None:
        """Draft a function from the message in view."""
        from catreview.tui.screens.draft import DraftScreen

        desk = self._acts.desk
        if desk is None or desk.card is None:
            return
        if desk.card.hidden:
            self._notice.plain("Decide first: the figures would show what is hidden now.")
            return
        self._review.app.push_screen(
            DraftScreen(
                self._project,
                self._keys,
                desk.card,
                desk.session.reviewer,
                self._written,
            )
        )

    def _written(self, written: Written) -> None:
        self._acts.still_down("field", "answer")
        self._background.vote(written.name)
        self._notice.done(f"{written.name} is in functions.py and votes in the background")

    def undo(self) -> None:
        """Take back the reviewer's last act: a function that was written, or a review."""
        from catreview.jobs.functions.authoring import last_written

        desk, run = self._acts.desk, last_written(self._project)
        if desk is None:
            return
        reviewer = desk.session.reviewer
        act = self._project.store.reviews.last_standing(reviewer)
        if (
            run is not None
            and run.parameters["reviewer"] == reviewer
            and (act is None or act.at < (run.ended or ""))
        ):
            self._review.run_worker(self._take_back(), group="writing", exclusive=True)
        else:
            self._acts.undo()

    async def _take_back(self) -> None:
        from catreview.jobs.functions.authoring import take_back

        # The file is run to see that it still loads, which takes as long as its author likes.
        try:
            name = await asyncio.to_thread(take_back, self._project)
        except CatreviewError as error:
            self._notice.problem(error.message, error.hint)
            return
        self._background.vote()
        self._notice.plain(f"Taken back: {name} is out of functions.py; the others vote again.")
