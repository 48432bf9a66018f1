"""`lf`: labelling functions."""

from __future__ import annotations

from pathlib import Path

import click

from catreview.cli import function_tables, output, talk
from catreview.cli.options import (
    attached_option,
    json_option,
    opened,
    project_option,
    quiet_option,
)
from catreview.cli.steps import placed, say_next
from catreview.cli.trying import try_command, undo_command
from catreview.cli.watching import end_with_parent
from catreview.errors import ExitCode
from catreview.wording import counted


@click.group("lf")
def lf_command() -> None:
    """Labelling functions: the built-in ones and those in your functions.py."""


@lf_command.command("list", short_help="Every function, its category, what it looks for.")
@json_option
@project_option
def list_command(as_json: bool, project: Path | None) -> None:
    """Name every function, its category and what it looks for, and those that do not vote.

    These are the ones switched off, and built-in ones whose category the project does not have.
    """
    from catreview.functions import left_out
    from catreview.jobs.functions.weak import project_functions

    with opened(project) as found:
        functions = list(project_functions(found))
        off, idle = found.store.switches.off(), left_out(found.schema)
        how = placed("catreview lf try WORDS CATEGORY", found)
    if as_json:
        output.emit_json(
            {
                "schema_version": 1,
                "functions": [
                    {
                        "name": f.name,
                        "category": f.category,
                        "description": f.doc,
                        "origin": f.origin,
                        "on": f.name not in off,
                    }
                    for f in functions
                ],
                "left_out": [{"name": f.name, "category": f.category} for f in idle],
            }
        )
        return
    if functions:
        output.emit(function_tables.functions(functions, off))
    if idle:
        output.emit(("\n" if functions else "") + function_tables.left_out(idle))
    if not functions:
        talk.say(f"None knows these categories: {how}")


@lf_command.command("run", short_help="Let the functions vote on every message.")
@click.option(
    "--only", metavar="NAME", help="Let this function vote alone; the others keep theirs."
)
@json_option
@quiet_option
@attached_option
@project_option
def run_command(
    only: str | None, as_json: bool, quiet: bool, attached: bool, project: Path | None
) -> int:
    """Let every function that is on vote on every example, and aggregate their votes.

    Exit code 1 where a function failed on some message; it counts as abstaining there.
    """
    from catreview.jobs.functions.solo import vote_alone
    from catreview.jobs.functions.weak import FunctionRun, run_functions

    if attached:
        end_with_parent()
    with opened(project) as found:
        with talk.progress(quiet=quiet, attached=attached) as show:
            result = vote_alone(found, only, show) if only else run_functions(found, show)
        if as_json:
            output.emit_json(result.as_json())
        elif not isinstance(result, FunctionRun):
            output.emit(function_tables.solo(result))
        else:
            share = result.covered / result.examples if result.examples else 0.0
            output.emit(
                f"{counted(result.functions, 'function')} gave {counted(result.votes, 'vote')}"
                f" on {counted(result.examples, 'example')} in {result.seconds:.1f} s;"
                f" {output.percent(share)} have at least one."
            )
        for name, fault in result.faults.items():
            talk.say(f"{name} failed on {counted(fault.count, 'message')} (first: {fault.first})")
        if not as_json:
            say_next(found)
    return ExitCode.GATE if result.faults else ExitCode.DONE


@lf_command.command("stats", short_help="Coverage, conflict, accuracy of each function.")
@json_option
@project_option
def stats_command(as_json: bool, project: Path | None) -> None:
    """Show coverage, overlap and conflict of each function, and accuracy where people decided."""
    from catreview.jobs.functions.weak import function_report, project_functions

    with opened(project) as found:
        report = function_report(found)
        categories = {f.name: f.category for f in project_functions(found)}
        if not report.statistics:
            step = "lf run" if categories else "lf try WORDS CATEGORY --save"
            which = "No function has voted yet" if categories else "No function knows a category"
            talk.say(placed(f"{which}: catreview {step}", found))
    if as_json:
        output.emit_json(function_tables.statistics_rows(report, categories))
    elif report.statistics:
        output.emit(function_tables.statistics(report, categories))


@lf_command.command("race", short_help="Which way to make one vote of many is best.")
@json_option
@project_option
def race_command(as_json: bool, project: Path | None) -> None:
    """Race the ways to make one vote of many, on reviewed examples; propose the winner.

    The choice is yours: `method` under [heuristic] in catreview.toml, then catreview lf run.
    """
    from catreview.jobs.functions.racing import race

    with opened(project) as found:
        run = race(found)
        shown = placed(function_tables.race(run), found)
    if as_json:
        output.emit_json(run.as_json())
    else:
        output.emit(shown)


@lf_command.command("new", short_help="Append the skeleton of a function.")
@click.argument("name")
@click.argument("category")
@project_option
def new_command(name: str, category: str, project: Path | None) -> None:
    """Append a function skeleton called NAME for CATEGORY to functions.py."""
    from catreview.jobs.functions.authoring import new_function

    with opened(project) as found:
        line = new_function(found, name, category)
        where = f"{found.functions_file}:{line}"
        then = placed("then: catreview lf run", found)
        talk.say(f"{where}: fill in the condition, {then}")


@lf_command.command("switch", short_help="Switch a function off, or on again.")
@click.argument("name")
@project_option
def switch_command(name: str, project: Path | None) -> None:
    """Switch the function NAME off, or on again, for the next `lf run`."""
    from catreview.jobs.functions.weak import switch_function

    with opened(project) as found:
        on = switch_function(found, name)
        now = f"{name} is {'on' if on else 'off'} from the next run on"
        talk.say(placed(f"{now}: catreview lf run", found))


lf_command.add_command(try_command)
lf_command.add_command(undo_command)
