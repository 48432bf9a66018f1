"""Every key, once: the footers, the help and the palette are made from these lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from catreview.errors import ConfigError
from catreview.schema import Category, Schema
from catreview.settings import CONFIG


@dataclass(frozen=True, slots=True)
class Command:
    """Something a key does. `keys` as `key_name` gives them; `id` is what a screen does it by.

    `label` is its one or two words in the footer, `rank` how long it stays there when the
    screen gets narrow (1 longest; 0: only in the help). `name` is what `[keys]` calls it, where
    that is not its id.

    Unless it is given keys of its own there, it also has those of the review's commands in
    `follows`. Commands `beside` it stand with it in the footer. `shown` is how that looks; the
    keymap fills it in.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    rank: int = 0
    follows: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    shown: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        """A command of the review is called by its id."""
        object.__setattr__(self, "name", self.name or self.id)


def _of(screen: str, *commands: Command) -> tuple[Command, ...]:
    return tuple(replace(command, name=f"{screen}_{command.id}") for command in commands)


COMMANDS = (
    Command("accept", ("enter", "a"), "accept", "accept the proposed category", 1),
    Command("skip", ("space",), "skip", "leave it for later; it comes back at the end", 2),
    Command("undo", ("u",), "undo", "take back your last act, also one of another day", 3),
    Command("redo", ("y", "ctrl+r"), "", "do again what was undone last"),
    Command("flag", ("f",), "flag", "flag it for a second look, or take the flag away", 7),
    Command("note", ("n",), "note", "write a note to it", 10),
    Command("choose", ("c",), "", "choose a category by typing a part of its name"),
    Command("add_up", ("v",), "votes", "how the votes add up, and what was done to it", 9),
    Command("search", ("/",), "find", "find messages by words, label, votes, …; a queue", 5),
    Command("renew", ("o",), "", "open the queue anew, in its newest order"),
    Command("next_queue", ("]",), "queue", "go to the next queue", 8),
    Command("previous_queue", ("[",), "", "go to the queue before"),
    Command("next", ("j", "down"), "", "look at the next message, deciding nothing"),
    Command("previous", ("k", "up"), "", "look at the message before"),
    Command("similar", ("g",), "similar", "messages like it: one category for all of them", 15),
    Command("go", (":",), "", "go to a place in the queue"),
    Command("blind", ("b",), "", "hide votes and label until you have decided, or show them"),
    Command("queues", ("p",), "", "pick a queue, also of what is skipped, flagged or noted"),
    Command("label", ("l",), "label", "start or stop labelling by the language model", 11),
    Command("retrain", ("r",), "retrain", "start or stop training the classifier", 12),
    Command("dashboard", ("d",), "dashboard", "scores, confusion, functions", 6),
    Command("works", ("w",), "jobs", "jobs at work, their runs and errors", 13),
    Command("help", ("?",), "help", "show this", 4),
    Command("quit", ("q",), "quit", "quit; everything is saved already", 14),
    Command("back", ("escape",), "", "leave what was found"),
    Command("draft", ("+",), "function", "make a labelling function of words of it", 15),
)

PANES = (
    Command("other", ("tab",), "other pane", "go to the next pane; a small window shows one", 8),
    Command("other_back", ("shift+tab",), "", "go to the pane before"),
)
PALETTE = Command("palette", ("ctrl+p",), "", "every command by name, and the themes")
PAGING = (
    Command("page_up", ("pageup",), "", "scroll the pane in use, whose border is strong"),
    Command("page_down", ("pagedown",), "", "scroll it on"),
    Command("top", ("home",), "", "scroll it to its start"),
    Command("bottom", ("end",), "", "scroll it to its end"),
    PALETTE,
)
ANYWHERE = (*PANES, *PAGING)
"""What the same keys do on every screen."""

PAGES = _of(
    "dashboard",
    Command("page_scores", ("1",), "scores", "F1, confusion, the models so far"),
    Command("page_learning", ("2",), "learning", "learning curve, labels by source over time"),
    Command("page_functions", ("3",), "functions", "labelling functions, labels by category"),
    Command("page_trust", ("4",), "trust", "the pilot's gate, agreement, reviewers"),
)
"""The pages of the dashboard."""

_UP = Command("up", ("up",), "", "go up", follows=("previous",))
_DOWN = Command("down", ("down",), "", "go down", follows=("next",))
_HELP = Command("help", (), "help", "show all keys", 9, follows=("help",))


def _close(rank: int, *openers: str, what: str = "") -> Command:
    """What opened a screen, and what quits, closes it again."""
    words = f"back to the review{what}"
    return Command("close", ("escape",), "back", words, rank, follows=(*openers, "quit"))


DASHBOARD = (
    *PAGES,
    *_of(
        "dashboard",
        Command(
            "left", ("left",), "walk", "walk through the cells", 3, beside=("up", "down", "right")
        ),
        replace(_UP, help="walk through the cells, or the functions"),
        _DOWN,
        Command("right", ("right",), "", "go right"),
        Command(
            "open", ("enter",), "open", "open the cell, or the function's conflicts, as a queue", 1
        ),
    ),
    *PANES,
    *_of(
        "dashboard",
        Command("sort", ("s",), "sort", "sort the functions by the next column", 5),
        Command("switch", ("x",), "on/off", "switch the function off, or on again", 6),
        Command("vote", ("v",), "vote again", "let the functions vote again, those on alone", 7),
        Command("forecast", ("f",), "forecast", "work out how many more reviews are needed", 4),
        Command("retrain", (), "retrain", "start or stop training the classifier", 5, ("retrain",)),
        replace(_HELP, rank=4),
        _close(2, "dashboard"),
    ),
)

JOBS = (
    *_of(
        "jobs",
        Command("label", (), "label", "start or stop labelling by the LLM", 1, ("label",)),
        Command("retrain", (), "retrain", "start or stop training the classifier", 2, ("retrain",)),
        Command("pause", ("p",), "pause", "pause labelling, or let it go on", 3),
        Command("options", ("o",), "options", "what the jobs are started with", 4),
        Command("tune", ("e",), "tune", "start or stop tuning an encoder", 7),
        Command("copy", ("y",), "copy", "copy the labelling command for a shell", 9),
        Command("vote", ("v",), "functions vote", "let the functions vote again", 9),
    ),
    *PANES,
    *_of(
        "jobs",
        replace(_UP, help="scroll the pane up"),
        replace(_DOWN, help="scroll it down"),
        replace(_HELP, rank=6),
        _close(5, "works"),
    ),
)

SIMILAR = _of(
    "similar",
    Command("check", ("enter",), "spot-check", "look at some drawn at random, one by one", 1),
    Command("accept_all", ("a",), "accept all", "accept all that are in, after a good check", 2),
    Command("out", ("space",), "out/in", "take one out, or in again", 4),
    Command("odd", ("o",), "odd ones", "take out all that somebody calls otherwise, or in", 5),
    Command("undo", (), "undo", "take back the last spot check", 6, ("undo",)),
    replace(
        _UP, label="walk", help="walk through the list; a category's key: what all are", rank=7,
        beside=("down",),
    ),
    _DOWN,
    replace(_HELP, rank=8),
    _close(3, "similar", what="; nothing is accepted"),
)  # fmt: skip

DRAFT = _of(
    "draft",
    Command("left", ("left",), "word", "take the word before", 1, beside=("right",)),
    Command("right", ("right",), "", "take the next word"),
    Command("longer", ("shift+right", "."), "more", "take one word more", 4),
    Command("shorter", ("shift+left", ","), "", "take one word less"),
    Command("type", ("/",), "type", "write the phrase, or the expression, yourself", 3),
    Command("category", (), "", "the next category; their own keys do it too", follows=("other",)),
    Command("category_before", (), "", "the category before", follows=("other_back",)),
    replace(
        _UP, label="messages", help="walk through the messages it votes on", rank=6,
        beside=("down",), follows=(),
    ),
    replace(_DOWN, follows=()),
    Command("whole", ("w",), "", "whole words, or also parts of words"),
    Command("start", ("s",), "", "only at the start of the message"),
    Command("end", ("e",), "", "only at its end"),
    Command("previous", ("p",), "", "in the message before instead"),
    Command("case", ("c",), "", "with upper and lower case as written"),
    Command("regex", ("r",), "", "take it as a regular expression"),
    Command("fewer", ("<",), "", "at most so many words in the message: fewer"),
    Command("more", (">",), "", "more of them, then any number"),
    Command("code", ("enter",), "code", "show its code, and write it", 2),
    replace(_HELP, rank=7),
    _close(5, "draft"),
)  # fmt: skip

QUEUES = _of(
    "queues",
    replace(_UP, help="go to the queue above"),
    replace(_DOWN, help="go to the one below"),
    Command("open", ("enter",), "opens it", "open the queue"),
    _close(0, "queues"),
)
"""The list of queues."""

FIELD = _of(
    "field",
    Command("answer", ("enter",), "done", "take what is typed", 1),
    Command("cancel", ("escape",), "cancel", "leave the field, or what it belongs to", 2),
    Command(
        "complete",
        ("tab",),
        "complete",
        "write out what is being typed, or go to the next field",
        3,
    ),
    Command("before", ("shift+tab",), "", "go to the field before"),
    Command("up", ("up",), "", "go up in the list below, or to the field above"),
    Command("down", ("down",), "", "go down in it, or to the field below"),
)
"""While one types: all other keys are typed, or move the cursor."""
OPTIONS = _of(
    "options",
    Command("left", ("left",), "", "choose the word before"),
    Command("right", ("right", "space"), "", "choose the next word"),
)
"""Where one of a few words is chosen."""


def _overlay(screen: str, opener: str) -> tuple[Command, ...]:
    lines = replace(_UP, help="scroll up"), replace(_DOWN, help="scroll down")
    return (*_of(screen, *lines, _close(0, opener)), *PAGING)


SCREENS = {
    "review": (*COMMANDS, *ANYWHERE),
    "dashboard": (*DASHBOARD, *PAGING),
    "jobs": (*JOBS, *PAGING),
    "similar": (*SIMILAR, *PAGING),
    "draft": (*DRAFT, *PAGING),
    "queues": (*QUEUES, *PAGING),
    "help": _overlay("help", "help"),
    "votes": _overlay("votes", "add_up"),
    "field": (*FIELD, PALETTE),
    "options": (*OPTIONS, *FIELD, PALETTE),
}
"""Every command of every screen. On none may a key have two meanings."""
WITH_CATEGORIES = {"similar", "draft"}
"""Screens other than the review on which a category's key gives it."""
WRITING = {"accept", "skip", "undo", "redo", "flag"}
"""Commands that write a row: like the categories they are judged for held keys."""


def key_name(key: str, character: str | None) -> str:
    """What a key event is called here: the character if it shows one, else the key's name."""
    return character if character and character.isprintable() and character != " " else key


def keyboard(
    schema: Schema | None, commands: Sequence[Command] = COMMANDS
) -> Mapping[str, Command | Category]:
    """What each key does, with the keys of the schema's categories where they count.

    Raises:
        ConfigError: two commands share a key, a category's key is taken by a command, or is no
            visible character.
    """
    table: dict[str, Command | Category] = {}
    for command in commands:
        for key in command.keys:
            other = table.setdefault(key, command)
            if isinstance(other, Command) and other is not command:
                raise ConfigError(
                    f"The key {key!r} means both {other.name!r} ({other.help}) and"
                    f" {command.name!r} ({command.help}).",
                    f"Give one of them another key under [keys] in {CONFIG}.",
                )
    for category in schema.categories if schema is not None else ():
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
                f" command {taken.name!r} ({taken.help}).",
                f"Give one of them another key in {CONFIG}: key = … of the category, or"
                f" {taken.name} = … under [keys]; capital letters are free.",
            )
        table[category.key] = category
    return table
