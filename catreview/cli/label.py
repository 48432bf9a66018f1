"""`label`: the LLM votes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catreview.cli import plans, talk
from catreview.cli.options import (
    Number,
    attached_option,
    json_option,
    llm_options,
    opened,
    project_option,
    quiet_option,
)
from catreview.cli.pilot import warn_unless_passed
from catreview.cli.running import Interrupts
from catreview.cli.steps import placed, placed_hints, say_next
from catreview.errors import CatreviewError, LLMStopped

if TYPE_CHECKING:
    from catreview.jobs.llm.batching import BatchJob
    from catreview.jobs.llm.voters import Voter
    from catreview.jobs.project import Project


@click.command("label")
@click.option("--max-examples", type=click.IntRange(min=1), help="At most so many this time.")
@click.option(
    "--pool",
    "pools",
    type=click.Choice(["disagreement", "ambiguous", "uncovered"]),
    multiple=True,
    help="Only these examples; may be given repeatedly. Default: all three.",
)
@click.option("--max-requests", type=click.IntRange(min=1), help="At most so many HTTP requests.")
@click.option(
    "--max-cost",
    type=Number(min=0, min_open=True),
    help="At most so many US dollars, counting what is in flight.",
)
@click.option("--retry-failed", is_flag=True, help="Also those that were set aside before.")
@click.option("--resume", is_flag=True, help="The default: what has a vote is never sent again.")
@click.option(
    "--batch-api", is_flag=True, help="Hand all in at once where the server can; within a day."
)
@click.option("--cancel-batch", is_flag=True, help="Stop the batch that is under way.")
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
    pools: tuple[str, ...],
    max_requests: int | None,
    max_cost: float | None,
    retry_failed: bool,
    resume: bool,  # noqa: ARG001 - for the scripts that name it
    batch_api: bool,
    cancel_batch: bool,
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
    from catreview.jobs.llm.estimating import estimate
    from catreview.jobs.llm.labelling import LabellingJob
    from catreview.jobs.llm.planning import Caps, plan_labelling

    with opened(project, {"llm": llm}) as found:
        from catreview.jobs.llm.voters import configured_voter

        voter = configured_voter(found, to_ask=not dry_run)
        caps = Caps(max_examples, max_requests, max_cost)
        plan = plan_labelling(found, voter, caps, only=pools, retry_failed=retry_failed)
        expected = estimate(found, voter, plan)
        _look_for_a_batch(found, voter, fetch=batch_api, cancel=cancel_batch)
        warn_unless_passed(found, voter)
        _tell_of_other_servers(found, voter)
        if dry_run:
            plans.show(found, voter, plan, expected, as_json=as_json)
            return 0
        if not (attached or cancel_batch):
            plans.announce(voter, plan, expected)
        interrupts = Interrupts(attached=attached)
        with talk.progress(quiet=quiet, attached=attached) as show:
            job: LabellingJob | BatchJob
            if batch_api or cancel_batch:
                # Late: this import loads openai.
                from catreview.jobs.llm.batching import BatchJob

                job = BatchJob(
                    found, voter, plan, report=show, votes_file=votes_file, cancel=cancel_batch
                )
            else:
                job = LabellingJob(found, voter, plan, report=show, votes_file=votes_file)
                interrupts.on_order({"pause": job.pause, "resume": job.resume})
            interrupts.on_stop(job.stop)
            try:
                with placed_hints(found.folder):
                    result = interrupts.run(job.run())
            except (LLMStopped, KeyboardInterrupt) as error:
                stored = f"{job.result.labelled:,} labelled so far; all of it is stored."
                return talk.broken_off(error, stored)
        plans.conclude(found, result, as_json=as_json)
        if not (as_json or result.stopped or result.set_aside):
            say_next(found)
        return result.exit_code


def _tell_of_other_servers(project: Project, voter: Voter) -> None:
    from catreview.jobs.llm.voters import other_servers

    others = [] if voter.replay else other_servers(project)
    if others:
        talk.say(f"note: {voter.model} was also asked at {', '.join(others)}.")
        talk.say("  With the same prompt that is one source, and nothing is asked twice.")


def _look_for_a_batch(project: Project, voter: Voter, *, fetch: bool, cancel: bool) -> None:
    """Say where a batch has examples that nobody else asks about; raise for none to cancel."""
    batch = project.store.batches.under_way(voter.source.id)
    if batch is None and cancel:
        raise CatreviewError(
            f"No batch of {voter.model} is under way, so there is none to cancel.",
            "Were model or prompt others when it was handed in? Give the same again.",
        )
    if batch is not None and not (fetch or cancel):
        talk.say("warning: a batch is under way, and its examples wait for its answers.")
        talk.say(
            f"hint: {placed('catreview label --batch-api', project)} fetches them;"
            " --cancel-batch in its place stops it"
        )
