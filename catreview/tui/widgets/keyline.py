"""The footer: the keys that matter now, as many as fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content
from textual.widgets import Static

from catreview.tui.keys import Command


class KeyLine(Static):
    """Keys in amber, what they do beside them; those with the highest rank go when narrow."""

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__(id="keys", markup=False)
        self._commands = [c for c in commands if c.rank]
        self._labels: Mapping[str, str] = {}

    def show(self, labels: Mapping[str, str]) -> None:
        """Show other words for some commands, by id: `{"label": "stop labelling"}`; "" for none."""
        self._labels = labels
        self.refresh()

    def render(self) -> Content:
        """One line."""
        labels = {c.id: self._labels.get(c.id, c.label) for c in self._commands}
        shown = [c for c in self._commands if labels[c.id]]
        for most in sorted({c.rank for c in shown}, reverse=True):
            keys = [_key(c.shown, labels[c.id]) for c in shown if c.rank <= most]
            for gap in ("   ", "  "):
                line = Content(gap).join(keys)
                if line.cell_length <= self.size.width:
                    return line
        return Content()


def _key(shown: str, label: str) -> Content:
    return Content.assemble((shown, "bold $focus"), (f" {label}", "$muted"))
