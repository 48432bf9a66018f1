"""`queue`: a review queue put in order, as the app lets it be done in the background."""

from __future__ import annotations

from pathlib import Path

import click

from catreview.cli import output, talk
from catreview.cli.options import (
    attached_option,
    json_option,
    opened,
    project_option,
    quiet_option,
)
from catreview.cli.steps import placed, say_next
from catreview.cli.watching import end_with_parent
from catreview.jobs.review.orders import ORDERED


@click.command("queue")
@click.argument("name", type=click.Choice(ORDERED), metavar="NAME")
@json_option
@quiet_option
@attached_option
@project_option
def queue_command(
    name: str, as_json: bool, quiet: bool, attached: bool, project: Path | None
) -> None:
    """Put the review queue NAME in order and show its beginning, with the reasons.

    NAME is disagreement, ambiguous, pilot, value, label-errors, uncertain, coverage, audit or
    gold.

    The app opens small queues in their newest order anyway. In projects of more than 20,000
    messages it opens the order made last, and makes a new one in the background.
    """
    from catreview.jobs.review.orders import put_in_order

    if attached:
        end_with_parent()
    with opened(project) as found:
        with talk.progress(quiet=quiet, attached=attached) as show:
            ordered = put_in_order(found, name, report=show)
        if as_json:
            output.emit_json(ordered.as_json())
            return
        if ordered.first:
            output.emit(output.table(["example", "why"], ordered.first))
            how = placed(f"catreview review --queue {name}", found)
            talk.say(f"{ordered.examples:,} to review: {how}")
        else:
            talk.say(f"Nothing to review in the queue {name}.")
            say_next(found)
