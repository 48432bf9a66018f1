"""The pilot's gate: how right each candidate was, and what to do now."""

from __future__ import annotations

from textual.content import Content

from catreview.jobs.overview import Pilot, PilotScore
from catreview.tui.inert import one_line, widest
from catreview.tui.keymap import Keymap
from catreview.tui.widgets.intervals import Scale, scale_of
from catreview.tui.widgets.lines import BuiltLines

NUMBERS = 26
LONGEST_SCALE = 40
NO_PILOT = "No pilot yet. catreview pilot sends 200 messages to the LLM and measures it against \
people's labels, before it is let loose on all."


class PilotPane(BuiltLines):
    """The verdict, a line for each candidate, the next step."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="pilot")
        self._keys = keys
        self._pilot: Pilot | None = None
        self._model = ""

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Pilot"

    def show(self, pilot: Pilot | None, model: str) -> None:
        """Show the last pilot, None before the first; `model` was chosen for labelling, if any."""
        self._pilot, self._model = pilot, model
        self.rebuild(stay=True)

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """The lines."""
        pilot = self._pilot
        if pilot is None:
            return Content.styled(NO_PILOT, "$muted").wrap(width), 0
        against = "people's labels" if pilot.against == "people" else "the heuristic"
        self.border_title = f"Pilot: right of {pilot.candidates[0].n:,}, against {against}"
        mark = ("✓ passed", "bold $success") if pilot.passed else ("✗ not passed", "bold $error")
        verdict = Content.assemble(mark, (f"   gate {100 * pilot.gate:.0f} %", "$muted"))
        names = [named_as(c, pilot) for c in pilot.candidates]
        longest = widest(names)
        cells = min(width - NUMBERS - min(longest, 22) - 2, LONGEST_SCALE)
        named = min(longest, max(width - NUMBERS - max(cells, 0) - 2, 8))
        shares = [share for c in pilot.candidates for share in (c.low, c.high)]
        scale = scale_of(shares, pilot.gate, cells) if cells >= 12 else None
        lines = [verdict]
        lines += [
            candidate(row, one_line(name, named), scale)
            for row, name in zip(pilot.candidates, names, strict=True)
        ]
        return [
            *lines,
            *Content.styled(advice(pilot, self._model, self._keys), "$muted").wrap(width),
        ], 0


def named_as(row: PilotScore, pilot: Pilot) -> str:
    """A candidate's model, with prompt and batch size where they tell it from others."""
    words = [row.model]
    if len({other.prompt for other in pilot.candidates}) > 1:
        words.append(row.prompt)
    if len({other.batch_size for other in pilot.candidates}) > 1:
        words.append(f"by {row.batch_size}")
    return " ".join(words)


def candidate(row: PilotScore, name: str, scale: Scale | None) -> Content:
    """A candidate's accuracy with its interval, behind its name, which is as wide as others'."""
    mark = (" ✓", "bold $success") if row.passed else (" ✗", "bold $error")
    drawn = scale.row(row.accuracy, row.low, row.high, "$plain") if scale else []
    return Content.assemble(
        (name, "$plain"),
        (f"{100 * row.accuracy:6.1f} %", "bold $bright"), mark,
        (f"{f'{100 * row.low:.0f} to {100 * row.high:.0f} %':>14}", "$muted"), "  ", *drawn,
    )  # fmt: skip


def advice(pilot: Pilot, model: str, keys: Keymap) -> str:
    """What to do now."""
    if pilot.against != "people":
        return (
            f"Only {pilot.people:,} of {pilot.sampled:,} sampled messages have people's labels:"
            f" decide some in the queue gold (key {keys['queues']}), then catreview pilot"
            " again."
        )
    if not pilot.passed:
        return (
            "Try another model or prompt: catreview pilot --model … --prompt …; until then its"
            " labels are worth little."
        )
    if pilot.configured is None:
        return "To ask what passed, something is missing under [llm]: catreview doctor says what."
    next_one = pilot.on_trial(model)
    called = one_line(model or pilot.configured[0], 40).rstrip()
    if next_one is not None and next_one.passed:
        return (
            f"In the review, {keys['label']} lets {called} label what the functions can't decide."
        )
    if next_one is None:
        return f"{keys['label']} asks {called} as it was not tried yet: catreview pilot tries it."
    best = one_line(named_as(next(c for c in pilot.candidates if c.passed), pilot), 60).rstrip()
    where = "in the jobs' options" if model else "under [llm]"
    return f"{keys['label']} asks {called}, which did not pass. Set {where}: {best}."
