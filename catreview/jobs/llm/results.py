"""What a labelling job did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from catreview.errors import ExitCode
from catreview.llm.answers import Answer, AnswerStatus


@dataclass
class LabellingResult:
    """What a labelling job did. `stopped` says why it ended before its time, if it did."""

    source: str
    planned: int
    labelled: int = 0
    requests: int = 0
    failed_requests: int = 0
    cost: float | None = None
    """US dollars, as far as the model has a price."""
    set_aside: dict[str, str] = field(default_factory=dict)
    elsewhere: int = 0
    """Planned examples that another job or batch had when their turn came."""
    seconds: float = 0.0
    stopped: str = ""

    def count(self, answer: Answer) -> None:
        """Add what one request brought."""
        self.labelled += len(answer.votes)
        self.requests += 1
        self.failed_requests += answer.status is AnswerStatus.FAILED
        if answer.cost is not None:
            self.cost = (self.cost or 0.0) + answer.cost

    @property
    def exit_code(self) -> ExitCode:
        """Done, some failed, or interrupted."""
        if self.stopped:
            return ExitCode.INTERRUPTED
        return ExitCode.GATE if self.set_aside else ExitCode.DONE

    def as_json(self) -> dict[str, Any]:
        """The result as one JSON object."""
        return {
            "schema_version": 1,
            "source": self.source,
            "planned": self.planned,
            "labelled": self.labelled,
            "requests": self.requests,
            "failed_requests": self.failed_requests,
            "cost": None if self.cost is None else round(self.cost, 6),
            "set_aside": self.set_aside,
            "elsewhere": self.elsewhere,
            "seconds": round(self.seconds, 1),
            "stopped": self.stopped,
        }
