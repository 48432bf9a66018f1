"""What to say of a bulk: where the reviewer is in it, and what its spot checks mean."""

from __future__ import annotations

from math import ceil

from textual.content import Content

from catreview.jobs.review.bulk import SPOT_CHECKS, Bulk
from catreview.tui.keymap import Keymap


def figures(bulk: Bulk) -> list[Content]:
    """How many are in, out and checked, for the title."""
    rows, inside = len(bulk.rows), len(bulk.inside)
    counts = [(inside, "in"), (rows - inside, "out"), (len(bulk.checks), "checked")]
    return [
        Content.assemble((f"{count:3,}", "$bright"), (f" {what}", "$muted"))
        for count, what in counts
    ]


def next_step(bulk: Bulk, keys: Keymap) -> Content:
    """What the spot checks say so far, and what to do next."""
    left = len(bulk.inside)
    if bulk.checking:
        return _in_a_check(bulk, keys)
    if left and bulk.category and bulk.checks:
        return _passed(bulk, left, keys) if bulk.passed else _failed(bulk, left, keys)
    return Content.styled(_before(bulk, left, keys), "$plain")


def _before(bulk: Bulk, left: int, keys: Keymap) -> str:
    check, close = keys["similar_check"], keys["similar_close"]
    if not bulk.rows and not bulk.checks:
        return f"Nothing undecided is like it: {close} goes back."
    if not left:
        return f"Every one was looked at or is out: {close} goes back."
    if bulk.category is None:
        return "What are they? Press the key of the category for all."
    if left <= SPOT_CHECKS:
        return f"So few are best looked at one by one: {check} shows each."
    return (
        f"First {SPOT_CHECKS} of the {left} are drawn at random and shown one by one:"
        f" {check} begins."
        f"\nIf all are {bulk.category}, the others can be accepted at once."
    )


def _in_a_check(bulk: Bulk, keys: Keymap) -> Content:
    place, total = bulk.checking or (0, 0)
    last = bulk.checks[-1].category if place > 1 else bulk.category
    wrong = Content()
    if last != bulk.category:
        wrong = Content.assemble(("✗ ", "bold $error"), (f"That was {last}. ", "$plain"))
    return wrong + Content.assemble(
        (f"Spot check {place} of {total}: is it {bulk.category}?", "bold $bright"),
        (f"\n{keys['similar_check']} yes; if not, press the key of what it is.", "$muted"),
    )


def _passed(bulk: Bulk, left: int, keys: Keymap) -> Content:
    return Content.assemble(
        ("✓ ", "bold $success"),
        (f"{bulk.right} of {len(bulk.checks)} checked are {bulk.category}. ", "$bright"),
        (f"{keys['similar_accept_all']} accepts the other {left} too.", "bold $focus"),
        (
            f"\nAt least {100 * bulk.at_least:.0f} % of them are, with 95 % confidence."
            f" {keys['similar_check']} checks more.",
            "$muted",
        ),
    )


def _failed(bulk: Bulk, left: int, keys: Keymap) -> Content:
    check, close = keys["similar_check"], keys["similar_close"]
    checked = len(bulk.checks)
    wrong = checked - bulk.right
    likely = round(wrong / checked * left)
    most = min(ceil((1 - bulk.at_least) * left), left)
    return Content.assemble(
        ("✗ ", "bold $error"),
        (f"{wrong} of {checked} {'is' if wrong == 1 else 'are'} not {bulk.category}", "$bright"),
        (f": likely {likely} of the {left} left, at most {most} (95 %).", "$plain"),
        (
            f"\nTake out what differs, then {check} checks again; {close} leaves them undecided.",
            "$muted",
        ),
    )
