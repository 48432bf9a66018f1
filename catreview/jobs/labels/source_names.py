"""What sources are called where several have one name: a model asked with two prompts is two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from catreview.jobs.labels.trust import FROM_FILE
from catreview.jobs.project import Project
from catreview.records import ABSTAIN
from catreview.store import Codes, StoredSource

DIGITS = 4
"""Of a hash, where nothing else tells two sources apart."""


def source_names(project: Project, sources: Iterable[StoredSource]) -> dict[int, str]:
    """The name of each source by number; beside it, in brackets, what tells it from its namesakes.

    That is the least that differs: the kind, the prompt's name, its wording or the categories in
    it; of votes that came from a file, that they did.
    """
    namesakes: dict[str, list[StoredSource]] = {}
    for source in sources:
        namesakes.setdefault(source.name, []).append(source)
    names = {}
    for name, several in namesakes.items():
        marks = _marks(project, several) if len(several) > 1 else [""]
        for source, mark in zip(several, marks, strict=True):
            names[source.id] = f"{name} ({mark})" if mark else name
    return names


def voter_names(project: Project, sources: Sequence[StoredSource], codes: Codes) -> dict[int, str]:
    """The same beside those alone that have a vote in `codes` (n, sources)."""
    voted = (codes != ABSTAIN).any(axis=0).tolist()
    heard = [source for source, votes in zip(sources, voted, strict=True) if votes]
    return {source.id: source.name for source in sources} | source_names(project, heard)


def _marks(project: Project, several: Sequence[StoredSource]) -> list[str]:
    """The first of the ways to tell sources apart that gives each its own."""
    kinds = [source.kind.value for source in several]
    prompts = [_prompt(project, source) for source in several]
    ways: tuple[Callable[[Sequence[str]], str], ...] = (
        lambda parts: parts[0],
        lambda parts: f"{parts[0]} {parts[1][:DIGITS]}",
        lambda parts: f"{parts[0]}, categories {parts[2][:DIGITS]}",
    )
    for marks in (kinds, *([way(parts) for parts in prompts] for way in ways)):
        if len(set(marks)) == len(marks):
            return marks
    return [f"source {source.id}" for source in several]


def _prompt(project: Project, source: StoredSource) -> Sequence[str]:
    """Name, hash of the wording and hash of the categories of the prompt behind a source."""
    if source.fingerprint.startswith(FROM_FILE):
        return "from a file", "", ""
    version = project.store.request_log.prompt(source)
    return version.rsplit("-", 2) if version.count("-") >= 2 else (version or "recorded", "", "")
