"""`rename`: what is stored follows a category to its new name."""

from __future__ import annotations

from pathlib import Path

import click

from catreview.cli import talk
from catreview.cli.options import opened, project_option
from catreview.cli.steps import placed, say_next
from catreview.wording import counted


@click.command("rename")
@click.argument("old")
@click.argument("new")
@project_option
def rename_command(old: str, new: str, project: Path | None) -> None:
    """Let what is stored for the category OLD be for NEW.

    First write the new name into catreview.toml and functions.py. Then votes, decisions and gold
    follow, and no LLM is asked again for that. Where NEW has votes of its own, both become one.
    A copy of the database is kept; put it back to undo that, or rename the other way round.
    Built-in functions know the names of the default categories alone; `lf list` names those that
    fall silent.
    """
    from catreview.functions import left_out
    from catreview.jobs.renaming import rename

    with opened(project) as found:
        done = rename(found, old, new)
        standing = done.standing
        parts = [counted(standing.votes, "vote"), counted(standing.reviews, "review")]
        talk.say(f"{old} is {new} now: {', '.join(parts)}, {standing.gold:,} gold.")
        talk.say(f"The database as it was: {done.copy}")
        silent = [function.name for function in left_out(found.schema) if function.category == old]
        if silent:
            talk.say(
                f"warning: built-in functions know only the name {old} and fall silent at the next"
                f" lf run:\n  {', '.join(silent)}"
            )
            write = placed(f"catreview lf new NAME {new}", found)
            talk.say(f"hint: Write your own ({write}), or rename it back.")
        say_next(found)
