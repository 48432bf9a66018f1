"""A labelling function from the message in view: what it would do, live, then its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from catreview.errors import CatreviewError, in_sentences
from catreview.functions import Draft
from catreview.jobs.functions.authoring import Written, draft_name, write_function
from catreview.jobs.project import Project
from catreview.jobs.review.cards import Card
from catreview.tui.inert import one_line
from catreview.tui.keymap import Keymap
from catreview.tui.messages import Failed
from catreview.tui.screens.code import CodeScreen
from catreview.tui.screens.sheet import Sheet
from catreview.tui.trials import Trials
from catreview.tui.widgets.categories import CategoryBar
from catreview.tui.widgets.field import Field
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.lines import move
from catreview.tui.widgets.options import OF_PHRASES, DraftOptions
from catreview.tui.widgets.phrase import PhrasePane
from catreview.tui.widgets.trial import Figures, MatchList

LONGEST = 60
"""Words that `>` goes up to before it means any length."""


class DraftPanes(Vertical):
    """The message, the draft, the figures, the messages."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="drafting")
        self._keys = keys

    def compose(self) -> ComposeResult:
        """From the top."""
        yield PhrasePane()
        with Horizontal(id="wording"):
            yield Label("phrase", markup=False)
            yield Field(self._keys)
        yield CategoryBar(self._keys.schema)
        yield DraftOptions(self._keys)
        yield Figures()
        yield MatchList()


class DraftScreen(Sheet):
    """Drafts a function from a card; `written` is called with it once it stands in the file."""

    CYCLE = (MatchList,)

    @dataclass
    class Named(Message):
        """There is a free name for the draft."""

        draft: Draft
        name: str

    @dataclass
    class Saved(Message):
        """It stands in the file."""

        written: Written

    def __init__(
        self,
        project: Project,
        keys: Keymap,
        card: Card,
        reviewer: str,
        written: Callable[[Written], None],
    ) -> None:
        super().__init__(project.name, "a function from a message", keys, "draft")
        self._project = project
        self._card = card
        self._reviewer = reviewer
        self._written = written
        self._writing = self._saving = False
        self._trials = Trials(self, project, card.example)
        proposed = card.decided or (card.label.category if card.label else "")
        names = project.schema.names
        self._draft = Draft("", proposed if proposed in names else names[0])

    def panes(self) -> Widget:
        """Message, draft, figures, messages."""
        return DraftPanes(self._keys)

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """What the keys do."""
        phrase = self.query_one(PhrasePane)
        return {
            **super().acts(),
            "right": partial(self._select, partial(phrase.move, 1)),
            "left": partial(self._select, partial(phrase.move, -1)),
            "longer": partial(self._select, partial(phrase.stretch, 1)),
            "shorter": partial(self._select, partial(phrase.stretch, -1)),
            "type": self._type,
            **{o: partial(self._switch, o) for o in ("start", "end", "previous", "case", "regex")},
            "whole": partial(self._switch, "whole_words"),
            "fewer": partial(self._limit, -1),
            "more": partial(self._limit, 1),
            "category": partial(self._next_category, 1),
            "category_before": partial(self._next_category, -1),
            "code": self._code,
            "answer": self._stop_typing,
        }

    def on_mount(self) -> None:
        """Take the first word."""
        self.query_one(Field).can_focus = False
        self.query_one(MatchList).focus()
        self._show_message()

    def give(self, category: str) -> None:
        """Draft for this category."""
        self._change(replace(self._draft, category=category))

    def _next_category(self, step: int) -> None:
        names = self._project.schema.names
        self.give(names[(names.index(self._draft.category) + step) % len(names)])

    @on(Field.Pressed)
    def _pressed_while_typing(self, event: Field.Pressed) -> None:
        event.stop()
        if event.command in ("up", "down"):
            move(self.query_one(MatchList), event.command)
        else:
            self._stop_typing()

    def _show_message(self) -> None:
        example, previous = self._card.example, self._draft.previous
        title = "The message before" if previous else "The message: take the words that tell"
        self.query_one(PhrasePane).show(example.previous if previous else example.text, title)
        self._selected()

    def _select(self, act: Callable[[], None]) -> None:
        act()
        self._selected()

    @on(PhrasePane.Taken)
    def _selected(self) -> None:
        self._change(replace(self._draft, words=self.query_one(PhrasePane).taken, regex=False))
        self._show_words()

    def _show_words(self) -> None:
        words = " ".join(self._draft.words.split())
        self.query_one(Field).value = one_line(words, 400).rstrip()

    @property
    def _typing(self) -> bool:
        return self.query_one(Field).has_focus

    def _type(self) -> None:
        field = self.query_one(Field)
        field.can_focus = True
        field.focus()

    def _stop_typing(self) -> None:
        self.query_one(MatchList).focus()
        self.query_one(Field).can_focus = False

    @on(events.DescendantFocus)
    def _offer_keys(self) -> None:
        """While one types, the footer has the key that ends it: no other does anything."""
        ends = [command for command in self._keys.own("field") if command.id == "answer"]
        self.query_one(KeyLine).offer(ends if self._typing else self.commands)

    @on(Input.Changed)
    def _words_changed(self, event: Input.Changed) -> None:
        # What the screen itself puts there is how the words look, not always what they are.
        if self._typing:
            self._change(replace(self._draft, words=event.value))

    @on(DraftOptions.Chosen)
    def _option_clicked(self, event: DraftOptions.Chosen) -> None:
        self._switch(event.option)

    @on(CategoryBar.Chosen)
    def _category_clicked(self, event: CategoryBar.Chosen) -> None:
        self.give(event.category)

    def _switch(self, option: str) -> None:
        if self._draft.regex and option in OF_PHRASES:
            self.tell(Content.styled("An expression says that itself: \\b ^ $", "$muted"))
            return
        self._change(self._draft.switched(option))
        if option == "previous":
            self._show_message()

    def _limit(self, step: int) -> None:
        most = self._draft.at_most
        if most is None:
            most = None if step > 0 else self.query_one(PhrasePane).count_words
        else:
            most = max(most + step, 1)
        self._change(replace(self._draft, at_most=None if (most or 0) > LONGEST else most))

    def _change(self, draft: Draft) -> None:
        """Show another draft, and try it out when it has settled."""
        self._draft = draft
        self.query_one(CategoryBar).show(draft.category, None)
        self.query_one(DraftOptions).show(draft)
        self.query_one(Label).update("expression" if draft.regex else "phrase")
        self.query_one(Figures).wait()
        self.tell(Content())
        self._trials.ask(draft)

    @on(Trials.Tried)
    def _tried(self, event: Trials.Tried) -> None:
        if event.draft != self._draft:
            return
        trial = event.trial
        self.query_one(Figures).show(trial)
        if trial.conflicts is not None and not trial.done:
            self.query_one(MatchList).show(trial.matches)
        if not trial.here:
            self.tell(Content.styled("It says nothing of the message it comes from.", "$plain"))

    @on(Trials.Failed)
    def _failed(self, event: Trials.Failed) -> None:
        if event.draft == self._draft:
            self.query_one(Figures).show_problem(
                in_sentences(event.error.message, event.error.hint)
            )
            self.query_one(MatchList).show(())

    def _close(self) -> None:
        # What is written is told to the review, which lets it vote.
        if not self._saving:
            super()._close()

    def _code(self) -> None:
        # An enter held down would ask for the code of what is just being written.
        if not self._writing:
            self._writing = True
            self._find_name(self._draft)

    # A name is free when functions.py has been run, which takes as long as its author likes.

    @work(thread=True, exclusive=True, group="writing")
    def _find_name(self, draft: Draft) -> None:
        try:
            draft.rule()
            self.post_message(self.Named(draft, draft_name(self._project, draft)))
        except CatreviewError as error:
            self.post_message(Failed(error))

    @on(Failed)
    def _refused(self, event: Failed) -> None:
        self._writing = self._saving = False
        words, hint = event.error.message, event.error.hint
        self.tell(
            Content.assemble(("✗ ", "bold $error"), (words, "$bright"), (f" {hint}", "$muted"))
        )

    @on(Named)
    def _show_code(self, event: Named) -> None:
        self.app.push_screen(
            CodeScreen(self._keys, event.draft, event.name), partial(self._write, event.draft)
        )

    def _write(self, draft: Draft, name: str | None) -> None:
        if name is None:
            self._writing = False
        else:
            self._saving = True
            self.tell(Content.styled("saving…", "$muted"))
            self._write_in_thread(draft, name)

    @work(thread=True, exclusive=True, group="writing")
    def _write_in_thread(self, draft: Draft, name: str) -> None:
        try:
            written = write_function(self._project, draft, name, self._reviewer)
        except CatreviewError as error:
            self.post_message(Failed(error))
        else:
            self.post_message(self.Saved(written))

    @on(Saved)
    def _saved(self, event: Saved) -> None:
        self._writing = self._saving = False
        self.dismiss(None)
        self._written(event.written)
