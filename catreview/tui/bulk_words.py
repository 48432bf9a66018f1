"""What to say of a bulk: where the reviewer is in it, and what its spot checks mean."""

from __future__ import annotations

from math import ceil

from textual.content import Content

from catreview.jobs.review.bulk import SPOT_CHECKS, Bulk


def figures(bulk: Bulk) -> list[Content]:
    """How many are in, out and checked, for the title."""
    rows, inside = len(bulk.rows), len(bulk.inside)
    counts = [(inside, "in"), (rows - inside, "out"), (len(bulk.checks), "checked")]
    return [
        Content.assemble((f"{count:3,}", "$bright"), (f" {what}", "$muted"))
        for count, what in counts
    ]


def next_step(bulk: Bulk) -> Content:
    """What the spot checks say so far, and what to do next."""
    left = len(bulk.inside)
    if bulk.checking:
        return _in_a_check(bulk)
    if left and bulk.category and bulk.checks:
        return _passed(bulk, left) if bulk.passed else _failed(bulk, left)
    return Content.styled(_before(bulk, left), "$plain")


def _before(bulk: Bulk, left: int) -> str:
    if not bulk.rows and not bulk.checks:
        return "Nothing undecided is like it: esc goes back."
    if not left:
        return "Every one was looked at or is out: esc goes back."
    if bulk.category is None:
        return "What are they? Press the key of the category for all."
    if left <= SPOT_CHECKS:
        return "So few are best looked at one by one: ⏎ shows each."
    return (
        f"First {SPOT_CHECKS} of the {left} are drawn at random and shown one by one: ⏎ begins."
        f"\nIf all are {bulk.category}, the others can be accepted at once."
    )


def _in_a_check(bulk: Bulk) -> Content:
    place, total = bulk.checking or (0, 0)
    last = bulk.checks[-1].category if place > 1 else bulk.category
    wrong = Content()
    if last != bulk.category:
        wrong = Content.assemble(("✗ ", "bold $error"), (f"That was {last}. ", "$plain"))
    return wrong + Content.assemble(
        (f"Spot check {place} of {total}: is it {bulk.category}?", "bold $bright"),
        ("\n⏎ yes; if not, press the key of what it is.", "$muted"),
    )


def _passed(bulk: Bulk, left: int) -> Content:
    return Content.assemble(
        ("✓ ", "bold $success"),
        (f"{bulk.right} of {len(bulk.checks)} checked are {bulk.category}. ", "$bright"),
        (f"a accepts the other {left} too.", "bold $focus"),
        (
            f"\nAt least {100 * bulk.at_least:.0f} % of them are, with 95 % confidence."
            " ⏎ checks more.",
            "$muted",
        ),
    )


def _failed(bulk: Bulk, left: int) -> Content:
    checked = len(bulk.checks)
    wrong = checked - bulk.right
    likely = round(wrong / checked * left)
    most = min(ceil((1 - bulk.at_least) * left), left)
    return Content.assemble(
        ("✗ ", "bold $error"),
        (f"{wrong} of {checked} {'is' if wrong == 1 else 'are'} not {bulk.category}", "$bright"),
        (f": likely {likely} of the {left} left, at most {most} (95 %).", "$plain"),
        ("\nTake out what differs, then ⏎ checks again; esc leaves them undecided.", "$muted"),
    )
