"""A category by typing a part of its name: for schemas with more categories than keys."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from catreview.schema import Category, Schema
from catreview.tui.inert import fit, one_line
from catreview.tui.terminal import in_words
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import Lines


class CategoryList(Lines, can_focus=False):
    """The categories that hold what was typed, those that start with it first."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="choices")
        self._all = list(enumerate(schema.categories))
        self._named = max(map(len, schema.names))
        self._shown = self._all
        self._cursor = 0

    def filter(self, typed: str) -> None:
        """Show those that hold `typed`, in any case; the cursor goes to the first."""
        word = typed.strip().casefold()
        names = [(i, category, category.name.casefold()) for i, category in self._all]
        first = [(i, c) for i, c, name in names if name.startswith(word)]
        rest = [(i, c) for i, c, name in names if word in name and not name.startswith(word)]
        self._shown, self._cursor = first + rest, 0
        self.scroll_lines_to(0)

    def walk(self, step: int) -> None:
        """Go to a neighbour; stops at the ends."""
        self._cursor = min(max(self._cursor + step, 0), max(len(self._shown) - 1, 0))
        if not self.top <= self._cursor < self.top + self.size.height:
            self.scroll_lines_to(self._cursor - self.size.height // 2)
        self.refresh()

    @property
    def current(self) -> Category | None:
        """The category under the cursor."""
        return self._shown[self._cursor][1] if self._shown else None

    @property
    def count(self) -> int:
        """The categories shown, or a line that says that there are none."""
        return len(self._shown) or 1

    def line(self, at: int) -> Content:
        """Key, name and definition of one."""
        if not self._shown:
            return Content.styled("No category holds that.", "$muted")
        place, category = self._shown[at]
        here = at == self._cursor
        words = one_line(category.definition, max(self.text_width - self._named - 7, 1))
        tint = f"bold {colour(place)}"
        return Content.assemble(
            ("▌ " if here else "  ", "$focus"), (f"{category.key or ' '}  ", tint),
            (fit(category.name, self._named + 2), tint if here else "$plain"),
            (words, "$muted" if here else "$faint"),
        )  # fmt: skip

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the line under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self.walk(offset.y + self.top - self._cursor)


class ChoiceScreen(ModalScreen[str]):
    """Dismissed with the name of a category, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("up", "walk(-1)", show=False, priority=True),
        Binding("down", "walk(1)", show=False, priority=True),
    ]

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self._schema = schema
        self._early: list[events.Key] = []

    def compose(self) -> ComposeResult:
        """A field over a list."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Choose a category"
            frame.border_subtitle = in_words("⏎ gives it   ↑ ↓ walk   esc closes")
            yield Input(placeholder="type a part of its name", compact=True, id="typed")
            yield CategoryList(self._schema)

    def on_mount(self) -> None:
        """As high as the list, as far as there is room; then what was typed ahead."""
        self.query_one(".frame").styles.height = len(self._schema.categories) + 6
        for event in self._early:
            self.take(event)

    def take(self, event: events.Key) -> None:
        """Take a key that was pressed before the field was there."""
        event.stop()
        fields = self.query(Input)
        if not fields:
            self._early.append(event)
        elif event.key == "enter":
            self._choose()
        elif event.key == "escape":
            self.dismiss(None)
        elif event.is_printable and event.character:
            fields.first().insert_text_at_cursor(event.character)
            self.query_one(CategoryList).filter(fields.first().value)

    def on_key(self, event: events.Key) -> None:
        """Keys that the field did not get."""
        if not self.query_one(Input).has_focus:
            self.take(event)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as one types."""
        self.query_one(CategoryList).filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter gives the category under the cursor; without one it does nothing."""
        event.stop()
        self._choose()

    def _choose(self) -> None:
        category = self.query_one(CategoryList).current
        if category is not None:
            self.dismiss(category.name)

    def action_walk(self, step: int) -> None:
        """Go to a neighbour while typing."""
        self.query_one(CategoryList).walk(step)
