"""Screens that lie over others for a while."""

from __future__ import annotations

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen, ScreenResultType


class Passing(Screen[ScreenResultType]):
    """Closed once: a key hit twice comes a second time before it is gone."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close, as Textual's; nothing where another screen lies on top, or it is closed."""
        return super().dismiss(result) if self.is_active else AwaitComplete()


class Framed(Passing[ScreenResultType], ModalScreen[ScreenResultType]):
    """A frame over the screen; a click beside it closes it too."""

    def on_click(self, event: events.Click) -> None:
        """Close, with nothing chosen."""
        if event.widget is self:
            self.dismiss()
