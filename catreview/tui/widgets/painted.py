"""Widgets that are painted line by line, and keep what was painted.

Of a key's time most goes into painting. A line that was painted before, here or further up or
down, is taken as it was: with its borders, in its colours and cut where panes meet.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple, Self

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.color import Color
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

KEPT = 512
"""Lines kept as they were painted."""


class Kept(Widget):
    """A widget whose lines are those of the last paint until something asks for others."""

    _painted: tuple[Hashable, list[Strip]] | None = None
    """What the lines were painted for, and they."""

    @property
    def due(self) -> bool:
        """Whether the lines have to be made anew."""
        return self._painted is None

    def refresh(self, *regions: Region, **how: bool) -> Self:
        """Paint anew."""
        self._painted = None
        return super().refresh(*regions, **how)

    def notify_style_update(self) -> None:
        """What was painted had other colours or borders."""
        super().notify_style_update()
        self._painted = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines with their borders; where nothing has changed, as they are."""
        # A new theme's name is there before its colours are: both are asked for.
        same = (crop, self.has_focus, self.app.theme, self.visual_style)
        if self._painted is None or self._painted[0] != same:
            self._painted = (same, self.paint(crop, same))
        return self._painted[1]

    def paint(self, crop: Region, same: Hashable) -> list[Strip]:  # noqa: ARG002 - for Painted
        """The lines with their borders, which look alike where `same` is the same."""
        return super().render_lines(crop)


class Frame(NamedTuple):
    """What stands beside every row of a widget: borders, padding, the ground."""

    same: Hashable
    """What it was taken for."""
    left: Strip
    right: Strip
    ground: Style
    background: Color
    filters: Sequence[LineFilter]

    def around(self, text: Strip, width: int) -> Strip:
        """The row with what is beside it; `width` are the cells between."""
        text = text.adjust_cell_length(width, self.ground)
        for line_filter in self.filters:
            text = text.apply_filter(line_filter, self.background)
        return Strip.join([self.left, text, self.right]) if self.left or self.right else text


class Painted(Kept):
    """Rows of text, each painted once for what it looks like."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.fitted = Size(0, 0)
        """The size that was painted last."""
        self._strips: LRUCache[Hashable, Strip] = LRUCache(KEPT)
        self._frame: Frame | None = None

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
        self._frame = None

    def paint(self, crop: Region, same: Hashable) -> list[Strip]:
        """The lines with their borders; those that were not painted before are painted now."""
        if self.fitted != self.size:
            self.fitted = self.size
            self.fit()
        if self._frame is None or self._frame.same != same:
            self._strips.clear()
            self._frame = self._framed(same)
        top, (width, height) = self.gutter.top, self.fitted
        lines = []
        for y in crop.line_range:
            inside = 0 <= y - top < height
            looks = self.looks(y - top) if inside else (y, self.border_title, self.border_subtitle)
            line = None if looks is None else self._strips.get(looks)
            if line is None:
                if inside:
                    line = self._frame.around(self.render_line(y - top), width)
                else:
                    (line,) = super().paint(Region(0, y, crop.right, 1), same)
                line = line.crop(*crop.column_span)
                if looks is not None:
                    self._strips[looks] = line
            lines.append(line)
        return lines

    def _framed(self, same: Hashable) -> Frame:
        """Textual paints one row, of which the sides are taken: they are those of all."""
        gutter, width = self.gutter, self.outer_size.width
        (line,) = super().paint(Region(0, gutter.top, width, 1), same)
        base, background = self.background_colors
        return Frame(
            same,
            line.crop(0, gutter.left),
            line.crop(width - gutter.right, width),
            Style.from_color(bgcolor=(base + background).rich_color),
            background,
            self.get_line_filters(),
        )

    def render_line(self, y: int) -> Strip:
        """A row without borders, no wider than they leave room."""
        return self.drawn(self.row(y))

    def drawn(self, text: Content) -> Strip:
        """One line of text."""
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


class Pane(Kept, Vertical):
    """A pane of which only what it holds changes."""


class Panes(Kept, Horizontal):
    """Panes side by side."""


class Titled(Pane):
    """A pane whose title changes often; Textual would paint all of the pane for that."""

    _entitling = False
    _below: tuple[Hashable, list[Strip]] | None = None
    """What was painted before the title changed, where nothing else has since."""

    def entitle(self, title: Content) -> None:
        """Write the title into the border."""
        self._entitling = True
        self.border_title = title
        self._entitling = False

    def refresh(self, *regions: Region, **how: bool) -> Self:
        """Paint anew; for a new title the border above alone."""
        self._below = (self._painted or self._below) if self._entitling else None
        if self._entitling:
            gutter = self.gutter
            regions = (Region(-gutter.left, -gutter.top, self.outer_size.width, 1),)
        return super().refresh(*regions, **how)

    def notify_style_update(self) -> None:
        """What was painted had other colours or borders."""
        super().notify_style_update()
        self._below = None

    def paint(self, crop: Region, same: Hashable) -> list[Strip]:
        """The border above, and what is below it where that has not changed."""
        if self._below is None or self._below[0] != same or crop.y:
            return super().paint(crop, same)
        return [*super().paint(Region(crop.x, 0, crop.width, 1), same), *self._below[1][1:]]
