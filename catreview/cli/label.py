"""`label`: the LLM votes."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catreview.cli import output, talk
from catreview.cli.options import (
    attached_option,
    json_option,
    llm_options,
    opened,
    project_option,
    quiet_option,
)
from catreview.cli.pilot import warn_unless_passed
from catreview.cli.running import Interrupts
from catreview.errors import BudgetReached

if TYPE_CHECKING:
    from catreview.jobs.labelling import LabellingResult, Plan
    from catreview.jobs.voters import Voter


@click.command("label")
@click.option("--max-examples", type=click.IntRange(min=1), help="At most so many this time.")
@click.option("--retry-failed", is_flag=True, help="Also those that were set aside before.")
@click.option("--resume", is_flag=True, help="The default: what has a vote is never sent again.")
@click.option("--dry-run", is_flag=True, help="Show the plan and one prompt; send nothing.")
@click.option(
    "-o",
    "--output",
    "votes_file",
    type=click.Path(path_type=Path),
    help="JSON lines beside the database. Default: llm_category_labels.jsonl in the project.",
)
@llm_options
@json_option
@quiet_option
@attached_option
@project_option
def label_command(
    max_examples: int | None,
    retry_failed: bool,
    resume: bool,  # noqa: ARG001 - for the scripts that name it
    dry_run: bool,
    votes_file: Path | None,
    as_json: bool,
    quiet: bool,
    attached: bool,
    project: Path | None,
    **llm: Any,
) -> int:
    """Let the LLM vote on the examples that the functions can't decide.

    Those are, in this order: functions in conflict, a single or an unsure vote, no vote at all.
    What the heuristic is confident of is kept for free. Every reply is stored before the next
    request; stopped or killed, the same command goes on where it was.

    Ctrl-C finishes what is in flight; a second one aborts.
    """
    from catreview.jobs.labelling import LabellingJob, plan_labelling

    with opened(project, {"llm": llm}) as found:
        from catreview.jobs.voters import configured_voter

        voter = configured_voter(found)
        plan = plan_labelling(
            found, voter, max_examples=max_examples, retry_failed=retry_failed and not dry_run
        )
        if not attached:
            warn_unless_passed(found, voter)
        if dry_run:
            output.emit(_dry_run(found, voter, plan))
            return 0
        _announce(found, voter, plan, attached=attached)
        interrupts = Interrupts(attached=attached)
        with talk.progress(quiet=quiet, attached=attached) as show:
            job = LabellingJob(
                found,
                voter,
                plan,
                report=show,
                votes_file=votes_file,
            )
            interrupts.on_stop(job.stop)
            try:
                result = interrupts.run(job.run())
            except (BudgetReached, KeyboardInterrupt):
                talk.say(f"{job.result.labelled:,} labelled so far; all of it is stored.")
                talk.say(f"Go on with: {_command()}")
                raise
        _conclude(result, as_json=as_json)
        return result.exit_code


def _announce(found: Any, voter: Voter, plan: Plan, *, attached: bool) -> None:
    if attached:
        return
    settings = found.settings.llm
    pools = ", ".join(f"{count:,} {name}" for name, count in plan.pools.items())
    talk.say(f"{voter.model}: {plan.waiting:,} examples wait for a vote ({pools}).")
    if plan.resumes is not None:
        talk.say(f"Going on with run {plan.resumes}, which was cut short.")
    minutes = plan.requests / settings.rpm
    talk.say(
        f"Sending {len(plan.numbers):,} in {plan.requests:,} requests of {plan.batch_size},"
        f" at most {settings.rpm} a minute: {max(minutes, 0.1):,.1f} minutes or more."
    )


def _conclude(result: LabellingResult, *, as_json: bool) -> None:
    if as_json:
        output.emit_json(result.as_json())
    else:
        output.emit(
            f"{result.labelled:,} of {result.planned:,} labelled by {result.source}"
            f" in {result.requests:,} requests, {result.seconds:,.0f} s"
        )
        if result.set_aside:
            output.emit(f"{len(result.set_aside):,} set aside; the heuristic stays in force:")
            rows = list(result.set_aside.items())
            output.emit(output.table(["id", "reason"], rows[:20]))
            if len(rows) > 20:
                output.emit(f"… and {len(rows) - 20:,} more (--json lists all)")
    if result.set_aside:
        talk.say("Take them up again with: catreview label --retry-failed")
    if result.stopped:
        talk.say(f"Go on with: {_command()}")


def _command() -> str:
    return shlex.join(["catreview", *sys.argv[1:]])


def _dry_run(found: Any, voter: Voter, plan: Plan) -> str:
    settings = found.settings.llm
    pools = "\n".join(f"  {name:<13}{count:>8,}" for name, count in plan.pools.items())
    lines = [
        f"model     {voter.model}",
        f"prompt    {voter.prompt.version}",
        f"waiting   {plan.waiting:,} examples",
        pools,
        f"to send   {len(plan.numbers):,} in {plan.requests:,} requests of {plan.batch_size}",
        f"time      {plan.requests / settings.rpm:,.1f} minutes at {settings.rpm} a minute",
    ]
    if plan.numbers:
        batch = found.store.examples.get(plan.numbers[: plan.batch_size])
        for message in voter.prompt.render(batch).messages:
            lines += ["", f"--- {message['role']} ---", message["content"]]
    return "\n".join(lines)
