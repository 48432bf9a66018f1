"""The help: every key, made from the same lists that the keys come from."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from catreview.tui.inert import one_line, widest
from catreview.tui.keymap import Keymap, faces
from catreview.tui.keys import ANYWHERE, Command
from catreview.tui.screens.overlay import Overlay, beside, heading
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import BuiltLines

NAMED = 11
"""Cells of a category's name at least."""
SIGNS = (
    ("≠", "a source that disagrees with the label; in the queue: reviewers differ"),
    ("✓", "decided"),
    ("·", "skipped for now"),
    ("○", "kept for another reviewer: on their desk, or next"),
)
LABELS_COME_FROM = (
    "Labels: a person's decision counts first (of several the newest, unless somebody has"
    " adjudicated), then a language model's vote, then the heuristic where it is confident, then"
    " the heuristic where it is weak."
)

SECTIONS = {
    "review": "Keys of the review",
    "similar": "Among similar messages",
    "dashboard": "In the dashboard",
    "jobs": "In the jobs screen",
    "draft": "While drafting a function",
    "queues": "In the list of queues",
    "field": "While typing",
    "options": "Among options",
}


class HelpText(BuiltLines):
    """The help, with the words wrapped beside their keys."""

    def __init__(self, keys: Keymap, first: str) -> None:
        super().__init__()
        self._keys = keys
        self._first = first

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """Keys of the screen it was opened on, of the others, categories, signs."""
        keys = self._keys
        lines: list[Content] = []
        for screen in sorted(SECTIONS, key=lambda screen: screen != self._first):
            lines += self._section(SECTIONS[screen], keys.own(screen), width)
            if screen == "review":
                lines += [*self._categories(width), Content()]
            if screen == self._first:
                anywhere = {c.id for c in ANYWHERE}
                everywhere = [c for c in keys.screen("review") if c.id in anywhere]
                lines += self._section("Everywhere", everywhere, width)
        lines.append(heading("Signs"))
        for sign, words in (*SIGNS, ("▸", f"the proposed category: what {keys['accept']} accepts")):
            lines += beside(_key(sign), words, width)
        lines += [Content(), *Content.styled(LABELS_COME_FROM, "$muted").wrap(width)]
        return lines, 0

    def _section(self, title: str, commands: Sequence[Command], width: int) -> list[Content]:
        lines = [heading(title)]
        for command in commands:
            lines += beside(_key(faces(command)), command.help, width)
        return [*lines, Content()]

    def _categories(self, width: int) -> list[Content]:
        lines = [heading("Categories: one key saves and shows the next message")]
        named = min(max(widest(self._keys.schema.names), NAMED), width // 3)
        for i, category in enumerate(self._keys.schema.categories):
            name = Content.styled(f"{one_line(category.name, named)}  ", f"bold {colour(i)}")
            key = _key(category.key or self._keys["choose"])
            lines += beside(key + name, category.definition, width)
        return lines


class HelpScreen(Overlay):
    """The help over a screen, whose own keys stand first."""

    def __init__(self, keys: Keymap, screen: str) -> None:
        super().__init__(keys, "help", "Help", HelpText(keys, screen))


def _key(shown: str) -> Content:
    return Content.styled(f"{shown:>9}  ", "bold $focus")
