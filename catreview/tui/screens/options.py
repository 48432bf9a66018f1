"""The options that the jobs are started with, and the commands they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Static

from catreview.tui.inert import one_line
from catreview.tui.jobs import JobName
from catreview.tui.keymap import Keymap
from catreview.tui.options import OPTIONS, Option, Options
from catreview.tui.screens.keyed import Keyed
from catreview.tui.screens.overlay import heading
from catreview.tui.screens.passing import Framed
from catreview.tui.widgets.field import Field

TITLES = {
    JobName.LABEL: "Labelling",
    JobName.TRAIN: "Retraining",
    JobName.TUNE: "Tuning an encoder",
}


class Choice(Static, can_focus=True):
    """One of a few words: keys and the mouse choose."""

    class Changed(Message):
        """Another one was chosen."""

    def __init__(self, choices: Sequence[str], chosen: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._choices = choices
        self.value = chosen if chosen in choices else choices[0]

    def render(self) -> Content:
        """All of them; the chosen one has a mark."""
        parts = []
        for choice in self._choices:
            chosen = choice == self.value
            ink = "$muted" if not chosen else "bold reverse $focus" if self.has_focus else "bold"
            parts.append(Content.styled(f"{'▸' if chosen else ' '}{choice} ", ink))
        return Content(" ").join(parts)

    def walk(self, step: int) -> None:
        """Choose a neighbour; after the last comes the first."""
        here = self._choices.index(self.value)
        self._choose(self._choices[(here + step) % len(self._choices)])

    def on_click(self, event: events.Click) -> None:
        """Choose the one under the mouse."""
        offset = event.get_content_offset(self)
        column = 0
        for choice in self._choices:
            width = len(choice) + 2
            if offset is not None and column <= offset.x < column + width:
                self._choose(choice)
            column += width + 1

    def _choose(self, choice: str) -> None:
        self.value = choice
        self.refresh()
        self.post_message(self.Changed())


class OptionsScreen(Keyed[Mapping[str, str]], Framed[Mapping[str, str]]):
    """Dismissed with the value of each option by its flag, or None where nothing is to change.

    `configured` says what an empty field stands for, by flag.
    """

    def __init__(self, keys: Keymap, options: Options, configured: Mapping[str, str]) -> None:
        super().__init__(keys, "options")
        self._options = options
        self._configured = configured

    def compose(self) -> ComposeResult:
        """A field for each option, then the commands."""
        values = self._options.values()
        with Vertical(classes="frame", id="options") as frame:
            frame.border_title = "Options: what the jobs are started with next"
            frame.border_subtitle = self._hint()
            with VerticalScroll(can_focus=False):
                for job, title in TITLES.items():
                    yield Static(heading(title), classes=f"title -{job.name.lower()}")
                    for option in OPTIONS:
                        if option.job is job:
                            yield from self._field(option, values.get(option.flag, ""))
            yield Static(id="commands", markup=False)
            yield Static(id="wrong", markup=False)

    def _hint(self) -> str:
        words = (
            ("keeps them", "answer"), ("field", "up", "down"), ("choice", "left", "right"),
            ("closes", "cancel"),
        )  # fmt: skip
        shown = {c.id: self._keys[c.name] for c in self.commands}
        return "   ".join(" ".join([*(shown[c] for c in ids), what]) for what, *ids in words)

    def _field(self, option: Option, value: str) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Label(option.label, markup=False)
            if option.choices:
                yield Choice(option.choices, value, id=_id(option))
            else:
                hint = self._configured.get(option.flag, option.hint)
                yield Field(self._keys, value, placeholder=hint, id=_id(option))

    def on_mount(self) -> None:
        """Start in the first field."""
        self.query_one(Input).focus()

    def on_resize(self, _: events.Resize) -> None:
        """The commands are cut to the width."""
        self.call_after_refresh(self._show)

    def _values(self) -> dict[str, str]:
        values = {}
        for option in OPTIONS:
            field = self.query_one(f"#{_id(option)}")
            if isinstance(field, Input | Choice):
                values[option.flag] = field.value.strip()
        return values

    @on(Input.Changed)
    @on(Choice.Changed)
    def _show(self) -> None:
        """Show the commands that these options make."""
        values, width = self._values(), self.query_one("#wrong").size.width - 2
        lines = [
            Content.assemble(
                ("$ ", "$faint"), (one_line(self._options.command(j, values), width), "")
            )
            for j in TITLES
        ]
        self.query_one("#commands", Static).update(Content("\n").join(lines))
        wrong = next(filter(None, (o.problem(values[o.flag]) for o in OPTIONS)), "")
        said = Content.assemble(("✗ ", "bold $error"), (wrong, "$bright")) if wrong else Content()
        self.query_one("#wrong", Static).update(said)

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """The same in a field and where a word is chosen."""
        return {
            "answer": self._keep,
            "cancel": partial(self.dismiss, None),
            **dict.fromkeys(("up", "before"), self.focus_previous),
            **dict.fromkeys(("down", "complete"), self.focus_next),
            "left": partial(self._choose, -1),
            "right": partial(self._choose, 1),
        }

    @on(Field.Pressed)
    def _pressed(self, event: Field.Pressed) -> None:
        self.press(event.command)

    def _choose(self, step: int) -> None:
        if isinstance(self.focused, Choice):
            self.focused.walk(step)

    def _keep(self) -> None:
        # Unless one of them makes no sense: that field gets the focus.
        values = self._values()
        for option in OPTIONS:
            if option.problem(values[option.flag]):
                self.query_one(f"#{_id(option)}").focus()
                return
        self.dismiss(values)


def _id(option: Option) -> str:
    return f"option{option.flag}"
