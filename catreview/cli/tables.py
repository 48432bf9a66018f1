"""Reports as text, the same for every command that shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from catreview.cli import pilot_tables
from catreview.cli.output import WIDTH, one_line, percent, score, table
from catreview.wording import counted

if TYPE_CHECKING:
    from catreview.jobs.demo import DemoRun
    from catreview.jobs.labels.auditing import Audit
    from catreview.jobs.labels.summary import SourcesSummary
    from catreview.jobs.status import Status
    from catreview.jobs.training.checking import Case
    from catreview.jobs.training.forecasts import ReviewForecast
    from catreview.training.evaluation import Interval


def sources(summary: SourcesSummary) -> str:
    """Votes per source, how right the reviewed LLMs are, labels by what decided them."""
    from catreview.jobs.labels.trust import reviews_behind

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
    chance = "no more than chance" if _by_chance(report) else "a real change"
    return (
        f"{change}: {chance}\n"
        f"  95 % {paired['low']:+.3f} to {paired['high']:+.3f}, p {paired['p']:.3f},"
        f" paired on {paired['n']:,} gold"
    )


def _by_chance(report: Mapping[str, Any]) -> bool:
    paired = report["paired"]
    return paired is not None and bool(paired["low"] <= 0 <= paired["high"])


def _against(against: str) -> str:
    return "gold examples" if against == "gold" else against


def forecast(expected: ReviewForecast) -> str:
    """How many more reviews, or why that cannot be told; then the curve."""
    if expected.fit is None or expected.now is None:
        return expected.in_words()
    curve = table(["reviews", "macro F1"], [[n, score(f1)] for n, f1 in sorted(expected.points)])
    foot = f"now {expected.now:.3f}, measured on {expected.n:,} {_against(expected.against)}"
    if expected.kept_doubtful:
        foot += '\nwithout doubtful = "drop": its models keep every label, and may score lower'
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


def interval(found: Interval) -> tuple[str, str]:
    """A score and what bounds it, as two cells."""
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


def steps(following: Sequence[tuple[str, str]]) -> str:
    """Commands, each with its reason: beside it, or below it where they are long."""
    width = max(len(command) for command, _ in following)
    beside = width <= WIDTH // 2
    indent = width + 4 if beside else 6
    lines = []
    for command, why in following:
        words = wrap(why, WIDTH - indent)
        lines.append(f"  {command:<{width}}  {words.pop(0)}" if beside else f"  {command}")
        lines += [" " * indent + more for more in words]
    return "\n".join(lines)


def demo(run: DemoRun) -> str:
    """The pilot's gate, what every source gave, how right each is, and the classifier's share."""
    voters = []
    for v in run.voters:
        right = v.right.as_json()
        between = f"{percent(right['low'])} to {percent(right['high'])}"
        name = "heuristic (functions)" if v.voter == "heuristic" else v.voter
        voters.append([name, percent(right["value"]), between, *interval(v.macro_f1)])
    models = [
        [basis, f"{len(r.trained_on.numbers):,}", *interval(r.evaluation.macro_f1)]
        for basis, r in (("functions' labels", run.before), ("LLMs' labels", run.after))
    ]
    return "\n".join(
        [
            "Pilot (the LLM is a replay of recorded votes)",
            pilot_tables.pilot(run.pilot),
            "",
            "Votes and labels",
            sources(run.sources),
            "",
            f"How right each is on the pilot's {run.voters[0].right.n:,} messages,"
            " a few of every category",
            table(["voter", "right", "95 %", "macro F1", "95 %"], voters),
            "",
            *_where_a_review_pays(run),
            "",
            f"What the classifier learned, on the same {run.after.evaluation.macro_f1.n:,}",
            table(["learned from", "n", "macro F1", "95 %"], models),
            _change(run.change),
            "It sees the functions' votes too, and so few messages teach it little more."
            if _by_chance(run.change)
            else "It sees the functions' votes too.",
        ]
    )


def _where_a_review_pays(run: DemoRun) -> Iterator[str]:
    """All gold by whether functions and first reader agree, and where the errors are."""
    _, reader, _ = run.voters
    everything = sum(part.n for part in run.parts)
    yield f"Where a review pays: functions and {reader.voter} on all {everything:,} gold"
    rows = [
        [
            part.they if part.they != "silent" else "functions silent",
            part.n,
            percent(part.first_right / part.n) if part.they != "silent" else "-",
            percent(part.second_right / part.n),
        ]
        for part in run.parts
        if part.n
    ]
    yield table(["they", "messages", "functions right", "reader right"], rows)
    wrong = {part.they: part.n - part.second_right for part in run.parts}
    apart = next(part for part in run.parts if part.they == "differ")
    yield (
        f"{wrong['differ']:,} of the reader's {sum(wrong.values()):,} errors are among the"
        f" {apart.n:,} where they differ:\nthe queue `disagreement` has such messages."
    )
