"""The learning curve: what more reviews would bring, beside what the models so far reached."""

from __future__ import annotations

from textual.content import Content

from catreview.jobs.overview import Overview
from catreview.jobs.progress import Progress
from catreview.jobs.status import ModelScore
from catreview.jobs.training.forecasts import ENOUGH, ReviewForecast
from catreview.tui.keymap import Keymap
from catreview.tui.widgets.canvas import Canvas
from catreview.tui.widgets.intervals import short
from catreview.tui.widgets.lines import BuiltLines

WIDEST = 130
LEAST_ROOM = 6
"""Lines below which a plot shows nothing."""
LEAST_SPAN = 0.1
"""Of macro F1 that the y axis shows."""


class LearningPane(BuiltLines, can_focus=False):
    """A sentence, and the plot that it comes from."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="learning")
        self._nothing = (
            f"No model has been trained yet: press {keys['retrain']}. With some models and"
            f" {ENOUGH} reviews this shows how macro F1 grows, and how many more reviews reach the"
            " target."
        )
        self._key = keys["dashboard_forecast"]
        self._overview: Overview | None = None
        self._progress: Progress | None = None
        self._running = False

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Learning curve: macro F1"

    def show(self, overview: Overview) -> None:
        """Show the last forecast, or the models where there is none."""
        self._overview = overview
        self.rebuild()

    def show_job(self, running: bool, progress: Progress | None) -> None:
        """Show how far a new forecast is."""
        if (running, progress) != (self._running, self._progress):
            self._running, self._progress = running, progress
            self.rebuild()

    def build(self, width: int, height: int) -> tuple[list[Content], int]:
        """Two lines or three of words, then the plot in what is left."""
        seen = self._overview
        if seen is None:
            return [], 0
        models = alike(seen)
        forecast = seen.forecast
        words = Content.styled(headline(seen), "bold $bright").wrap(width)
        words += [self._second(seen)]
        room = height - len(words)
        if room < LEAST_ROOM:
            self.border_subtitle = ""
            return words, 0
        if forecast is not None and forecast.points:
            self.border_subtitle = "● measured  ⠤ fitted  ░ 95 %  ┄ target  ◆ models so far"
            return [*words, *of_forecast(forecast, models, min(width, WIDEST), room)], 0
        if models:
            self.border_subtitle = "◆ models so far  │ 95 %  ┄ target"
            return [*words, *of_models(models, seen.target, min(width, WIDEST), room)], 0
        self.border_subtitle = ""
        return Content.styled(self._nothing, "$muted").wrap(width), 0

    def _second(self, seen: Overview) -> Content:
        """On what the curve was measured, or how to get one."""
        if self._running:
            done = self._progress
            far = f": {done.done:,} of {done.total:,} models" if done and done.total else ""
            return Content.styled(f"A forecast is being worked out{far}", "$focus")
        last, now = seen.forecast, seen.reviewed
        if last is not None and last.now is not None:
            more = f", {now:,} by now" if now != last.reviews else ""
            words = (
                f"{short(last.now, 3)} on {last.n:,} {last.against} with {last.reviews:,} reviews"
                f"{', doubtful labels kept' if last.kept_doubtful else ''}"
            )
            return Content.assemble(
                (f"{words}{more}   ", "$muted"), (self._key, "bold $focus"), (" anew", "$muted")
            )
        if now < ENOUGH:
            return Content.styled(
                f"A forecast wants {ENOUGH} reviews of messages that are not gold; there are"
                f" {now:,}.",
                "$muted",
            )
        return Content.assemble(
            (self._key, "bold $focus"),
            (" works it out: it trains a dozen models on parts of your reviews", "$muted"),
        )


def headline(seen: Overview) -> str:
    """The forecast in words, or what it would say."""
    if seen.forecast is not None:
        words = seen.forecast.in_words()
        return words[0].upper() + words[1:]
    return f"How many more reviews reach {100 * seen.target:g} %?"


def alike(seen: Overview) -> list[ModelScore]:
    """The models measured on the same as the newest, oldest first."""
    if seen.model is None:
        return []
    newest = seen.model.score
    scores = [line.score for line in reversed(seen.model.models)]
    return [s for s in scores if (s.against, s.n) == (newest.against, newest.n)]


def of_forecast(
    forecast: ReviewForecast, models: list[ModelScore], width: int, height: int
) -> list[Content]:
    """Measured points, the fitted curve with its band and the models, over reviews."""
    curve = forecast.fit.curve if forecast.fit else ()
    beside = [m for m in models if (m.against, m.n) == (forecast.against, forecast.n)]
    sizes = [float(size) for size, _ in forecast.points] + [float(m.reviews) for m in beside]
    farthest = max([*sizes, *(point.size for point in curve)])
    scores = [f1 for _, f1 in forecast.points] + [m.macro_f1 for m in beside]
    scores += [bound for point in curve for bound in (point.low, point.high)]
    canvas = Canvas(width, height, (0, farthest), ends(scores, forecast.target))
    canvas.band([(p.size, p.low, p.high) for p in curve], "$faint")
    canvas.level(forecast.target, f"target {short(forecast.target)}", "$focus")
    canvas.line([(p[0], p[1]) for p in curve], "$bright")
    for model in beside:
        canvas.mark(model.reviews, model.macro_f1, "◆", "$cat-3")
    for size, f1 in forecast.points:
        canvas.mark(size, f1, "●", "bold $bright")
    return canvas.lines("reviews")


def of_models(models: list[ModelScore], target: float, width: int, height: int) -> list[Content]:
    """The models with their intervals, over the labels they learned from."""
    labels = [m.labels for m in models]
    span = max(max(labels) - min(labels), max(labels) // 5, 10)
    bounds = [bound for m in models for bound in (m.low, m.high)]
    x = (max(min(labels) - span / 5, 0), max(labels) + span / 5)
    canvas = Canvas(width, height, x, ends(bounds, target))
    canvas.level(target, f"target {short(target)}", "$focus")
    for model in models:
        canvas.whisker(model.labels, model.low, model.high, "$muted")
    for model in models:
        canvas.mark(model.labels, model.macro_f1, "◆", "bold $bright")
    return canvas.lines("labels")


def ends(scores: list[float], target: float) -> tuple[float, float]:
    """The y axis: all scores and the target, with some air."""
    low, high = min([*scores, target]), max([*scores, target])
    air = max(LEAST_SPAN - (high - low), 0.0) / 2 + 0.01
    return max(low - air, 0.0), min(high + air, 1.0)
