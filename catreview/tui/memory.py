"""What the app remembers between sessions, outside of the projects: the user's state folder."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_state_path


def memory_file() -> Path:
    """Where it is kept: under XDG_STATE_HOME on Linux, and where macOS and Windows want it."""
    return user_state_path("catreview", appauthor=False) / "app.json"


class Memory:
    """One JSON object of a few words, read and written whole; losing it costs nothing.

    Without a `path` it lasts as long as the app. `problem` says why it could not be read or kept,
    empty where all is well.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.problem = ""
        self._kept = self._read()

    def text(self, name: str) -> str:
        """A remembered word, empty where there is none."""
        value = self._kept.get(name)
        return value if isinstance(value, str) else ""

    def words(self, *names: str) -> dict[str, str]:
        """The remembered words under a path of names, each a text."""
        table: Any = self._kept
        for name in names:
            table = table.get(name) if isinstance(table, dict) else None
        items = table.items() if isinstance(table, dict) else ()
        return {key: value for key, value in items if isinstance(value, str)}

    def keep(self, value: str | Mapping[str, str], *names: str) -> None:
        """Remember a word, or some, under a path of names."""
        # Another app may have written meanwhile: only this entry is changed.
        self._kept = self._read() if self._path is not None else self._kept
        self.problem = ""
        table = self._kept
        for name in names[:-1]:
            inner = table.get(name)
            table[name] = inner if isinstance(inner, dict) else {}
            table = table[name]
        table[names[-1]] = value if isinstance(value, str) else dict(value)
        if self._path is not None:
            self._write(self._path)

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self.problem = f"What was remembered in {self._path} cannot be read: {error}"
            return {}
        if not isinstance(kept, dict):
            self.problem = f"What was remembered in {self._path} cannot be read: it is no object"
            return {}
        return kept

    def _write(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(self._kept, file, indent=1)
            Path(name).replace(path)
        except OSError as error:
            self.problem = f"This will not be remembered: {error}"
