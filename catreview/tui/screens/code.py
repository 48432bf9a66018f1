"""The code of a drafted function, before it is written."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from catreview.functions import Draft
from catreview.tui.inert import inert
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


class CodeScreen(ModalScreen[str]):
    """Dismissed with the name under which to write it, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, draft: Draft, name: str) -> None:
        super().__init__()
        self._draft = draft
        self._proposed = name
        self._armed = False

    def compose(self) -> ComposeResult:
        """The name over the code."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Into functions.py"
            frame.border_subtitle = "⏎ writes it, and it votes   esc back"
            with Horizontal(id="naming"):
                yield Label("name", markup=False)
                yield Input(self._proposed, compact=True, select_on_focus=False)
            yield Code(self._draft)

    def on_mount(self) -> None:
        """Show the code; a moment later enter writes it."""
        self.query_one(Code).show(self._proposed)
        self.query_one(Input).focus()
        self.set_timer(ARMED_SECONDS, self._arm)

    def _arm(self) -> None:
        self._armed = True

    @on(Input.Changed)
    def _named(self, event: Input.Changed) -> None:
        self.query_one(Code).show(event.value)

    @on(Input.Submitted)
    def _write(self, event: Input.Submitted) -> None:
        event.stop()
        if self._armed:
            self._armed = False  # once
            self.dismiss(event.value.strip())
