"""`serve`: the app in a browser."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from catreview.cli import output, talk
from catreview.cli.options import opened, project_option


@click.command("serve")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
    help="Of 127.0.0.1; 0 is any free one.",
)  # fmt: skip
@click.option("--reviewer", default="", help="Your name in the log. Default: your login.")
@project_option
def serve_command(port: int, reviewer: str, project: Path | None) -> None:
    """Open the review app in a browser of this machine; Ctrl-C ends it.

    Prints the address. It holds a secret, without which nothing is served: keep it to yourself.
    """
    from catreview.jobs.processes import own_module
    from catreview.jobs.review.reviewing import reviewer_name
    from catreview.tui.serving import serve

    with opened(project) as found:
        folder, name = str(found.folder.resolve()), reviewer_name(found, reviewer)
        # Of many tabs only the beginning is seen.
        title = f"{name} · {found.name} · catreview"
    command = [*own_module("catreview"), "review", "--project", folder, "--reviewer", name]

    def ready(address: str) -> None:
        output.emit(address)
        sys.stdout.flush()
        talk.say("Open this address in a browser on this machine. Ctrl-C ends it.")

    serve(command, port, title, ready)
