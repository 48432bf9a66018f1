"""The review app on a million examples: start, keys, memory, search, stalls, each beside a floor.

    PYTHONPATH=.:tests python tests/bench/bench_review_app.py [--folder DIR] [--examples N] [PART …]

The project is made once, in DIR (default: a folder of the system's temporary one), which takes
some minutes; each part works on it as it is, the decisions of the parts before included.

start:  from the start of the process to the first example on a terminal of 120x36, against an app
        that shows one word; also where the queue was never put in order, and opens as a sample.
keys:   from a key to the screen that shows the next example, accepting with a digit and looking
        with j and k, against a list that reads its rows from SQLite.
memory: the app's peak after moving through queues, searching and deciding on a terminal.
search: from Enter to the screen with the first result.
pages:  from a key to the dashboard's pages and to messages like one, painted at all and with
        figures, with the app's peak and the longest stretches of the event loop meanwhile.
stalls: the longest stretches of the event loop while a labelling job (against a server in a
        process of its own) and a training run work behind the app and somebody decides; beside
        them how late a bare loop wakes up in a process of its own, and how much longer than usual
        the same piece of work may take there: the machine's own part.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import os
import pty
import random
import select
import signal
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.million import make
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.events import Key
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import WorkerCancelled

from catreview.jobs.project import DATABASE, Project, open_project
from catreview.tui.app import ReviewApp, collect_seldom
from catreview.tui.jobs import JobName
from catreview.tui.readings import Part

ROOT = Path(__file__).resolve().parents[2]
SIZE = (120, 36)
QUEUE = "disagreement"
MINIMAL = """
from textual.app import App
from textual.widgets import Static
class Minimal(App):
    def compose(self):
        yield Static("ready")
Minimal().run()
"""


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def catreview(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "catreview", *arguments]


# On a terminal: start and memory.


class Terminal:
    """A program on a pseudo-terminal."""

    def __init__(self, command: list[str]) -> None:
        self.began = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", PYTHONPATH=str(ROOT))
            # What is installed is compiled once, not at every start.
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            os.execv(command[0], command)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))

    def until(self, text: str, seconds: float = 300.0) -> float:
        """Read until `text` is painted; seconds since the start."""
        seen = b""
        while time.perf_counter() - self.began < seconds:
            if select.select([self._fd], [], [], 0.002)[0]:
                seen += os.read(self._fd, 65536)
                if text.encode() in seen:
                    return time.perf_counter() - self.began
        raise TimeoutError(f"{text!r} was not painted; last: {seen[-500:]!r}")

    def press(self, keys: str, pause: float = 0.3) -> None:
        """Type keys one after the other and read what is painted."""
        for key in keys:
            os.write(self._fd, key.encode())
            end = time.perf_counter() + pause
            while (left := end - time.perf_counter()) > 0:
                if select.select([self._fd], [], [], left)[0]:
                    os.read(self._fd, 65536)

    @property
    def peak(self) -> float:
        """The most memory that was resident, MB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return next(int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM")) / 1024

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)


def first_words(folder: Path) -> str:
    """What can be seen first of the first example: as much as the narrowest pane shows."""
    from catreview.jobs.review.reviewing import ReviewSession

    with open_project(folder) as project:
        session = ReviewSession(project, QUEUE, "bench")
        place = session.next_open(0) or 0
        return session.card(session.number(place)).example.text[:10]


def start(folder: Path, runs: int) -> float:
    """Print and return how many times as long as the minimal app's the start takes."""
    words = first_words(folder)
    app = catreview("review", "--project", str(folder), "--queue", QUEUE, "--reviewer", "bench")
    times: dict[str, list[float]] = {"app": [], "minimal": []}
    for _ in range(runs + 1):
        for name, command, text in (
            ("minimal", [sys.executable, "-c", MINIMAL], "ready"),
            ("app", app, words),
        ):
            with contextlib.closing(Terminal(command)) as terminal:
                times[name].append(terminal.until(text))
    # The first run of each fills the file cache.
    ours, floor = (statistics.median(times[name][1:] or times[name]) for name in times)
    print(f"start: {ours:.2f} s, minimal app {floor:.2f} s: {ours / floor:.2f} times")
    return ours / floor


def memory(folder: Path) -> float:
    """Print and return the app's peak, MB."""
    app = catreview("review", "--project", str(folder), "--queue", QUEUE, "--reviewer", "bench")
    with contextlib.closing(Terminal(app)) as terminal:
        terminal.until(first_words(folder))
        terminal.press("jjkk" + "123456" * 5, 0.2)
        terminal.press("]]]", 4.0)
        terminal.press("123456" * 3, 0.2)
        terminal.press("/thank\r", 0.3)
        terminal.press("jj", 0.3)
        print(f"memory: {terminal.peak:.0f} MB at most")
        return terminal.peak


# In this process: keys, search, stalls.


class Painted:
    """When the screen was written last, with what was on the desk."""

    def __init__(self, app: App[Any]) -> None:
        self.at: list[tuple[float, object]] = []
        self.shown: Callable[[], object] = lambda: None
        display = app._display

        def watched(screen: Any, renderable: Any) -> None:
            if renderable is not None:
                renderable.render_segments(app.console)  # as it would be written
                self.at.append((time.perf_counter(), self.shown()))
            display(screen, renderable)

        app._display = watched  # type: ignore[method-assign] # the only place that sees every paint


async def press(app: App[Any], painted: Painted, key: str, wait: float = 1.0) -> float | None:
    """Send a key; milliseconds until something else than before is painted, None where nothing."""
    before = painted.shown()
    painted.at.clear()
    began = time.perf_counter()
    app.post_message(Key(key, key if len(key) == 1 else None))
    while time.perf_counter() - began < wait:
        await asyncio.sleep(0.001)
        for at, shown in painted.at:
            if shown != before:
                return (at - began) * 1000
    return None


class Rows(ScrollView, can_focus=True):
    """A list over the examples that reads the pages it shows: the least that such a list costs."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self.db = sqlite3.connect(database)
        self.cursor = 0
        self.pages: dict[int, list[tuple[str, str]]] = {}

    def on_mount(self) -> None:
        last = self.db.execute("SELECT max(number) FROM example").fetchone()[0]
        self.virtual_size = Size(110, last)

    def render_line(self, y: int) -> Strip:
        y += self.scroll_offset.y
        page = y // 256
        if page not in self.pages:
            self.pages[page] = self.db.execute(
                "SELECT id, text FROM example WHERE number > ? LIMIT 256", [page * 256]
            ).fetchall()
        name, text = self.pages[page][y % 256]
        style = Style(reverse=y == self.cursor)
        return Strip([Segment(f"{name:>8} {text}", style)]).adjust_cell_length(self.size.width)

    def key_j(self) -> None:
        self.move(1)

    def key_k(self) -> None:
        self.move(-1)

    def move(self, step: int) -> None:
        old, self.cursor = self.cursor, max(self.cursor + step, 0)
        top, height = self.scroll_offset.y, self.size.height
        if top <= self.cursor < top + height:
            width = self.size.width
            self.refresh(*(Region(0, y - top, width, 1) for y in (old, self.cursor)))
        else:
            y = self.cursor if self.cursor < top else self.cursor - height + 1
            self.scroll_to(y=y, animate=False, force=True, immediate=True)
            self.refresh()


class Floor(App[None]):
    """Nothing but that list."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self.rows = Rows(database)

    def compose(self) -> Iterator[Rows]:
        yield self.rows

    def on_mount(self) -> None:
        self.rows.focus()


@contextlib.asynccontextmanager
async def reviewing(project: Project) -> Any:
    """The app with its queue open, and what it paints."""
    collect_seldom()
    app = ReviewApp(project, queue=QUEUE, reviewer="bench")
    painted = Painted(app)
    async with app.run_test(size=SIZE) as pilot:
        while app.review.acts.desk is None:
            await pilot.pause(0.05)
        painted.shown = lambda: _on_desk(app)
        await pilot.pause(1.0)
        yield app, painted, pilot
        # They read the project that is closed next; a newer one has taken the place of some.
        with contextlib.suppress(WorkerCancelled):
            await app.workers.wait_for_complete()
    # A cancelled one's thread still reads.
    await asyncio.get_running_loop().shutdown_default_executor()


def _on_desk(app: ReviewApp) -> object:
    desk = app.review.acts.desk
    return (desk.session.queue, desk.card and desk.card.number) if desk else None


async def _measure(app: App[Any], painted: Painted, keys: list[str]) -> list[tuple[float, float]]:
    """Milliseconds of each key, and of the processor in this thread."""
    rng, times = random.Random(0), []
    for key in keys:
        await asyncio.sleep(rng.uniform(0.03, 0.09))
        began = time.thread_time()
        took = await press(app, painted, key)
        if took is not None:
            times.append((took, (time.thread_time() - began) * 1000))
    return times


async def keys(folder: Path, presses: int) -> dict[str, float]:
    """Print and return the 95th percentile of each kind of key, milliseconds."""
    found: dict[str, list[tuple[float, float]]] = {}
    floor = Floor(folder / DATABASE)
    painted = Painted(floor)
    async with floor.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        painted.shown = lambda: floor.rows.cursor
        found["floor, j and k"] = await _measure(floor, painted, ["j"] * presses + ["k"] * presses)
    with open_project(folder) as project:
        async with reviewing(project) as (app, painted, _):
            found["j and k"] = await _measure(app, painted, ["j"] * presses + ["k"] * presses)
            digits = [str(i % 6 + 1) for i in range(presses)]
            found["a digit"] = await _measure(app, painted, digits)
    worst = {}
    for name, times in found.items():
        wall, cpu = ([time[i] for time in times] for i in (0, 1))
        worst[name] = percentile(wall, 0.95)
        print(
            f"keys, {name}: {percentile(wall, 0.5):.1f} ms, p95 {worst[name]:.1f} ms ({len(wall)});"
            f" of the processor {percentile(cpu, 0.5):.1f} ms, p95 {percentile(cpu, 0.95):.1f} ms"
        )
    return worst


async def search(folder: Path) -> float:
    """Print and return the longest wait for the first result, milliseconds."""
    times = []
    with open_project(folder) as project:
        async with reviewing(project) as (app, painted, pilot):
            for words in ("thank", "see you", "no problem tomorrow", "pizz", "the", "t"):
                await pilot.press("/", *words)
                took = await press(app, painted, "enter")
                print(f"search {words!r}: {'nothing found' if took is None else f'{took:.0f} ms'}")
                times.append(took or 0.0)
                await pilot.press("escape")
                await pilot.pause(0.7)
    return max(times)


class Turns:
    """How long each turn of the event loop takes while this is entered."""

    def __init__(self) -> None:
        self.took: list[tuple[float, float, str]] = []
        """Wall and processor milliseconds, and what ran."""

    def __enter__(self) -> Turns:
        self._run = run = asyncio.Handle._run
        took = self.took

        def timed(handle: asyncio.Handle) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            run(handle)
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            took.append((wall * 1000, cpu * 1000, repr(handle) if wall > 0.01 else ""))

        asyncio.Handle._run = timed  # type: ignore[method-assign] # every callback comes by here
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.Handle._run = self._run  # type: ignore[method-assign] # as it was


PAGES = (
    ("d", Part.OVERVIEW, "scores"), ("2", Part.OVERVIEW, "learning"),
    ("3", Part.FUNCTIONS, "functions"), ("4", Part.AGREEMENT, "trust"),
)  # fmt: skip


async def pages(folder: Path) -> float:
    """Print waits for the dashboard's pages and for messages like one; the longest to a paint."""
    waits = []
    with open_project(folder) as project:
        async with reviewing(project) as (app, painted, pilot):
            painted.shown = lambda: (type(app.screen).__name__, getattr(app.screen, "_page", ""))
            readings = app.review.doors._read
            with Turns() as turns:
                for key, part, name in PAGES:
                    began = time.perf_counter()
                    waits.append(await press(app, painted, key, wait=10.0) or 0.0)
                    while readings.of(part) is None:
                        await pilot.pause(0.01)
                    took = time.perf_counter() - began
                    print(f"page {name}: painted {waits[-1]:.0f} ms, figures {took:.1f} s")
                await pilot.press("escape")
                began = time.perf_counter()
                waits.append(await press(app, painted, "g", wait=10.0) or 0.0)
                while app.screen.bulk is None:
                    await pilot.pause(0.01)
                took = time.perf_counter() - began
                print(f"messages like one: painted {waits[-1]:.0f} ms, found {took:.1f} s")
                await pilot.press("escape")
    wall, cpu = max(t[0] for t in turns.took), max(t[1] for t in turns.took)
    over = sum(t[1] > 10 for t in turns.took)
    print(f"  {len(turns.took):,} turns, {over} over 10 ms of processor, the longest {cpu:.1f} ms")
    print(f"  on the clock the longest {wall:.1f} ms")
    return max(waits)


def pages_memory(folder: Path) -> float:
    """Print and return the app's peak after all pages and messages like one, MB."""
    app = catreview("review", "--project", str(folder), "--queue", QUEUE, "--reviewer", "bench")
    with contextlib.closing(Terminal(app)) as terminal:
        terminal.until(first_words(folder))
        terminal.press("d23", 3.0)
        terminal.until("covers")
        terminal.press("4")
        terminal.until("right: one")
        terminal.press("\x1b", 1.0)
        terminal.press("g", 5.0)
        print(f"memory of the pages: {terminal.peak:.0f} MB at most")
        return terminal.peak


BARE_LOOP = """
import asyncio, sys, time
def work():
    began = time.thread_time()
    for _ in range(2_000):
        {str(i): i for i in range(20)}
    return (time.thread_time() - began) * 1000
async def wake():
    late, worked = [], []
    while not sys.stdin.closed and time.perf_counter() < end:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append((time.perf_counter() - began) * 1000 - 1)
        if len(late) % 100 == 0:
            worked.append(work())
    late.sort()
    worked.sort()
    print(len(late), late[-1], worked[len(worked) // 2], worked[-1])
end = time.perf_counter() + float(sys.argv[1])
asyncio.run(wake())
"""


async def stalls(folder: Path, seconds: float) -> float:
    """Print and return the longest stretch of the event loop, milliseconds of the processor."""
    from bench.bench_labelling import served

    with served(0.2) as (url, _):
        for name, value in (
            ("PROVIDER", "custom"), ("BASE_URL", url), ("RPM", "600"),
            ("MODEL", f"m{os.getpid()}"),  # a new one has all examples to label
            ("RPD", "1000000"),
        ):  # fmt: skip
            os.environ[f"CATREVIEW_LLM__{name}"] = value
        os.environ["PYTHONPATH"] = str(ROOT)
        with open_project(folder) as project:
            async with reviewing(project) as (app, painted, _):
                background = app.review.background
                bare = subprocess.Popen(
                    [sys.executable, "-c", BARE_LOOP, str(seconds)], stdout=subprocess.PIPE,
                    stdin=subprocess.DEVNULL, text=True,
                )  # fmt: skip
                for job in (JobName.LABEL, JobName.TRAIN):
                    background.runner.start(job)
                ran = dict.fromkeys(background.runner.running, 0.0)
                end, waits = time.perf_counter() + seconds, []
                with Turns() as turns:
                    while time.perf_counter() < end:
                        for key in ("j", "1", "k", "2", "j", "3"):
                            took = await press(app, painted, key, wait=30.0)
                            waits.append(took or 0.0)
                            began = time.perf_counter()
                            await asyncio.sleep(0.25)
                            for name in background.runner.running:
                                ran[name] = ran.get(name, 0.0) + time.perf_counter() - began
                output = bare.communicate()[0].split()
                background.runner.abort()
                await background.runner.close(60.0)
                ended = {name: job.error for name, job in background.ended.items() if job.error}
    wall, cpu = max(t[0] for t in turns.took), max(t[1] for t in turns.took)
    over = [t for t in turns.took if t[0] > 10]
    print(
        f"stalls: {len(turns.took):,} turns, the longest {wall:.1f} ms ({cpu:.1f} ms of processor)"
    )
    print(f"  over 10 ms: {len(over)}, of them by processor {sum(t[1] > 10 for t in over)}")
    late, usual, most = map(float, output[1:])
    print(f"  bare loop in its own process: {late:.1f} ms late at most, {output[0]} times;", end="")
    print(f" the same piece of work {usual:.1f} ms of processor, {most:.1f} at most")
    print(f"  keys: p95 {percentile(waits, 0.95):.1f} ms, most {max(waits):.1f} ms ({len(waits)})")
    print("  seconds at work:", {str(k): round(v * 1.1) for k, v in ran.items()}, ended or "")
    for t in sorted(over, reverse=True)[:5]:
        print(f"    {t[0]:.1f} ms, {t[1]:.1f} of processor: {t[2][:160]}")
    return cpu


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument(
        "parts", nargs="*", default=["start", "keys", "memory", "search", "pages", "stalls"]
    )
    parser.add_argument("--examples", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--presses", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=120.0)
    given = parser.parse_args(arguments)
    temporary = Path(tempfile.gettempdir()) / f"catreview-bench-{given.examples}"
    folder: Path = given.folder or temporary
    if not folder.exists():
        began = time.perf_counter()
        make(folder, given.examples)
        print(f"made {given.examples:,} examples in {time.perf_counter() - began:.0f} s")
        start(folder, given.runs)
    # Else the app would begin by letting that be done.
    order = catreview("queue", QUEUE, "--project", str(folder), "--json", "--quiet")
    subprocess.run(order, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    print(f"load {os.getloadavg()[0]:.1f}")
    for part in given.parts:
        match part:
            case "start":
                start(folder, given.runs)
            case "keys":
                asyncio.run(keys(folder, given.presses))
            case "memory":
                memory(folder)
            case "search":
                asyncio.run(search(folder))
            case "pages":
                asyncio.run(pages(folder))
                pages_memory(folder)
            case "stalls":
                asyncio.run(stalls(folder, given.seconds))
            case _:
                parser.error(f"there is no part {part!r}")


if __name__ == "__main__":
    main()
