"""A screen whose paints are parted, so that none keeps the event loop for long."""

from __future__ import annotations

from textual.screen import Screen, ScreenResultType

from catreview.tui.widgets.painted import Kept


class Parted(Screen[ScreenResultType], inherit_bindings=False):
    """Lines that have changed are made in one turn of the event loop and put together in the next.

    Textual does both in one.
    """

    def _compositor_refresh(self) -> None:
        """What Textual does to paint, once the lines are there."""
        shown = self._compositor.visible_widgets if self is self.app.screen else {}
        due = [widget for widget in shown if isinstance(widget, Kept) and widget.due]
        for widget in due:
            widget.render_lines(shown[widget][0].reset_offset)
        if due:
            self.app.call_later(self._compositor_refresh)  # by the app's task: in a turn of its own
        else:
            super()._compositor_refresh()
