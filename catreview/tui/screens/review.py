"""The review screen: keys go to the acts, and what lies on the desk goes to the widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from textual import events, on, work
from textual.app import ComposeResult
from textual.widgets import Static

from catreview.jobs.project import Project
from catreview.jobs.review.reviewing import Pace, ReviewSession
from catreview.schema import Category
from catreview.tui.background import Background
from catreview.tui.jobs import JobName
from catreview.tui.keymap import Keymap
from catreview.tui.keys import WRITING
from catreview.tui.messages import Counted, Failed, Opened
from catreview.tui.news import News
from catreview.tui.options import Options
from catreview.tui.review.acts import Acts
from catreview.tui.review.desk import Desk
from catreview.tui.review.doors import Doors, load_screens
from catreview.tui.review.drafting import Drafting
from catreview.tui.review.empty import first_steps, nothing_here
from catreview.tui.review.leaving import Leaving
from catreview.tui.review.opening import Opening
from catreview.tui.review.waiting import InTurn
from catreview.tui.screens.parted import Parted
from catreview.tui.terminal import TOO_SMALL
from catreview.tui.widgets.categories import CategoryBar
from catreview.tui.widgets.conversation import ConversationPane, Talk
from catreview.tui.widgets.header import Header
from catreview.tui.widgets.keyline import KeyLine
from catreview.tui.widgets.lines import MOVES, move
from catreview.tui.widgets.notice import Ask, Notice
from catreview.tui.widgets.painted import Kept, Panes
from catreview.tui.widgets.queue import QueuePane
from catreview.tui.widgets.strip import StatusStrip
from catreview.tui.widgets.votes import VotesPane

POLL_SECONDS = 0.5
USUAL = "-normal -tall"
"""The classes of most windows' size; another is styled and laid out a second time."""


class ReviewScreen(Kept, Parted[None], inherit_bindings=False):
    """One reviewer at work on a project."""

    ALLOW_SELECT = False

    def __init__(
        self,
        project: Project,
        queue: str,
        session: Callable[[str], ReviewSession],
        *,
        options: Options,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(classes=USUAL)
        self._project = project
        self.keys = Keymap(project.schema, project.settings.keys)
        self._notice = Notice(self.keys)
        self._opening = Opening(self, project.store, session, clock, queue, self._notice.held)
        self._in_turn = InTurn(self, project.store, self._notice.wait, self._notice.problem)
        self.acts = Acts(self._notice, self.keys, clock, self._show, self._confirm, self._open)
        self.background = Background(
            project, self.keys, options, clock, self._show_jobs, self._tell
        )
        parts = (self, project, self.keys, self._notice, self.acts, self.background)
        self.doors = Doors(*parts, self._open)
        self.drafting, self.leaving = Drafting(*parts), Leaving(*parts)
        self.commands = self._commands()

    def _commands(self) -> Mapping[str, Callable[[], object]]:
        """What each command of the keymap does, by its id."""
        acts, doors, toggle = self.acts, self.doors, self.background.toggle
        return {
            "accept": acts.accept,
            "skip": acts.skip,
            "undo": self.drafting.undo,
            "redo": self.drafting.redo,
            "flag": acts.flag,
            "note": acts.note,
            "choose": doors.choose,
            "add_up": doors.add_up,
            "search": acts.search,
            "go": acts.go,
            "similar": doors.similar,
            "blind": acts.turn_blind,
            "queues": doors.queues,
            "back": acts.back,
            "next": partial(acts.move, 1),
            "previous": partial(acts.move, -1),
            "renew": lambda: self._open(self._opening.queue, None),
            "next_queue": partial(self._turn, 1),
            "previous_queue": partial(self._turn, -1),
            "label": partial(toggle, JobName.LABEL),
            "retrain": partial(toggle, JobName.TRAIN),
            "dashboard": doors.dashboard,
            "works": doors.works,
            "draft": self.drafting.open,
            "help": doors.help,
            "quit": self.leaving.quit,
            "other": self.focus_next,
            "other_back": self.focus_previous,
        }

    def compose(self) -> ComposeResult:
        """From the top: header, panes, categories, words, status, keys."""
        schema = self._project.schema
        yield Header(self._project.name)
        with Panes(id="panes"):
            yield QueuePane(schema, f"{self.keys['next_queue']} next queue")
            yield ConversationPane(schema)
            yield VotesPane(schema)
        yield CategoryBar(schema, self.keys["choose"])
        yield self._notice
        yield StatusStrip(self._project.settings, self.keys)
        yield KeyLine(self.keys.own("review"))
        yield Static("This window is too small for catreview: it needs 60 by 16.", id="too-small")

    async def on_mount(self) -> None:
        """Open the queue, and look twice a second for what others write."""
        self.query_one(Talk).focus()
        self._project.store.leave_checkpoints()
        self.set_interval(POLL_SECONDS, self._poll)
        news = await self._opening.first()
        if news is None:
            self.query_one(Header).show(self._opening.queue, None)
        elif isinstance(news, Failed):
            self._failed(news)
        else:
            self._opened(news)

    def _open(self, queue: str, number: int | None) -> None:
        self._opening.start(queue, number)
        self.query_one(Header).show(queue, None)

    def _turn(self, step: int) -> None:
        self._open(self.acts.neighbour(step, self._opening.queue), None)

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        if self.acts.desk is None:
            self.app.exit(event.error)
        else:
            self.acts.lay(self.acts.desk, None)
            self._go_on(self.acts.desk)
            self._notice.problem(event.error.message, event.error.hint)

    def _go_on(self, desk: Desk) -> None:
        self._opening.ended(desk.session.queue)
        self._show()

    @on(Opened)
    def _opened(self, event: Opened) -> None:
        if event.desk.session.queue != self._opening.queue:  # another one was asked for meanwhile
            return
        if self.acts.desk is None:
            self.set_timer(POLL_SECONDS, partial(self.run_worker, load_screens, thread=True))
            self.call_after_refresh(self._poll)
        self.acts.lay(event.desk, event.number)
        if self.acts.desk is event.desk:
            self.background.opened(event.desk.session.queue, event.desk.session.freshness)
        self._go_on(self.acts.desk or event.desk)
        self._in_turn.drop()

    def _show(self) -> None:
        """Show what lies on the desk."""
        desk = self.acts.desk
        if desk is None:
            return
        self.background.touch()
        session, card, pace = desk.session, desk.card, self._show_header(desk)
        begun = pace.seconds is not None or card is None
        self._notice.stay("" if begun else first_steps(self.keys))
        cursor = None if desk.outside or card is None else desk.place
        self.query_one(QueuePane).show(len(session), cursor, session.rows)
        self.query_one(VotesPane).show(card)
        if card is None:
            following = self.acts.neighbour(1, self._opening.queue)
            words = nothing_here(session, following, self.background.status, self.keys)
            self.query_one(ConversationPane).show_empty(*words)
        else:
            self.query_one(ConversationPane).show(card)
        self.query_one(CategoryBar).show(desk.proposal, desk.decided)

    def _show_header(self, desk: Desk) -> Pace:
        pace, queue, header = desk.pace(), desk.session.queue, self.query_one(Header)
        if self._opening.under_way:
            header.show(self._opening.queue, None)
        else:
            blind = "blind · " if desk.session.blind else ""
            header.show(blind + queue, pace, self.background.order_note)
        return pace

    def _confirm(self, category: str) -> None:
        self.query_one(CategoryBar).flash(category)

    def _tell(self, news: News) -> None:
        (self._notice.problem if news.problem else self._notice.plain)(news.text, news.hint)

    def _show_jobs(self) -> None:
        self.query_one(StatusStrip).show(self.background.status, self.background.runner.running)
        self.query_one(KeyLine).show(self.background.labels)
        if self.acts.desk is not None:
            self._show_header(self.acts.desk)

    def _poll(self) -> None:
        """Show what other processes and threads have written; nothing moves."""
        desk = self.acts.desk
        if self.background.others_wrote(self.query_one(QueuePane).kept) and desk is not None:
            if heard := desk.refresh():
                self._notice.plain(heard)
            self.call_later(self.query_one(QueuePane).reread)  # in a turn of the loop of its own
            if desk.card is not None:
                self.query_one(VotesPane).show(desk.card, same=True)
                self.query_one(ConversationPane).show_remarks(desk.card)
            self.query_one(CategoryBar).show(desk.proposal, desk.decided)
        if self.is_active:
            self.acts.resume()
        if self.background.counts_due():
            self._count()

    @work(thread=True, exclusive=True, group="counts")
    def _count(self) -> None:
        with self._project.store.reading():
            if (desk := self.acts.desk) is not None:
                desk.session.compare()
                self.call_later(self._show_jobs)
            self.post_message(Counted(self.background.count()))

    @on(Counted)
    def _counted(self, event: Counted) -> None:
        self.background.status = event.status
        self.background.retrain_if_due()
        self._show_jobs()
        if self.acts.desk is not None and self.acts.desk.card is None:
            self._show()

    async def on_key(self, event: events.Key) -> None:
        """All review keys come through here, one after the other, so that none overtakes."""
        if not self.is_active:
            self.doors.take(event)
            return
        if self._notice.asking:
            self._notice.query_one(Ask).take(event)
            return
        meant = self.keys.meant("review", event)
        if meant is None or TOO_SMALL & self.classes:
            return
        event.stop()
        if self._in_turn.keep_key(event) and not self.leaving.insists(meant):
            return
        if isinstance(meant, Category):
            await self._write(meant.key, partial(self.acts.give, meant.name))
        else:
            await self.press(meant.id)

    async def press(self, command: str) -> None:
        """Do what a command does, from wherever it was asked for."""
        if command in MOVES:
            move(self.focused, command)
        elif command == "quit":  # nothing is written: it waits for nobody
            self.leaving.quit()
        else:
            act = self.commands[command]
            await (self._write(command, act) if command in WRITING else self._in_turn.do(act))

    async def _write(self, key: str, act: Callable[[], object]) -> None:
        if self.acts.desk is not None:  # what nobody has seen yet, nobody means
            await self._in_turn.do(lambda: act() if self.acts.fresh(key) else None)

    @on(CategoryBar.Chosen)
    async def _category_clicked(self, event: CategoryBar.Chosen) -> None:
        await self._write(event.category, partial(self.acts.give, event.category))

    @on(KeyLine.Pressed)
    async def _key_clicked(self, event: KeyLine.Pressed) -> None:
        if self._notice.asking:
            self._notice.query_one(Ask).press(event.command)
        else:
            await self.press(event.command)

    @on(QueuePane.Picked)
    async def _row_clicked(self, event: QueuePane.Picked) -> None:
        await self._in_turn.do(partial(self.acts.pick, event.position))

    @on(Ask.Answered)
    async def _answered(self, event: Ask.Answered) -> None:
        self._close_question()
        await self._in_turn.do(partial(self.acts.answered, event.what, event.text))

    @on(Ask.Cancelled)
    def _close_question(self) -> None:
        self._notice.close()
        self.query_one(Talk).focus()
