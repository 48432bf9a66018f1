"""Widgets that are painted line by line, and keep what was painted.

Of a key's time most goes into painting. A line that was painted before, here or further up or
down, is taken as it was: with its borders, in its colours and cut where panes meet.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import groupby
from typing import Self

from rich.segment import Segment
from textual.cache import LRUCache
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

KEPT = 512
"""Lines kept as they were painted."""


class Painted(Widget):
    """Rows of text, each painted once for what it looks like."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.fitted = Size(0, 0)
        """The size that was painted last."""
        self._strips: LRUCache[Hashable, Strip] = LRUCache(KEPT)

    def fit(self) -> None:
        """Adapt to the size `fitted`, in which nothing was painted yet."""

    def row(self, y: int) -> Content:
        """A row of the screen, 0 to `fitted.height` - 1."""
        raise NotImplementedError

    def looks(self, y: int) -> Hashable | None:
        """What a row is made from, so that it may be kept; None: it may not."""
        raise NotImplementedError

    def notify_style_update(self) -> None:
        """What was painted had other colours or borders."""
        super().notify_style_update()
        self._strips.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines with their borders; those that were not painted before are painted now."""
        if self.fitted != self.size:
            self.fitted = self.size
            self.fit()
        keys = self._kept_as(crop)
        lines = [None if key is None else self._strips.get(key) for key in keys]
        for kept, run in groupby(range(len(lines)), lambda i: lines[i] is not None):
            if not kept:
                places = list(run)
                part = Region(crop.x, crop.y + places[0], crop.width, len(places))
                for i, strip in zip(places, super().render_lines(part), strict=True):
                    lines[i] = strip
                    if (key := keys[i]) is not None:
                        self._strips[key] = strip
        return [line for line in lines if line is not None]

    def _kept_as(self, crop: Region) -> list[Hashable | None]:
        """By what the lines of the screen are kept; borders above and below are not."""
        top, height = self.gutter.top, self.fitted.height
        # A new theme's name is there before its colours are: both are asked for.
        same = (crop.column_span, self.has_focus, self.app.theme, self.visual_style)
        looks = [self.looks(y - top) if 0 <= y - top < height else None for y in crop.line_range]
        return [None if look is None else (look, same) for look in looks]

    def render_line(self, y: int) -> Strip:
        """A row without borders."""
        text = self.row(y)
        parse = self.app.stylesheet.parse_style
        return Strip(
            [
                Segment(part, style.rich_style)
                for part, style in text.render(self.visual_style, end="", parse_style=parse)
                if part
            ],
            text.cell_length,
        )


class Words(Painted):
    """What `render` says, wrapped; changing it lays nothing out anew."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._rows: list[Content] | None = None

    def render(self) -> Content:
        """The words."""
        raise NotImplementedError

    def refresh(self, *regions: Region, **how: bool) -> Self:
        """Ask anew what to say."""
        self._rows = None
        return super().refresh(*regions, **how)

    def fit(self) -> None:
        """The words depend on the width."""
        self._rows = None

    def row(self, y: int) -> Content:
        """One row, empty below the last."""
        if self._rows is None:
            words, width = self.render(), self.fitted.width
            self._rows = words.split(allow_blank=True)
            if any(row.cell_length > width for row in self._rows):
                self._rows = words.wrap(max(width, 1))
        return self._rows[y] if y < len(self._rows) else Content()

    def looks(self, y: int) -> Hashable:
        """Text and styles of the row."""
        return looks(self.row(y))


def looks(text: Content) -> Hashable:
    """What a text is painted from; the texts alone tell whether `Content`s are equal."""
    return text.plain, tuple(text.spans)


class Titled(Vertical):
    """A pane whose title changes often; Textual would paint all of the pane for that."""

    _entitling = False

    def entitle(self, title: Content) -> None:
        """Write the title into the border."""
        self._entitling = True
        self.border_title = title
        self._entitling = False

    def refresh(self, *regions: Region, **how: bool) -> Self:
        """Paint anew; for a new title the border above alone."""
        if self._entitling:
            gutter = self.gutter
            regions = (Region(-gutter.left, -gutter.top, self.outer_size.width, 1),)
        return super().refresh(*regions, **how)
