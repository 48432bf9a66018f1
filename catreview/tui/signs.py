"""What stands for a category where its name has no room."""

from __future__ import annotations

import re
from collections import Counter

from rich.cells import set_cell_size

from catreview.schema import Schema
from catreview.tui.inert import inert

CELLS = 3
"""As many as a sign has at most; it has more only from the hundredth category on."""


def signs(schema: Schema) -> dict[str, str]:
    """A sign for each category, no two alike: its key or, without one, letters of its name.

    They are its first ones; where others have the same, those of its last word, those that its
    words begin with, or a few of it. Names that nothing of this tells apart have their places.
    """
    forms = {c.name: _forms(c.name) for c in schema.categories if not c.key}
    often = Counter(form for some in forms.values() for form in set(some))
    often.update(c.key for c in schema.categories)
    return {
        c.name: c.key or next((f for f in forms[c.name] if often[f] == 1), f"#{place}")
        for place, c in enumerate(schema.categories, 1)
    }


def _forms(name: str) -> list[str]:
    shown = inert(name)
    words = re.findall(r"[^\W_]+", shown) or [shown]
    few = (shown[0] + shown[at : at + 2] for at in range(2, len(shown) - 1))
    forms = (shown, words[-1], "".join(word[0] for word in words), *few)
    return [set_cell_size(form, CELLS).strip() for form in forms]
