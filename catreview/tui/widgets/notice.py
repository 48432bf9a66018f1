"""Two lines below the categories: what just happened, or a question to type an answer to."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Label, Static

from catreview.tui.inert import one_line
from catreview.tui.keymap import Keymap


class Ask(Horizontal):
    """A question and a field; only one at a time, and the review keys are dead meanwhile."""

    class Answered(Message):
        """Enter was pressed."""

        def __init__(self, what: str, text: str) -> None:
            super().__init__()
            self.what = what
            self.text = text

    class Cancelled(Message):
        """Escape was pressed."""

    def __init__(self) -> None:
        super().__init__(id="ask")
        self._what = ""

    def compose(self) -> ComposeResult:
        """A label and a field."""
        yield Label(markup=False)
        yield Input(compact=True, select_on_focus=False)

    def ask(self, what: str, question: str, hint: str) -> None:
        """Ask; the answer comes as `Answered` with `what`."""
        self._what = what
        self.query_one(Label).update(Content.styled(question, "bold $focus"))
        field = self.query_one(Input)
        field.value, field.placeholder = "", hint
        field.can_focus = True
        field.focus()

    def take(self, event: events.Key) -> None:
        """Take a key that came before the field had the focus; its own keys are the field's."""
        field = self.query_one(Input)
        if field.has_focus:
            return
        event.stop()
        if event.key == "enter":
            self._answer(field.value)
        elif event.key == "escape":
            self.post_message(self.Cancelled())
        elif event.is_printable and event.character:
            field.insert_text_at_cursor(event.character)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the field."""
        event.stop()
        self._answer(event.value)

    def on_key(self, event: events.Key) -> None:
        """Escape in the field."""
        if event.key == "escape":
            event.stop()
            self.post_message(self.Cancelled())

    def _answer(self, text: str) -> None:
        self.post_message(self.Answered(self._what, text.strip()))


class Said(Static):
    """A few words; changing them lays nothing out anew."""

    def __init__(self) -> None:
        super().__init__(id="said", markup=False)
        self._words = Content()

    def show(self, words: Content) -> None:
        """Show these words."""
        self._words = words
        self.refresh()

    def render(self) -> Content:
        """The words."""
        return self._words


class Notice(Vertical):
    """What just happened, for a moment, over a quiet line that stays."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="notice")
        self._keys = keys
        self._quiet = Content()
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The words and the question share one place."""
        yield Said()
        yield Ask()

    def say(self, line: Content, second: str = "", *, seconds: float = 4.0) -> None:
        """Show one line, or two, for some seconds."""
        text = Content.assemble(line, "\n", (second, "$muted")) if second else line
        self.query_one(Said).show(text)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, self._fade)

    def plain(self, text: str, second: str = "") -> None:
        """Say something in a quiet ink."""
        self.say(Content.styled(text, "$plain"), second)

    def done(self, text: str) -> None:
        """Confirm an act, and how to take it back."""
        self.say(
            Content.assemble(
                ("✓ ", "bold $success"), (text, "$bright"),
                (f" — {self._keys['undo']} undoes", "$muted"),
            )
        )  # fmt: skip

    def problem(self, text: str, hint: str) -> None:
        """An error in two lines, long enough to be read."""
        width = max(self.size.width - 4, 20)
        self.say(
            Content.assemble(("✗ ", "bold $error"), (one_line(text, width).rstrip(), "$bright")),
            one_line(f"  {hint}", width + 2).rstrip() if hint else "",
            seconds=20,
        )

    def stay(self, text: str) -> None:
        """The line to show while nothing else is said."""
        self._quiet = Content.styled(text, "$faint")
        if self._timer is None:
            self._fade()

    def _fade(self) -> None:
        self._timer = None
        self.query_one(Said).show(self._quiet)

    @property
    def asking(self) -> bool:
        """Whether a question is open."""
        return self.has_class("-asking")

    def ask(self, what: str, question: str, hint: str) -> None:
        """Ask a question in place of the words."""
        self.add_class("-asking")
        self.query_one(Ask).ask(what, question, hint)

    def close(self) -> None:
        """Put the question away."""
        self.remove_class("-asking")
        self.query_one(Input).can_focus = False
