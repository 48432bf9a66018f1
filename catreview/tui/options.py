"""What a job is started with: its options, and the same command for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from catreview.jobs.project import naming
from catreview.records import PLANNED
from catreview.tui.jobs import Command, JobName
from catreview.tui.memory import Memory


class Kind(Enum):
    """What an option takes."""

    TEXT = auto()
    COUNT = auto()
    DOLLARS = auto()
    CHOICE = auto()
    SWITCH = auto()


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a job's command. The first of `choices` leaves it out, as an empty text does."""

    job: JobName
    flag: str
    label: str
    kind: Kind
    hint: str = ""
    choices: tuple[str, ...] = ()

    def problem(self, value: str) -> str:
        """What is wrong with a value, empty where nothing is."""
        if not value or self.choices:
            return ""
        if self.kind is Kind.COUNT:
            fine = value.isascii() and value.isdecimal() and int(value) >= 1
            return "" if fine else f"{self.label}: a whole number from 1 on, or nothing"
        if self.kind is Kind.DOLLARS:
            return "" if _dollars(value) > 0 else f"{self.label}: US dollars, as 2.50, or nothing"
        return "" if not value.startswith("-") else f"{self.label}: a name, or nothing"

    def words(self, value: str) -> list[str]:
        """The option on a command line; nothing for a value that is left out or wrong."""
        if not value or self.problem(value) or (self.choices and value not in self.choices[1:]):
            return []
        return [self.flag] if self.kind is Kind.SWITCH else [self.flag, value]


OPTIONS = (
    Option(JobName.LABEL, "--model", "model", Kind.TEXT),
    Option(JobName.LABEL, "--pool", "ask about", Kind.CHOICE, choices=("all", *PLANNED)),
    Option(JobName.LABEL, "--max-examples", "max examples", Kind.COUNT, "no limit"),
    Option(JobName.LABEL, "--max-requests", "max requests", Kind.COUNT, "no limit"),
    Option(JobName.LABEL, "--max-cost", "max cost, $", Kind.DOLLARS, "no limit"),
    Option(JobName.LABEL, "--rpm", "requests/min", Kind.COUNT),
    Option(
        JobName.LABEL, "--retry-failed", "set aside", Kind.SWITCH, choices=("leave", "ask again")
    ),
    Option(
        JobName.TRAIN, "--labels", "learn from", Kind.CHOICE,
        choices=("as configured", "auto", "trusted", "all", "weak"),
    ),
    Option(JobName.TUNE, "--encoder", "encoder", Kind.TEXT),
)  # fmt: skip
"""In the order in which they are asked for."""


class Options:
    """The options in force for each job, remembered between sessions for each project.

    `program` gives the command line of a job without options.
    """

    def __init__(self, folder: Path, memory: Memory, program: Command) -> None:
        self._folder = folder.resolve()
        self._memory = memory
        self._program = program

    @property
    def problem(self) -> str:
        """Why they are not remembered, empty where they are."""
        return self._memory.problem

    def values(self) -> dict[str, str]:
        """The value of each option by its flag, for those that were chosen."""
        return self._memory.words("options", str(self._folder))

    def choose(self, values: Mapping[str, str]) -> None:
        """From now on start jobs with these."""
        chosen = {
            o.flag: values.get(o.flag, "") for o in OPTIONS if o.words(values.get(o.flag, ""))
        }
        self._memory.keep(chosen, "options", str(self._folder))

    def arguments(self, job: JobName, values: Mapping[str, str] | None = None) -> list[str]:
        """The options of a job as words of a command line."""
        chosen = self.values() if values is None else values
        return [w for o in OPTIONS if o.job is job for w in o.words(chosen.get(o.flag, ""))]

    def line(self, job: JobName) -> list[str]:
        """The command line that the app runs."""
        return [*self._program(job), *self.arguments(job)]

    def command(self, job: JobName, values: Mapping[str, str] | None = None) -> str:
        """What does the same in a shell, from where the app was started."""
        chosen = self.arguments(job, values)
        return shlex.join(["catreview", *job.split(), *chosen, *naming(self._folder)])


def _dollars(value: str) -> float:
    try:
        return float(value) if value.isascii() else 0.0
    except ValueError:
        return 0.0
