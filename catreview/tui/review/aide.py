"""What works for the review screen beside it, and shares its parts."""

from __future__ import annotations

from dataclasses import dataclass

from textual.screen import Screen

from catreview.jobs.project import Project
from catreview.tui.background import Background
from catreview.tui.keymap import Keymap
from catreview.tui.review.acts import Acts
from catreview.tui.widgets.notice import Notice


@dataclass
class Aide:
    """One that does some of the commands of `review`, with what that is made of."""

    review: Screen[None]
    project: Project
    keys: Keymap
    notice: Notice
    acts: Acts
    background: Background
