"""Many at once: the messages like one, spot checks, and one category for all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from catreview.errors import CatreviewError
from catreview.jobs.project import Project
from catreview.jobs.review.bulk import Bulk
from catreview.schema import Schema
from catreview.tui.inert import one_line
from catreview.tui.keymap import Keymap
from catreview.tui.messages import Failed
from catreview.tui.review.bulk_words import figures, next_step
from catreview.tui.review.held import HeldKeys, Press
from catreview.tui.review.waiting import InTurn
from catreview.tui.screens.sheet import Sheet
from catreview.tui.widgets.alike import AlikeList
from catreview.tui.widgets.categories import CategoryBar
from catreview.tui.widgets.conversation import ConversationPane, Talk
from catreview.tui.widgets.keyline import KeyLine


class SimilarPanes(Vertical):
    """The message, those like it or the one being checked, the categories."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(id="similar")
        self._schema = schema

    def compose(self) -> ComposeResult:
        """List and check share one place."""
        message = Static(id="origin", markup=False)
        message.border_title = "The message"
        yield message
        yield AlikeList(self._schema)
        yield ConversationPane(self._schema)
        yield CategoryBar(self._schema)


class SimilarScreen(Sheet):
    """Many undecided messages like one, their spot checks and the act on all; `bulk` holds them.

    Reading and the bulk itself happen in a thread; until they have ended no key does anything.
    """

    CYCLE = (AlikeList,)

    @dataclass
    class Built(Message):
        """The messages like it were found."""

        bulk: Bulk

    class Accepted(Message):
        """All were given the category."""

    def __init__(
        self,
        project: Project,
        keys: Keymap,
        number: int,
        reviewer: str,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(project.name, "similar", keys, "similar")
        self._project = project
        self._number = number
        self._reviewer = reviewer
        self._clock = clock
        self._held = HeldKeys(clock)
        self._in_turn = InTurn(self, project.store, self._wait, self._problem)
        self._since = clock()
        self.bulk: Bulk | None = None
        self._busy = True

    def panes(self) -> Widget:
        """The message, the list or the check, the categories."""
        return SimilarPanes(self._project.schema)

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """What the keys do."""
        return {
            **super().acts(),
            "check": self._check,
            "accept_all": self._accept,
            "out": self._take_out,
            "odd": self._take_odd_out,
            "undo": partial(self.call_later, self._in_turn.do, self._undo),
        }

    def on_mount(self) -> None:
        """Look for them at once."""
        self.query_one(AlikeList).focus()
        self._build()

    @work(thread=True)
    def _build(self) -> None:
        with self._project.store.reading():
            self._tried(lambda: self.Built(Bulk(self._project, self._number, self._reviewer)))

    def _tried(self, act: Callable[[], Message]) -> None:
        try:
            self.post_message(act())
        except CatreviewError as error:
            self.post_message(Failed(error))

    @on(Built)
    def _built(self, event: Built) -> None:
        self.bulk, self._busy = event.bulk, False
        self._show()

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        self._busy = False
        self._problem(event.error.message, f"Nothing was changed. {event.error.hint}".rstrip())

    @on(Accepted)
    def _accepted(self) -> None:
        self.dismiss(None)

    def waits(self, event: events.Key) -> bool:
        """Keys wait behind what waits for another program."""
        return self._in_turn.keep_key(event)

    # Keys. A category is what all are to be given, or in a check what this one is.

    def press(self, command: str) -> None:
        """Do what a command does; while something is under way, no more than close."""
        if self._busy and not (self.bulk is None and command == "close"):
            return
        super().press(command)

    def give(self, category: str) -> None:
        """Say what all are, or in a check what this one is."""
        if self.bulk is None or self._busy:
            return
        if not self.bulk.checking:
            self.bulk.category = category
            self._show()
            return
        self.call_later(self._in_turn.do, partial(self._judge, category))

    @on(CategoryBar.Chosen)
    def _category_clicked(self, event: CategoryBar.Chosen) -> None:
        self.give(event.category)

    def _check(self) -> None:
        bulk = self.bulk
        if bulk is None or bulk.category is None or self._held.press("check") is not Press.FRESH:
            return
        if bulk.checking:
            judge = partial(self._judge, bulk.category, fresh=True)
            self.call_later(self._in_turn.do, judge)
        else:
            bulk.draw()
            self._show()

    def _judge(self, category: str, *, fresh: bool = False) -> None:
        if self.bulk is not None and (fresh or self._held.press(category) is Press.FRESH):
            self.bulk.judge(category, round(self._clock() - self._since, 3))
            self._show()

    def _accept(self) -> None:
        if self.bulk is None or not self.bulk.inside:
            return
        if self.bulk.passed:
            self._busy = True
            self.tell(Content.styled("saving…", "$muted"))
            self._save(self.bulk)
        else:
            self._show(
                Content.styled("First all of a spot check have to be right. ", "bold $focus")
            )

    @work(thread=True)
    def _save(self, bulk: Bulk) -> None:
        def accept() -> Message:
            bulk.accept()
            return self.Accepted()

        self._tried(accept)

    def _take_out(self) -> None:
        row = self.query_one(AlikeList).current
        if self.bulk is not None and row is not None and not self.bulk.checking:
            self.bulk.toggle(row)
            self._show()
            self.query_one(AlikeList).walk(1)

    def _take_odd_out(self) -> None:
        if self.bulk is not None and not self.bulk.checking:
            self.bulk.toggle_odd()
            self._show()

    def _undo(self) -> None:
        if self.bulk is not None and self._held.press("undo") is Press.FRESH:
            taken = self.bulk.take_back()
            self._show(Content() if taken else Content.styled("Nothing to undo here. ", "$plain"))

    # What is shown.

    def _show(self, first: Content | None = None) -> None:
        bulk = self.bulk
        if bulk is None:
            return
        checking = bulk.checking is not None
        self.set_class(checking, "-checking")
        self.query_one("#origin", Static).update(self._origin(bulk))
        self.query_one(AlikeList).show(bulk.rows, bulk.category, bulk.is_out)
        self.query_one(CategoryBar).show(bulk.category, None)
        if checking:
            self._since = self._clock()
            self.query_one(ConversationPane).show(bulk.card())
            self.query_one(Talk).focus()
        else:
            self.query_one(AlikeList).focus()
        self.query_one(KeyLine).show(self._labels(bulk))
        self._title.show(figures(bulk))
        self.tell((first or Content()) + next_step(bulk, self._keys))

    def _origin(self, bulk: Bulk) -> Content:
        width = max(self.size.width - 10, 20)
        return Content.assemble(
            ("▌ ", "$focus"), (one_line(bulk.origin.example.text, width), "bold $bright")
        )

    def _labels(self, bulk: Bulk) -> dict[str, str]:
        if not bulk.rows:
            return dict.fromkeys(("check", "accept_all", "out", "odd", "up"), "")
        if bulk.checking:
            hidden = dict.fromkeys(("accept_all", "out", "odd", "up"), "")
            return {"check": f"it is {bulk.category}", **hidden}
        labels = {"check": "check more"} if bulk.checks else {}
        return labels if bulk.passed else {"accept_all": "", **labels}

    def _wait(self, words: str) -> None:
        self.tell(Content.styled(words, "$muted"))

    def _problem(self, message: str, hint: str) -> None:
        self.tell(
            Content.assemble(("✗ ", "bold $error"), (message, "$bright"), (f" {hint}", "$muted"))
        )
