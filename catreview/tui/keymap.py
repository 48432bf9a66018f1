"""The keys of every screen: those declared in `keys`, with the user's own in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from catreview.errors import ConfigError
from catreview.schema import Category, Schema
from catreview.settings import CONFIG
from catreview.tui.keys import (
    COMMANDS,
    DASHBOARD,
    DRAFT,
    SIMILAR,
    WORKS,
    Command,
    keyboard,
)
from catreview.tui.terminal import in_words

ALIASES = {
    "esc": "escape",
    "return": "enter",
    " ": "space",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "del": "delete",
}
NAMES = (
    "enter", "space", "escape", "up", "down", "left", "right", "insert",
    *(f"f{n}" for n in range(1, 13)),
    *(f"ctrl+{letter}" for letter in "abdefgklnorstuvwxy"),
)  # fmt: skip
"""The keys that can be given to a command, besides every visible character."""
RESERVED = {
    **dict.fromkeys(("tab", "shift+tab"), "goes to another pane"),
    **dict.fromkeys(("pageup", "pagedown", "home", "end"), "scrolls the pane in focus"),
    **dict.fromkeys(("backspace", "delete", "ctrl+h"), "does nothing here, so that no slip does"),
    **dict.fromkeys(("ctrl+i", "ctrl+j", "ctrl+m"), "is tab or enter to a terminal"),
    **dict.fromkeys(("ctrl+c", "ctrl+q", "ctrl+z"), "leaves the app"),
    "ctrl+p": "opens the command palette",
}
FACES = {
    "enter": "⏎", "escape": "esc", "up": "↑", "down": "↓", "left": "←", "right": "→",
}  # fmt: skip
EVERYWHERE = ("label", "retrain", "undo", "help")
"""Commands of the other screens that have the keys of the review's command of the same name."""
DOORS = {"dashboard": DASHBOARD, "works": WORKS, "similar": SIMILAR, "draft": DRAFT}
"""Screens that the key that opened them, and the one that quits, close again."""


class Keymap:
    """Which key does what, on every screen.

    `chosen` gives the keys of some of the review's commands by id; the others keep their own.
    `keymap["undo"]` is that command's first key as people read it, or the palette's if it has
    none.

    Raises:
        ConfigError: an unknown command or key, or a key with two meanings.
    """

    def __init__(self, schema: Schema, chosen: Mapping[str, Sequence[str]] | None = None) -> None:
        self.schema = schema
        own = {_known(name): _keys(name, keys) for name, keys in (chosen or {}).items()}
        self.review = tuple(_with(c, own.get(c.id, c.keys)) for c in COMMANDS)
        self._keys = {command.id: command.keys for command in self.review}
        self._shown = {c.id: in_words(c.shown) if c.keys else "ctrl+p" for c in self.review}
        self.table: Mapping[str, Command | Category] = keyboard(schema, self.review)
        self._screens = {
            door: tuple(self._follow(command, door) for command in commands)
            for door, commands in DOORS.items()
        }
        for door, commands in self._screens.items():
            keyboard(schema if door == "similar" else None, commands)

    def __getitem__(self, command: str) -> str:
        return self._shown[command]

    def screen(self, door: str) -> tuple[Command, ...]:
        """The commands of the screen that the review's command `door` opens."""
        return self._screens[door]

    def closing(self, *commands: str) -> tuple[str, ...]:
        """The keys that close what these commands opened."""
        return tuple(dict.fromkeys(k for c in (*commands, "quit") for k in self._keys[c]))

    def meaning(self, key: str) -> str:
        """The id of the command on a key, or the key itself: by this a held key is known."""
        meant = self.table.get(key)
        return meant.id if isinstance(meant, Command) else key

    def _follow(self, command: Command, door: str) -> Command:
        if command.id in EVERYWHERE:
            return _with(command, self._keys[command.id])
        if command.id == "close":
            keys = dict.fromkeys(("escape", *self.closing(door)))
            return _with(command, tuple(keys))
        return command


def face(key: str) -> str:
    """A key as people read it."""
    return in_words(FACES.get(key, key))


def faces(command: Command) -> str:
    """All keys of a command as people read them, or the one that its pane answers."""
    return " ".join(map(face, command.keys)) or in_words(command.shown)


def _with(command: Command, keys: tuple[str, ...]) -> Command:
    if keys == command.keys:
        return command
    return replace(command, keys=keys, shown=FACES.get(keys[0], keys[0]) if keys else "")


def _known(command: str) -> str:
    names = [c.id for c in COMMANDS]
    if command not in names:
        near = get_close_matches(command, names, n=1)
        raise ConfigError(
            f"{CONFIG}: [keys] {command}: the review screen has no such command.",
            f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}.",
        )
    return command


def _keys(command: str, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_key(command, key) for key in keys))


def _key(command: str, key: str) -> str:
    where = f"{CONFIG}: [keys] {command}:"
    name = ALIASES.get(key, key)
    if name in RESERVED:
        raise ConfigError(
            f"{where} the key {key!r} {RESERVED[name]}.", "Choose another key for it."
        )
    if name in NAMES or (len(name) == 1 and name.isprintable()):
        return name
    near = get_close_matches(key.lower(), [*NAMES, *ALIASES], n=1)
    raise ConfigError(
        f"{where} there is no key {key!r}.",
        f"Did you mean {near[0]!r}?"
        if near
        else "A key is a visible character, or one of: enter, space, escape, up, down, left, right,"
        " insert, f1 to f12, ctrl+a to ctrl+y.",
    )
