"""The queues one can choose among, and how many examples wait in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from catreview.jobs.project import Project
from catreview.jobs.review.finding import parse, vocabulary
from catreview.jobs.review.lookups import FIND, MOST, Freshness
from catreview.jobs.review.queueing import QUEUES, build_queue
from catreview.jobs.review.unswayed import find_for


@dataclass(frozen=True, slots=True)
class Listed:
    """A queue as a list shows it: its name, the one to read, and what is in it."""

    name: str
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How many wait in a queue; of a `sample` alone while the queue was never put in order."""

    waiting: int
    sample: bool


_ABOUT: Final = {
    "disagreement": "LLMs, functions, model in disagreement",
    "ambiguous": "what the functions know little about",
    "pilot": "the pilot's sample",
    "value": "most macro F1 for a second of yours",
    "label-errors": "labels that the model is sure to be wrong",
    "uncertain": "what the model is least sure of",
    "coverage": "what no function, LLM or label covers",
    "audit": "a random sample of the machine's labels",
    "gold": "what scores are measured on, blind",
    "again": "what you decided long ago, blind",
    "adjudicate": "what reviewers decided differently",
}
_MARKED: Final = (
    Listed(FIND + "is:skipped", "skipped", "left for later"),
    Listed(FIND + "is:flagged", "flagged", "flagged for a second look"),
    Listed(FIND + "is:noted", "noted", "with a note"),
    Listed(FIND + "is:bulk", "in bulk", "accepted with others, unseen"),
)
LISTED: Final = (*(Listed(name, name, _ABOUT.get(name, "")) for name in QUEUES), *_MARKED)
"""Every queue, then what people left a mark on."""


def count_queue(project: Project, name: str, reviewer: str) -> Counted:
    """Count what waits for a reviewer in a queue; up to a second in a small project.

    Raises:
        CatreviewError: the queue cannot be opened.
    """
    if name.startswith(FIND):
        conditions = parse(vocabulary(project), name.removeprefix(FIND))
        found = find_for(project, reviewer, conditions, MOST)
        return Counted(len(found), sample=False)
    queue = build_queue(project, name, reviewer)
    return Counted(len(queue.numbers), queue.freshness is Freshness.SAMPLE)
