"""What opens over the review, and what comes back from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from textual import events

from catreview.tui.readings import Readings
from catreview.tui.review.aide import Aide

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


@dataclass
class Doors(Aide):
    """Opens the other screens over `review`; `open_queue` opens a queue there."""

    open_queue: Callable[[str, int | None], None]
    _choice: ChoiceScreen | None = field(default=None, init=False)
    _read: Readings = field(default_factory=Readings, init=False)

    def help(self) -> None:
        """Every key."""
        from catreview.tui.screens.help import HelpScreen

        self.review.app.push_screen(HelpScreen(self.keys, "review"))

    def dashboard(self) -> None:
        """Scores, learning, functions, trust; a cell comes back as a queue."""
        from catreview.tui.screens.dashboard import DashboardScreen

        desk = self.acts.desk
        screen = DashboardScreen(
            self.project,
            self.keys,
            self.background,
            self._read,
            desk.session.queue if desk else "",
        )
        self.review.app.push_screen(screen, partial(self._follow, "dashboard"))

    def works(self) -> None:
        """Labelling and retraining, their runs and errors."""
        from catreview.tui.screens.works import WorksScreen

        self.review.app.push_screen(WorksScreen(self.project, self.keys, self.background))

    def similar(self) -> None:
        """Undecided messages like the one in view, and one category for all of them."""
        from catreview.tui.screens.similar import SimilarScreen

        desk, card = self.acts.desk, self.acts.uncovered(others=True)
        if desk is not None and card is not None:
            screen = SimilarScreen(
                self.project, self.keys, card.number, desk.session.reviewer, self.acts.clock
            )
            self.review.app.push_screen(screen, lambda _: self.acts.many(screen.bulk))

    def queues(self) -> None:
        """All queues, with how many wait in each; the one that is picked is opened."""
        from catreview.tui.screens.pick import PickScreen

        desk = self.acts.desk
        if desk is not None:
            session = desk.session
            screen = PickScreen(self.project, self.keys, session.queue, session.reviewer)
            self.review.app.push_screen(screen, partial(self._follow, "queues"))

    def take(self, event: events.Key) -> None:
        """A key pressed before what was opened was there: typed ahead, never a command here."""
        event.stop()
        if self._choice is not None and self._choice.is_active:
            self._choice.take(event)

    def choose(self) -> None:
        """A category by its name, given to the example that was in view."""
        from catreview.tui.screens.choice import ChoiceScreen

        desk = self.acts.desk
        if desk is not None and desk.card is not None:
            label = desk.card.label
            self._choice = ChoiceScreen(self.keys, label.category if label else None)
            self.review.app.push_screen(self._choice, partial(self.acts.chosen, desk.card))

    def add_up(self) -> None:
        """How the votes on the example in view add up."""
        from catreview.tui.screens.added_up import SumScreen

        card = self.acts.uncovered()
        if card is not None:
            self.review.app.push_screen(SumScreen(self.project, self.keys, card))

    def _follow(self, screen: str, queue: str | None) -> None:
        if queue is not None:
            self.acts.still_down(screen, "open")
            self.open_queue(queue, None)
