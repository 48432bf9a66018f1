"""From pilot to labelling: what an LLM's trial found, and its votes, which are paid for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catreview.jobs.labels.settling import settle, settle_if_learned
from catreview.jobs.llm.voters import Voter, trial_source
from catreview.jobs.project import Project
from catreview.store import Numbers, StoredSource


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the newest pilot said of a candidate; `against` is "people" or "heuristic"."""

    passed: bool
    accuracy: float
    n: int
    gate: float
    against: str


def verdict(project: Project, voter: Voter) -> Verdict | None:
    """The newest pilot's word on this model, prompt and the configured batch size, if any."""
    mine = (voter.model, voter.prompt.version, project.settings.llm.batch_size)
    for run in project.store.runs.finished("pilot", 1_000):
        for candidate in run.results.get("candidates", ()):
            if (candidate["model"], candidate["prompt"], candidate["batch_size"]) == mine:
                accuracy = candidate["accuracy"]
                return Verdict(
                    candidate["passed"],
                    accuracy["value"],
                    accuracy["n"],
                    run.results["gate"],
                    run.results["against"],
                )
    return None


def tried(project: Project, voter: Voter) -> Numbers:
    """Examples on which a pilot has this voter's vote, asked for in the configured batch size."""
    trial = _trial(project, voter)
    return project.store.votes.voted(trial.id) if trial else np.empty(0, dtype=np.int64)


def adopt_trial(project: Project, voter: Voter) -> None:
    """Take over the votes of the pilot that asked in the same way, and settle their labels."""
    settle_if_learned(project)
    with project.store.transaction():
        if trial := _trial(project, voter):
            settle(project, project.store.votes.adopt(voter.source.id, trial.id))


def _trial(project: Project, voter: Voter) -> StoredSource | None:
    source = trial_source(project, voter.model, voter.source.fingerprint)
    return project.store.votes.find(source)
