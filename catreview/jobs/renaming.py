"""A category renamed in `catreview.toml`, and in what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from catreview.errors import ConfigError
from catreview.jobs.project import Project
from catreview.jobs.settling import settle
from catreview.llm.prompt import load_prompt, source_fingerprint
from catreview.records import SourceKind
from catreview.schema import Schema
from catreview.settings import CONFIG
from catreview.store import Stale, Standing
from catreview.wording import counted


@dataclass(frozen=True, slots=True)
class Renamed:
    """What was renamed, and where the database as it was before lies."""

    standing: Standing
    copy: Path


def strangers(project: Project) -> dict[str, int]:
    """How many decisions, gold examples and votes of LLMs are for what is no category.

    By the name they give, the most frequent first. They count for nothing.
    """
    said = Counter(decision.category for decision in project.store.reviews.decided().values())
    said.update(project.store.examples.gold().values())
    said.update(project.store.renaming.said_by_llms())
    strange = set(project.schema.unknown(said))
    return {name: count for name, count in said.most_common() if name in strange}


def said_of_strangers(strange: Mapping[str, int]) -> str:
    """Say in a clause how many `strangers` there are."""
    count, names = sum(strange.values()), " or ".join(strange)
    said = f"{counted(count, 'decision')} or {'vote' if count == 1 else 'votes'} of LLMs"
    return f"{said} for {names}, which is no category"


def rename(project: Project, old: str, new: str) -> Renamed:
    """Let what is stored for the category `old` be for `new`, by which it goes in the settings.

    Votes, decisions, gold and labels follow, and LLMs are not asked again for the new name's sake.
    A copy of the database is made before.

    Raises:
        ConfigError: `new` is no category, `old` still is one, or nothing stands for it.
    """
    if old in project.schema.index:
        raise ConfigError(
            f"{old!r} is a category still.",
            f"Write its new name into {CONFIG} first, then let what is stored follow.",
        )
    if new not in project.schema.index:
        raise ConfigError(
            f"{new!r} is no category.",
            f"Those in {CONFIG} are: {', '.join(project.schema.names)}. Write it there first.",
        )
    store = project.store
    if not store.renaming.stands(old):
        strange = strangers(project)
        hint = f"For no category are: {', '.join(strange)}." if strange else ""
        raise ConfigError(f"Nothing that is stored is called {old!r}.", hint)
    with store.transaction():
        done = Renamed(*store.renaming.rename(old, new, _fingerprints(project, old, new)))
        # Votes of the old name that it left out count again in the heuristic, too.
        store.unsettled.mark(Stale.HEURISTIC)
    settle(project)
    return done


def _fingerprints(project: Project, old: str, new: str) -> dict[str, str]:
    """The fingerprints of LLMs that were asked with the old name, and what they are by now."""
    schema = project.schema
    before = Schema(
        categories=tuple(
            replace(category, name=old) if category.name == new else category
            for category in schema.categories
        )
    )
    template = project.settings.llm.prompt
    versions = [load_prompt(template, s, project.folder).version for s in (before, schema)]
    models = {source.name for source in project.store.votes.sources(SourceKind.LLM)}
    return {
        source_fingerprint(model, versions[0]): source_fingerprint(model, versions[1])
        for model in models
    }
