"""The code of a drafted function, before it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label

from catreview.functions import Draft
from catreview.tui.inert import inert
from catreview.tui.keymap import Keymap
from catreview.tui.screens.keyed import Keyed
from catreview.tui.screens.passing import Framed
from catreview.tui.widgets.field import Field
from catreview.tui.widgets.lines import BuiltLines

ARMED_SECONDS = 0.4
"""An enter sooner than this is the one that opened it, held down."""


class Code(BuiltLines, can_focus=False):
    """Lines of Python, wrapped where they are long."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(id="code")
        self._draft = draft
        self._under = ""

    def show(self, name: str) -> None:
        """Show the function under this name."""
        self._under = name
        self.rebuild()

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """The code."""
        lines: list[Content] = []
        for line in self._draft.code(self._under).splitlines():
            lines += Content.styled(inert(line), "$bright").wrap(width) or [Content()]
        return lines, 0


class CodeScreen(Keyed[str], Framed[str]):
    """Dismissed with the name under which to write it, or None."""

    def __init__(self, keys: Keymap, draft: Draft, name: str) -> None:
        super().__init__(keys, "field")
        self._draft = draft
        self._proposed = name
        self._armed = False

    def compose(self) -> ComposeResult:
        """The name over the code."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Into functions.py"
            answer, cancel = self._keys["field_answer"], self._keys["field_cancel"]
            frame.border_subtitle = f"{answer} writes it, and it votes   {cancel} back"
            with Horizontal(id="naming"):
                yield Label("name", markup=False)
                yield Field(self._keys, self._proposed)
            yield Code(self._draft)

    def on_mount(self) -> None:
        """Show the code; a moment later enter writes it."""
        self.query_one(Code).show(self._proposed)
        self.query_one(Field).focus()
        self.set_timer(ARMED_SECONDS, self._arm)

    def _arm(self) -> None:
        self._armed = True

    @on(Input.Changed)
    def _named(self, event: Input.Changed) -> None:
        self.query_one(Code).show(event.value)

    @on(Field.Pressed)
    def _pressed(self, event: Field.Pressed) -> None:
        event.stop()
        self.press(event.command)

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """Writing it, or not."""
        return {"answer": self._take, "cancel": partial(self.dismiss, None)}

    def _take(self) -> None:
        if self._armed:
            self._armed = False  # once
            self.dismiss(self.query_one(Field).value.strip())
