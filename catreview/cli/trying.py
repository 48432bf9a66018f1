"""`lf try`: a function tried out before it exists, and written where it is good; `lf undo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from catreview.cli import output, talk
from catreview.cli.options import json_option, opened, project_option
from catreview.cli.steps import placed

if TYPE_CHECKING:
    from catreview.jobs.functions.trying import Trial

SHOWN = 8
"""Matching messages that are printed."""
WIDTH = 76
"""Characters of each."""


@click.command("try", short_help="Say what a function would do; write it.")
@click.argument("words")
@click.argument("category")
@click.option("--regex", is_flag=True, help="WORDS is a regular expression.")
@click.option("--within-words", is_flag=True, help="The phrase may begin or end within a word.")
@click.option("--start", is_flag=True, help="Only at the start of the message.")
@click.option("--end", is_flag=True, help="Only at its end.")
@click.option("--previous", is_flag=True, help="In the message before instead.")
@click.option("--case", is_flag=True, help="With upper and lower case as given.")
@click.option("--at-most", type=click.IntRange(min=1), metavar="N", help="In at most N words.")
@click.option("--save", is_flag=True, help="Write it into functions.py.")
@click.option("--name", default="", help="Its name there; by default made of WORDS.")
@json_option
@project_option
def try_command(
    words: str,
    category: str,
    regex: bool,
    within_words: bool,
    start: bool,
    end: bool,
    previous: bool,
    case: bool,
    at_most: int | None,
    save: bool,
    name: str,
    as_json: bool,
    project: Path | None,
) -> None:
    """Say what a function would do that gives CATEGORY where a message has WORDS.

    How much it covers, how often people who reviewed say the same (never gold), which functions
    it contradicts, and what becomes of the heuristic. With --save it is appended to functions.py.
    """
    from catreview.errors import FunctionsError
    from catreview.functions import Draft
    from catreview.jobs.functions.authoring import draft_name, write_function
    from catreview.jobs.functions.ground import Ground
    from catreview.jobs.functions.trying import try_out

    if regex and (within_words or start or end):
        raise click.UsageError("--within-words, --start and --end are for phrases; use \\b, ^, $.")
    draft = Draft(words, category, regex, not within_words, start, end, previous, case, at_most)
    with opened(project) as found:
        if category not in found.schema.index:
            raise FunctionsError(
                f"{category!r} is no category.", f"There are: {', '.join(found.schema.names)}."
            )
        *_, trial = try_out(Ground(found), draft)
        code = draft.code(name or draft_name(found, draft))
        written = write_function(found, draft, name) if save else None
        if as_json:
            new = {"name": written.name, "line": written.line} if written else None
            output.emit_json({"schema_version": 1, **trial.as_json(), "code": code, "written": new})
        else:
            output.emit(figures(trial))
            output.emit(f"\n{code.rstrip()}")
        if written:
            talk.say(f"written: {found.functions_file}:{written.line}")
            talk.say(placed("Take it back: catreview lf undo", found))
            talk.say(placed(f"Let it vote:  catreview lf run --only {written.name}", found))
        elif not as_json:
            talk.say("Nothing was written: --save does that.")


@click.command("undo", short_help="Take back the function written last.")
@project_option
def undo_command(project: Path | None) -> None:
    """Take the function that `lf try --save` or + in the app wrote last out of functions.py.

    Exactly as it was written; one that was changed since stays.
    """
    from catreview.jobs.functions.authoring import take_back

    with opened(project) as found:
        name = take_back(found)
        talk.say(f"{name} is no longer in {found.functions_file}")
        talk.say(placed("Its votes go with the next run: catreview lf run", found))


def figures(trial: Trial) -> str:
    """What the draft would do, and the first matching messages, those against it before others."""
    from catreview.jobs.functions.trial_words import told

    lines = [f"{what:<9}  {words}" for what, words in told(trial)]
    if trial.matches:
        lines += ["", "messages, those that speak against it first"]
    for match in trial.matches[:SHOWN]:
        against = f"  ({match.against})" if match.against else ""
        lines.append(f"  {output.one_line(match.text, WIDTH)}{against}")
    return "\n".join(lines)
