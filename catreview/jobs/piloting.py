"""The pilot: try the LLM on a sample and measure it before everything is labelled."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catreview.errors import CatreviewError, ExitCode
from catreview.jobs.labelling import LabellingJob, LabellingResult
from catreview.jobs.planning import Plan
from catreview.jobs.progress import Report, ignore
from catreview.jobs.project import PILOT_FILE, Project
from catreview.jobs.queueing import people, pilot_rows
from catreview.jobs.settling import Evidence, gather
from catreview.jobs.voters import Voter, configured_voter
from catreview.records import ABSTAIN
from catreview.training.evaluation import Evaluation, evaluate
from catreview.voting import wilson_interval

ENOUGH_HUMAN = 30
"""With fewer labels from people in the sample, accuracy is measured against the heuristic."""


@dataclass(frozen=True)
class PilotResult:
    """How an LLM did on the sample.

    `against` is "people" or "heuristic"; `accuracy` with its Wilson 95 % interval is over the
    `compared` sampled examples that have a label to compare with; an example that the LLM could
    not label counts as wrong. `given` is the share of each category in its votes.
    """

    model: str
    prompt: str
    sampled: int
    labelled: int
    against: str
    compared: int
    correct: int
    gate: float
    given: dict[str, float]
    evaluation: Evaluation | None
    labelling: LabellingResult

    @property
    def accuracy(self) -> float:
        """Share of the compared examples on which the LLM agrees; 0 where there are none."""
        return self.correct / self.compared if self.compared else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy."""
        return wilson_interval(self.correct, self.compared)

    @property
    def passed(self) -> bool:
        """Whether the accuracy reaches the gate."""
        return self.compared > 0 and self.accuracy >= self.gate

    @property
    def exit_code(self) -> ExitCode:
        """0 where the gate is passed, 130 where the pilot was interrupted, else 1."""
        if self.labelling.stopped:
            return ExitCode.INTERRUPTED
        return ExitCode.DONE if self.passed else ExitCode.GATE

    def as_json(self) -> dict[str, Any]:
        """The result as one JSON object."""
        low, high = self.interval
        return {
            "schema_version": 1,
            "model": self.model,
            "prompt": self.prompt,
            "sampled": self.sampled,
            "labelled": self.labelled,
            "against": self.against,
            "compared": self.compared,
            "accuracy": {"value": self.accuracy, "low": low, "high": high, "n": self.compared},
            "gate": self.gate,
            "passed": self.passed,
            "given": self.given,
            "scores": self.evaluation.as_json() if self.evaluation else None,
            "labelling": self.labelling.as_json(),
        }


async def run_pilot(
    project: Project,
    *,
    report: Report = ignore,
    on_start: Callable[[LabellingJob], None] = lambda _: None,
    output: Path | None = None,
) -> PilotResult:
    """Label the pilot's sample with the configured LLM, measure it, and write the result file.

    The votes are kept like any others; a second pilot of the same model and prompt asks only
    for what is missing. `on_start` gets the job, to be able to stop it.

    Raises:
        CatreviewError: there is nothing to sample; and whatever labelling raises.
    """
    known = gather(project)
    rows = pilot_rows(project, known)
    if not len(rows):
        raise CatreviewError("There are no messages yet.", "Bring some in: catreview import FILE")
    voter = configured_voter(project)
    sampled = known.numbers[rows]
    project.store.requests.take_back(voter.source.id, sampled.tolist())
    numbers = sampled[~np.isin(sampled, project.store.votes.voted(voter.source.id))].tolist()
    plan = Plan(
        numbers=numbers,
        batch_size=project.settings.llm.batch_size,
        pools={},
        waiting=len(numbers),
        kind="pilot",
    )
    job = LabellingJob(project, voter, plan, report=report)
    on_start(job)
    labelling = await job.run()
    result = _measure(project, voter, known, rows, labelling)
    path = output or project.folder / PILOT_FILE
    path.write_text(json.dumps(result.as_json(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    return result


def _measure(
    project: Project,
    voter: Voter,
    known: Evidence,
    rows: np.ndarray[Any, np.dtype[np.intp]],
    labelling: LabellingResult,
) -> PilotResult:
    names = project.schema.names
    # Columns are looked up in ascending order, the sample is in random order.
    rows = np.sort(rows)
    votes = project.store.votes.matrix(known.numbers[rows], [voter.source], names).codes[:, 0]
    truth, against = people(project, known)[rows], "people"
    if (truth != ABSTAIN).sum() < ENOUGH_HUMAN:
        truth, against = known.heuristic.label[rows], "heuristic"
    compared = truth != ABSTAIN
    given = votes[votes != ABSTAIN]
    evaluation = None
    if compared.any():
        seed = project.settings.pilot.seed
        evaluation = evaluate(truth[compared], votes[compared], names, seed=seed)
    return PilotResult(
        model=voter.model,
        prompt=voter.prompt.version,
        sampled=len(rows),
        labelled=len(given),
        against=against,
        compared=int(compared.sum()),
        correct=int((votes[compared] == truth[compared]).sum()),
        gate=project.settings.pilot.gate,
        given={n: float((given == i).mean()) if len(given) else 0.0 for i, n in enumerate(names)},
        evaluation=evaluation,
        labelling=labelling,
    )
