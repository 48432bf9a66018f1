"""Messages like another one as a list that can be walked through, the odd ones first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.content import Content

from catreview.jobs.review.similar import Alike
from catreview.schema import Schema
from catreview.tui.inert import fit, one_line, widest
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import CursorLines

NAMED, MOST_NAMED = 8, 16
"""Cells of a label's name at least, for “no label”, and at most."""


class AlikeList(CursorLines):
    """A line for each message, under one that names the columns."""

    FIXED = 1

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="alike")
        self._looks = {c.name: (c.key or "•", colour(i)) for i, c in enumerate(schema.categories)}
        self._named = min(max(widest(schema.names), NAMED), MOST_NAMED)
        self._rows: Sequence[Alike] = ()
        self._is_out: Callable[[Alike], bool] = lambda _: False
        self._category: str | None = None
        self._words = "looking for messages like it…"

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Like it, the odd ones first"

    def show(
        self, rows: Sequence[Alike], category: str | None, is_out: Callable[[Alike], bool]
    ) -> None:
        """Show these rows, judged against a category; the cursor keeps its place."""
        self._rows, self._category, self._is_out = rows, category, is_out
        self._words = "" if rows else "No undecided message is like it."
        self.walk(0)

    @property
    def current(self) -> Alike | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    @property
    def rows(self) -> int:
        """The messages."""
        return len(self._rows)

    def on_resize(self, _: events.Resize) -> None:
        """Keep the cursor in view, also after a walk while a check was in the list's place."""
        self.place(self.top)
        self.walk(0)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y >= self.FIXED:
            self.walk(offset.y + self.top - self.FIXED - self.cursor)

    @property
    def count(self) -> int:
        """The heading and the rows."""
        return self.FIXED + self.rows

    def line(self, at: int) -> Content:
        """One of them."""
        if not self._rows:
            return Content.styled(self._words, "$muted")
        if at == 0:
            heads = f"      alike  {fit('label', self._named + 2)}  {'against':<9}"
            return Content.styled(heads, "$faint")
        row = self._rows[at - 1]
        here, out = at - 1 == self.cursor, self._is_out(row)
        ink = "$faint" if out else "bold $bright" if here else "$plain"
        key, tint = self._looks.get(row.label or "", (" ", "$muted"))
        against = row.against(self._category) if self._category else 0
        said = f"≠ {against} of {len(row.votes)}" if against else ""
        text = one_line(row.text, max(self.text_width - self._named - 27, 1))
        return Content.assemble(
            ("▌" if here else " ", "$focus"), ("out" if out else " ✓ ", ink),
            (f"  {row.likeness:4.0%}   ", "$faint" if out else "$muted"),
            (f"{key} ", "$faint" if out else f"bold {tint}"),
            (one_line(row.label or "no label", self._named), "$faint" if out else tint),
            (f"  {said:<9} ", "$faint" if out else "bold $focus"), (text, ink),
        )  # fmt: skip
