"""The app: themes, the review screen, the command palette."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from weakref import WeakKeyDictionary

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.filter import LineFilter, Monochrome
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.worker import WorkerFailed

from catreview.errors import CatreviewError, ConfigError
from catreview.jobs.holders import new_holder
from catreview.jobs.project import Project
from catreview.jobs.review.claims import leave
from catreview.jobs.review.reviewing import ReviewSession
from catreview.tui.inert import inert
from catreview.tui.jobs import Command as JobCommand
from catreview.tui.jobs import attached_command
from catreview.tui.keys import PALETTE
from catreview.tui.memory import Memory, memory_file
from catreview.tui.no_colour import NoColour
from catreview.tui.options import Options
from catreview.tui.palette import Finder, entries
from catreview.tui.screens.review import ReviewScreen
from catreview.tui.terminal import TERMINAL, AsciiFilter, lacks_unicode
from catreview.tui.theme import DARK, THEMES, variables

COLLECT_SECONDS = 0.5
"""Between two looks for garbage."""


class ReviewApp(App[CatreviewError]):
    """The review app of one project.

    `command` gives the command line of a background job, `memory` what is remembered of the last
    session; `clock` seconds that only grow.

    Raises:
        ConfigError: a category's key is taken, or the configured theme does not exist.
    """

    CSS_PATH = "app.tcss"
    TITLE = "catreview"
    COMMANDS = {Finder}  # noqa: RUF012 - as Textual declares it
    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding(PALETTE.keys[0], "command_palette", show=False, priority=True, id=PALETTE.name),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (110, "-normal"), (160, "-wide")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-short"), (30, "-tall")]  # noqa: RUF012 - as above

    def __init__(
        self,
        project: Project,
        *,
        queue: str = "disagreement",
        reviewer: str = "",
        command: JobCommand | None = None,
        memory: Memory | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.memory = memory or Memory()
        self._ascii, self._no_colour = AsciiFilter(), NoColour()
        self._in_focus = WeakKeyDictionary[Screen[object], Widget]()
        # As https://no-color.org has it: an empty one asks for nothing.
        self.no_color = bool(os.environ.get("NO_COLOR"))
        self.set_class(TERMINAL.ascii, "-ascii")
        for theme in THEMES:
            self.register_theme(theme)
        remembered = self.memory.text("theme")
        usual = remembered if remembered in self.available_themes else DARK
        chosen = project.settings.review.theme or usual
        if chosen not in self.available_themes:
            raise ConfigError(
                f"[review] theme: there is no theme {chosen!r}.",
                f"There are: {', '.join(sorted(self.available_themes))}.",
            )
        self.theme = self._chosen = chosen
        self._leave = partial(leave, project, holder := new_holder())
        self._stop_waiting = project.store.stop_waiting
        session = partial(ReviewSession, project, reviewer=reviewer, holder=holder)
        self.review = ReviewScreen(
            project, queue, session,
            options=Options(
                project.folder, self.memory, command or attached_command(project.folder)
            ),
            clock=clock,
        )  # fmt: skip

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Inks and category colours that fit the theme in use."""
        return variables(self.current_theme)

    def get_default_screen(self) -> Screen[None]:
        """There is one screen; all others lie over it."""
        return self.review

    def refresh_css(self, animate: bool = True) -> None:
        """Read the stylesheet anew; before there is a screen, once for all when it comes."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def on_mount(self) -> None:
        """Take over the palette's keys, and remember the theme that is chosen."""
        palette = self.review.keys.keys("review", PALETTE.id)
        self.set_keymap({PALETTE.name: ",".join(palette)})
        self.theme_changed_signal.subscribe(self, self._remember_theme)
        self.set_interval(COLLECT_SECONDS, collect_new)
        self._tell_of_memory()

    def _remember_theme(self, theme: Theme) -> None:
        if theme.name != self._chosen:
            self._chosen = theme.name
            self.memory.keep(theme.name, "theme")
            self._tell_of_memory()

    def _tell_of_memory(self) -> None:
        if self.memory.problem:
            self.notify(inert(self.memory.problem), severity="warning", markup=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, but none that draws in grey without colour, and for want of Unicode ASCII."""
        filters = [f for f in super().get_line_filters() if not isinstance(f, Monochrome)]
        own = ((self.no_color, self._no_colour), (TERMINAL.ascii, self._ascii))
        return [*filters, *(some for wanted, some in own if wanted)]

    def on_resize(self) -> None:
        """Give the focus back that was lost in a window too small to show anything."""
        for screen in self.screen_stack:
            if screen.focused is not None:
                self._in_focus[screen] = screen.focused
            elif screen in self._in_focus:
                self.call_after_refresh(screen.set_focus, self._in_focus[screen])

    def on_unmount(self) -> None:
        """What lies on this desk is free for other reviewers, and no thread keeps the app."""
        self._stop_waiting()
        with suppress(CatreviewError):  # else a little later, when the leases run out
            self._leave()

    def _handle_exception(self, error: Exception) -> None:
        # Textual's would end the app with a traceback, also where the error has words for people.
        cause = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(cause, CatreviewError):
            self.exit(cause)
        else:
            super()._handle_exception(error)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every command by name, for the palette."""
        from catreview.tui.screens.keyed import Keyed

        if screen is self.review:
            commands = self.review.keys.own("review")
            yield from entries(commands, self.review.commands, self.review.press)
        elif isinstance(screen, Keyed):
            yield from entries(screen.commands, screen.acts(), screen.press)
        for theme in THEMES:
            yield SystemCommand(
                f"Theme: {theme.name}",
                "change the colours",
                partial(setattr, self, "theme", theme.name),
            )
        yield SystemCommand("Theme…", "choose among all themes", self.search_themes)

    async def action_quit(self) -> None:
        """ctrl+q leaves as q does: after the jobs have saved."""
        self.review.leaving.quit()


def collect_seldom() -> None:
    """Leave it to `collect_new` to look for garbage, and seldom look in all of it.

    All of it takes 20 to 150 ms, and what is new 3 to 9 in the middle of whatever runs. Where
    much is made between two looks, what is new is looked at all the same.
    """
    gc.freeze()
    gc.set_threshold(5_000, 3, 2_000)
    gc.enable()


def collect_new() -> None:
    """Look for garbage in what is new, in a turn of the event loop of its own."""
    gc.collect(1)


def run_review(project: Project, *, queue: str = "disagreement", reviewer: str = "") -> None:
    """Open the review app on a project and return when the reviewer quits.

    Raises:
        ConfigError: a key, the theme or the queue's name does not make sense.
    """
    wanted = project.settings.review.ascii
    encoding = sys.__stdout__.encoding if sys.__stdout__ is not None else None
    lacking = wanted == "auto" and lacks_unicode(os.environ, encoding)
    TERMINAL.ascii = wanted == "always" or lacking
    collect_seldom()
    failure = ReviewApp(project, queue=queue, reviewer=reviewer, memory=Memory(memory_file())).run()
    if failure is not None:
        raise failure
