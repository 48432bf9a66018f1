"""How an act is called that was taken back, or done again."""

from __future__ import annotations

from catreview.jobs.review.undoing import Undone
from catreview.tui.inert import one_line

DONE = {
    "skip": "the skip of",
    "flag": "the flag on",
    "unflag": "taking the flag off",
    "note": "the note on",
}


def act_of(changed: Undone) -> str:
    """The act in words, with the message or how many there are."""
    what = DONE.get(changed.review.action, f"{changed.review.category} for")
    if changed.count > 1:
        what += f" {changed.count:,} messages,"
    return f"{what} “{one_line(changed.text, 40).rstrip()}”"
