"""Who agrees with whom, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catreview.cli.output import percent, table
from catreview.wording import counted

if TYPE_CHECKING:
    from catreview.jobs.labels.agreeing import Agreement
    from catreview.jobs.review.reviewers import Reviewers


def agreement(found: Agreement) -> str:
    """Pairs, sources, reviewers, and what seeing votes does."""
    if not found.sources:
        return "No source has voted yet: catreview lf run"
    parts = [_pairs(found), _sources(found), _reviewers(found), _blind(found)]
    return "\n\n".join(part for part in parts if part)


def reviewers(found: Reviewers) -> str:
    """A line for each reviewer, and what they differ on; empty while nothing is decided."""
    if not found.reviewers:
        return ""
    rows = [
        [
            line.reviewer,
            line.today,
            f"{line.decided:,}",
            "-" if line.seconds is None else f"{line.seconds:.0f} s",
            f"{percent(line.agreed / line.compared)} of {line.compared:,}" if line.compared else "",
            f"{' / '.join(line.apart)} ({line.times})" if line.apart else "",
        ]
        for line in found.reviewers
    ]
    columns = ["reviewer", "today", "in all", "each", "agrees with others", "differs most on"]
    shown = f"\n{table(columns, rows)}\n"
    return shown + (f"{_contested(found.contested)}\n" if found.contested else "")


def _contested(count: int) -> str:
    return f"{count:,} contested" + (": catreview review --queue adjudicate" if count else "")


def _pairs(found: Agreement) -> str:
    if not found.pairs:
        return "No two sources have voted on the same messages yet."
    numbered = list(enumerate(found.pairs, start=1))
    kappas = table(
        ["#", "first", "second", "n", "kappa"],
        [[i, p.first, p.second, f"{p.n:,}", _kappa(p.kappa)] for i, p in numbered],
    )
    by_category = table(
        ["#", *found.pairs[0].by_category],
        [[i, *map(_kappa, p.by_category.values())] for i, p in numbered],
    )
    shown = f"Cohen's kappa, over all and for each category\n{kappas}\n\n{by_category}"
    judged = [
        [i, p.judged, p.first_right, p.second_right, p.judged - p.first_right - p.second_right]
        for i, p in numbered
        if p.judged
    ]
    if not judged:
        return shown
    right = table(["#", "n", "first right", "second right", "neither"], judged)
    return f"{shown}\n\nWho is right where they differ, on reviewed examples\n{right}"


def _sources(found: Agreement) -> str:
    voting = [s for s in found.sources if s.votes]
    each = table(
        ["source", "votes", "expected", "right", "n"],
        [[s.source, f"{s.votes:,}", percent(s.expected), percent(s.right), s.n] for s in voting],
    )
    parts = [
        f"{each}\n"
        "expected: by all sources together, anchored by reviews (Dawid-Skene)\n"
        "right: on reviewed examples, as the queues chose them"
    ]
    beside = [
        [s.source, s.accomplice or "-", "-" if s.shared is None else f"{s.shared:.2f}",
         s.fixed, s.broken, "hurts" if s.hurts else ""]
        for s in voting
        if s.accomplice or s.fixed or s.broken
    ]  # fmt: skip
    if beside:
        parts.append(
            f"{table(['source', 'errs with', 'shared', 'fixes', 'breaks', ''], beside)}\n"
            "shared: errors, beyond chance given the truth (1 is all of them)\n"
            f"fixes, breaks: of {found.judged:,} reviewed in audit and pilot, when it is left out"
        )
    return "\n\n".join(parts)


def _reviewers(found: Agreement) -> str:
    lines = []
    if found.several:
        lines.append(
            f"Krippendorff's alpha {_kappa(found.alpha)} between {', '.join(found.reviewers)}"
            f" on {counted(found.several, 'example')} that two or more decided"
        )
    if found.contested or found.adjudicated:
        lines.append(f"{found.adjudicated:,} adjudicated, {_contested(found.contested)}")
    if found.again:
        share = percent(found.again_same / found.again)
        again = counted(found.again, "decision")
        lines.append(f"{share} of {again} stayed the same when shown again")
    else:
        lines.append("Are you consistent? catreview review --queue again")
    return "\n".join(lines)


def _blind(found: Agreement) -> str:
    blind = found.blind
    if blind.low is None or blind.high is None:
        return ""
    seen, unseen = blind.seen_kept / blind.seen, blind.unseen_kept / blind.unseen
    return (
        f"The proposed category is kept {percent(seen)} of {counted(blind.seen, 'time')} where"
        f" it is seen,\n{percent(unseen)} of {counted(blind.unseen, 'time')} where not:"
        " a difference of"
        f" {100 * (seen - unseen):+.1f} points (95 % {100 * blind.low:+.1f} to"
        f" {100 * blind.high:+.1f})"
    )


def _kappa(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
