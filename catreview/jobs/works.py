"""What the jobs did: runs in words, requests of today, examples set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catreview.jobs.holders import alive
from catreview.jobs.project import Project
from catreview.jobs.training.forecasts import ReviewForecast
from catreview.store import ErrorLine, RequestLine, Run
from catreview.wording import counted

MOST_RUNS = 50
MOST_ASIDE = 200
MOST_REQUESTS = 200


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run: when it started (UTC, ISO 8601), how it went, and its result in words."""

    kind: str
    started: str
    status: str
    result: str


@dataclass(frozen=True, slots=True)
class AsideLine:
    """An example that a source could not label, and why."""

    number: int
    text: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Works:
    """The newest runs, set-aside examples and requests, newest first; `errors` of the last run.

    `requests_today` counts from midnight UTC.
    """

    runs: tuple[RunLine, ...]
    requests_today: int
    daily_limit: int
    aside_count: int
    aside: tuple[AsideLine, ...]
    requests: tuple[RequestLine, ...]
    errors: tuple[ErrorLine, ...]


def works(project: Project) -> Works:
    """Read what the jobs did; some milliseconds."""
    requests = project.store.requests
    aside = requests.all_aside(MOST_ASIDE)
    examples = project.store.examples.get([number for number, _, _ in aside])
    runs = project.store.runs.recent(MOST_RUNS)
    newest = {run.kind: run.id for run in reversed(runs)}
    return Works(
        runs=tuple(
            RunLine(run.kind, run.started, _status(run, newest[run.kind]), _result(run))
            for run in runs
        ),
        requests_today=project.store.endpoints.used_today(),
        daily_limit=project.settings.llm.rpd,
        aside_count=requests.count_aside(),
        aside=tuple(
            AsideLine(number, example.text, source, reason)
            for (number, source, reason), example in zip(aside, examples, strict=True)
        ),
        requests=tuple(project.store.request_log.newest(MOST_REQUESTS)),
        errors=tuple(project.store.request_log.errors()),
    )


def _status(run: Run, newest: int) -> str:
    """One that never ended was killed where its process is gone.

    Of runs that name no process: where one of its kind began later.
    """
    if run.status != "running":
        return run.status
    holder = run.parameters.get("holder")
    going_on = run.id == newest if holder is None else alive(holder)
    return "running" if going_on else "killed"


def _result(run: Run) -> str:
    results = run.results
    if "error" in results:
        return str(results["error"])
    if run.kind == "train" and "macro_f1" in results:
        f1 = results["macro_f1"]
        value = f"{f1['value']:.3f}".removeprefix("0")
        return f"F1 {value} on {f1['n']:,} {results['against']}, {results['model']}"
    if run.kind == "functions" and "votes" in results:
        return _voted(results)
    if "outlook" in results:
        return ReviewForecast.from_json(results).in_words()
    words: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
        "candidates": _piloted, "held_out": _tuned, "labelled": _labelled,
    }  # fmt: skip
    told = next((words[key] for key in words if key in results), None)
    return told(results) if told else str(results.get("wrote", ""))


def _labelled(results: Mapping[str, Any]) -> str:
    aside = f", {len(results['set_aside']):,} set aside" if results["set_aside"] else ""
    stopped = results.get("stopped", "")
    why = "" if stopped in ("", "interrupted") else f": {stopped}"  # the status says that
    return f"{results['labelled']:,} of {results['planned']:,} labelled{aside}{why}"


def _piloted(results: Mapping[str, Any]) -> str:
    if not results["candidates"]:  # it was stopped
        return ""
    best = results["candidates"][0]
    right = best["accuracy"]
    return f"{100 * right['value']:.1f} % right of {right['n']:,}, {best['model']}"


def _tuned(results: Mapping[str, Any]) -> str:
    f1 = f"{results['held_out']['macro_f1']:.3f}".removeprefix("0")
    return f"F1 {f1} alone against {counted(results['labels'], 'label')}, {results['source']}"


def _voted(results: Mapping[str, Any]) -> str:
    votes = counted(results["votes"], "vote")
    if "only" in results:
        changed = results["labels_changed"]
        return f"{results['only']}: {votes}, {counted(changed, 'label')} changed"
    return f"{votes} on {counted(results['covered'], 'example')}"
