"""The demonstration: a project from ready-made chats, with an LLM that is a recording."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from catreview.errors import ProjectError
from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.summary import SourcesSummary, sources_summary
from catreview.jobs.llm.candidates import Share
from catreview.jobs.llm.labelling import LabellingJob
from catreview.jobs.llm.piloting import PilotResult, run_pilot
from catreview.jobs.llm.planning import plan_labelling
from catreview.jobs.llm.voters import configured_voter
from catreview.jobs.progress import Report, ignore
from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.training.modelling import TrainingResult, train
from catreview.jobs.training.reporting import last_report
from catreview.records import ABSTAIN, SourceKind
from catreview.settings import CONFIG
from catreview.training.evaluation import Interval, evaluate

LIVE: Final = "reader-in-context"
"""The recorded LLM that is replayed through the labelling job."""
EARLIER: Final = "reader-without-context"
"""The recorded LLM whose votes are there from the start."""
RECORDING: Final = "recorded_llm_votes.jsonl"
FAST: Final = 60_000
"""Requests per minute of the replay where nobody watches."""

_CONFIG = f"""\
# The demonstration's settings: the LLM is a recording, so there is no key and no network.
# Your own project starts with: catreview init DIR

[llm]
provider = "replay"
model = "{LIVE}"
replay = "{RECORDING}"
rpm = 30
"""


def data_folder() -> Path:
    """Where the demonstration's chats are: in the package, or in the checkout it runs from."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "data" / "demo", package.parent / "data" / "demo"):
        if (folder / "messages.jsonl").is_file():
            return folder
    raise ProjectError(
        "The demonstration's chats are not installed.", "Install catreview again: pip install ."
    )


def make_demo(folder: Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Project:
    """Make (or reopen) the demonstration's project in a folder: messages, gold, function votes.

    One that was cut off while it was made is finished.

    Raises:
        ProjectError: the folder holds another project, or cannot be written.
    """
    if (folder / RECORDING).is_file():
        return open_project(folder, overrides)
    source, config = data_folder(), folder / CONFIG
    if not config.is_file() or config.read_bytes() != _CONFIG.encode():
        init_project(folder)
        config.write_bytes(_CONFIG.encode())
    project = open_project(folder, overrides)
    import_messages(project, source / "messages.jsonl", Columns())
    import_messages(project, source / "gold.jsonl", Columns(), gold=True)
    earlier = folder / f"{EARLIER}.jsonl"
    with (source / "llm_votes.jsonl").open(encoding="utf-8") as recorded:
        rows = [line for line in recorded if json.loads(line)["source"] == EARLIER]
    earlier.write_text("".join(rows), encoding="utf-8")
    import_votes(project, earlier)
    run_functions(project)
    # Last, and whole at once: its presence says that the project is complete.
    shutil.copyfile(source / "llm_votes.jsonl", part := folder / f"{RECORDING}.part")
    part.replace(folder / RECORDING)
    return project


@dataclass(frozen=True, slots=True)
class VoterScore:
    """How right a voter is; a message that it has no vote on counts as wrong."""

    voter: str
    right: Share
    macro_f1: Interval


@dataclass(frozen=True, slots=True)
class Part:
    """The messages on which two voters stand to each other as `they` says, and who is right."""

    they: str
    n: int
    first_right: int
    second_right: int


@dataclass(frozen=True)
class DemoRun:
    """The whole pipeline on the demonstration's chats."""

    pilot: PilotResult
    sources: SourcesSummary
    voters: tuple[VoterScore, ...]
    """Functions, first and second reader, on the same gold: the pilot's sample."""
    parts: tuple[Part, ...]
    """All gold, by what the functions and the first reader say."""
    before: TrainingResult
    """Trained on the weak labels alone."""
    after: TrainingResult
    """Trained with the LLM's votes."""
    change: Mapping[str, Any]
    """The report on the second model, with its paired test against the first."""

    def as_json(self) -> dict[str, Any]:
        """The run as one JSON object."""
        return {
            "schema_version": 1,
            "pilot": self.pilot.as_json(),
            "sources": self.sources.as_json(),
            "voters": [
                {"voter": v.voter, "right": v.right.as_json(), "macro_f1": asdict(v.macro_f1)}
                for v in self.voters
            ],
            "parts": [asdict(part) for part in self.parts],
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "paired": self.change["paired"],
        }


async def run_demo(project: Project, report: Report = ignore) -> DemoRun:
    """Train on weak labels, pilot, label, train again; every step as its command does it."""
    before = train(_on_weak_labels(project), report)
    pilot = await run_pilot(project, report=report)
    voter = configured_voter(project)
    await LabellingJob(project, voter, plan_labelling(project, voter), report=report).run()
    after = train(project, report)
    return DemoRun(
        pilot,
        sources_summary(project),
        *_against_people(project),
        before,
        after,
        last_report(project),
    )


def _against_people(project: Project) -> tuple[tuple[VoterScore, ...], tuple[Part, ...]]:
    """How right each voter is where all were asked; all gold by whether the first two agree."""
    store, names = project.store, project.schema.names
    readers = {source.name: source for source in store.votes.sources(SourceKind.LLM)}
    voters = [
        *store.votes.sources(SourceKind.HEURISTIC), readers[EARLIER], readers[LIVE]
    ]  # fmt: skip
    gold = store.examples.gold()
    numbers = np.array(sorted(gold), dtype=np.int64)
    truth = np.array([project.schema.index[gold[n]] for n in numbers.tolist()], dtype=np.int16)
    codes = store.votes.matrix(numbers, voters, names).codes
    asked = codes[:, 2] != ABSTAIN
    scores = []
    for voter, said in zip(voters, codes[asked].T, strict=True):
        right = said == truth[asked]
        macro = evaluate(truth[asked], said, names, seed=project.settings.pilot.seed).macro_f1
        scores.append(VoterScore(voter.name, Share(int(right.sum()), len(right)), macro))
    first, second = codes[:, 0], codes[:, 1]
    silent = first == ABSTAIN
    parts = {"agree": first == second, "differ": (first != second) & ~silent, "silent": silent}
    return tuple(scores), tuple(
        Part(
            they, *(int(rows.sum()) for rows in (of, of & (first == truth), of & (second == truth)))
        )
        for they, of in parts.items()
    )


def _on_weak_labels(project: Project) -> Project:
    settings = project.settings
    training = replace(settings.training, labels="weak")
    return replace(project, settings=replace(settings, training=training))
