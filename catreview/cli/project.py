"""`init`, `status`, `doctor`: the project itself."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import replace
from pathlib import Path

import click

from catreview.cli import agreement_tables, output, tables, talk
from catreview.cli.options import json_option, opened, project_option
from catreview.cli.steps import placed
from catreview.errors import ExitCode
from catreview.wording import counted


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def init_command(folder: Path) -> None:
    """Make FOLDER (default: here) a project: catreview.toml, .env.example, functions.py."""
    from catreview.jobs.project import init_project

    for path in init_project(folder):
        talk.say(f"wrote {path}")
    here = folder.resolve() == Path.cwd()
    talk.say("Next:")
    if not here:
        talk.say(f"  cd {shlex.quote(str(folder))}")
    talk.say("  catreview import messages.jsonl      # or .csv, .tsv, .gz")
    talk.say("  catreview lf run                     # the functions vote")
    talk.say("  catreview review --queue gold        # decide what scores are measured on")


@click.command("status")
@json_option
@project_option
def status_command(as_json: bool, project: Path | None) -> None:
    """Say where the project stands, and what to do next."""
    from catreview.jobs.labels.summary import sources_summary
    from catreview.jobs.review.reviewers import reviewers
    from catreview.jobs.status import next_steps, project_status

    with opened(project) as found:
        status, people = project_status(found), reviewers(found)
        if as_json:
            output.emit_json({**status.as_json(), **people.as_json()})
            return
        examples = counted(status.examples, "example")
        output.emit(f"{found.folder}: {examples}, {status.reviewed:,} reviewed")
        if status.examples:
            output.emit()
            output.emit(tables.sources(sources_summary(found)))
            shown = agreement_tables.reviewers(people) + tables.models(status)
            output.emit(placed(shown, found))
        steps = [(placed(command, found), why) for command, why in next_steps(found, status)]
        output.emit(f"Next:\n{tables.steps(steps)}")


@click.command("doctor")
@json_option
@project_option
def doctor_command(as_json: bool, project: Path | None) -> int:
    """Check functions, database, disk, key, endpoint and model; sends no message."""
    from catreview.jobs.diagnosis import diagnose

    with opened(project) as found:
        findings = [
            replace(finding, hint=placed(finding.hint, found))
            for finding in asyncio.run(diagnose(found))
        ]
    if as_json:
        output.emit_json(
            {
                "schema_version": 1,
                "findings": [
                    {"what": f.what, "good": f.good, "text": f.text, "hint": f.hint}
                    for f in findings
                ],
            }
        )
    else:
        for finding in findings:
            output.emit(f"{'ok  ' if finding.good else 'FAIL'}  {finding.what:<12}{finding.text}")
            if finding.hint:
                output.emit(f"      {'':<12}{finding.hint}")
    return max((f.code for f in findings if not f.good), default=ExitCode.DONE)
