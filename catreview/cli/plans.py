"""How `label` says what it will do, what it did, and how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catreview.cli import output, talk
from catreview.cli.steps import placed
from catreview.wording import counted

if TYPE_CHECKING:
    from catreview.jobs.llm.estimating import Estimate, Range
    from catreview.jobs.llm.planning import Plan
    from catreview.jobs.llm.results import LabellingResult
    from catreview.jobs.llm.voters import Voter
    from catreview.jobs.project import Project


def announce(voter: Voter, plan: Plan, expected: Estimate) -> None:
    """Say what is about to happen, and what it may take."""
    pools = ", ".join(f"{count:,} {name}" for name, count in plan.pools.items())
    talk.say(f"{voter.model} has no vote yet on {counted(plan.waiting, 'example')}:\n  {pools}")
    if plan.resumes is not None:
        talk.say(f"Going on with run {plan.resumes.run}, which was cut short.")
    parts = [f"{_numbers(expected.tokens)} tokens", _time(expected)]
    if expected.cost is not None:
        parts.append(_dollars(expected.cost))
    basis = _basis(expected, plan.batch_size)
    talk.say(f"Sending {_requests(plan)}:\n  {', '.join(parts)}, {basis}")


def show(project: Project, voter: Voter, plan: Plan, expected: Estimate, *, as_json: bool) -> None:
    """Print the plan, what it will take, and one prompt."""
    batch = project.store.examples.get(plan.numbers[: plan.batch_size])
    messages = voter.prompt.render(batch).messages if batch else ()
    if as_json:
        output.emit_json(
            {
                "schema_version": 1,
                "model": voter.model,
                "prompt": voter.prompt.version,
                "waiting": plan.waiting,
                "pools": plan.pools,
                "examples": len(plan.numbers),
                "batches": plan.requests,
                "batch_size": plan.batch_size,
                "estimate": expected.as_json(),
                "messages": list(messages),
            }
        )
        return
    cost = _dollars(expected.cost) if expected.cost else "unknown: the model has no price"
    rows = [
        ("model", voter.model),
        ("prompt", voter.prompt.version),
        ("waiting", counted(plan.waiting, "example")),
        *((f"  {name}", f"{count:,}") for name, count in plan.pools.items()),
        ("to send", _requests(plan)),
        ("requests", _numbers(expected.requests)),
        ("tokens", _numbers(expected.tokens)),
        ("time", _time(expected)),
        ("cost", cost),
        ("estimate", _basis(expected, plan.batch_size)),
    ]
    output.emit("\n".join(f"{name:<16}{value}" for name, value in rows))
    for message in messages:
        output.emit(f"\n--- {message['role']} ---\n{message['content']}")


def conclude(project: Project, result: LabellingResult, *, as_json: bool) -> None:
    """Print what was done, and what to do about errors."""
    from catreview.jobs.llm.remedies import ENDS, remedy

    if as_json:
        output.emit_json(result.as_json())
    else:
        cost = "" if result.cost is None else f", ${result.cost:,.4f}"
        output.emit(
            f"{result.labelled:,} of {result.planned:,} labelled by {result.source}"
            f" in {counted(result.requests, 'request')}, {result.seconds:,.0f} s{cost}"
        )
        if result.set_aside:
            output.emit(f"{len(result.set_aside):,} set aside; the heuristic stays in force:")
            rows = list(result.set_aside.items())
            output.emit(output.table(["id", "reason"], rows[:20]))
            if len(rows) > 20:
                output.emit(f"… and {len(rows) - 20:,} more (--json lists all)")
    if result.elsewhere:
        talk.say(f"{result.elsewhere:,} were left to another job or batch that has them.")
    if result.set_aside:
        names = [error.error_class for error in project.store.request_log.errors()]
        for name in names:
            if name not in ENDS:
                talk.say(placed(f"{name}: {remedy(name)}", project))
        talk.say(placed("Take them up again with: catreview label --retry-failed", project))
    if result.stopped:
        talk.say_again()


def _requests(plan: Plan) -> str:
    size = min(plan.batch_size, max(len(plan.numbers), 1))
    return f"{len(plan.numbers):,} in {counted(plan.requests, 'request')} of {size}"


def _basis(expected: Estimate, batch_size: int) -> str:
    if expected.measured:
        of = "-".join(dict.fromkeys(str(size) for size in (expected.sizes[0], expected.sizes[-1])))
        what = f"measured on {counted(expected.measured, 'request')} of {of}"
        return what if expected.sizes == (batch_size,) else f"{what}, carried over to {batch_size}"
    return "not measured yet (catreview pilot does)"


def _numbers(r: Range) -> str:
    return _range(r, "{:,.0f}")


def _time(expected: Estimate) -> str:
    minutes, days = _minutes(expected.minutes), expected.days
    if days is None:
        return minutes
    left = f"{days.left:,}" if days.left else "none"
    per_day = f"{counted(days.limit, 'request')} a day, {left} left today"
    return f"{minutes} on {counted(days.count, 'day')} ({per_day})"


def _minutes(r: Range) -> str:
    if r.high < 1:
        return f"{_range(r.map(lambda minutes: 60 * minutes), '{:,.0f}')} seconds"
    return f"{_range(r, '{:,.1f}')} minutes"


def _dollars(r: Range) -> str:
    return _range(r, "${:,.2f}" if r.value >= 1 else "${:,.4f}")


def _range(r: Range, form: str) -> str:
    value, low, high = (form.format(v) for v in (r.value, r.low, r.high))
    return value if low == high else f"{value} ({low} to {high})"
