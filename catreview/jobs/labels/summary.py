"""What each source contributes to the labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catreview.jobs.labels.source_names import source_names
from catreview.jobs.labels.trust import best_first, reliabilities
from catreview.jobs.project import Project
from catreview.records import Basis, SourceKind
from catreview.voting import LearnedFrom, Reliability
from catreview.wording import counted


@dataclass(frozen=True, slots=True)
class SourcesSummary:
    """Votes per source that has any (functions together), and labels by basis and category."""

    votes: tuple[tuple[str, str, int], ...]
    """(kind, source, votes)."""
    measured: tuple[tuple[str, Reliability], ...]
    """The LLMs with reviews enough to tell, the most accurate first."""
    labels: Mapping[str, Mapping[str, int]]
    categories: tuple[str, ...]
    examples: int
    gold: int

    @property
    def unlabelled(self) -> int:
        """Examples that are neither gold nor labelled."""
        return self.examples - self.gold - sum(sum(row.values()) for row in self.labels.values())

    def as_json(self) -> dict[str, Any]:
        """The summary as one JSON object."""
        return {
            "schema_version": 1,
            "examples": self.examples,
            "gold": self.gold,
            "unlabelled": self.unlabelled,
            "votes": [
                {"kind": kind, "source": source, "votes": count}
                for kind, source, count in self.votes
            ],
            "measured": [
                {
                    "source": source,
                    "accuracy": known.accuracy,
                    "reviews": known.reviews,
                    "random": known.learned_from is LearnedFrom.SAMPLE,
                }
                for source, known in self.measured
            ],
            "labels": {
                basis: {c: self.labels.get(basis, {}).get(c, 0) for c in self.categories}
                for basis in Basis
            },
        }

    def label_rows(self) -> list[list[str]]:
        """A row for each basis that has labels, and the sum: basis, one count each, total."""
        rows = []
        for basis in Basis:
            counts = [self.labels.get(basis, {}).get(c, 0) for c in self.categories]
            if any(counts):
                rows.append([basis.value, *(f"{n:,}" for n in [*counts, sum(counts)])])
        return rows


def sources_summary(project: Project) -> SourcesSummary:
    """Count votes and labels."""
    store = project.store
    votes: dict[tuple[str, str], int] = {}
    functions = 0
    counts = store.votes.counts()
    others = [s for s, n in counts if n and s.kind is not SourceKind.FUNCTION]
    called = source_names(project, others)
    for source, count in counts:
        if source.kind is SourceKind.FUNCTION:
            functions += 1
            key = (source.kind.value, "")
            votes[key] = votes.get(key, 0) + count
        elif count:
            votes[source.kind.value, called[source.id]] = count
    llms = [source for source in others if source.kind is SourceKind.LLM]
    known = reliabilities(project, llms)
    return SourcesSummary(
        votes=tuple(
            (kind, name or counted(functions, "function"), count)
            for (kind, name), count in votes.items()
        ),
        measured=tuple(
            (called[source.id], known[source.id])
            for source in best_first(llms, known)
            if known[source.id].measured
        ),
        labels=store.labels.counts(),
        categories=project.schema.names,
        examples=store.examples.count(),
        gold=len(store.examples.gold()),
    )
