"""`forecast`, `agree`: what reviews are worth, and how far the voters agree."""

from __future__ import annotations

from pathlib import Path

import click

from catreview.cli import output, tables, talk
from catreview.cli.options import (
    Number,
    attached_option,
    json_option,
    opened,
    project_option,
    quiet_option,
)
from catreview.cli.steps import placed
from catreview.cli.watching import end_with_parent


@click.command("forecast")
@click.option("--target", type=Number(0, 1), help="Macro F1. Default: [training] target.")
@click.option("--certify", type=Number(0, 1), help="Share of right labels to certify.")
@json_option
@quiet_option
@attached_option
@project_option
def forecast_command(
    target: float | None,
    certify: float | None,
    as_json: bool,
    quiet: bool,
    attached: bool,
    project: Path | None,
) -> None:
    """Say how many more reviews reach the target, and how right the labels are at least.

    The first comes from the learning curve of the reviews made so far (a dozen models are
    trained for it), the second from those made in the audit queue.
    """
    from catreview.jobs.labels.auditing import audit
    from catreview.jobs.training.forecasting import forecast

    if attached:
        end_with_parent()
    with opened(project) as found:
        checked = audit(found, certify)
        with talk.progress(quiet=quiet, attached=attached) as show:
            expected = forecast(found, target, show)
        certified = placed(tables.audit(checked), found)
    if as_json:
        output.emit_json(
            {"schema_version": 1, "forecast": expected.as_json(), "audit": checked.as_json()}
        )
    else:
        output.emit(tables.forecast(expected))
        output.emit(certified)


@click.command("agree")
@json_option
@project_option
def agree_command(as_json: bool, project: Path | None) -> None:
    """Say how far sources and reviewers agree, who is right when not, and who does harm.

    The queue `again` shows what you decided before, blind, to see whether you agree with
    yourself.
    """
    from catreview.cli.agreement_tables import agreement
    from catreview.jobs.labels.agreeing import agree

    with opened(project) as found:
        measured = agree(found)
        shown = placed(agreement(measured), found)
    if as_json:
        output.emit_json(measured.as_json())
    else:
        output.emit(shown)
