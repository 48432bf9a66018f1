"""`demo`: everything on ready-made chats."""

from __future__ import annotations

import asyncio
import shlex
import tempfile
from pathlib import Path
from typing import Any

import click

from catreview.cli import output, tables, talk
from catreview.cli.options import json_option
from catreview.cli.review import require_terminal


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--headless", is_flag=True, help="Run the whole pipeline without the app.")
@json_option
def demo_command(folder: Path | None, headless: bool, as_json: bool) -> None:
    """Try everything on chats that come with catreview: no key, no network.

    The LLM is a recording of two readings by a large language model, played through the same
    labelling job. Without FOLDER the project is made in a new temporary folder.
    """
    from catreview.jobs.demo import FAST, make_demo, run_demo

    place = folder or Path(tempfile.mkdtemp(prefix="catreview-")) / "demo"
    overrides: dict[str, dict[str, Any]] = {"llm": {"rpm": FAST}} if headless or as_json else {}
    if not overrides:
        require_terminal("run the demonstration without the app: catreview demo --headless")
    with make_demo(place, overrides) as project:
        if overrides:
            with talk.progress() as show:
                result = asyncio.run(run_demo(project, show))
            if as_json:
                output.emit_json(result.as_json())
            else:
                output.emit(tables.demo(result))
        else:
            from catreview.tui.app import run_review

            run_review(project)
    talk.say(f"The project is in {place}: catreview --help tells what else it can do.")
    talk.say(f"Go on with: catreview review --project {shlex.quote(str(place))}")
