"""Who agrees with whom, who is right where two differ, and the reviewers themselves."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from catreview.jobs.labels.agreeing import Agreement, Pair
from catreview.jobs.review.reviewers import ReviewerLine
from catreview.tui.inert import fit, one_line, one_name, widest
from catreview.tui.keymap import Keymap
from catreview.tui.widgets.lines import BuiltLines

LONGEST_NAME = 24
BAR = 10
RIGHT = 26
ALONE = "Nobody has decided anything yet."


class AgreementPane(BuiltLines):
    """A line for each two sources."""

    FIXED = 1

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="agreement")
        self._no_pairs = (
            "No two sources have voted on the same messages yet. LLMs"
            f" ({keys['label']}), a model ({keys['retrain']}) and your own decisions will be"
            " compared here."
        )
        self._found: Agreement | None = None
        self._words = "comparing…"

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Agreement: Cohen's kappa"

    def show_words(self, words: str) -> None:
        """Say why there is nothing to show."""
        self._found, self._words = None, words
        self.rebuild(stay=True)

    def show(self, found: Agreement) -> None:
        """Show how far they agree."""
        self._found = found
        self.rebuild(stay=True)

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """A heading and the pairs."""
        if self._found is None:
            return Content.styled(self._words, "$muted").wrap(width), 0
        pairs = self._found.pairs
        if not pairs:
            return Content.styled(self._no_pairs, "$muted").wrap(width), 0
        longest = widest(name for p in pairs for name in (p.first, p.second))
        spare = width - 9 - 7 - RIGHT
        named = min(longest, LONGEST_NAME, (spare - 2) // 2)
        cells = BAR if spare - 2 * named - 2 > BAR else 0
        heading = (
            f"{'one':<{named}}  {'other':<{named}}{'both':>9}{'kappa':>7} {'':<{cells}}"
            f"{'  right: one : other, of':<{RIGHT}}"
        )
        lines = [Content.styled(heading, "$faint")]
        return [*lines, *(_pair(pair, named, cells) for pair in pairs)], 0


def _pair(pair: Pair, named: int, cells: int) -> Content:
    kappa = "-" if pair.kappa is None else f"{pair.kappa:.2f}"
    full = round(max(pair.kappa or 0.0, 0.0) * cells)
    if pair.judged:
        right = f"  {pair.first_right:,} : {pair.second_right:,}, of {pair.judged:,}"
    else:
        right = "  -"
    return Content.assemble(
        (one_name(pair.first, named) + "  ", "$plain"),
        (one_name(pair.second, named), "$plain"),
        (f"{pair.n:9,}", "$muted"), (f"{kappa:>7} ", "bold $bright"),
        ("━" * full, "$focus"), ("─" * (cells - full), "$line"), (fit(right, RIGHT), "$muted"),
    )  # fmt: skip


class ReviewerPane(BuiltLines):
    """A line for each reviewer, then how consistent they are."""

    def __init__(self, keys: Keymap) -> None:
        super().__init__(id="reviewers")
        self._keys = keys
        self._reviewers: Sequence[ReviewerLine] = ()
        self._found: Agreement | None = None

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Reviewers"

    def show(self, reviewers: Sequence[ReviewerLine]) -> None:
        """Show what each one did."""
        self._reviewers = reviewers
        self.rebuild(stay=True)

    def show_agreement(self, found: Agreement) -> None:
        """Show how consistent they are."""
        self._found = found
        self.rebuild(stay=True)

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """Reviewers, then consistency."""
        lines = []
        if self._reviewers:
            named = max(min(widest(r.reviewer for r in self._reviewers), width - 32), 8)
            heading = f"{'name':<{named}}{'decided':>9}{'fixed':>12}{'time each':>11}"
            lines.append(Content.styled(heading, "$faint"))
            lines += [_reviewer(line, named) for line in self._reviewers]
        else:
            lines.append(Content.styled(ALONE, "$muted"))
        words = consistency(self._found, self._keys) if self._found and self._reviewers else []
        return [
            *lines,
            *(w for words in words for w in Content.styled(words, "$muted").wrap(width)),
        ], 0


def _reviewer(line: ReviewerLine, named: int) -> Content:
    fixed = f"{100 * line.fixed / line.shown:.0f} %" if line.shown else "-"
    seconds = f"{line.seconds:.1f} s" if line.seconds is not None else "-"
    return Content.assemble(
        (fit(one_line(line.reviewer, named), named), "$plain"), (f"{line.decided:9,}", "$bright"),
        (f"{fixed:>12}{seconds:>11}", "$muted"),
    )  # fmt: skip


def consistency(found: Agreement, keys: Keymap) -> list[str]:
    """Between reviewers, with oneself, and what seeing the proposal does."""
    lines = []
    if found.alpha is not None:
        lines.append(
            f"Krippendorff's alpha {found.alpha:.2f} on {found.several:,} decided by several"
        )
    if found.again:
        lines.append(f"{found.again_same:,} of {found.again:,} decided the same when shown again")
    else:
        lines.append(
            f"Are you consistent? The queue again (key {keys['queues']}) shows old ones anew."
        )
    blind = found.blind
    if blind.low is not None and blind.high is not None:
        gain = blind.seen_kept / blind.seen - blind.unseen_kept / blind.unseen
        lines.append(
            f"Seeing the proposal: kept {100 * gain:+.0f} points more often"
            f" ({100 * blind.low:+.0f} to {100 * blind.high:+.0f})"
        )
    return lines
