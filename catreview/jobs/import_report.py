"""What became of an imported file, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from catreview.errors import ExitCode
from catreview.importers import Header, ProblemKind, lines_as_ranges
from catreview.settings import CONFIG

UNKNOWN_LABEL = "unknown label"
OTHER_GOLD = "gold of another category before"
_BEGINNINGS = {UNKNOWN_LABEL: "label left out", OTHER_GOLD: "changed"}


@dataclass
class ImportReport:
    """What became of one file; `problems` maps a kind of problem to the lines that have it.

    `words` counts the labels that are no category; their messages came in without them.
    """

    file: str
    header: Header = field(default_factory=lambda: Header({}, ()))
    new: int = 0
    known: int = 0
    labels: int = 0
    gold: int = 0
    problems: dict[str, list[int]] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)
    beyond_ascii: bool = False
    """Whether a message that came in has letters beyond ASCII, so that its file has UTF-8."""

    def add_problem(self, kind: str, line: int, detail: str = "") -> None:
        """Count a line that was left out, wholly or in part."""
        self.problems.setdefault(kind, []).append(line)
        self.details.setdefault(kind, detail)

    def add_unknown(self, word: str, line: int) -> None:
        """Count a label that is no category."""
        self.add_problem(UNKNOWN_LABEL, line, f"{word!r} is no category")
        self.words[word] += 1

    @property
    def exit_code(self) -> ExitCode:
        """Done, or some lines could not be read at all; empty and doubled ones are no fault."""
        faults = {ProblemKind.MALFORMED, ProblemKind.ENCODING} & self.problems.keys()
        return ExitCode.GATE if faults else ExitCode.DONE

    def as_json(self) -> dict[str, Any]:
        """The report as one JSON object; every line is named."""
        return {
            "file": self.file,
            "new": self.new,
            "known": self.known,
            "labels": self.labels,
            "gold": self.gold,
            "columns": dict(self.header.taken),
            "unused_columns": list(self.header.unused),
            "problems": [
                {"kind": kind, "count": len(lines), "lines": lines, "first": self.details[kind]}
                for kind, lines in sorted(self.problems.items())
            ],
        }

    def problem_lines(self) -> list[str]:
        """One line of text for each kind of problem."""
        return [
            f"{_BEGINNINGS.get(kind, 'left out')}: {len(lines):,} {kind}:"
            f" line{'s' if len(lines) > 1 else ''} {lines_as_ranges(lines, 8)}{self._example(kind)}"
            for kind, lines in sorted(self.problems.items())
        ]

    def _example(self, kind: str) -> str:
        if kind == ProblemKind.ENCODING:
            if self.beyond_ascii:
                return " (the rest is UTF-8: convert these lines alone, and import again)"
            return f" (convert it: iconv -f CP1252 -t UTF-8 {self.file}, or whatever it is in)"
        if kind != UNKNOWN_LABEL:
            return f" (first: {self.details[kind]})" if self.details[kind] else ""
        words = ", ".join(f"{word!r} {count:,}" for word, count in self.words.most_common(5))
        more = f" and {len(self.words) - 5:,} other words" if len(self.words) > 5 else ""
        remedy = f"name them in {CONFIG}, as [[category]] or in [synonyms], and import again"
        return f" ({words}{more}; {remedy})"

    def column_line(self) -> str:
        """Which columns were taken for what, and which are not used; empty where none is known."""
        taken = [
            role if role == column else f"{column} as {role}"
            for role, column in self.header.taken.items()
        ]
        unused = f"; not used: {', '.join(self.header.unused)}" if self.header.unused else ""
        return f"columns: {', '.join(taken)}{unused}" if taken else ""
