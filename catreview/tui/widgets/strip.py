"""The status strip: the jobs in the background, and the last model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from catreview.jobs.progress import Progress
from catreview.jobs.status import ModelScore, Status
from catreview.settings import Settings
from catreview.tui.inert import one_line
from catreview.tui.jobs import Job, JobName
from catreview.tui.keymap import Keymap
from catreview.tui.widgets.painted import Words

SPARKS = "▁▂▃▄▅▆▇█"
MOST_SPARKS = 8
BAR = 12
Piece = tuple[int, Content]
"""How soon it goes when the screen is narrow (the highest number first), and what it shows."""


class StatusStrip(Words):
    """Labelling on the left, the model on the right; what matters least goes first when narrow."""

    def __init__(self, settings: Settings, keys: Keymap) -> None:
        super().__init__(id="strip")
        words = f"no model yet: {keys['retrain']} trains one"
        self._no_model = (2, Content.styled(words, "$muted"))
        self._replay = settings.llm.provider == "replay"
        self._every = settings.review.retrain_every
        self._status: Status | None = None
        self._jobs: Mapping[JobName, Job] = {}

    def show(self, status: Status | None, jobs: Mapping[JobName, Job]) -> None:
        """Show a project's counts, None while unknown, and the running jobs."""
        self._status, self._jobs = status, jobs
        self.refresh()

    def render(self) -> Content:
        """One line."""
        job = self._jobs.get(JobName.LABEL)
        left = labelling(job, self._replay) if job else idle(self._status, self._replay)
        models = self._status.models if self._status else ()
        right = model(models, self._jobs.get(JobName.TRAIN))
        if self._status is not None and not right:
            right = [self._no_model]
        if self._every and self._status and JobName.TRAIN not in self._jobs:
            left_over = max(self._every - self._status.since_training, 0)
            right.append((4, Content.styled(f"retrain in {left_over:,}", "$muted")))
        if tuning := self._jobs.get(JobName.TUNE):
            far = tuning.progress
            share = f" {100 * far.done / far.total:.0f} %" if far and far.total else "…"
            right.append((2, Content.styled(f"tuning{share}", "$focus")))
        return squeeze(left, right, self.size.width)


def squeeze(left: Sequence[Piece], right: Sequence[Piece], width: int) -> Content:
    """Both sides on one line, without the pieces that don't fit, least important first."""
    worst = max((rank for rank, _ in (*left, *right)), default=0)
    for most in range(worst, 0, -1):
        for space in ("   ", "  "):
            sides = [
                Content(space).join(piece for rank, piece in side if rank <= most)
                for side in (left, right)
            ]
            gap = width - sum(side.cell_length for side in sides)
            if gap >= len(space):
                return sides[0] + " " * gap + sides[1]
    return Content("  ").join(piece for rank, piece in left if rank <= 1)


def labelling(job: Job, replay: bool) -> list[Piece]:
    """The labelling job: bar, count, rate, time left."""
    name = "replay of recorded votes" if replay else "label"
    pieces: list[Piece] = [(1, Content.styled(name, "$focus" if replay else "$muted"))]
    if job.stopping:
        pieces.append((1, Content.styled("stopping… what is in flight is saved", "$focus")))
        return pieces
    progress = job.progress
    if progress is None:
        return [*pieces, (1, Content.styled("starting…", "$muted"))]
    if progress.total:
        pieces.append((5, _bar(progress.done / progress.total)))
    pieces.append((1, _count(progress)))
    if job.paused:
        pieces.append((1, Content.styled(f"{job.state}", "bold $focus")))
        return pieces
    if progress.rate is not None:
        pieces.append((6, Content.styled(f"{progress.rate:,.0f}/min", "$muted")))
    if progress.seconds_left is not None:
        pieces.append((4, Content.styled(f"{duration(progress.seconds_left)} left", "$muted")))
    return pieces


def idle(status: Status | None, replay: bool) -> list[Piece]:
    """What is labelled, while no labelling runs."""
    pieces: list[Piece] = []
    if replay:
        pieces.append((2, Content.styled("replay of recorded votes", "$focus")))
    # Gold is decided, not labelled: with it in the sum the work would never be done.
    wanted = status.examples - status.gold if status is not None else 0
    if status is None or not wanted:
        return pieces
    labelled = sum(status.labels.values())
    pieces.append((5, _bar(labelled / wanted)))
    pieces.append((
        1,
        Content.assemble(
            (f"{labelled:,}", "$bright"), (f" of {wanted:,} labelled", "$muted")
        ),
    ))  # fmt: skip
    counts = [
        (f"{status.labels.get('human', 0):,} by people"),
        f"{status.labels.get('llm', 0) + status.labels.get('together', 0):,} by LLM",
    ]
    if status.gold:
        counts.append(f"{status.gold:,} gold")
    pieces.append((6, Content.styled(", ".join(counts), "$muted")))
    return pieces


def model(models: Sequence[ModelScore], job: Job | None) -> list[Piece]:
    """The newest model's F1 and those before it, and the training that runs."""
    pieces: list[Piece] = []
    if models:
        newest = models[0]
        alike = [m.macro_f1 for m in reversed(models) if m.against == newest.against]
        digits = f"{newest.macro_f1:.3f}".removeprefix("0")
        pieces.append((3, Content.styled(one_line(newest.model, 16).rstrip(), "$muted")))
        if newest.against == "gold":
            pieces.append((1, Content.assemble(("F1 ", "$muted"), (digits, "bold $bright"))))
            pieces.append((4, Content.styled(f"on {newest.n:,} gold", "$muted")))
            if line := sparkline(alike):
                pieces.append((3, Content.styled(line, "$focus")))
        else:
            # How well a model copies its labels would be read as how right it is.
            pieces.append((1, Content.styled("not measured on gold", "$muted")))
    if job is not None:
        doing = "stopping…" if job.stopping else "retraining…" if models else "training…"
        pieces.append((1, Content.styled(doing, "$focus")))
    return pieces


def sparkline(values: Sequence[float]) -> str:
    """The last few values as bars between their least and greatest; empty below two."""
    last = values[-MOST_SPARKS:]
    if len(last) < 2:
        return ""
    low, span = min(last), max(last) - min(last)
    return "".join(SPARKS[round((v - low) / span * 7)] if span else SPARKS[3] for v in last)


def duration(seconds: float) -> str:
    """A time left in one unit: `40 s`, `14 min`, `3 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.0f} h"


def _count(progress: Progress) -> Content:
    total = f" of {progress.total:,} {progress.unit}" if progress.total else f" {progress.unit}"
    done = f"{progress.done:,}".rjust(len(f"{progress.total or 0:,}"))
    return Content.assemble((done, "bold $bright"), (total, "$plain"))


def _bar(share: float) -> Content:
    full = round(min(max(share, 0.0), 1.0) * BAR)
    return Content.assemble(("━" * full, "$focus"), ("╌" * (BAR - full), "$faint"))
