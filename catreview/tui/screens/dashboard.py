"""The dashboard: how good the last model is, where it errs, and what the labels come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from catreview.errors import CatreviewError
from catreview.jobs.overview import FunctionLine, Overview, function_lines, overview
from catreview.jobs.project import Project
from catreview.jobs.weak import switch_function
from catreview.tui.background import Background
from catreview.tui.jobs import JobName
from catreview.tui.keymap import Keymap
from catreview.tui.screens.sheet import Sheet
from catreview.tui.widgets.facts import Facts
from catreview.tui.widgets.functions import FunctionTable
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.matrix import Matrix, MatrixPane
from catreview.tui.widgets.scores import ScoreBars

LOOK_SECONDS = 1.0


class Panes(Vertical):
    """Scores and confusion above, labels and functions below."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="dashboard")
        self._schema = keys.schema
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The four panes."""
        with Horizontal(id="upper"):
            yield ScoreBars(self._schema, self._keys)
            yield MatrixPane(self._schema)
        with Horizontal(id="lower"):
            yield Facts(self._schema)
            yield FunctionTable(self._schema)


class DashboardScreen(Sheet):
    """Reads a project in a thread, again whenever a job has written; opens cells as queues."""

    CYCLE = (Matrix, FunctionTable, Facts)

    class Read(Message):
        """The project was read: all but the functions."""

        def __init__(self, seen: Overview) -> None:
            super().__init__()
            self.seen = seen

    class Counted(Message):
        """The functions were counted."""

        def __init__(self, functions: tuple[FunctionLine, ...]) -> None:
            super().__init__()
            self.functions = functions

    class Failed(Message):
        """The functions cannot be loaded."""

        def __init__(self, error: CatreviewError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, project: Project, keys: Keymap, background: Background) -> None:
        super().__init__(project.name, "dashboard", keys, keys.screen("dashboard"))
        self._project = project
        self._background = background
        self._version = project.store.version()

    def panes(self) -> Widget:
        """The four panes."""
        return Panes(self._keys)

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """What the keys do that no pane answers."""
        return {
            **super().acts(),
            "sort": self._sort,
            "switch": self._switch,
            "vote": self._vote,
        }

    def on_mount(self) -> None:
        """Read at once, then look whether others write."""
        self.query_one(Matrix).focus()
        self._read()
        self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self.query_one(KeyLine).show(self._background.labels)
        version = self._project.store.version()
        if version != self._version:
            self._version = version
            self._read()

    @work(thread=True, exclusive=True, group="reading")
    def _read(self) -> None:
        worker = get_current_worker()
        self.post_message(self.Read(overview(self._project)))
        try:
            functions = function_lines(self._project)
        except CatreviewError as error:
            self.post_message(self.Failed(error))
        else:
            if not worker.is_cancelled:
                self.post_message(self.Counted(functions))

    @on(Read)
    def _show(self, event: Read) -> None:
        seen = event.seen
        self.query_one(ScoreBars).show(seen.model, seen.target)
        self.query_one(MatrixPane).show(seen.model)
        self.query_one(Facts).show(seen)
        if seen.model is not None:
            score = seen.model.score
            on = "gold" if seen.model.against_gold else "held-out labels"
            self._title.show([
                Content.assemble(("F1 ", "$muted"), (f"{score.macro_f1:.3f}", "bold $bright")),
                Content.styled(score.model, "$muted"),
                Content.styled(f"{score.low:.3f} to {score.high:.3f}", "$muted"),
                Content.styled(f"on {score.n:,} {on}", "$muted"),
            ])  # fmt: skip

    @on(Counted)
    def _show_functions(self, event: Counted) -> None:
        self.query_one(FunctionTable).show(event.functions)

    @on(Failed)
    def _show_problem(self, event: Failed) -> None:
        self.query_one(FunctionTable).show_problem(f"✗ {event.error.message} {event.error.hint}")

    @on(Matrix.Opened)
    @on(FunctionTable.Opened)
    def _open(self, event: Matrix.Opened | FunctionTable.Opened) -> None:
        self.dismiss(event.queue)

    @on(FunctionTable.SortAsked)
    def _sort(self) -> None:
        column = self.query_one(FunctionTable).sort()
        self.tell(Content.styled(f"Functions sorted by: {column}", "$muted"))

    def _switch(self) -> None:
        function = self.query_one(FunctionTable).current
        if function is None:
            return
        try:
            on = switch_function(self._project, function.name)
        except CatreviewError as error:
            self.tell(Content.assemble(("✗ ", "bold $error"), error.message))
            return
        state = "on again" if on else "off"
        self.tell(
            Content.assemble(
                (f"{function.name} is {state}", "$bright"),
                (" for the next vote: v lets the functions vote again", "$muted"),
            )
        )
        self._read()

    def _vote(self) -> None:
        self._background.toggle(JobName.VOTE)
        self.query_one(KeyLine).show(self._background.labels)
        self.tell(Content.styled("The labels follow when the functions have voted.", "$muted"))
