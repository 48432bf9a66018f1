"""The pilot: try LLMs, prompts and batch sizes on a sample before everything is labelled."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from catreview.errors import CatreviewError, ExitCode, InputError, ProviderError
from catreview.jobs.labels.settling import Known, gather
from catreview.jobs.llm.candidates import Candidate, Failed, all_failed, measure, shares
from catreview.jobs.llm.labelling import LabellingJob
from catreview.jobs.llm.planning import Plan
from catreview.jobs.llm.voters import Voter, trial_voter
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import PILOT_FILE, Project
from catreview.jobs.review.ordering import people, pilot_rows
from catreview.records import ABSTAIN
from catreview.store import Numbers
from catreview.voting import holm, mcnemar

ENOUGH_HUMAN = 30
"""With fewer labels from people in the sample (or than it has examples), accuracy is measured
against the heuristic."""
Trial = tuple[Project, Voter]
"""A candidate to be: the project with its settings, and what it votes as."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two candidates on the same examples, by their places in `PilotResult.candidates`.

    `p` is McNemar's mid-p of both being right equally often, `p_holm` the same adjusted for the
    number of comparisons.
    """

    first: int
    second: int
    first_only_right: int
    second_only_right: int
    p: float
    p_holm: float


@dataclass(frozen=True)
class PilotResult:
    """How the candidates did on one sample, the best first; `failed` ones were not measured.

    `against` is "people" or "heuristic"; `people` counts the sampled examples that people
    labelled, `compared` those with a label to compare with, `expected` has the share of each
    category among these. `stopped` says why the pilot ended before its time, if it did: then
    nothing was measured.
    """

    seed: int
    sampled: int
    people: int
    against: str
    compared: int
    gate: float
    expected: dict[str, float]
    candidates: tuple[Candidate, ...]
    comparisons: tuple[Comparison, ...]
    failed: tuple[Failed, ...] = ()
    stopped: str = ""

    @property
    def wanted(self) -> int:
        """So many of the sample people must have labelled for accuracy to be against them."""
        return min(ENOUGH_HUMAN, self.sampled)

    @property
    def passed(self) -> bool:
        """Whether any candidate reaches the gate."""
        return any(candidate.passed for candidate in self.candidates)

    @property
    def exit_code(self) -> ExitCode:
        """0 where one passed the gate and none failed, 130 where it was interrupted, else 1."""
        if self.stopped:
            return ExitCode.INTERRUPTED
        return ExitCode.DONE if self.passed and not self.failed else ExitCode.GATE

    def as_json(self) -> dict[str, Any]:
        """The result as one JSON object; it is what the run and the result file keep."""
        return {
            "schema_version": 1,
            "seed": self.seed,
            "sampled": self.sampled,
            "people": self.people,
            "against": self.against,
            "compared": self.compared,
            "expected": self.expected,
            "gate": self.gate,
            "passed": self.passed,
            "candidates": [candidate.as_json() for candidate in self.candidates],
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
            "failed": [asdict(failed) for failed in self.failed],
            "stopped": self.stopped,
        }


async def run_pilot(  # noqa: PLR0913 - by keyword only
    project: Project,
    *,
    models: Sequence[str] = (),
    prompts: Sequence[str] = (),
    batch_sizes: Sequence[int] = (),
    report: Report = ignore,
    on_start: Callable[[LabellingJob], None] = lambda _: None,
    output: Path | None = None,
) -> PilotResult:
    """Let every combination label the pilot's sample, measure them, and write the result file.

    What is not named is as configured. The votes are kept apart from labels and queues until
    `label` adopts those of the candidate it is run with; a second pilot asks only for what is
    missing. `on_start` gets each job, to be able to stop it. A candidate whose model or server
    fails is reported as such, and the others go on.

    Raises:
        CatreviewError: there is nothing to sample; and whatever labelling raises.
        ProviderError: every candidate failed.
        InputError: the result file cannot be written.
    """
    known = gather(project)
    rows = pilot_rows(project, known)
    if not len(rows):
        raise CatreviewError("There are no messages yet.", "Bring some in: catreview import FILE")
    trials = _trials(project, models, prompts, batch_sizes)
    run = project.store.runs.start(
        "pilot",
        {"candidates": [voter.source.name for _, voter in trials], "sampled": len(rows)},
        project.settings.pilot.seed,
    )
    status, results = "interrupted", {}
    try:
        stopped, failed = await _ask(trials, known.numbers[rows], report, on_start)
        left = [trial for trial in trials if trial[1].source.id not in failed]
        if failed and not left:
            raise all_failed(list(failed.values()))
        # Columns are looked up in ascending order, the sample is in random order.
        result = _measure(project, left, known, np.sort(rows), stopped)
        result = replace(result, failed=tuple(failed.values()))
        results = result.as_json()
        status = "interrupted" if stopped else "done"
    finally:
        project.store.runs.finish(run, status, results)
    if not stopped:
        _write(result, output or project.folder / PILOT_FILE)
    return result


def _write(result: PilotResult, path: Path) -> None:
    content = json.dumps(result.as_json(), indent=2, ensure_ascii=False)
    try:
        path.write_text(content + "\n", "utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.",
            "The pilot is stored: with another --output the same command asks nothing again.",
        ) from error


def _trials(
    project: Project, models: Sequence[str], prompts: Sequence[str], batch_sizes: Sequence[int]
) -> list[Trial]:
    """Every combination once, all of them checked before the first is asked."""
    llm = project.settings.llm
    trials = {}
    for model, prompt, size in product(
        models or [llm.model], prompts or [llm.prompt], batch_sizes or [llm.batch_size]
    ):
        own = replace(llm, model=model, prompt=prompt, batch_size=size)
        settings = replace(project.settings, llm=own)
        candidate = replace(project, settings=settings)
        voter = trial_voter(candidate)
        trials[voter.source.id] = (candidate, voter)
    return list(trials.values())


async def _ask(
    trials: Sequence[Trial],
    sampled: Numbers,
    report: Report,
    on_start: Callable[[LabellingJob], None],
) -> tuple[str, dict[int, Failed]]:
    """Ask each candidate for the votes it has not given yet.

    Returns why it was stopped, if it was, and the candidates that failed by their source.
    """
    failed: dict[int, Failed] = {}
    plans = [_plan(candidate, voter, sampled) for candidate, voter in trials]
    total, before = sum(plan.requests for plan in plans), 0
    # A slow server's first reply may take minutes.
    report(Progress("pilot", 0, total, "requests"))
    with TemporaryDirectory() as scratch:
        for (candidate, voter), plan in zip(trials, plans, strict=True):
            job = LabellingJob(
                candidate,
                voter,
                plan,
                report=_part(report, voter.source.name, before, total),
                # The JSON lines are for what counts; these votes are on trial.
                votes_file=Path(scratch) / f"{voter.source.id}.jsonl",
            )
            on_start(job)
            before += plan.requests
            try:
                labelling = await job.run()
            except ProviderError as error:
                llm = candidate.settings.llm
                failed[voter.source.id] = Failed(
                    voter.model, llm.prompt, llm.batch_size, error.message, error.hint
                )
                continue
            if labelling.stopped:
                return labelling.stopped, failed
    return "", failed


def _plan(candidate: Project, voter: Voter, sampled: Numbers) -> Plan:
    store = candidate.store
    store.requests.take_back(voter.source.id, sampled.tolist())
    numbers = sampled[~np.isin(sampled, store.votes.voted(voter.source.id))].tolist()
    return Plan(
        numbers=numbers,
        batch_size=candidate.settings.llm.batch_size,
        pools={},
        waiting=len(numbers),
        kind="candidate",
    )


def _part(report: Report, name: str, before: int, total: int) -> Report:
    """Report a candidate's progress as a part of the whole pilot's."""

    def whole(step: Progress) -> None:
        done = before + step.done
        left = 60 * (total - done) / step.rate if step.rate else None
        note = f"{name}: {step.note}"
        report(replace(step, job="pilot", done=done, total=total, note=note, seconds_left=left))

    return whole


def _measure(
    project: Project,
    trials: Sequence[Trial],
    known: Known,
    rows: np.ndarray[Any, np.dtype[np.intp]],
    stopped: str,
) -> PilotResult:
    truth, against = people(project, known)[rows], "people"
    by_people = int((truth != ABSTAIN).sum())
    if by_people < min(ENOUGH_HUMAN, len(rows)):
        truth, against = known.heuristic.label[rows], "heuristic"
    measured: list[Candidate] = []
    if not stopped:
        measured = [measure(own, voter, known.numbers[rows], truth) for own, voter in trials]
    measured.sort(key=_merit, reverse=True)
    return PilotResult(
        seed=project.settings.pilot.seed,
        sampled=len(rows),
        people=by_people,
        against=against,
        compared=int((truth != ABSTAIN).sum()),
        gate=project.settings.pilot.gate,
        expected=shares(truth, project.schema.names),
        candidates=tuple(measured),
        comparisons=_compare(measured),
        stopped=stopped,
    )


def _merit(candidate: Candidate) -> tuple[float, float, int]:
    """Accuracy, then macro F1, then few requests: higher is better."""
    macro = candidate.evaluation.macro_f1.value if candidate.evaluation else 0.0
    return candidate.accuracy.value, macro, -candidate.effort.requests


def _compare(candidates: Sequence[Candidate]) -> tuple[Comparison, ...]:
    pairs = list(combinations(range(len(candidates)), 2))
    tests = []
    for i, j in pairs:
        first, second = candidates[i].right, candidates[j].right
        tests.append(mcnemar(int((first & ~second).sum()), int((second & ~first).sum())))
    adjusted = holm([test.p for test in tests])
    return tuple(
        Comparison(i, j, test.first_only, test.second_only, test.p, p)
        for (i, j), test, p in zip(pairs, tests, adjusted, strict=True)
    )
