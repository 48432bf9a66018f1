"""What a draft would do: its figures, and the messages it would vote on."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widgets import Static

from catreview.jobs.functions.trial_words import told
from catreview.jobs.functions.trying import Match, Trial
from catreview.tui.inert import fit, inert
from catreview.tui.widgets.lines import CursorLines

NAMED = 11
"""Cells of a figure's name."""
AROUND = 400
"""Characters before and after what was found that are looked at: more than fit."""
AGAINST = 36
"""Cells for who says otherwise, where there is room."""


class Figures(Static):
    """One line for each figure; quiet while newer ones are on their way."""

    def __init__(self) -> None:
        super().__init__(id="figures", markup=False)
        self._trial: Trial | None = None
        self._words = "reading the messages…"
        self._waiting = True

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "What it would do"

    def show(self, trial: Trial) -> None:
        """Show what is known so far."""
        self._trial, self._waiting = trial, False
        self.refresh()

    def wait(self) -> None:
        """What is shown is that of another draft."""
        self._waiting = True
        self.refresh()

    def show_problem(self, words: str) -> None:
        """Say why there are no figures."""
        self._trial, self._words = None, words
        self.refresh()

    def render(self) -> Content:
        """The figures."""
        width = max(self.size.width, 1)
        if self._trial is None:
            lines = Content.styled(self._words, "$plain").wrap(width)
            return Content("\n").join(lines[: self.size.height])
        ink = "$faint" if self._waiting else "$bright"
        return Content("\n").join(
            Content.assemble((fit(name, NAMED), "$muted"), (fit(words, max(width - NAMED, 1)), ink))
            for name, words in told(self._trial)
        )


class MatchList(CursorLines):
    """A line for each message, those that speak against the draft first."""

    def __init__(self) -> None:
        super().__init__(id="matches")
        self._matches: tuple[Match, ...] = ()

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Messages, those that speak against it first"

    def show(self, matches: tuple[Match, ...]) -> None:
        """Show these."""
        self._matches, self.cursor = matches, 0
        self.scroll_lines_to(0)

    @property
    def rows(self) -> int:
        """The messages."""
        return len(self._matches)

    @property
    def count(self) -> int:
        """A line for each."""
        return self.rows

    def line(self, at: int) -> Content:
        """One of them: what was found with words around it, and who says otherwise."""
        match, here = self._matches[at], at == self.cursor
        wide = min(AGAINST, self.text_width // 3)
        room = max(self.text_width - wide - 5, 8)
        ink = "bold $bright" if here else "$plain"
        against = fit(match.against, wide)
        return Content.assemble(
            ("▌" if here else " ", "$focus"), ("≠ " if match.against else "  ", "bold $focus"),
            *_found(match, room, ink), "  ", (against, "$muted"),
        )  # fmt: skip

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the line under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self.walk(offset.y + self.top - self.cursor)


def _found(match: Match, room: int, ink: str) -> list[tuple[str, str]]:
    """The text in exactly `room` cells, cut so that what was found can be seen."""
    before, found, after = (
        " ⏎ ".join(inert(part).split("\n"))
        for part in (
            match.text[max(match.start - AROUND, 0) : match.start],
            match.text[match.start : match.end],
            match.text[match.end : match.end + AROUND],
        )
    )
    found = found[:room]
    spare = max(room - cell_len(found), 0)
    if cell_len(before + after) > spare and cell_len(before) > spare // 2:
        kept = before[-max(spare // 2 - 1, 0) :] if spare > 3 else ""
        before = "…" + kept if kept else ""
    left = min(cell_len(before), spare)
    return [
        (fit(before, left), ink),
        (fit(found, room - spare), f"{ink} underline"),
        (fit(after, spare - left), ink),
    ]
