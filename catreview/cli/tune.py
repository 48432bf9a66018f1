"""`tune`: an encoder learns the project's categories."""

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
from catreview.cli.steps import placed
from catreview.cli.watching import end_with_parent


@click.command("tune")
@click.option(
    "--encoder",
    default="",
    help="A Hugging Face name or a folder. Default: [training] encoder in catreview.toml.",
)
@json_option
@quiet_option
@attached_option
@project_option
def tune_command(
    encoder: str, as_json: bool, quiet: bool, attached: bool, project: Path | None
) -> None:
    """Let a pretrained encoder learn the labels; minutes to hours, once in a while.

    The upper half of its layers learns twice, each time from one half of the conversations, and
    each reads only what it has not learned from. Stopped early, everything is as it was.
    """
    from catreview.jobs.training.tuning import TUNED, tune_encoder

    if attached:
        end_with_parent()
    with opened(project) as found:
        with talk.progress(quiet=quiet, attached=attached) as show:
            result = tune_encoder(found, encoder, show)
        if as_json:
            output.emit_json(result.as_json())
        else:
            macro = result.held_out.macro_f1
            output.emit(
                f"{TUNED}: {result.source}, tuned on {result.labels:,} labels\n"
                f"alone it gives macro F1 {macro.value:.3f} (95 % {macro.low:.3f} to"
                f" {macro.high:.3f}) against labels it has not learned from"
            )
        if found.settings.training.encoder != TUNED:
            talk.say(f'To use it, write under [training] in catreview.toml: encoder = "{TUNED}"')
        else:
            talk.say(placed("Next: catreview train   (so that the classifier looks at it)", found))
