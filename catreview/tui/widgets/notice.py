"""Two lines below the categories: what just happened, or a question to type an answer to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Label

from catreview.jobs.review.finding import Help
from catreview.tui.inert import inert, one_line
from catreview.tui.keymap import Keymap
from catreview.tui.widgets.field import Field, command_of
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.painted import Pane, Words


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for and the words before the field; in it stand `text`, or else the `hint`.

    `helper` says of what is typed what to show under it.
    """

    what: str
    words: str
    hint: str
    text: str = ""
    helper: Callable[[str], Help] | None = None


class Ask(Horizontal):
    """A question and a field; only one at a time, and the review keys are dead meanwhile."""

    @dataclass
    class Answered(Message):
        """Enter was pressed."""

        what: str
        text: str

    class Cancelled(Message):
        """Escape was pressed."""

    @dataclass
    class Helped(Message):
        """There is something to say under the field."""

        words: Content

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="ask")
        self._keys = keys
        self._question = Question("", "", "")

    def compose(self) -> ComposeResult:
        """A label and a field."""
        yield Label(markup=False)
        yield Field(self._keys)

    def ask(self, question: Question) -> None:
        """Ask; the answer comes as `Answered` with `what`."""
        self._question = question
        self.query_one(Label).update(Content.styled(question.words, "bold $focus"))
        field = self.query_one(Field)
        field.value, field.placeholder = question.text, question.hint
        field.can_focus = True
        field.focus()
        field.action_select_all()
        self._help()

    def take(self, event: events.Key) -> None:
        """Take a key that came before the field had the focus.

        Of those that the field got, only those for editing come here, and go on to their bindings.
        """
        if command := command_of(self._keys, event):
            event.stop()
            self.press(command)
        elif event.is_printable and event.character:
            event.stop()
            self.query_one(Field).insert_text_at_cursor(event.character)

    @on(Field.Pressed)
    def _pressed(self, event: Field.Pressed) -> None:
        event.stop()
        self.press(event.command)

    def press(self, command: str) -> None:
        """Do what a command of the field does."""
        match command:
            case "answer":
                self._answer(self.query_one(Field).value)
            case "cancel":
                self.post_message(self.Cancelled())
            case "complete":
                self._complete()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Help while one types."""
        event.stop()
        self._help()

    def _complete(self) -> None:
        # Where it is clear what that will be.
        if self._question.helper is not None:
            field = self.query_one(Field)
            field.value = self._question.helper(field.value).completed
            field.cursor_position = len(field.value)

    def _help(self) -> None:
        if self._question.helper is not None:
            helped = self._question.helper(self.query_one(Field).value)
            ink = "$plain" if helped.problem else "$muted"
            mark = Content.styled("✗ " if helped.problem else "", "bold $error")
            self.post_message(self.Helped(mark + Content.styled(inert(helped.words), ink)))

    def _answer(self, text: str) -> None:
        helper = self._question.helper
        # What is not understood is not sent off: the help says why.
        if helper is None or not helper(text).problem:
            self.post_message(self.Answered(self._question.what, text.strip()))


class Said(Words):
    """A few words; changing them lays nothing out anew."""

    def __init__(self, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._words = Content()

    def show(self, words: Content) -> None:
        """Show these words."""
        self._words = words
        self.refresh()

    def render(self) -> Content:
        """The words."""
        return self._words


class Notice(Pane):
    """What just happened, for a moment, over a quiet line that stays."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="notice")
        self._keys = keys
        self._quiet = Content()
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The words and the question share one place."""
        yield Said("said")
        yield Ask(self._keys)
        yield Said("asked-help")

    @on(Ask.Helped)
    def _show_help(self, event: Ask.Helped) -> None:
        event.stop()
        self.query_one("#asked-help", Said).show(event.words)

    def say(self, line: Content, second: str = "", *, seconds: float = 4.0) -> None:
        """Show one line, or two, for some seconds."""
        text = Content.assemble(line, "\n", (second, "$muted")) if second else line
        self.query_one("#said", Said).show(text)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, self._fade)

    def plain(self, text: str, second: str = "") -> None:
        """Say something in a quiet ink."""
        self.say(Content.styled(text, "$plain"), second)

    def wait(self, text: str) -> None:
        """Say what is waited for, until something else is said, and how not to wait."""
        twice = f"Leaving without it: {self._keys['quit']} twice." if text else ""
        self.say(Content.styled(text, "$plain"), twice, seconds=60)

    def held(self, held: bool) -> None:
        """Say that another program keeps a queue from being opened, or no longer does."""
        text = "Another program is writing here; the queue opens as soon as that has finished."
        leave = f"{self._keys['quit']} leaves at once."
        self.say(Content.styled(text if held else "", "$plain"), leave if held else "", seconds=60)

    def done(self, text: str, second: str = "") -> None:
        """Confirm an act, and how to take it back."""
        self.say(
            Content.assemble(
                ("✓ ", "bold $success"), (text, "$bright"),
                (f" — {self._keys['undo']} undoes", "$muted"),
            ),
            second,
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
        if text != self._quiet.plain:
            self._quiet = Content.styled(text, "$faint")
            if self._timer is None:
                self._fade()

    def _fade(self) -> None:
        self._timer = None
        self.query_one("#said", Said).show(self._quiet)

    @property
    def asking(self) -> bool:
        """Whether a question is open."""
        return self.has_class("-asking")

    def ask(self, question: Question) -> None:
        """Ask a question in place of the words."""
        self.add_class("-asking")
        self.query_one("#asked-help", Said).show(Content())
        self.query_one(Ask).ask(question)
        usable = ("answer", "cancel", "complete") if question.helper else ("answer", "cancel")
        typing = [c for c in self._keys.screen("field") if c.id in usable]
        self.screen.query_one(KeyLine).offer(typing)

    def close(self) -> None:
        """Put the question away."""
        self.remove_class("-asking")
        self.query_one(Field).can_focus = False
        self.screen.query_one(KeyLine).offer(self._keys.own("review"))
