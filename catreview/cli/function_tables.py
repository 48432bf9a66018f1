"""Labelling functions as text: what there is, how each does, and the race."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from catreview.cli.output import percent, table
from catreview.cli.tables import interval
from catreview.wording import counted

if TYPE_CHECKING:
    from catreview.functions import Function, Rule
    from catreview.jobs.functions.racing import Contest, Race
    from catreview.jobs.functions.solo import SoloRun
    from catreview.jobs.functions.weak import FunctionReport


def functions(listed: Sequence[Function], off: Collection[str]) -> str:
    """Every function, its category and what it looks for; those in `off` are switched off."""
    rows = [
        [f.name, f.category or "several", f"(off) {f.doc}" if f.name in off else f.doc]
        for f in listed
    ]
    return table(["function", "category", "looks for"], rows)


def left_out(idle: Sequence[Rule]) -> str:
    """The built-in functions for categories that the project does not have."""
    names: dict[str, list[str]] = {}
    for function in idle:
        names.setdefault(function.category, []).append(function.name)
    count = counted(len(idle), "built-in function")
    does = "does" if len(idle) == 1 else "do"
    rows = [[category, ", ".join(some)] for category, some in names.items()]
    return (
        f"{count} {does} not vote: the project has no such category\n"
        f"{table(['category', 'functions'], rows)}"
    )


def statistics_rows(report: FunctionReport, categories: Mapping[str, str | None]) -> dict[str, Any]:
    """The statistics as one JSON object."""
    return {
        "schema_version": 1,
        "gold": report.gold,
        "reviewed": report.reviewed,
        "functions": [
            {"name": name, "category": categories.get(name), **asdict(row)}
            for name, row in report.statistics.items()
        ],
    }


def statistics(report: FunctionReport, categories: Mapping[str, str | None]) -> str:
    """The statistics of every function by category; accuracy with the examples behind it."""
    groups: dict[str, list[list[object]]] = {}
    for name, row in report.statistics.items():
        shares = map(percent, (row.coverage, row.overlap, row.conflict, row.accuracy))
        cells = [f"  {name}", f"{row.votes:,}", *shares, row.n]
        groups.setdefault(categories.get(name) or "several", []).append(cells)
    columns = ["function", "votes", "covers", "overlap", "conflict", "right", "n"]
    rows: list[list[object]] = []
    for name, some in groups.items():
        rows += [[name, *[""] * 6], *some]
    reviewed = counted(report.reviewed, "reviewed example")
    foot = f"right: against {report.gold:,} gold and {reviewed}; no method learns from gold"
    return f"{table(columns, rows)}\n{foot}"


def solo(run: SoloRun) -> str:
    """What one function's votes did."""
    lines = [
        f"{run.function} gave {counted(run.votes, 'vote')}"
        f" on {counted(run.examples, 'example')} in {run.seconds:.1f} s;"
        f" {counted(sum(run.changed.values()), 'label')} changed."
    ]
    if run.changed:
        rows = [[old or "none", new or "none", n] for (old, new), n in run.changed.items()]
        lines.append(table(["before", "after", "labels"], rows))
    return "\n".join(lines)


def race(run: Race) -> str:
    """Macro F1 of every method, and which to choose."""
    if run.missing:
        return (
            f"Too few for a race: {counted(run.reviewed, 'reviewed example')} of a random sample."
            f"\n{run.missing:,} more are missing: catreview review --queue audit"
        )
    methods = [[e.method, *interval(e.weak), *interval(e.everyone)] for e in run.entrants]
    rules = [[name, *interval(score)] for name, score in (run.rules or {}).items()]
    return "\n".join(
        [
            table(["method", "functions", "95 %", "all sources", "95 %"], methods),
            "",
            table(["label rule", "labels", "95 %"], rules),
            "",
            f"macro F1 on {run.reviewed:,} reviewed examples of audit and pilot;\n"
            "what learns is cross-validated, gold has no part",
            *_contest(run.method, "method", "heuristic", "lf run"),
            *_contest(run.rule, "rule", "labels", "prepare"),
        ]
    )


def _contest(found: Contest | None, setting: str, group: str, command: str) -> Iterator[str]:
    if found is None:
        return
    if found.gain is None:
        yield f"{setting}: {found.in_force}, which is in force, leads"
        return
    gain = f"{found.gain.value:+.3f} ({found.gain.low:+.3f} to {found.gain.high:+.3f})"
    if found.proposed:
        yield (
            f'{setting}: proposed is {setting} = "{found.proposed}" under [{group}],\n'
            f"  {gain} against {found.in_force}; then catreview {command}"
        )
    else:
        yield f"{setting}: {found.leader} leads {found.in_force} by {gain},\n  no more than chance"
