"""Reports as text, the same for every command that shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from catreview.cli import pilot_tables
from catreview.cli.output import one_line, percent, score, table
from catreview.wording import counted

if TYPE_CHECKING:
    from catreview.jobs.auditing import Audit
    from catreview.jobs.demo import DemoRun
    from catreview.jobs.functions.racing import Contest, Race
    from catreview.jobs.functions.solo import SoloRun
    from catreview.jobs.functions.weak import FunctionReport
    from catreview.jobs.status import Status
    from catreview.jobs.summary import SourcesSummary
    from catreview.jobs.training.checking import Case
    from catreview.jobs.training.forecasts import ReviewForecast
    from catreview.training.evaluation import Interval


def sources(summary: SourcesSummary) -> str:
    """Votes per source, how right the reviewed LLMs are, labels by what decided them."""
    from catreview.jobs.trust import reviews_behind

    votes = table(
        ["kind", "source", "votes"],
        [[kind, source, f"{count:,}"] for kind, source, count in summary.votes],
    )
    labels = table(["decided by", *summary.categories, "all"], summary.label_rows())
    rest = f"{summary.gold:,} gold, {summary.unlabelled:,} without a label"
    measured = "".join(
        f"\n{source}: {percent(known.accuracy)} right so far, on"
        f" {reviews_behind(known, known.reviews)}"
        for source, known in summary.measured
    )
    return f"{votes}{measured}\n\n{labels}\n{rest}"


def scores(report: Mapping[str, Any]) -> str:
    """Macro F1 with its interval and what it is measured on, per class, confusion."""
    macro, dropped = report["macro_f1"], report["trained_on"].get("dropped_as_doubtful", 0)
    lines = [
        f"{report['model']}: macro F1 {macro['value']:.3f}"
        f" (95 % {macro['low']:.3f} to {macro['high']:.3f})"
        f" on {macro['n']:,} {_against(report['against'])}",
        f"trained on {counted(report['trained_on']['examples'], 'label')}"
        f" ({', '.join(f'{n:,} {basis}' for basis, n in report['trained_on']['by'].items())})"
        + (f", {dropped:,} of them dropped as doubtful" if dropped else ""),
    ]
    if report["against"] != "gold":
        lines.append("Not measured on gold: it says how well the model copies the labels.")
    if report.get("delta") is not None:
        lines.append(_change(report))
    per_class = table(
        ["category", "precision", "recall", "F1", "n"],
        [
            [c["category"], *map(score, (c["precision"], c["recall"], c["f1"])), f"{c['n']:,}"]
            for c in report["per_class"]
        ],
    )
    names = report["confusion"]["categories"]
    confusion = table(
        ["is \\ predicted", *names],
        [
            [name, *(f"{count:,}" for count in row)]
            for name, row in zip(names, report["confusion"]["rows"], strict=True)
        ],
    )
    return "\n".join([*lines, "", per_class, "", confusion])


def _change(report: Mapping[str, Any]) -> str:
    change = f"{report['delta']:+.3f} against {report['before']}"
    paired = report["paired"]
    if paired is None:
        return change
    chance = "no more than chance" if paired["low"] <= 0 <= paired["high"] else "a real change"
    return (
        f"{change} (95 % {paired['low']:+.3f} to {paired['high']:+.3f}, paired,"
        f" p {paired['p']:.3f}, {paired['n']:,} gold): {chance}"
    )


def _against(against: str) -> str:
    return "gold examples" if against == "gold" else against


def forecast(expected: ReviewForecast) -> str:
    """How many more reviews, or why that cannot be told; then the curve."""
    if expected.fit is None or expected.now is None:
        return expected.in_words()
    curve = table(["reviews", "macro F1"], [[n, score(f1)] for n, f1 in sorted(expected.points)])
    foot = f"now {expected.now:.3f}, measured on {expected.n:,} {_against(expected.against)}"
    return f"{expected.in_words()}\n{foot}\n\n{curve}\n"


def audit(checked: Audit) -> str:
    """How right the labels are at least, and what certifies the goal."""
    if not checked.checked:
        return "No label has been audited: catreview review --queue audit"
    goal = f"{100 * checked.goal:g} %"
    if checked.more is None:
        rest = f"{percent(checked.right / checked.checked)} right is too few to certify {goal}"
    elif checked.more:
        rest = f"{checked.more:,} more to certify {goal}"
    else:
        rest = f"{goal} is certified"
    return (
        f"labels at least {percent(checked.bound)} right"
        f" (95 % confidence, {checked.checked:,} checked); {rest}"
    )


def cases(checked: Sequence[Case]) -> str:
    """The cases that came out wrong first, then the others."""
    rows = [
        [
            "ok" if case.right else "WRONG",
            case.expected,
            case.heuristic or "-",
            case.model or "-",
            one_line(case.text, 60),
        ]
        for case in sorted(checked, key=lambda case: case.right)
    ]
    return table(["", "expected", "heuristic", "model", "text"], rows)


def function_rows(report: FunctionReport, categories: Mapping[str, str | None]) -> dict[str, Any]:
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


def functions(report: FunctionReport, categories: Mapping[str, str | None]) -> str:
    """The statistics of every function; accuracy with the number of examples behind it."""
    rows = [
        [
            name,
            categories.get(name) or "several",
            f"{row.votes:,}",
            percent(row.coverage),
            percent(row.overlap),
            percent(row.conflict),
            percent(row.accuracy),
            row.n,
        ]
        for name, row in report.statistics.items()
    ]
    columns = ["function", "category", "votes", "covers", "overlap", "conflict", "right", "n"]
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
    methods = [[e.method, *_interval(e.weak), *_interval(e.everyone)] for e in run.entrants]
    rules = [[name, *_interval(score)] for name, score in (run.rules or {}).items()]
    return "\n".join(
        [
            table(["method", "functions", "95 %", "all sources", "95 %"], methods),
            "",
            table(["label rule", "labels", "95 %"], rules),
            "",
            f"macro F1 on {run.reviewed:,} reviewed examples of audit and pilot; what learns is"
            " cross-validated, gold has no part",
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
            f'{setting}: proposed is {setting} = "{found.proposed}" under [{group}], {gain} against'
            f" {found.in_force}; then catreview {command}"
        )
    else:
        yield f"{setting}: {found.leader} leads {found.in_force} by {gain}, no more than chance"


def _interval(found: Interval) -> tuple[str, str]:
    return score(found.value), f"{found.low:.3f} to {found.high:.3f}"


def models(status: Status) -> str:
    """The last models' scores, or that there is none."""
    if not status.models:
        return "\nNo model has been trained yet.\n"
    rows = [
        [m.model, score(m.macro_f1), f"{m.low:.3f} to {m.high:.3f}", f"{m.n:,}", m.against]
        for m in status.models[:5]
    ]
    return f"\n{table(['model', 'macro F1', '95 %', 'n', 'measured on'], rows)}\n"


def demo(run: DemoRun) -> str:
    """The pilot's gate, what every source gave, and the classifier before and after."""
    before, after = run.before.evaluation, run.after.evaluation
    rows = [
        [was.category, score(was.f1), score(now.f1), was.n]
        for was, now in zip(before.per_class, after.per_class, strict=True)
    ]
    rows.append(
        ["macro", score(before.macro_f1.value), score(after.macro_f1.value), before.macro_f1.n]
    )
    trained = [
        f"{len(r.trained_on.numbers):,} labels, {', '.join(r.trained_on.by_basis)}"
        for r in (run.before, run.after)
    ]
    return "\n".join(
        [
            "Pilot (the LLM is a replay of recorded votes)",
            pilot_tables.pilot(run.pilot),
            "",
            "Votes and labels",
            sources(run.sources),
            "",
            "F1 on gold, trained before on weak labels only, after with the LLM's votes",
            table(["category", "before", "after", "n"], rows),
            f"before: {trained[0]}; after: {trained[1]}",
        ]
    )
