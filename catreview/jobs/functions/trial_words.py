"""What a trial says, in the words that both faces use."""

from __future__ import annotations

from catreview.jobs.functions.trying import Gain, Trial
from catreview.wording import counted

NAMED = 3
"""Functions in conflict that are named."""
WAIT = "…"


def told(trial: Trial) -> list[tuple[str, str]]:
    """What each figure is called, and what it says; an ellipsis where it is not yet known."""
    sample = f", a random sample of {trial.total:,}" if trial.looked < trial.total else ""
    share = trial.covers / trial.looked if trial.looked else 0.0
    looked = counted(trial.looked, "message")
    return [
        ("covers", f"{trial.covers:,} of {looked} ({_percent(share)}){sample}"),
        ("right", _right(trial)),
        ("labels", _labels(trial)),
        ("conflicts", _conflicts(trial)),
        ("heuristic", _gain(trial.gain) if trial.done else WAIT),
        ("new", _new(trial)),
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 or not share else "under 0.1 %"


def _right(trial: Trial) -> str:
    if not trial.checked:
        return "nobody has reviewed a message it votes on"
    share = f"{100 * trial.right / trial.checked:.0f} %"
    interval = f"{100 * trial.low:.0f} to {100 * trial.high:.0f} %"
    return f"{trial.right:,} of {trial.checked:,} reviewed: {share} ({interval})"


def _labels(trial: Trial) -> str:
    if trial.labelled is None or trial.agrees is None:
        return WAIT
    if not trial.labelled:
        return "none of these has a label"
    share = trial.agrees / trial.labelled
    return f"{trial.agrees:,} of {trial.labelled:,} have this category now: {100 * share:.0f} %"


def _conflicts(trial: Trial) -> str:
    if trial.conflicts is None:
        return WAIT
    named = ", ".join(f"{name} {n:,}" for name, n in trial.conflicts[:NAMED])
    more = len(trial.conflicts) - NAMED
    return (named + (f" and {more} more" if more > 0 else "")) or "none"


def _gain(gain: Gain | None) -> str:
    if gain is None:
        return "macro F1 wants reviewed messages, and there are none"
    on = f"on {gain.n:,} reviewed"
    if not gain.value and not gain.low and not gain.high:
        return f"no change of macro F1 {on}"
    change = f"{100 * gain.value:+.1f} points macro F1 {on}"
    interval = f"({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
    return f"{change} {interval}" + ("" if gain.tells else ", too few to tell")


def _new(trial: Trial) -> str:
    if trial.conflicts is None:
        return WAIT
    if not trial.same:
        return "no function votes on the same messages" if trial.covers else "it says nothing"
    return f"no: {trial.same[0]} votes on exactly these messages"
