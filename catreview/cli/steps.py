"""The next step, with which a command ends, and the project it is meant for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catreview.cli import talk
from catreview.cli.app import COMMANDS
from catreview.errors import CatreviewError
from catreview.jobs.project import Project, naming
from catreview.jobs.status import next_steps, project_status

_OF_A_PROJECT = "|".join(name for name in COMMANDS if name not in ("demo", "init", "lf"))
_COMMAND = re.compile(rf"\bcatreview (?:lf [a-z]+|{_OF_A_PROJECT})\b(?! --project)")


def say_next(project: Project) -> None:
    """Say what is most useful now, and why; `catreview status` has the steps after it."""
    command, why = next_steps(project, project_status(project))[0]
    talk.say(f"Next: {placed(command, project)}   ({why})")


def placed(text: str, project: Project) -> str:
    """The text, each command in it with `--project` where it would not find this one by itself."""
    return _placed(text, project.folder)


def _placed(text: str, folder: Path) -> str:
    words = naming(folder)
    return _COMMAND.sub(lambda found: f"{found[0]} {shlex.join(words)}", text) if words else text


@contextmanager
def placed_hints(folder: Path) -> Iterator[None]:
    """Inside, the hint of an error names commands as `placed` does for the project in a folder."""
    try:
        yield
    except CatreviewError as error:
        error.hint = _placed(error.hint, folder)
        raise
