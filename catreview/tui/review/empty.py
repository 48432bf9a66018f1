"""What an empty screen teaches, and a found queue."""

from __future__ import annotations

from catreview.jobs.review.lookups import FIND, MOST
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.status import Status
from catreview.tui.keymap import Keymap

TITLES = {
    "disagreement": "No disagreements left.",
    "ambiguous": "Nothing ambiguous left.",
    "pilot": "The pilot sample is reviewed.",
    "again": "Nothing was decided long enough ago.",
    "gold": "There is gold enough to measure on.",
    "adjudicate": "Nothing left to adjudicate.",
}

ASKS_THE_MODEL = {"label-errors", "uncertain"}
"""Queues that have nothing in them before a model was trained."""


def first_steps(keys: Keymap) -> str:
    """For who has not decided anything yet."""
    return (
        "Press the key of the right category: it saves and goes on."
        f" {keys['accept']} accepts the proposal, {keys['undo']} undoes, {keys['help']} explains."
    )


def how_many_found(count: int, keys: Keymap) -> str:
    """What a query found, and the way back; no more than `MOST` open."""
    first = "The first " if count == MOST else ""
    return f"{first}{count:,} found; {keys['back']} goes back."


def nothing_here(
    session: ReviewSession, following: str, status: Status | None, keys: Keymap
) -> tuple[str, list[str]]:
    """A title and the next steps, for a queue with nothing (more) in it for this reviewer."""
    if status is not None and not status.examples:
        return "Nothing imported yet.", [
            f"1  quit with {keys['quit']}",
            "2  catreview import FILE",
            "3  catreview lf run",
            "4  catreview review",
        ]
    elsewhere = session.unfinished
    if session.queue.startswith(FIND) and not elsewhere:
        title = "All that was found is decided." if len(session) else "Nothing found."
        return title, [
            f"{keys['search']}  look for something else",
            f"{keys['back']}  back to the queues",
        ]
    if status is not None and not any(n for kind, n in status.votes.items() if kind != "reviewer"):
        return "No source has voted yet.", [
            f"1  quit with {keys['quit']}",
            "2  catreview lf run",
            "3  catreview review",
            "",
            f"Or press {keys['label']}: a language model labels.",
        ]
    title, learn = TITLES.get(session.queue, "Nothing left here."), "retrain on what you decided"
    if status is not None and not status.models:
        learn = "train a classifier"
        if session.queue in ASKS_THE_MODEL:
            title = "A trained model has to say what belongs here."
    return "What is left lies on other desks." if elsewhere else title, [
        *(["It goes on by itself when one is free.", ""] if elsewhere else []),
        f"{keys['next_queue']}  open the {following} queue",
        f"{keys['retrain']}  {learn}",
        f"{keys['label']}  have more labelled by the LLM",
        *([f"{keys['previous']}  look at the last message again"] if len(session) else []),
    ]
