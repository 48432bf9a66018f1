"""The footer: the keys that matter now, as many as fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message

from catreview.tui.keys import Command
from catreview.tui.terminal import in_words
from catreview.tui.widgets.painted import Words


class KeyLine(Words):
    """Keys in amber, what they do beside them; those with the highest rank go when narrow."""

    @dataclass
    class Pressed(Message):
        """Someone clicked a key: the id of its command."""

        command: str

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__(id="keys")
        self._commands = [c for c in commands if c.rank and c.shown]
        self._labels: Mapping[str, str] = {}

    def offer(self, commands: Sequence[Command]) -> None:
        """Show these commands from now on."""
        self._commands = [c for c in commands if c.rank and c.shown]
        self.refresh()

    def show(self, labels: Mapping[str, str]) -> None:
        """Show other words for some commands, by id: `{"label": "stop labelling"}`; "" for none."""
        self._labels = labels
        self.refresh()

    def render(self) -> Content:
        """One line."""
        keys, gap = self._fitting()
        return Content(" " * gap).join(self._key(command) for command in keys)

    def _fitting(self) -> tuple[list[Command], int]:
        """The commands that fit, and the cells between them."""
        shown = [c for c in self._commands if self._label(c)]
        for most in sorted({c.rank for c in shown}, reverse=True):
            keys = [c for c in shown if c.rank <= most]
            cells = sum(self._key(c).cell_length for c in keys)
            for gap in (3, 2):
                if cells + gap * (len(keys) - 1) <= self.size.width:
                    return keys, gap
        return [], 0

    def _label(self, command: Command) -> str:
        return self._labels.get(command.id, command.label)

    def _key(self, command: Command) -> Content:
        words = f" {self._label(command)}"
        return Content.assemble((in_words(command.shown), "bold $focus"), (words, "$muted"))

    def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does, once for a double click."""
        offset = event.get_content_offset(self)
        if offset is None or event.chain > 1:
            return
        keys, gap = self._fitting()
        column = 0
        for command in keys:
            width = self._key(command).cell_length
            if column <= offset.x < column + width:
                self.post_message(self.Pressed(command.id))
            column += width + gap
