"""The options of a draft, each with its key and a tick where it is on."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from catreview.functions import Draft
from catreview.tui.keymap import Keymap

OPTIONS = (
    ("whole_words", "whole", "whole"), ("start", "start", "start"), ("end", "end", "end"),
    ("previous", "previous", "before"), ("case", "case", "case"), ("regex", "regex", "regex"),
)  # fmt: skip
"""The draft's field, its command, and its name on screen."""
OF_PHRASES = ("whole_words", "start", "end")
"""What a regular expression says itself."""


class DraftOptions(Static):
    """One line; a click switches what it hits."""

    ALLOW_SELECT = False

    @dataclass
    class Chosen(Message):
        """An option was clicked."""

        option: str

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="where", markup=False)
        self._keys = {c.id: c.shown for c in keys.own("draft")}
        self._draft: Draft | None = None
        self._ends: list[tuple[int, str]] = []

    def show(self, draft: Draft) -> None:
        """Show the options of a draft."""
        self._draft = draft
        self.refresh()

    def render(self) -> Content:
        """The options from left to right; each keeps its place."""
        draft = self._draft
        if draft is None:
            return Content()
        line, self._ends = Content(), []
        for option, command, name in OPTIONS:
            idle = draft.regex and option in OF_PHRASES
            on = bool(getattr(draft, option)) and not idle
            ink = "$faint" if idle else "bold $bright" if on else "$muted"
            line += Content.assemble(
                ("✓" if on else " ", "bold $focus"),
                (self._keys[command], "$faint" if idle else "bold $focus"), (f" {name}  ", ink),
            )  # fmt: skip
            self._ends.append((line.cell_length, option))
        most = draft.at_most
        words = "any length" if most is None else f"at most {most} word{'s' * (most > 1)}"
        return line + Content.assemble(
            (f" {self._keys['fewer']} {self._keys['more']}", "bold $focus"),
            (f" {words}", "$muted" if most is None else "bold $bright"),
        )

    def on_click(self, event: events.Click) -> None:
        """Switch the option under the mouse."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for end, option in self._ends:
            if offset.x < end:
                self.post_message(self.Chosen(option))
                return
