"""Every key of the review screen, once: the footer, the help and the palette are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catreview.errors import ConfigError
from catreview.schema import Category, Schema
from catreview.settings import CONFIG


@dataclass(frozen=True, slots=True)
class Command:
    """Something a key does. `keys` as `key_name` gives them, `shown` as people read them.

    `label` is its one or two words in the footer, `rank` how long it stays there when the
    screen gets narrow (1 longest; 0: only in the help).
    """

    id: str
    keys: tuple[str, ...]
    shown: str
    label: str
    help: str
    rank: int = 0


COMMANDS = (
    Command("accept", ("enter", "a"), "⏎", "accept", "accept the proposed category (also a)", 1),
    Command("skip", ("space",), "space", "skip", "leave it for later; it comes back at the end", 2),
    Command("undo", ("u",), "u", "undo", "take back your last act, also one of another day", 3),
    Command("flag", ("f",), "f", "flag", "flag it for a second look, or take the flag away", 6),
    Command("note", ("n",), "n", "note", "write a note to it", 7),
    Command("search", ("/",), "/", "find", "find messages; the results open as a queue", 5),
    Command("next_queue", ("]",), "]", "next queue", "go to the next queue", 8),
    Command("previous_queue", ("[",), "[", "", "go to the queue before"),
    Command("next", ("j", "down"), "j ↓", "", "look at the next message, deciding nothing"),
    Command("previous", ("k", "up"), "k ↑", "", "look at the message before"),
    Command("go", ("g",), "g", "", "go to a place in the queue"),
    Command("label", ("l",), "l", "label", "start or stop labelling by the language model", 9),
    Command("retrain", ("r",), "r", "retrain", "start or stop training the classifier", 10),
    Command("help", ("?",), "?", "help", "show this", 4),
    Command("quit", ("q",), "q", "quit", "quit; everything is saved already", 11),
    Command("back", ("escape",), "esc", "", "leave search results or a field"),
)

ELSEWHERE = (
    ("pgup pgdn", "scroll the pane that has the amber border; tab goes to another pane"),
    ("ctrl+p", "every command by name, and the themes"),
)
"""Keys that Textual itself answers, for the help."""


def key_name(key: str, character: str | None) -> str:
    """What a key event is called here: the character if it shows one, else the key's name."""
    return character if character and character.isprintable() and character != " " else key


def keyboard(schema: Schema) -> Mapping[str, Command | Category]:
    """What each key does, with the keys of the schema's categories.

    Raises:
        ConfigError: a category's key is taken by a command, or is no visible character.
    """
    table: dict[str, Command | Category] = {key: c for c in COMMANDS for key in c.keys}
    for category in schema.categories:
        if not category.key:
            continue
        if not category.key.isprintable() or category.key.isspace():
            raise ConfigError(
                f"The key of category {category.name!r} is no visible character.",
                f"Give it a letter or a digit in {CONFIG}.",
            )
        taken = table.get(category.key)
        if isinstance(taken, Command):
            raise ConfigError(
                f"The key {category.key!r} means both the category {category.name!r} and the"
                f" command {taken.id.replace('_', ' ')!r} ({taken.help}).",
                f"Give the category another key in {CONFIG}; capital letters are free.",
            )
        table[category.key] = category
    return table
