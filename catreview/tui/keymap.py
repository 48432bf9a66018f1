"""The keys of every screen: those declared in `keys`, with the user's own in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from textual import events

from catreview.errors import ConfigError
from catreview.schema import Category, Schema
from catreview.settings import CONFIG
from catreview.tui.keys import (
    ANYWHERE,
    FIELD,
    PALETTE,
    SCREENS,
    WITH_CATEGORIES,
    Command,
    key_name,
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
    "enter", "space", "escape", "up", "down", "left", "right", "insert", "tab", "shift+tab",
    "pageup", "pagedown", "home", "end",
    *(f"shift+{way}" for way in ("up", "down", "left", "right")),
    *(f"f{n}" for n in range(1, 13)),
    *(f"ctrl+{letter}" for letter in "abdefgklnoprstuvwxy"),
)  # fmt: skip
"""The keys that can be given to a command, besides every visible character."""
RESERVED = {
    **dict.fromkeys(("backspace", "delete", "ctrl+h"), "does nothing here, so that no slip does"),
    **dict.fromkeys(("ctrl+i", "ctrl+j", "ctrl+m"), "is tab or enter to a terminal"),
    **dict.fromkeys(("ctrl+c", "ctrl+q", "ctrl+z"), "leaves the app"),
}
EDITING = {
    "space", "left", "right", "home", "end", "shift+left", "shift+right",
    *(f"ctrl+{letter}" for letter in "adefkuvwx"),
}  # fmt: skip
"""Keys that belong to a field while one types, besides every visible character."""
TYPED = {command.name for command in (*FIELD, PALETTE)}
"""Commands that also count while one types."""
FACES = {
    "enter": "⏎", "escape": "esc", "up": "↑", "down": "↓", "left": "←", "right": "→",
    "shift+up": "shift+↑", "shift+down": "shift+↓", "shift+left": "shift+←",
    "shift+right": "shift+→", "pageup": "pgup", "pagedown": "pgdn",
}  # fmt: skip


class Keymap:
    """Which key does what, on every screen.

    `chosen` gives the keys of some commands by name; the others keep their own. `keymap["undo"]`
    is how that command's keys look in a footer, or the palette's if it has none.

    Raises:
        ConfigError: an unknown command or key, or a key with two meanings on a screen.
    """

    def __init__(self, schema: Schema, chosen: Mapping[str, Sequence[str]] | None = None) -> None:
        self.schema = schema
        self._chosen = {_known(name): _keys(name, keys) for name, keys in (chosen or {}).items()}
        self._own = {c.name: self._chosen.get(c.name, c.keys) for c in SCREENS["review"]}
        self._screens = {screen: self._on(screen) for screen in SCREENS}
        with_categories = WITH_CATEGORIES | {"review"}
        self._tables = {
            screen: keyboard(schema if screen in with_categories else None, commands)
            for screen, commands in self._screens.items()
        }
        named = [command for commands in self._screens.values() for command in commands]
        palette = next(c.shown for c in named if c.name == PALETTE.name)
        self._shown = {c.name: c.shown or palette for c in named}

    def __getitem__(self, name: str) -> str:
        return in_words(self._shown[name])

    def screen(self, screen: str) -> tuple[Command, ...]:
        """Every command of a screen."""
        return self._screens[screen]

    def own(self, screen: str) -> tuple[Command, ...]:
        """The commands of a screen that others don't have alike."""
        others = {c.name for c in ANYWHERE} | (
            {c.name for c in FIELD} if screen != "field" else set()
        )
        return tuple(c for c in self._screens[screen] if c.name not in others)

    def keys(self, screen: str, command: str) -> tuple[str, ...]:
        """The keys of a screen's command, by its id."""
        return next(c.keys for c in self._screens[screen] if c.id == command)

    def meant(self, screen: str, event: events.Key) -> Command | Category | None:
        """What a key that was pressed on a screen means there."""
        return self._tables[screen].get(key_name(event.key, event.character))

    def meaning(self, key: str) -> str:
        """The id of the review's command on a key, or the key: by this a held key is known."""
        meant = self._tables["review"].get(key)
        return meant.id if isinstance(meant, Command) else key

    def _on(self, screen: str) -> tuple[Command, ...]:
        """The commands of a screen with their keys.

        What they have besides, from the review's commands, gives way to what is declared there,
        and both to the keys of categories.
        """
        commands = SCREENS[screen]
        categories = {c.key for c in self.schema.categories} if screen in WITH_CATEGORIES else set()
        firm = {
            c.name: self._chosen.get(c.name, tuple(k for k in c.keys if k not in categories))
            for c in commands
        }
        taken = categories.union(*firm.values())
        keys = {}
        for c in commands:
            followed = [key for name in c.follows for key in self._own[name]]
            more = [key for key in followed if not c.keys or key not in taken]
            keys[c.name] = firm[c.name] if c.name in self._chosen else (*firm[c.name], *more)
        keys = {name: tuple(dict.fromkeys(some)) for name, some in keys.items()}
        by_id = {c.id: keys[c.name] for c in commands}
        return tuple(
            replace(
                c,
                keys=keys[c.name],
                shown=_together([some[0] for name in (c.id, *c.beside) if (some := by_id[name])]),
            )
            for c in commands
        )


def face(key: str) -> str:
    """A key as people read it."""
    return in_words(FACES.get(key, key))


def faces(command: Command) -> str:
    """All keys of a command as people read them."""
    return " ".join(map(face, command.keys))


def _together(keys: Sequence[str]) -> str:
    looks = [FACES.get(key, key) for key in keys]
    return ("" if all(len(look) == 1 for look in looks) else " ").join(looks)


def _known(name: str) -> str:
    names = list(dict.fromkeys(c.name for commands in SCREENS.values() for c in commands))
    if name not in names:
        near = get_close_matches(name, names, n=1)
        raise ConfigError(
            f"{CONFIG}: [keys] {name}: there is no such command.",
            f"Did you mean {near[0]}?" if near else "All of them: catreview keys",
        )
    return name


def _keys(command: str, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_key(command, key) for key in keys))


def _key(command: str, key: str) -> str:
    where = f"{CONFIG}: [keys] {command}:"
    name = ALIASES.get(key, key)
    if name in RESERVED:
        raise ConfigError(
            f"{where} the key {key!r} {RESERVED[name]}.", "Choose another key for it."
        )
    visible = len(name) == 1 and name.isprintable()
    if command in TYPED and (visible or name in EDITING):
        raise ConfigError(
            f"{where} the key {key!r} is for typing.", "Choose one that types and edits nothing."
        )
    if name in NAMES or visible:
        return name
    near = get_close_matches(key.lower(), [*NAMES, *ALIASES], n=1)
    raise ConfigError(
        f"{where} there is no key {key!r}.",
        f"Did you mean {near[0]!r}?"
        if near
        else "A key is a visible character, or one of: enter, space, escape, tab, up, down, left,"
        " right, pageup, pagedown, home, end, insert, f1 to f12, ctrl+a to ctrl+y.",
    )
