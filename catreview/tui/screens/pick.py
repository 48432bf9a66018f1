"""All queues with what is left in each; the one that is chosen is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.worker import get_current_worker

from catreview.errors import CatreviewError
from catreview.jobs.project import Project
from catreview.jobs.review.counting import LISTED, Counted, count_queue
from catreview.tui.inert import fit, one_line
from catreview.tui.keymap import Keymap
from catreview.tui.screens.keyed import Keyed
from catreview.tui.screens.passing import Framed
from catreview.tui.widgets.lines import CursorLines

UNKNOWN = "? is known when it was open once   "
NAMED = 14
COUNTED = 8


class QueueList(CursorLines):
    """A line for each queue: name, how many wait in it, what is in it."""

    @dataclass
    class Chosen(Message):
        """A queue was chosen."""

        queue: str

    def __init__(self, queue: str) -> None:
        super().__init__(id="choices")
        self._counts: dict[str, Counted | None] = {}
        names = [queue.name for queue in LISTED]
        self._here = queue
        self.cursor = names.index(queue) if queue in names else 0

    def show(self, queue: str, counted: Counted | None) -> None:
        """Show how many wait in a queue; None where that cannot be told."""
        self._counts[queue] = counted
        self.refresh()

    @property
    def rows(self) -> int:
        """How many queues there are."""
        return len(LISTED)

    @property
    def count(self) -> int:
        """A line for each."""
        return self.rows

    def line(self, at: int) -> Content:
        """One of them."""
        queue, here = LISTED[at], at == self.cursor
        ink = "bold $bright" if here else "$plain"
        number = "…"
        if queue.name in self._counts:
            counted = self._counts[queue.name]
            number = "?" if counted is None or counted.sample else f"{counted.waiting:,}"
        words = one_line(queue.about, max(self.text_width - NAMED - COUNTED - 6, 1))
        return Content.assemble(
            ("▌ " if here else "  ", "$focus"),
            (fit(queue.title, NAMED), ink), (number.rjust(COUNTED), ink),
            ("  ▸ " if queue.name == self._here else "    ", "$focus"),
            (words, "$muted" if here else "$faint"),
        )  # fmt: skip

    def open(self) -> None:
        """Open the queue under the cursor."""
        self.post_message(self.Chosen(LISTED[self.cursor].name))

    def on_click(self, event: events.Click) -> None:
        """Open the queue under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y + self.top < self.count:
            self.post_message(self.Chosen(LISTED[offset.y + self.top].name))


class PickScreen(Keyed[str], Framed[str]):
    """Dismissed with the name of a queue, or None; what waits in each is counted in a thread."""

    @dataclass
    class CountedOne(Message):
        """One queue was counted."""

        queue: str
        counted: Counted | None

    def __init__(self, project: Project, keys: Keymap, queue: str, reviewer: str) -> None:
        super().__init__(keys, "queues")
        self._project = project
        self._queue = queue
        self._reviewer = reviewer
        up, down, opens, closes = (keys[f"queues_{c}"] for c in ("up", "down", "open", "close"))
        self._hint = f"{opens} opens it   {up} {down} walk   {closes} closes"

    def compose(self) -> ComposeResult:
        """A list in a frame as high as it needs."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Queues, and how many wait in each"
            frame.border_subtitle = self._hint
            frame.styles.height = len(LISTED) + 4
            yield QueueList(self._queue)

    def on_mount(self) -> None:
        """Count at once."""
        self.query_one(QueueList).focus()
        self._count()

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """What the list does not answer."""
        return {"close": self.dismiss}

    @work(thread=True)
    def _count(self) -> None:
        worker = get_current_worker()
        for queue in LISTED:
            if worker.is_cancelled:
                return
            try:
                with self._project.store.reading():
                    counted = count_queue(self._project, queue.name, self._reviewer)
            except CatreviewError:  # opening it will say why
                counted = None
            self.post_message(self.CountedOne(queue.name, counted))

    @on(CountedOne)
    def _counted(self, event: CountedOne) -> None:
        self.query_one(QueueList).show(event.queue, event.counted)
        if event.counted is not None and event.counted.sample:
            self.query_one(".frame").border_subtitle = UNKNOWN + self._hint

    @on(QueueList.Chosen)
    def _chosen(self, event: QueueList.Chosen) -> None:
        self.dismiss(event.queue)
