"""Every key, once: the footers, the help and the palette are made from these lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    Command("accept", ("enter", "a"), "⏎", "accept", "accept the proposed category", 1),
    Command("skip", ("space",), "space", "skip", "leave it for later; it comes back at the end", 2),
    Command("undo", ("u",), "u", "undo", "take back your last act, also one of another day", 3),
    Command("redo", ("y", "ctrl+r"), "y", "", "do again what was undone last"),
    Command("flag", ("f",), "f", "flag", "flag it for a second look, or take the flag away", 7),
    Command("note", ("n",), "n", "note", "write a note to it", 10),
    Command("choose", ("c",), "c", "", "choose a category by typing a part of its name"),
    Command("add_up", ("v",), "v", "votes", "how the votes add up, and what was done to it", 9),
    Command("search", ("/",), "/", "find", "find messages by words, label, votes, …; a queue", 5),
    Command("renew", ("o",), "o", "", "open the queue anew, in its newest order"),
    Command("next_queue", ("]",), "]", "queue", "go to the next queue", 8),
    Command("previous_queue", ("[",), "[", "", "go to the queue before"),
    Command("next", ("j", "down"), "j ↓", "", "look at the next message, deciding nothing"),
    Command("previous", ("k", "up"), "k ↑", "", "look at the message before"),
    Command(
        "similar", ("g",), "g", "similar", "messages like it: one category for all of them", 15
    ),
    Command("go", (":",), ":", "", "go to a place in the queue"),
    Command("blind", ("b",), "b", "", "hide votes and label until you have decided, or show them"),
    Command("queues", ("p",), "p", "", "pick a queue, also of what is skipped, flagged or noted"),
    Command("label", ("l",), "l", "label", "start or stop labelling by the language model", 11),
    Command("retrain", ("r",), "r", "retrain", "start or stop training the classifier", 12),
    Command("dashboard", ("d",), "d", "dashboard", "scores, confusion, functions", 6),
    Command("works", ("w",), "w", "jobs", "jobs at work, their runs and errors", 13),
    Command("help", ("?",), "?", "help", "show this", 4),
    Command("quit", ("q",), "q", "quit", "quit; everything is saved already", 14),
    Command("back", ("escape",), "esc", "", "leave what was found, or a field"),
    Command("draft", ("+",), "+", "function", "make a labelling function of words of it", 15),
)

PAGES = (
    Command("page_scores", ("1",), "1", "scores", "F1, confusion, the models so far"),
    Command("page_learning", ("2",), "2", "learning", "learning curve, labels by source over time"),
    Command("page_functions", ("3",), "3", "functions", "labelling functions, labels by category"),
    Command("page_trust", ("4",), "4", "trust", "the pilot's gate, agreement, reviewers"),
)
"""The pages of the dashboard."""

DASHBOARD = (
    *PAGES,
    Command("walk", (), "←↑↓→", "walk", "walk through the cells, or the functions", 3),
    Command("open", (), "⏎", "open", "open the cell, or the function's conflicts, as a queue", 1),
    Command("other", (), "tab", "other pane", "go to the next pane of the page", 8),
    Command("sort", ("s",), "s", "sort", "sort the functions by the next column", 5),
    Command("switch", ("x",), "x", "on/off", "switch the function off, or on again", 6),
    Command("vote", ("v",), "v", "vote again", "let the functions vote again, those on alone", 7),
    Command("forecast", ("f",), "f", "forecast", "work out how many more reviews are needed", 4),
    Command("retrain", ("r",), "r", "retrain", "start or stop training the classifier", 5),
    Command("help", ("?",), "?", "help", "show all keys", 9),
    Command("close", ("escape", "d", "q"), "esc", "back", "back to the review", 2),
)

WORKS = (
    Command("label", ("l",), "l", "label", "start or stop labelling by the language model", 1),
    Command("retrain", ("r",), "r", "retrain", "start or stop training the classifier", 2),
    Command("pause", ("p",), "p", "pause", "pause labelling, or let it go on", 3),
    Command("options", ("o",), "o", "options", "what labelling and training are started with", 4),
    Command("copy", ("y",), "y", "copy", "copy the labelling command for a shell", 9),
    Command("vote", ("v",), "v", "functions vote", "let the functions vote again", 7),
    Command("other", (), "tab", "other pane", "go to the next pane; a small window shows one", 8),
    Command("help", ("?",), "?", "help", "show all keys", 6),
    Command("close", ("escape", "w", "q"), "esc", "back", "back to the review", 5),
)

SIMILAR = (
    Command("check", ("enter",), "⏎", "spot-check", "look at some drawn at random, one by one", 1),
    Command(
        "accept_all", ("a",), "a", "accept all", "accept all that are in, when a check went well", 2
    ),
    Command("out", ("space",), "space", "out/in", "take one out, or in again", 4),
    Command("odd", ("o",), "o", "odd ones", "take out all that somebody calls otherwise, or in", 5),
    Command("undo", ("u",), "u", "undo", "take back the last spot check", 6),
    Command("walk", (), "↑↓", "walk", "walk through the list; a category's key: what all are", 7),
    Command("help", ("?",), "?", "help", "show all keys", 8),
    Command(
        "close", ("escape", "g", "q"), "esc", "back", "back to the review; nothing is accepted", 3
    ),
)

DRAFT = (
    Command("left", ("left",), "← →", "word", "take the word before", 1),
    Command("right", ("right",), "→", "", "take the next word"),
    Command("longer", ("shift+right", "."), "shift+←→", "more", "take one word more", 4),
    Command("shorter", ("shift+left", ","), "shift+←", "", "take one word less"),
    Command("type", ("/",), "/", "type", "write the phrase, or the expression, yourself", 3),
    Command("category", (), "tab", "", "the next category; their own keys do it too"),
    Command("matches", (), "↑↓", "messages", "walk through the messages it votes on", 6),
    Command("whole", ("w",), "w", "", "whole words, or also parts of words"),
    Command("start", ("s",), "s", "", "only at the start of the message"),
    Command("end", ("e",), "e", "", "only at its end"),
    Command("previous", ("p",), "p", "", "in the message before instead"),
    Command("case", ("c",), "c", "", "with upper and lower case as written"),
    Command("regex", ("r",), "r", "", "take it as a regular expression"),
    Command("fewer", ("<",), "<", "", "at most so many words in the message: fewer"),
    Command("more", (">",), ">", "", "more of them, then any number"),
    Command("code", ("enter",), "⏎", "code", "show its code, and write it", 2),
    Command("help", ("?",), "?", "help", "show all keys", 7),
    Command("close", ("escape", "+", "q"), "esc", "back", "back to the review", 5),
)

WRITING = {"accept", "skip", "undo", "redo", "flag"}
"""Commands that write a row: like the categories they are judged for held keys."""

ELSEWHERE = (
    ("pgup pgdn", "scroll the pane that has the amber border; tab goes to another pane"),
    ("ctrl+p", "every command by name, and the themes"),
)
"""Keys that Textual itself answers, for the help."""


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
                    f"The key {key!r} means both {other.id!r} ({other.help}) and"
                    f" {command.id!r} ({command.help}).",
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
                f" command {taken.id.replace('_', ' ')!r} ({taken.help}).",
                f"Give one of them another key in {CONFIG}: key = … of the category, or"
                f" {taken.id} = … under [keys]; capital letters are free.",
            )
        table[category.key] = category
    return table
