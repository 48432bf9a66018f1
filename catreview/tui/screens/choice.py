"""A category by typing a part of its name: for schemas with more categories than keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from catreview.schema import Category, Schema
from catreview.tui.inert import fit, one_line, widest
from catreview.tui.keymap import Keymap
from catreview.tui.screens.keyed import Keyed
from catreview.tui.screens.passing import Framed
from catreview.tui.theme import colour
from catreview.tui.widgets.field import Field, command_of
from catreview.tui.widgets.lines import CursorLines


class CategoryList(CursorLines, can_focus=False):
    """The categories that hold what was typed, those that start with it first."""

    @dataclass
    class Chosen(Message):
        """Someone clicked a category."""

        category: str

    def __init__(self, schema: Schema, proposed: str | None) -> None:
        super().__init__(id="choices")
        self._all = list(enumerate(schema.categories))
        self._named = widest(schema.names)
        self._shown = self._all
        self._proposed = schema.index.get(proposed or "", 0)
        self.cursor = self._proposed

    def filter(self, typed: str) -> None:
        """Show those that hold `typed`, in any case.

        The cursor goes to the first, of all to the proposed one.
        """
        word = typed.strip().casefold()
        names = [(i, category, category.name.casefold()) for i, category in self._all]
        first = [(i, c) for i, c, name in names if name.startswith(word)]
        rest = [(i, c) for i, c, name in names if word in name and not name.startswith(word)]
        self._shown, self.cursor = first + rest, 0 if word else self._proposed
        self.scroll_lines_to(0)
        self.follow()

    @property
    def rows(self) -> int:
        """The categories shown."""
        return len(self._shown)

    @property
    def current(self) -> Category | None:
        """The category under the cursor."""
        return self._shown[self.cursor][1] if self._shown else None

    @property
    def count(self) -> int:
        """A line for each, or one that says that there are none."""
        return self.rows or 1

    def line(self, at: int) -> Content:
        """Key, name and definition of one."""
        if not self._shown:
            return Content.styled("No category holds that.", "$muted")
        place, category = self._shown[at]
        here = at == self.cursor
        words = one_line(category.definition, max(self.text_width - self._named - 7, 1))
        tint = f"bold {colour(place)}"
        return Content.assemble(
            ("▌ " if here else "  ", "$focus"), (f"{category.key or ' '}  ", tint),
            (fit(category.name, self._named + 2), tint if here else "$plain"),
            (words, "$muted" if here else "$faint"),
        )  # fmt: skip

    def on_click(self, event: events.Click) -> None:
        """Give the category under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y + self.top < len(self._shown):
            self.post_message(self.Chosen(self._shown[offset.y + self.top][1].name))


class ChoiceScreen(Keyed[str], Framed[str]):
    """Dismissed with the name of a category, or None."""

    def __init__(self, keys: Keymap, proposed: str | None) -> None:
        super().__init__(keys, "field")
        self._proposed = proposed
        self._early: list[events.Key] = []

    def compose(self) -> ComposeResult:
        """A field over a list."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Choose a category"
            answer, cancel, up, down = (
                self._keys[f"field_{c}"] for c in ("answer", "cancel", "up", "down")
            )
            frame.border_subtitle = f"{answer} gives it   {up} {down} walk   {cancel} closes"
            yield Field(self._keys, placeholder="type a part of its name", id="typed")
            yield CategoryList(self._keys.schema, self._proposed)

    def on_mount(self) -> None:
        """As high as the list, as far as there is room; then what was typed ahead."""
        self.query_one(".frame").styles.height = len(self._keys.schema.categories) + 6
        for event in self._early:
            self.take(event)

    def take(self, event: events.Key) -> None:
        """Take a key that was pressed before the field was there, or had the focus."""
        fields, command = self.query(Field), command_of(self._keys, event)
        if not fields:
            event.stop()
            self._early.append(event)
        elif command:
            event.stop()
            self.press(command)
        elif event.is_printable and event.character:
            event.stop()
            fields.first().insert_text_at_cursor(event.character)
            self.query_one(CategoryList).filter(fields.first().value)

    def on_key(self, event: events.Key) -> None:
        """Keys that the field did not get."""
        event.prevent_default()  # of `Keyed`, which would do them once more
        self.take(event)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as one types."""
        self.query_one(CategoryList).filter(event.value)

    @on(CategoryList.Chosen)
    def _clicked(self, event: CategoryList.Chosen) -> None:
        self.dismiss(event.category)

    @on(Field.Pressed)
    def _pressed(self, event: Field.Pressed) -> None:
        event.stop()
        self.press(event.command)

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """Choosing, and walking through the list."""
        walk = self.query_one(CategoryList).walk
        return {
            "answer": self._give,
            "cancel": partial(self.dismiss, None),
            "up": partial(walk, -1),
            "down": partial(walk, 1),
        }

    def _give(self) -> None:
        current = self.query_one(CategoryList).current
        if current is not None:
            self.dismiss(current.name)
