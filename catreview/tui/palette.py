"""The command palette: every command that does something now, found by its name or its words."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from functools import partial
from typing import Any

from textual.app import SystemCommand
from textual.command import Hit, Hits
from textual.system_commands import SystemCommandsProvider

from catreview.tui.keymap import faces
from catreview.tui.keys import Command

IN_WORDS = 0.01
"""The score of a command whose name is another: below any that is called so."""


class Finder(SystemCommandsProvider):
    """Finds a command also by what is said of it."""

    async def search(self, query: str) -> Hits:
        """See `Provider`."""
        matcher = self.matcher(query)
        for name, words, act, *_ in self.app.get_system_commands(self.screen):
            said = IN_WORDS if query.casefold() in words.casefold() else 0.0
            if score := matcher.match(name) or said:
                yield Hit(score, matcher.highlight(name), act, help=words)


def entries(
    commands: Sequence[Command], answered: Container[str], press: Callable[[str], Any]
) -> Iterable[SystemCommand]:
    """Those whose id is `answered` now, each with its keys; `press` does what one does."""
    for command in commands:
        if command.id in answered:
            shown = f" ({faces(command)})" if command.keys else ""
            act = partial(press, command.id)
            yield SystemCommand(title(command), f"{command.help}{shown}", act)


def title(command: Command) -> str:
    """Its name in the palette: the footer's word for it and, if that is another, its id."""
    name = command.id.replace("_", " ")
    if command.label in name or command.beside:
        return name.capitalize()
    return f"{command.label.capitalize()} ({name})"
