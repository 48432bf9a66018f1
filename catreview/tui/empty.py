"""What an empty screen teaches."""

from __future__ import annotations

from catreview.jobs.status import Status

FIRST_STEPS = (
    "Press the key of the right category: it saves and goes on. ⏎ accepts the proposal, u undoes,"
    " ? explains."
)
"""For who has not decided anything yet."""
TITLES = {
    "disagreement": "No disagreements left.",
    "ambiguous": "Nothing ambiguous left.",
    "pilot": "The pilot sample is reviewed.",
}


def nothing_here(queue: str, following: str, status: Status | None) -> tuple[str, list[str]]:
    """A title and the next steps, for a queue with nothing (more) in it."""
    if status is not None and not status.examples:
        return "Nothing imported yet.", [
            "1  quit with q",
            "2  catreview import FILE",
            "3  catreview lf run",
            "4  catreview review",
        ]
    if status is not None and not any(n for kind, n in status.votes.items() if kind != "reviewer"):
        return "No source has voted yet.", [
            "1  quit with q",
            "2  catreview lf run",
            "3  catreview review",
            "",
            "Or press l: a language model labels.",
        ]
    return TITLES.get(queue, "Nothing left here."), [
        f"]  open the {following} queue",
        "r  retrain on what you decided",
        "l  have more labelled by the LLM",
        "k  look at the last message again",
    ]
