"""The help: every key, made from the same list that the keys come from."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from catreview.schema import Schema
from catreview.tui.inert import fit, inert
from catreview.tui.keys import COMMANDS, ELSEWHERE
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
        lines = [_heading("Keys")]
        for command in COMMANDS:
            lines += _beside(_key(command.shown), command.help, width)
        for shown, words in ELSEWHERE:
            lines += _beside(_key(shown), words, width)
        lines += [Content(), _heading("Categories: one key saves and shows the next message")]
        for i, category in enumerate(self._schema.categories):
            name = Content.styled(fit(category.name, 13), f"bold {colour(i)}")
            lines += _beside(_key(category.key or "-") + name, category.definition, width)
        lines += [Content(), _heading("Signs")]
        for sign, words in SIGNS:
            lines += _beside(_key(sign), words, width)
        lines += [Content(), *Content.styled(LABELS_COME_FROM, "$muted").wrap(width)]
        return lines, 0


class HelpScreen(ModalScreen[None]):
    """The help over the review; escape, q and ? close it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "close", show=False)]

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self._schema = schema

    def compose(self) -> ComposeResult:
        """One scrolling column."""
        with Vertical(id="help") as frame:
            frame.border_title = "Help"
            frame.border_subtitle = "esc closes"
            yield HelpText(self._schema)

    def action_close(self) -> None:
        """Back to the review."""
        self.dismiss()

    def on_click(self, event: events.Click) -> None:
        """A click beside the text closes too."""
        if event.widget is self:
            self.dismiss()


def _heading(text: str) -> Content:
    return Content.styled(text, "$muted")


def _key(shown: str) -> Content:
    return Content.styled(f"{shown:>9}  ", "bold $focus")


def _beside(left: Content, words: str, width: int) -> list[Content]:
    indent = left.cell_length
    lines = Content.styled(inert(words), "$plain").wrap(max(width - indent, 10))
    return [(left if i == 0 else Content(" " * indent)) + line for i, line in enumerate(lines)]
