"""A category renamed in `catreview.toml`, and in what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, permutations, product
from pathlib import Path
from typing import Any, Final

from catreview.errors import ConfigError
from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project
from catreview.llm.prompt import load_prompt, source_fingerprint
from catreview.schema import Schema
from catreview.settings import CONFIG
from catreview.store import AskedAlike, Stale, Standing
from catreview.wording import counted

RENAMED_TOGETHER: Final = 3
"""Former names besides the one at hand that are looked for in what LLMs were asked with."""


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

    Votes, decisions, gold, labels and the models' scores follow, and LLMs are not asked again for
    the new name's sake. A copy of the database is made before.

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
        done = Renamed(*store.renaming.rename(old, new, _asked_alike(project, old, new)))
        _rename_in_scores(project, old, new)
        # Votes of the old name that it left out count again in the heuristic, too.
        store.unsettled.mark(Stale.HEURISTIC)
    settle(project)
    return done


def _rename_in_scores(project: Project, old: str, new: str) -> None:
    """Let the models' scores and predictions be for `new`, so that later ones compare with them."""
    # Late: whoever asks for strangers alone, as `status` does, need not wait for it.
    from catreview.jobs.training.modelling import PREDICTED

    naming = {"category", "categories", PREDICTED}

    def renamed(value: Any, key: str) -> Any:
        if isinstance(value, Mapping):
            return {
                name: renamed(inner, key if key == PREDICTED else name)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [renamed(inner, key) for inner in value]
        return new if value == old and key in naming else value

    for run in project.store.runs.finished("train", limit=None):
        project.store.renaming.write_results(run.id, renamed(run.results, ""))


def _asked_alike(project: Project, old: str, new: str) -> AskedAlike:
    """The fingerprints of LLMs and schemas with the old name that stand, and those with the new."""
    store, llm = project.store, project.settings.llm
    configured = load_prompt(llm.prompt, project.schema, project.folder).version
    # A version ends with its schema's fingerprint: before that stands what a template is.
    templates = {version.rpartition("-")[0] for version in (configured, *store.renaming.prompts())}
    asked = store.renaming.llms()
    found = AskedAlike({}, {})
    for before, now in _schemas(project, old, new):
        for model, template in product(sorted(set(asked.values())), sorted(templates)):
            was, is_ = (
                source_fingerprint(model, f"{template}-{schema.fingerprint}")
                for schema in (before, now)
            )
            if was in asked:
                found.sources[was] = is_
                found.schemas[before.fingerprint] = now.fingerprint
    return found


def _schemas(project: Project, old: str, new: str) -> Iterator[tuple[Schema, Schema]]:
    """What the schema may have been while `old` was in it, each beside the same with `new`.

    Of several categories that were renamed together the others still go by their former names in
    what is stored, and it cannot be told which was which: all ways are tried.
    """
    gone = [name for name in strangers(project) if name != old][:RENAMED_TOGETHER]
    places = [name for name in project.schema.names if name != new]
    for size in range(len(gone) + 1):
        for at, names in product(permutations(places, size), combinations(gone, size)):
            former = dict(zip(at, names, strict=True))
            before, now = (_called(project.schema, f) for f in (former | {new: old}, former))
            if before and now:
                yield before, now


def _called(schema: Schema, former: Mapping[str, str]) -> Schema | None:
    """The schema with some categories by their former names; None where two would share one."""
    names = [former.get(category.name, category.name) for category in schema.categories]
    if len({name.casefold() for name in names}) < len(names):
        return None
    pairs = zip(schema.categories, names, strict=True)
    return Schema(categories=tuple(replace(category, name=name) for category, name in pairs))
