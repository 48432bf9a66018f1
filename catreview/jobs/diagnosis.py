"""Is everything in place? Key, endpoint, model, functions, database, disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from catreview.errors import CatreviewError, ExitCode
from catreview.jobs.functions.weak import project_functions
from catreview.jobs.project import DATABASE, Project
from catreview.jobs.renaming import said_of_strangers, strangers
from catreview.llm.client import list_models
from catreview.llm.providers import resolve_endpoint
from catreview.settings import CONFIG
from catreview.wording import counted

LEAST_FREE = 500 * 2**20
"""Bytes of free disk below which the diagnosis warns."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `hint` says what to do where it is not `good`."""

    what: str
    good: bool
    text: str
    hint: str = ""
    code: ExitCode = ExitCode.DONE


async def diagnose(project: Project) -> list[Finding]:
    """Look at everything; one request to the endpoint, none that costs."""
    findings = [
        _try("functions", lambda: f"{len(project_functions(project))} labelling functions load"),
        _categories(project),
        _database(project),
        _disk(project),
    ]
    endpoint = _try("key", lambda: _key(project))
    findings.append(endpoint)
    if endpoint.good and project.settings.llm.provider != "replay":
        findings.append(await _models(project))
    return findings


def _try(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except CatreviewError as error:
        return Finding(what, False, error.message, error.hint, error.exit_code)


def _key(project: Project) -> str:
    endpoint = resolve_endpoint(project.settings.llm, project.environ)
    if endpoint.provider == "replay":
        return "replay of recorded votes: no key, no network"
    key = f"a key of {len(endpoint.api_key)} characters" if endpoint.api_key else "no key"
    return f"{endpoint.provider} at {endpoint.base_url}, model {endpoint.model}, {key}"


def _categories(project: Project) -> Finding:
    strange = strangers(project)
    if not strange:
        return Finding("categories", True, ", ".join(project.schema.names))
    return Finding(
        "categories",
        False,
        f"{said_of_strangers(strange)}: counted as nothing",
        f"Was one renamed? catreview rename {next(iter(strange))} NEW, or give it its old name"
        f" again in {CONFIG}.",
    )


def _database(project: Project) -> Finding:
    fault = project.store.check()
    path = project.folder / DATABASE
    if fault:
        return Finding(
            "database", False, f"{path}: {fault}", "Restore it from a copy.", ExitCode.USAGE
        )
    size = path.stat().st_size / 2**20
    mode = path.stat().st_mode & 0o777
    examples = counted(project.store.examples.count(), "example")
    text = f"{path} is sound: {examples}, {size:.1f} MB"
    if mode & 0o077:
        return Finding(
            "database", False, f"{text}, readable by others", f"chmod 600 {path}", ExitCode.USAGE
        )
    return Finding("database", True, text)


def _disk(project: Project) -> Finding:
    free = shutil.disk_usage(project.folder).free
    text = f"{free / 2**30:.1f} GB free"
    if free < LEAST_FREE:
        return Finding("disk", False, text, "Make room before labelling or training.")
    return Finding("disk", True, text)


async def _models(project: Project) -> Finding:
    settings = project.settings.llm
    endpoint = resolve_endpoint(settings, project.environ)
    try:
        models = await list_models(endpoint, settings)
    except CatreviewError as error:
        return Finding("endpoint", False, error.message, error.hint, error.exit_code)
    if endpoint.model in models:
        return Finding("endpoint", True, f"answers and has {endpoint.model}")
    known = ", ".join(models[:8]) + (f" and {len(models) - 8} more" if len(models) > 8 else "")
    return Finding(
        "endpoint",
        False,
        f"answers, but lists no model {endpoint.model!r}",
        f"Its models: {known or 'none'}. Set model under [llm] in catreview.toml.",
        ExitCode.PROVIDER,
    )
