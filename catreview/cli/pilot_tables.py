"""A pilot's result as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catreview.cli.output import percent, score, table

if TYPE_CHECKING:
    from catreview.jobs.llm.candidates import Candidate
    from catreview.jobs.llm.piloting import PilotResult


def pilot(result: PilotResult) -> str:
    """The candidates, best first; what each category got; what to beware of; who is better."""
    against = "people's labels" if result.against == "people" else "the heuristic, not people"
    verdict = "passed" if result.passed else "NOT passed"
    lines = [
        f"{result.compared:,} of {result.sampled:,} sampled examples compared with {against}",
        f"gate {percent(result.gate)}: {verdict}",
        "",
        _candidates(result),
        "",
        _quality(result),
        "",
        _categories(result),
    ]
    failures = [f"failed: {failed.words}" for failed in result.failed]
    warnings = [line for n, c in _numbered(result) for line in _warnings(c, n, result)]
    comparisons = list(_comparisons(result))
    lines += ["", *failures] if failures else []
    lines += ["", *warnings] if warnings else []
    lines += ["", *comparisons] if comparisons else []
    return "\n".join(lines)


def _numbered(result: PilotResult) -> Iterator[tuple[int, Candidate]]:
    return enumerate(result.candidates, start=1)


def _candidates(result: PilotResult) -> str:
    """Who was asked, and what the requests took; the price where every answer has one."""
    priced = any(c.effort.cost is not None for c in result.candidates)
    columns = ["#", "model", "prompt", "batch", "requests", "tokens", "minutes/1,000"]
    columns += ["$/1,000"] if priced else []
    rows = []
    for number, c in _numbered(result):
        effort = c.effort
        row: list[object] = [
            number,
            c.model,
            c.template,
            c.batch_size,
            f"{effort.requests:,}",
            f"{effort.prompt_tokens + effort.completion_tokens:,}",
            "-" if effort.minutes is None else f"{effort.minutes:,.1f}",
        ]
        if priced:
            row.append("-" if effort.cost is None else f"{effort.cost:,.2f}")
        rows.append(row)
    return table(columns, rows)


def _quality(result: PilotResult) -> str:
    columns = ["#", "right", "95 %", "macro F1", "95 %", "unreadable", "gate"]
    rows = []
    for number, c in _numbered(result):
        accuracy, unreadable = c.accuracy.as_json(), c.effort.unreadable
        macro = c.evaluation.macro_f1 if c.evaluation else None
        rows.append(
            [
                number,
                percent(accuracy["value"]),
                f"{percent(accuracy['low'])} to {percent(accuracy['high'])}",
                score(macro.value if macro else None),
                f"{score(macro.low)} to {score(macro.high)}" if macro else "-",
                percent(unreadable.value if unreadable.n else None),
                "passed" if c.passed else "below",
            ]
        )
    return table(columns, rows)


def _categories(result: PilotResult) -> str:
    """Recall and share given of every category, a pair of columns for each candidate."""
    gave = "people gave" if result.against == "people" else "heuristic gave"
    columns = ["category", gave]
    rows = [[name, percent(share)] for name, share in result.expected.items()]
    for number, c in _numbered(result):
        columns += [f"#{number} recall", f"#{number} gave"]
        recalls = [s.recall for s in c.evaluation.per_class] if c.evaluation else [None] * len(rows)
        for row, recall in zip(rows, recalls, strict=True):
            row += [percent(recall), percent(c.given[row[0]])]
    return table(columns, rows)


def _warnings(c: Candidate, number: int, result: PilotResult) -> Iterator[str]:
    who = "people" if result.against == "people" else "the heuristic"
    for found in c.swallowing:
        line = (
            f"warning: #{number} {c.model}: {percent(found.given)} {found.category};"
            f" {who} gave {percent(found.expected)}"
        )
        yield f"{line}; it swallows {', '.join(found.swallowed)}" if found.swallowed else line
    missing = result.sampled - c.labelled
    if missing:
        yield f"warning: #{number} {c.model}: {missing:,} of {result.sampled:,} got no vote"
    if c.position and c.position.matters:
        first, middle, last = (percent(third.value) for third in c.position.thirds)
        yield (
            f"warning: #{number} {c.model}: the place in a request matters: {first} right in its"
            f" first third, {middle} in the middle, {last} in the last (p {_p(c.position.p)})"
        )


def _comparisons(result: PilotResult) -> Iterator[str]:
    """The best against each of the others."""
    for c in result.comparisons:
        if c.first == 0:
            better = "better than" if c.p_holm < 0.05 else "not clearly better than"
            yield (
                f"#1 is {better} #{c.second + 1}: it alone is right on {c.first_only_right:,},"
                f" the other on {c.second_only_right:,} (McNemar p {_p(c.p_holm)})"
            )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
