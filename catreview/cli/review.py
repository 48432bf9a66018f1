"""`review`, and bare `catreview` inside a project: the app."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from catreview.cli.options import Number, opened, project_option
from catreview.cli.output import printable
from catreview.errors import CatreviewError, ProjectError, in_sentences
from catreview.jobs.review.finding import parse, vocabulary
from catreview.jobs.review.lookups import FIND
from catreview.jobs.review.queueing import QUEUES


@click.command("review")
@click.option(
    "--queue",
    type=click.Choice(QUEUES),
    default=QUEUES[0],
    show_default=True,
    help="What to review first; ] and [ change it in the app.",
)
@click.option(
    "--find",
    metavar="QUERY",
    help="Review what fulfils a query: 'label:request conf:<0.6 milk'; / asks for one in the app.",
)
@click.option("--reviewer", default="", help="Your name in the log. Default: your login.")
@click.option(
    "--overlap",
    type=Number(0, 1),
    help="Share of messages that several reviewers decide. Default: [review] overlap.",
)
@project_option
def review_command(
    queue: str, find: str | None, reviewer: str, overlap: float | None, project: Path | None
) -> None:
    """Open the review app: all votes side by side, one key to accept or fix the label."""
    gc.disable()  # as in `loading`; the app turns it on again when all is there
    with told_in_page(), opened(project, {"review": {"overlap": overlap}}) as found:
        if find:
            parse(vocabulary(found), find)
        require_terminal()
        from catreview.tui.app import run_review

        run_review(found, queue=FIND + find if find else queue, reviewer=reviewer)


@contextmanager
def told_in_page() -> Iterator[None]:
    """Under `catreview serve`, why the app could not begin is shown in the page, too."""
    try:
        yield
    except Exception as error:
        if _in_page():
            from catreview.tui.told import Page

            Page.tell(f"{printable(_in_words(error))}\n\nThen open this page again.")
        raise


def _in_words(error: Exception) -> str:
    if isinstance(error, CatreviewError):
        return in_sentences(error.message, error.hint)
    where = "All of it stands in the terminal where catreview serve was started."
    return f"catreview could not begin. {in_sentences(f'{type(error).__name__}: {error}', where)}"


def _in_page() -> bool:
    # So Textual is told where a browser is the terminal.
    return "TEXTUAL_DRIVER" in os.environ


def require_terminal(instead: str = "use the commands: catreview --help") -> None:
    """Raise CatreviewError where there is no terminal to draw on; `instead` is what to do then."""
    if not _in_page() and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CatreviewError(
            "The review app needs a terminal.",
            f"Run it in one, or {instead}",
        )


def open_here_or_help(ctx: click.Context) -> None:
    """Open the app where there is a project and a terminal; else print the help."""
    from catreview.jobs.project import find_project

    try:
        find_project(None, os.environ, Path.cwd())
        require_terminal()
    except ProjectError:
        click.echo(ctx.get_help())
        return
    ctx.invoke(review_command, queue=QUEUES[0], find=None, reviewer="", overlap=None, project=None)
