"""A project: a folder with its configuration, its database and its models."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from catreview.errors import CatreviewError, ProjectError
from catreview.schema import Schema
from catreview.settings import CONFIG, Settings, environment, load_settings
from catreview.store import Store

DATABASE = "catreview.db"
FUNCTIONS = "functions.py"
MODELS = "models"
VOTES_FILE = "llm_category_labels.jsonl"
PILOT_FILE = "llm_pilot_results.json"
PROJECT_VARIABLE = "CATREVIEW_PROJECT"


@dataclass(frozen=True)
class Project:
    """An open project. `environ` holds the process's variables over those of `.env`."""

    folder: Path
    settings: Settings
    environ: Mapping[str, str]
    store: Store

    @property
    def schema(self) -> Schema:
        """The categories."""
        return self.settings.categories

    @property
    def name(self) -> str:
        """The folder's name, as screens show it."""
        return self.folder.resolve().name

    @property
    def models(self) -> Path:
        """Where trained models are."""
        return self.folder / MODELS

    @property
    def functions_file(self) -> Path:
        """The user's own labelling functions."""
        return self.folder / FUNCTIONS

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.store.close()


def find_project(given: Path | None, environ: Mapping[str, str], start: Path) -> Path:
    """The project folder: the one given, that of CATREVIEW_PROJECT, or `start` or a parent of it.

    One that is named is trusted: its code may run here, its server gets the key. One that is only
    found must be the user's own.

    Raises:
        ProjectError: there is none.
        CatreviewError: it is there, but others could have written it.
    """
    named = given or (Path(environ[PROJECT_VARIABLE]) if environ.get(PROJECT_VARIABLE) else None)
    if named is not None:
        if not (named / CONFIG).is_file():
            raise ProjectError(
                f"{named} is no catreview project (it has no {CONFIG}).",
                f"Make one with: catreview init {named}",
            )
        return named
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            _refuse_what_others_write(folder)
            return folder
    raise ProjectError(
        f"No project here: neither {start} nor a folder above it has a {CONFIG}.",
        "Make one with: catreview init DIR   or try: catreview demo",
    )


def naming(folder: Path) -> list[str]:
    """`--project` and the folder, where a command typed here would not find it by itself."""
    try:
        found = find_project(None, os.environ, Path.cwd()).resolve()
    except CatreviewError:
        found = None
    return [] if found == folder.resolve() else ["--project", str(folder)]


def _refuse_what_others_write(folder: Path) -> None:
    """Raise where the folder, or what runs code or says where a key goes, is not the user's alone.

    Root may use everybody's, as a container does with the files of its host.
    """
    user = os.geteuid()
    if user == 0:
        return
    for path in (folder, folder / CONFIG, folder / ".env", folder / FUNCTIONS):
        if not path.exists():
            continue
        status = path.stat()
        if status.st_uid != user:
            fault, remedy = "belongs to another user", "If"
        elif status.st_mode & stat.S_IWOTH:
            fault, remedy = "can be written by anyone", f"Mend it: chmod o-w {path}   Or, if"
        else:
            continue
        raise CatreviewError(
            f"The project in {folder} is not yours alone: {path} {fault}, and its code would"
            " run as you.",
            f"{remedy} you trust who wrote it, name it: --project {folder}",
        )


def open_project(folder: Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Project:
    """Open a project folder, creating or migrating its database.

    Raises:
        ConfigError: `catreview.toml` or a variable does not make sense.
        ProjectError: the database cannot be opened.
    """
    environ = environment(folder, os.environ)
    settings = load_settings(folder, environ, overrides)
    return Project(folder, settings, environ, Store(folder / DATABASE))


def init_project(folder: Path) -> list[Path]:
    """Write the files of a new project; returns those written.

    Raises:
        ProjectError: there is a project already, or the folder cannot be written.
    """
    if (folder / CONFIG).exists():
        raise ProjectError(
            f"{folder} is a project already ({CONFIG} is there); nothing was changed.",
            "Go on with: catreview status",
        )
    from importlib import resources  # late: only a new project needs it

    templates = resources.files("catreview.jobs") / "templates"
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (CONFIG, ".env.example", FUNCTIONS, ".gitignore"):
            path = folder / name
            if not path.exists():
                path.write_bytes((templates / name.lstrip(".")).read_bytes())
                written.append(path)
    except OSError as error:
        raise ProjectError(
            f"{folder} cannot be made a project: {error}", "Choose a folder you may write to."
        ) from error
    return written
