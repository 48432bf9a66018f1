"""The next step, with which a command ends."""

from __future__ import annotations

from catreview.cli import talk
from catreview.jobs.project import Project
from catreview.jobs.status import next_steps, project_status


def say_next(project: Project) -> None:
    """Say what is most useful now, and why; `catreview status` has the steps after it."""
    command, why = next_steps(project, project_status(project))[0]
    talk.say(f"Next: {command}   ({why})")
