"""Which column means what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Literal, cast

from catreview.errors import InputError

Role = Literal["text", "previous", "id", "conversation", "speaker", "label", "turn"]

SYNONYMS: Final[Mapping[Role, tuple[str, ...]]] = {
    "text": ("text", "message", "body", "content", "utterance"),
    "previous": ("previous", "prev", "context", "previous_message"),
    "id": ("id", "message_id", "uuid"),
    "conversation": (
        "conversation",
        "conversation_id",
        "dialogue_id",
        "thread",
        "thread_id",
        "chat",
        "chat_id",
    ),
    "speaker": ("speaker", "author", "sender", "from", "user"),
    "label": ("label", "category", "class"),
    "turn": ("turn", "position"),
}
"""Column names that are understood without being told, in any case, the first one there wins."""
LISTED: Final = 20
"""So many names of columns are told at the most."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The user's own column names; None means found by name (see `SYNONYMS`)."""

    text: str | None = None
    previous: str | None = None
    id: str | None = None
    conversation: str | None = None
    speaker: str | None = None
    label: str | None = None

    def overrides(self) -> dict[Role, str]:
        """Return the columns that were named explicitly."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {cast(Role, role): name for role, name in named.items() if name is not None}

    def among(self, names: Sequence[str]) -> dict[Role, str]:
        """Find the column of each role, as written in `names`; roles without one are left out."""
        folded = {name.strip().casefold(): name for name in reversed(names)}
        folded |= {name: name for name in names}
        overrides = self.overrides()
        found = {role: folded[name] for role, name in overrides.items() if name in folded}
        taken = set(found.values())
        for role, synonyms in SYNONYMS.items():
            if role in overrides:
                continue
            free = [folded[s] for s in synonyms if s in folded and folded[s] not in taken]
            if free:
                found[role] = free[0]
        return found

    def check(self, path: Path, names: Iterable[str]) -> None:
        """Raise `InputError` where `names` lacks the text or a column named explicitly."""
        there = list(dict.fromkeys(names))
        found = self.among(there)
        for role, name in self.overrides().items():
            if role not in found:
                raise InputError(f"{path} has no column {name!r}", _listing(there))
        if "text" not in found:
            raise InputError(
                f"{path} has no column that looks like the text of a message",
                f"{_listing(there)} Name it with --text COLUMN.",
            )


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:LISTED])
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"Its columns are: {shown}{more}."
