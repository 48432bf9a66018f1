"""A screen whose keys are those declared for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import events
from textual.screen import ScreenResultType
from textual.widgets import Input

from catreview.schema import Category
from catreview.tui.keymap import Keymap
from catreview.tui.screens.passing import Passing
from catreview.tui.terminal import TOO_SMALL
from catreview.tui.widgets.lines import move


class Keyed(Passing[ScreenResultType], inherit_bindings=False):
    """Does what the keys of `screen` say, wherever the focus is; a field's keys are its own.

    What no act answers goes to the list in focus, like walking and scrolling.
    """

    def __init__(self, keys: Keymap, screen: str) -> None:
        super().__init__()
        self._keys = keys
        self.keyed = screen
        self.commands = keys.screen(screen)

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """What each command does, by its id; one that is missing does nothing now."""
        raise NotImplementedError

    def give(self, category: str) -> None:
        """What a category's key does, on a screen that has them."""

    def waits(self, event: events.Key) -> bool:  # noqa: ARG002 - for those that override it
        """Whether a key has to wait; it then comes again."""
        return False

    def on_key(self, event: events.Key) -> None:
        """Every key comes through here, so that none overtakes another."""
        if isinstance(self.focused, Input):
            return
        if not self.is_active:  # what was pressed before had closed it, or opened another over it
            event.stop()
            return
        meant = self._keys.meant(self.keyed, event)
        if meant is None or TOO_SMALL & self.classes:
            return
        event.stop()
        if self.waits(event):
            return
        if isinstance(meant, Category):
            self.give(meant.name)
        else:
            self.press(meant.id)

    def press(self, command: str) -> None:
        """Do what a command does."""
        act = self.acts().get(command)
        if act is not None:
            act()
        else:
            move(self.focused, command)
