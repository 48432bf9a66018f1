"""Undecided messages like one: by their words, and by what the labelling functions say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from catreview.jobs.project import Project
from catreview.jobs.review.lookups import ReviewQueue
from catreview.queues import likeness
from catreview.records import ABSTAIN, SourceKind
from catreview.store import Codes

CANDIDATES: Final = 1_000
"""Messages looked at more closely that share rare words, and as many that begin alike."""
RAREST: Final = 4
OPENING: Final = 2
"""Words that messages have to begin with to begin alike."""
ALIKE: Final = 0.6
"""From here on messages are called alike. Where an LLM voted on both, 87 % of those alike have the
same vote, of all that were looked at 43 % (tests/bench/bench_similar.py)."""
MOST: Final = 200
"""Messages that are shown at most, the most alike ones."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Alike:
    """An undecided message and how like the other it is (0..1).

    `label` is its label's category, `votes` what LLMs, heuristic and the last model say.
    """

    number: int
    text: str
    likeness: float
    label: str | None
    votes: tuple[str, ...]

    def against(self, category: str) -> int:
        """How many of those who say something say another category."""
        return sum(vote != category for vote in self.votes)


def find_alike(project: Project, number: int) -> list[Alike]:
    """The undecided messages most like an example, the most alike first; gold is not among them."""
    numbers = np.array(sorted({number, *candidates(project, number)}), dtype=np.int64)
    own = int(np.searchsorted(numbers, number))
    texts = [example.text for example in project.store.examples.get(numbers)]
    said = _said(project, numbers, SourceKind.FUNCTION, SourceKind.GIVEN)
    alike = likeness(texts[own], said[own], texts, said)
    alike[own] = 0.0
    order = np.argsort(-alike, kind="stable")[:MOST]
    kept = np.sort(order[alike[order] >= ALIKE])
    return _described(project, numbers[kept], [texts[i] for i in kept.tolist()], alike[kept])


def candidates(project: Project, number: int) -> set[int]:
    """The undecided messages that share rare words with an example, or begin as it does."""
    finding, text = project.store.finding, project.store.examples.get([number])[0].text
    words = _words(text)
    return {
        *finding.sharing_words(list(dict.fromkeys(words)), RAREST, CANDIDATES),
        *finding.opening_with(words[:OPENING], CANDIDATES),
    } - {number}


def _described(
    project: Project,
    numbers: np.ndarray[tuple[int], np.dtype[np.int64]],
    texts: Sequence[str],
    alike: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> list[Alike]:
    labels = project.store.labels.categories(numbers.tolist())
    said = _said(project, numbers, SourceKind.LLM, SourceKind.HEURISTIC, SourceKind.MODEL)
    names = project.schema.names
    rows = [
        Alike(n, text, value, labels.get(n), tuple(names[code] for _, code in sorted(votes)))
        for n, text, value, votes in zip(numbers.tolist(), texts, alike.tolist(), said, strict=True)
    ]
    return sorted(rows, key=lambda row: -row.likeness)


def _said(
    project: Project, numbers: np.ndarray[tuple[int], np.dtype[np.int64]], *kinds: SourceKind
) -> list[frozenset[tuple[int, int]]]:
    """The votes of these kinds of sources on each example, as (column, code)."""
    votes = project.store.votes
    sources = votes.sources(*kinds)
    older = {source.id for source in sources if source.kind is SourceKind.MODEL}
    newest = max(older, default=0)
    sources = [source for source in sources if source.id not in older or source.id == newest]
    codes: Codes = votes.matrix(numbers, sources, project.schema.names).codes
    return [
        frozenset((i, code) for i, code in enumerate(row) if code != ABSTAIN)
        for row in codes.tolist()
    ]


def similar_queue(project: Project, number: int) -> ReviewQueue:
    """The messages like an example as a queue, the most alike first."""
    found = {row.number: row.likeness for row in find_alike(project, number)}
    return ReviewQueue(
        similar_name(number),
        np.array(list(found), dtype=np.int64),
        0,
        lambda n: f"{100 * found[n]:.0f} % like another one" if n in found else "",
    )


def similar_name(number: int) -> str:
    """What the queue of messages like an example is called."""
    return f"similar to {number}"


def _words(text: str) -> list[str]:
    """The words as the full-text index has them: in lower case, without accents."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _WORD.findall(bare.lower())
