"""The next step, with which a command ends, and the project it is meant for."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from catreview.cli import talk
from catreview.errors import CatreviewError
from catreview.jobs.project import Project, find_project
from catreview.jobs.status import next_steps, project_status


def say_next(project: Project) -> None:
    """Say what is most useful now, and why; `catreview status` has the steps after it."""
    command, why = next_steps(project, project_status(project))[0]
    talk.say(f"Next: {command}{place(project)}   ({why})")


def place(project: Project) -> str:
    """` --project DIR` where a command typed here would not find this project by itself."""
    try:
        found = find_project(None, os.environ, Path.cwd())
    except CatreviewError:
        found = None
    if found is not None and found.resolve() == project.folder.resolve():
        return ""
    return f" --project {shlex.quote(str(project.folder))}"
