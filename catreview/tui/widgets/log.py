"""The log: what the jobs were told and said, their newest requests, and what to do about errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from textual.content import Content

from catreview.jobs.llm.remedies import ENDS, in_words, remedy
from catreview.store import ErrorLine, RequestLine
from catreview.tui.background import LogEntry
from catreview.tui.inert import one_line
from catreview.tui.widgets.lines import BuiltLines

EMPTY = "Nothing yet: what the jobs say and the newest requests come here."


class LogPane(BuiltLines):
    """Errors of the last run with their remedies, then everything else, the newest first."""

    def __init__(self) -> None:
        super().__init__(id="log")
        self._said: Sequence[LogEntry] = ()
        self._requests: Sequence[RequestLine] = ()
        self._errors: Sequence[ErrorLine] = ()

    def on_mount(self) -> None:
        """The title stays."""
        self.border_title = "Log"

    def show(
        self, said: Iterable[LogEntry], requests: Sequence[RequestLine], errors: Sequence[ErrorLine]
    ) -> None:
        """Show what was said, oldest first, the newest requests, and the errors of the last run."""
        self._said, self._requests, self._errors = tuple(said), requests, errors
        self.rebuild(stay=True)

    def build(self, width: int, height: int) -> tuple[list[Content], int]:  # noqa: ARG002 - Lines'
        """Errors, then lines with their times."""
        lines: list[Content] = []
        for error in self._errors:
            times = f"{error.count:,} times" if error.count > 1 else "once"
            name = in_words(error.error_class)
            sign = ("· ", "bold $focus") if error.error_class in ENDS else ("✗ ", "bold $error")
            words = one_line(f"{name} {times}: {error.error}", 300).rstrip(": ")
            head = Content.assemble(sign, (words, "$bright"))
            lines += [*head.wrap(width), *_indented(remedy(error.error_class), width)]
        if lines:
            lines.append(Content())
        entries = [(said.at, f"{said.job}: {said.words}") for said in self._said]
        entries += [(datetime.fromisoformat(r.at), _request(r)) for r in self._requests]
        for at, words in sorted(entries, key=lambda entry: entry[0], reverse=True):
            time = at.astimezone().strftime("%H:%M:%S  ")
            room = max(width - len(time), 8)
            lines.append(Content.assemble((time, "$faint"), (one_line(words, room), "$muted")))
        return lines or list(Content.styled(EMPTY, "$faint").wrap(width)), 0


def _request(request: RequestLine) -> str:
    """What came of a request, in words."""
    if request.status == "sent":
        return f"{request.examples:,} asked about, no reply yet"
    seconds = f", {request.latency:.1f} s" if request.latency else ""
    words = f"{request.labelled:,} of {request.examples:,} labelled{seconds}"
    if not request.error_class:
        return words
    sign = "·" if request.error_class in ENDS else "✗"
    return f"{sign} {words}, {in_words(request.error_class)}"


def _indented(words: str, width: int) -> list[Content]:
    wrapped = Content.styled(words, "$plain").wrap(max(width - 2, 8))
    return [Content("  ") + line for line in wrapped]
