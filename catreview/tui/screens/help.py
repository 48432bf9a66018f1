"""The help: every key, made from the same lists that the keys come from."""

from __future__ import annotations

from textual.content import Content

from catreview.schema import Schema
from catreview.tui.inert import fit
from catreview.tui.keys import COMMANDS, DASHBOARD, ELSEWHERE, WORKS
from catreview.tui.screens.overlay import Overlay, beside, heading
from catreview.tui.theme import colour
from catreview.tui.widgets.lines import BuiltLines

SIGNS = (
    ("≠", "a source that disagrees with the label"),
    ("▸", "the proposed category: what ⏎ accepts"),
    ("✓", "decided by you"),
    ("·", "skipped for now"),
)
LABELS_COME_FROM = "Labels: a person's decision counts first, then a language model's vote, then \
the heuristic where it is confident, then the heuristic where it is weak."


class HelpText(BuiltLines):
    """The help, with the words wrapped beside their keys."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self._schema = schema

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """Keys, categories, signs."""
        lines = [heading("Keys")]
        for command in COMMANDS:
            lines += beside(_key(command.shown), command.help, width)
        for shown, words in ELSEWHERE:
            lines += beside(_key(shown), words, width)
        lines += [Content(), heading("Categories: one key saves and shows the next message")]
        for i, category in enumerate(self._schema.categories):
            name = Content.styled(fit(category.name, 13), f"bold {colour(i)}")
            lines += beside(_key(category.key or "c") + name, category.definition, width)
        for title, commands in (("In the dashboard", DASHBOARD), ("In the jobs screen", WORKS)):
            lines += [Content(), heading(title)]
            for command in commands:
                lines += beside(_key(command.shown), command.help, width)
        lines += [Content(), heading("Signs")]
        for sign, words in SIGNS:
            lines += beside(_key(sign), words, width)
        lines += [Content(), *Content.styled(LABELS_COME_FROM, "$muted").wrap(width)]
        return lines, 0


class HelpScreen(Overlay):
    """The help over the screen it was asked for in."""

    def __init__(self, schema: Schema) -> None:
        super().__init__("Help", HelpText(schema))


def _key(shown: str) -> Content:
    return Content.styled(f"{shown:>9}  ", "bold $focus")
