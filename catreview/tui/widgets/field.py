"""A line to type in."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import Input

from catreview.schema import Category
from catreview.tui.keymap import Keymap


class Field(Input):
    """Types and edits with all keys but those of `field` in the keymap, which it reports."""

    @dataclass
    class Pressed(Message):
        """One of them was pressed: the id of its command."""

        command: str

    def __init__(
        self,
        keys: Keymap,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(value, placeholder=placeholder, compact=True, select_on_focus=False, id=id)
        self._keys = keys

    def _on_paste(self, event: events.Paste) -> None:
        # Textual's takes the first line and leaves out the others without a word.
        event.prevent_default()
        event.stop()
        words = " ".join(event.text.split())
        self.replace("".join(filter(str.isprintable, words)), *self.selection)

    def on_key(self, event: events.Key) -> None:
        """Report a key of the field's own; enter is none of Textual's here."""
        command = command_of(self._keys, event)
        if command or event.key == "enter":
            event.stop()
            event.prevent_default()
        if command:
            self.post_message(self.Pressed(command))


def command_of(keys: Keymap, event: events.Key) -> str:
    """The id of the command that a key is while one types, "" for one that is typed."""
    meant = keys.meant("field", event)
    return "" if meant is None or isinstance(meant, Category) else meant.id
