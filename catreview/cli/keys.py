"""`keys`: what each key of the review app does."""

from __future__ import annotations

from pathlib import Path

import click

from catreview.cli import output
from catreview.cli.options import json_option, opened, project_option


@click.command("keys")
@json_option
@project_option
def keys_command(as_json: bool, project: Path | None) -> None:
    """List the commands of all the review app's screens with their keys, then the categories.

    Under [keys] in catreview.toml stand your own: accept = ["enter", "a"]. The words on the left
    are the names to use there. Exit code 2 where a key has two meanings on a screen.
    """
    from catreview.tui.keymap import Keymap
    from catreview.tui.keys import SCREENS

    with opened(project) as found:
        keys = Keymap(found.schema, found.settings.keys)
    commands = {c.name: (c.name, c.keys, c.help) for s in SCREENS for c in keys.screen(s)}.values()
    categories = [
        (c.name, (c.key,) if c.key else (), c.definition) for c in found.schema.categories
    ]
    if as_json:
        output.emit_json(
            {
                "schema_version": 1,
                "commands": [{"name": n, "keys": k, "help": h} for n, k, h in commands],
                "categories": [{"name": n, "keys": k} for n, k, _ in categories],
            }
        )
        return
    rows = [(name, " ".join(keys) or "none", words) for name, keys, words in commands]
    output.emit(output.table(["command", "keys", "what it does"], rows))
    output.emit()
    given = [(name, " ".join(keys) or "none") for name, keys, _ in categories]
    output.emit(output.table(["category", "key"], given))
