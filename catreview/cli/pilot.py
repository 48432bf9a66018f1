"""`pilot`: which LLM, prompt and batch size is good enough to label everything."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catreview.cli import output, pilot_tables, talk
from catreview.cli.options import (
    Number,
    attached_option,
    json_option,
    opened,
    project_option,
    quiet_option,
    server_options,
)
from catreview.cli.running import Interrupts
from catreview.cli.steps import placed, placed_hints
from catreview.errors import BudgetReached
from catreview.wording import counted

if TYPE_CHECKING:
    from catreview.jobs.llm.piloting import PilotResult
    from catreview.jobs.llm.voters import Voter
    from catreview.jobs.project import Project


def _parts(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in value.split(",")) if value is not None else ()
    if not all(parts):
        raise click.BadParameter(f"{value!r} has an empty part", ctx, param)
    return parts


def _sizes(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...]:
    of = click.IntRange(1, 200)
    return tuple(of(part, param, ctx) for part in _parts(ctx, param, value))


@click.command("pilot")
@click.option("--model", "models", multiple=True, help="A model to try; may be given repeatedly.")
@click.option("--prompt", "prompts", metavar="A[,B…]", callback=_parts, help="Templates to try.")
@click.option(
    "--batch-size",
    "batch_sizes",
    metavar="N[,M…]",
    callback=_sizes,
    help="Messages in one request, to try.",
)
@click.option("--size", type=click.IntRange(min=1), help="Examples in the sample. Default: 200.")
@click.option("--gate", type=Number(0, 1), help="Accuracy to reach. Default: 0.8.")
@click.option("--seed", type=int, help="Another seed draws another sample.")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path),
    help="Default: llm_pilot_results.json in the project.",
)
@server_options
@json_option
@quiet_option
@attached_option
@project_option
def pilot_command(
    models: tuple[str, ...],
    prompts: tuple[str, ...],
    batch_sizes: tuple[int, ...],
    size: int | None,
    gate: float | None,
    seed: int | None,
    target: Path | None,
    as_json: bool,
    quiet: bool,
    attached: bool,
    project: Path | None,
    **llm: Any,
) -> int:
    """Try LLMs on one stratified sample and measure them against people's labels.

    Every combination of the models, prompts and batch sizes is a candidate. Its votes count for
    nothing yet: `label` takes over those of the candidate that you go on with. A second pilot
    asks only for what is missing. Where people have labelled fewer than 30 of the sample, it is
    measured against the heuristic, and says so.

    \b
    catreview pilot --model gpt-oss-120b --model llama3.1-8b --batch-size 5,20

    Exit code 1 where no candidate reaches the gate. Ctrl-C finishes what is in flight.
    """  # noqa: D301 -- click wants the character itself
    from catreview.jobs.llm.piloting import run_pilot

    overrides = {"llm": llm, "pilot": {"size": size, "gate": gate, "seed": seed}}
    with opened(project, overrides) as found:
        interrupts = Interrupts(attached=attached)
        with talk.progress(quiet=quiet, attached=attached) as show:
            work = run_pilot(
                found,
                models=models,
                prompts=prompts,
                batch_sizes=batch_sizes,
                report=show,
                on_start=lambda job: interrupts.on_stop(job.stop),
                output=target,
            )
            try:
                with placed_hints(found.folder):
                    result = interrupts.run(work)
            except (BudgetReached, KeyboardInterrupt) as error:
                return talk.broken_off(error, _STORED)
        _conclude(result, found, as_json=as_json)
        return result.exit_code


_STORED = "Every vote so far is stored; the same command asks only for what is missing."


def _conclude(result: PilotResult, project: Project, *, as_json: bool) -> None:
    if as_json:
        output.emit_json(result.as_json())
    elif not result.stopped:
        output.emit(pilot_tables.pilot(result))
    if result.stopped:
        talk.say(_STORED)
        talk.say_again()
        return
    if result.against != "people":
        talk.say(
            f"People have labelled {result.people:,} of the {result.sampled:,} sampled; a real gate"
            f" wants {result.wanted:,}: {placed('catreview review --queue gold', project)}"
        )
    best = result.candidates[0]
    if best.passed:
        command = _command("label", best.model, best.template, best.batch_size)
        talk.say(f"Go on with the best: {placed(command, project)}")
    else:
        talk.say("No candidate passes: try another --model, or a --prompt of your own.")


def warn_unless_passed(project: Project, voter: Voter) -> None:
    """Say that this model, prompt and batch size have not passed a pilot, and how to pilot them."""
    from catreview.jobs.llm.trials import verdict

    llm = project.settings.llm
    found = verdict(project, voter)
    if llm.provider == "replay" or (found is not None and found.passed):
        return
    how = f"with prompt {llm.prompt}, {counted(llm.batch_size, 'message')} a request"
    command = _command("pilot", voter.model, llm.prompt, llm.batch_size)
    if found is None:
        talk.say(f"warning: {voter.model} has not been tried in a pilot here\n  {how}")
    else:
        by_people = found.against == "people"
        talk.say(
            f"warning: {voter.model} did not pass its pilot: {output.percent(found.accuracy)}"
            f" right of {found.n:,}{'' if by_people else ' by the heuristic'},"
            f" gate {output.percent(found.gate)}\n  {how}"
        )
        if by_people:  # who would say the same again
            command = "catreview pilot --model OTHER"
    talk.say(f"hint: {placed(command, project)}")


def _command(name: str, model: str, prompt: str, batch_size: int) -> str:
    chosen = ("--model", model, "--prompt", prompt, "--batch-size", str(batch_size))
    return shlex.join(("catreview", name, *chosen))
