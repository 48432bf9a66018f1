"""What opens over the review, and what comes back from there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.screen import Screen

from catreview.jobs.project import Project
from catreview.tui.acts import Acts
from catreview.tui.background import Background
from catreview.tui.keymap import Keymap
from catreview.tui.readings import Readings

if TYPE_CHECKING:
    from catreview.tui.screens.choice import ChoiceScreen


def load_screens() -> None:
    """Load what the first example need not wait for, once it is painted; imported late below."""
    import catreview.tui.screens.added_up
    import catreview.tui.screens.choice
    import catreview.tui.screens.dashboard
    import catreview.tui.screens.draft
    import catreview.tui.screens.help
    import catreview.tui.screens.pick
    import catreview.tui.screens.similar
    import catreview.tui.screens.works  # noqa: F401 - so that opening one finds it loaded


class Doors:
    """Opens the other screens over `review`; `open_queue` opens a queue there."""

    def __init__(
        self,
        review: Screen[None],
        project: Project,
        keys: Keymap,
        acts: Acts,
        background: Background,
        open_queue: Callable[[str, int | None], None],
    ) -> None:
        self._review = review
        self._project = project
        self._keys = keys
        self._acts = acts
        self._background = background
        self._open_queue = open_queue
        self._choice: ChoiceScreen | None = None
        self._read = Readings()

    def help(self) -> None:
        """Every key."""
        from catreview.tui.screens.help import HelpScreen

        self._review.app.push_screen(HelpScreen(self._keys, "review"))

    def dashboard(self) -> None:
        """Scores, learning, functions, trust; a cell comes back as a queue."""
        from catreview.tui.screens.dashboard import DashboardScreen

        desk = self._acts.desk
        screen = DashboardScreen(
            self._project,
            self._keys,
            self._background,
            self._read,
            desk.session.queue if desk else "",
        )
        self._review.app.push_screen(screen, partial(self._follow, "dashboard"))

    def works(self) -> None:
        """Labelling and retraining, their runs and errors."""
        from catreview.tui.screens.works import WorksScreen

        self._review.app.push_screen(WorksScreen(self._project, self._keys, self._background))

    def similar(self) -> None:
        """Undecided messages like the one in view, and one category for all of them."""
        from catreview.tui.screens.similar import SimilarScreen

        desk, card = self._acts.desk, self._acts.uncovered(others=True)
        if desk is not None and card is not None:
            screen = SimilarScreen(
                self._project, self._keys, card.number, desk.session.reviewer, self._acts.clock
            )
            self._review.app.push_screen(screen, lambda _: self._acts.many(screen.bulk))

    def queues(self) -> None:
        """All queues, with how many wait in each; the one that is picked is opened."""
        from catreview.tui.screens.pick import PickScreen

        desk = self._acts.desk
        if desk is not None:
            session = desk.session
            screen = PickScreen(self._project, self._keys, session.queue, session.reviewer)
            self._review.app.push_screen(screen, partial(self._follow, "queues"))

    def take(self, event: events.Key) -> None:
        """A key pressed before what was opened was there: typed ahead, never a command here."""
        event.stop()
        if self._choice is not None and self._choice.is_active:
            self._choice.take(event)

    def choose(self) -> None:
        """A category by its name, given to the example that was in view."""
        from catreview.tui.screens.choice import ChoiceScreen

        desk = self._acts.desk
        if desk is not None and desk.card is not None:
            self._choice = ChoiceScreen(self._keys)
            self._review.app.push_screen(self._choice, partial(self._acts.chosen, desk.card))

    def add_up(self) -> None:
        """How the votes on the example in view add up."""
        from catreview.tui.screens.added_up import SumScreen

        card = self._acts.uncovered()
        if card is not None:
            self._review.app.push_screen(SumScreen(self._project, self._keys, card))

    def _follow(self, screen: str, queue: str | None) -> None:
        if queue is not None:
            self._acts.still_down(screen, "open")
            self._open_queue(queue, None)
