"""What to say of a job that ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catreview.errors import ExitCode
from catreview.tui.jobs import Ended, JobName
from catreview.tui.keymap import Keymap
from catreview.wording import counted

WORK = {
    JobName.LABEL: "Labelling",
    JobName.TRAIN: "Training",
    JobName.VOTE: "The functions' voting",
    JobName.ORDER: "Putting the queue in order",
    JobName.FORECAST: "The forecast",
    JobName.TUNE: "Tuning",
}


@dataclass(frozen=True, slots=True)
class News:
    """What to tell the reviewer of a job; `problem` where it did not end well."""

    text: str
    hint: str = ""
    problem: bool = False


def stopping(job: JobName) -> News:
    """What to say of a job that was asked to stop."""
    if job is JobName.TUNE:
        return News("Stopping… what it has learned is lost, all else is as it was.")
    return News("Stopping… what is in flight is finished and saved.")


def kept(job: JobName) -> str:
    """What becomes of the work of a job that does not come to its end."""
    return "All is as it was." if job is JobName.TUNE else "What was done is saved."


def news_of(ended: Ended, keys: Keymap) -> News:
    """What to say of a job that ended."""
    work = WORK[ended.name]
    if ended.error:
        safe = "" if ended.code == ExitCode.USAGE else f"{kept(ended.name)} "
        return News(f"{work}: {ended.error}", safe + ended.hint, problem=True)
    if ended.stopped:
        return News(f"{work} stopped. {kept(ended.name)}")
    train, turn = keys["retrain"], keys["next_queue"]
    match ended.name:
        case JobName.TRAIN:
            news = _trained(ended.result, keys)
        case JobName.VOTE:
            news = News(_voted(ended.result))
        case JobName.FORECAST:
            news = News("The forecast is made: the dashboard shows it.")
        case JobName.TUNE:
            use = f'encoder = "{ended.result.get("encoder", "")}" under [training]'
            news = News("The encoder is tuned.", f"With {use}, {train} makes use of it.")
        case _:
            then = f"{train} retrains on the new labels; {turn} goes to the next queue."
            news = News("Labelling is done.", then)
    return news


def _voted(result: dict[str, Any]) -> str:
    if "only" not in result:
        return "The functions have voted; the labels follow."
    changes = [
        f"{c['from'] or 'none'} \u2192 {c['to'] or 'none'} {c['n']:,}"
        for c in result["changes"][:3]
    ]
    more = " …" if len(result["changes"]) > len(changes) else ""
    which = f": {', '.join(changes)}{more}" if changes else ""
    return (
        f"{result['only']} gave {counted(result['votes'], 'vote')};"
        f" {counted(result['labels_changed'], 'label')} changed{which}."
    )


def _trained(result: dict[str, Any], keys: Keymap) -> News:
    """The new model's score on gold, or how to get one."""
    f1 = result.get("macro_f1")
    if not isinstance(f1, dict) or not isinstance(f1.get("value"), float):
        return News("A new model is trained.")
    if result.get("against") != "gold":
        hint = f"Decide some in the queue gold ({keys['queues']}), then {keys['retrain']} again."
        return News("A new model is trained, and there is no gold to measure it on.", hint)
    low, high, n = f1.get("low"), f1.get("high"), f1.get("n")
    interval = f" ({low:.3f} to {high:.3f})" if low is not None and high is not None else ""
    return News(
        f"A new model is trained: macro F1 {f1['value']:.3f}{interval} on {n:,} gold messages."
    )
