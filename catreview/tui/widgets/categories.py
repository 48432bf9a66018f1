"""The category bar: every category with its key, the proposed one as a chip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.timer import Timer

from catreview.schema import Schema
from catreview.tui.theme import colour
from catreview.tui.widgets.painted import Words

GAPS = (4, 2, 1)
"""Cells between categories, as wide as they fit."""
FLASH_SECONDS = 0.6
SHARE = 4
"""At most the fourth part of the screen is the bar's: the message is to be read."""


class CategoryBar(Words):
    """The categories in schema order; each keeps its place whatever is proposed.

    Where they need more rows than there are, the last row says how many are left out, and names the
    one of them that is proposed or given. Those that are left out, and those without a key of their
    own, are found with the key `finds`.
    """

    @dataclass
    class Chosen(Message):
        """Someone clicked a category."""

        category: str

    def __init__(self, schema: Schema, finds: str = "") -> None:
        super().__init__(id="categories")
        self._finds = finds
        self._schema = schema
        self._proposed: str | None = None
        self._decided: str | None = None
        self._saved: str | None = None
        self._flash: Timer | None = None
        self._places: list[tuple[int, int, int, str]] = []

    def show(self, proposed: str | None, decided: str | None) -> None:
        """Show the proposed category and the reviewer's own, None where there is none."""
        self._proposed, self._decided = proposed, decided
        self.refresh()

    def flash(self, saved: str | None) -> None:
        """Mark the category just given, for a moment; None: no longer."""
        self._saved = saved
        self.refresh()
        if self._flash is not None:
            self._flash.stop()
        self._flash = self.set_timer(FLASH_SECONDS, partial(self.flash, None)) if saved else None

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """As many rows as the categories need, or may have."""
        places = self._arrange(width, viewport.height)
        return (
            1
            + max((row for row, *_ in places), default=-1)
            + (len(places) < len(self._schema.names))
        )

    def _arrange(self, width: int, height: int) -> list[tuple[int, int, int, str]]:
        """Row, column and width of each category shown on a screen of so many rows."""
        sizes = [cell_len(c.name) + 4 for c in self._schema.categories]
        gap = next((g for g in GAPS if sum(sizes) + g * (len(sizes) - 1) <= width), GAPS[0])
        places, row, column = [], 0, 0
        for size, name in zip(sizes, self._schema.names, strict=True):
            if column and column + size > width:
                row, column = row + 1, 0
            places.append((row, column, size, name))
            column += size + gap
        most = height // SHARE
        return places if row < most else [place for place in places if place[0] < most - 1]

    def render(self) -> Content:
        """The bar."""
        self._places = self._arrange(self.size.width, self.screen.size.height)
        line, row, column = Content(), 0, 0
        for i, (at_row, at, size, name) in enumerate(self._places):
            if at_row > row:
                line, row, column = line + "\n", at_row, 0
            line += " " * (at - column) + self._category(i, name)
            column = at + size
        left_out = self._schema.names[len(self._places) :]
        return line + "\n" + self._of_those(left_out) if left_out else line

    def _of_those(self, left_out: Sequence[str]) -> Content:
        by_name = f": {self._finds} finds them by name" if self._finds else ""
        words = Content.styled(f"   … {len(left_out):,} more{by_name}", "$muted")
        marked = (n for n in (self._saved, self._decided, self._proposed) if n in left_out)
        if (name := next(marked, None)) is None:
            return words
        return words + "  " + self._category(self._schema.names.index(name), name)

    def _category(self, position: int, name: str) -> Content:
        own = self._schema.categories[position].key
        key = own or (self._finds if len(self._finds) == 1 else " ")
        tint = colour(position)
        if name == self._saved:
            return Content.assemble((f"✓{key} {name} ", f"bold $chip-ink on {tint}"))
        mark = "✓" if name == self._decided else "▸" if name == self._proposed else " "
        if mark != " ":
            return Content.assemble(
                (f"{mark}{key} ", f"bold $chip-ink on {tint}"), (f"{name} ", f"bold {tint}")
            )
        return Content.assemble(
            (f" {key} ", f"bold {tint}" if own else "$faint"), (f"{name} ", "$plain")
        )

    def on_click(self, event: events.Click) -> None:
        """Give the category under the mouse."""
        offset = event.get_content_offset(self)
        # The second click of a double one would meet a message that nobody has read.
        if offset is None or event.chain > 1:
            return
        for row, column, size, name in self._places:
            if row == offset.y and column <= offset.x < column + size:
                self.post_message(self.Chosen(name))
