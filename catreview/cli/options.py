"""Options that many commands share, and how a command gets its project."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from catreview.jobs.project import Project

F = TypeVar("F", bound=Callable[..., Any])


class Number(click.FloatRange):
    """A number within a range, in which `nan` is not: no gate may be passed by that."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As click does, but for `nan`."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


project_option = click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    help="The project folder. Default: CATREVIEW_PROJECT, or the one you stand in.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
attached_option = click.option("--attached", is_flag=True, hidden=True)
"""For the app: progress as JSON lines on stderr; stop cleanly when stdin closes."""


def llm_options(command: F) -> F:
    """`--model`, `--prompt`, `--batch-size`, and the server's options."""
    for option in reversed(
        (
            click.option("--model", help="The model's name on that server."),
            click.option("--prompt", help="A built-in template, or the path of your own."),
            click.option("--batch-size", type=int, help="Messages in one request."),
        )
    ):
        command = option(command)
    return server_options(command)


def server_options(command: F) -> F:
    """`--base-url`, `--rpm` and the rest of `[llm]` that says whom to ask, and how fast."""
    for option in reversed(
        (
            click.option("--provider", help="cerebras, openai, groq, openrouter, ollama, custom."),
            click.option("--base-url", help="Any OpenAI-compatible server."),
            click.option("--rpm", type=int, help="Requests per minute."),
            click.option("--rpd", type=int, help="Requests per day (UTC)."),
            click.option("--tpm", type=int, help="Tokens per minute."),
            click.option("--concurrency", type=int, help="Requests in flight at once."),
        )
    ):
        command = option(command)
    return command


@contextmanager
def opened(
    folder: Path | None, overrides: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[Project]:
    """The project, opened and closed again."""
    from catreview.cli.steps import placed_hints
    from catreview.jobs.project import find_project, open_project

    found = find_project(folder, os.environ, Path.cwd())
    with placed_hints(found), open_project(found, overrides) as project:
        yield project
