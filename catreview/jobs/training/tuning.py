"""Tuning an encoder on the project's labels."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from catreview.errors import ConfigError
from catreview.jobs.holders import new_holder, retire
from catreview.jobs.labels.settling import settle_if_learned
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import Project
from catreview.jobs.training.encoding import Reader, located, tuned_from
from catreview.jobs.training.modelling import against_labels, training_set
from catreview.training.evaluation import Evaluation

TUNED: Final = "models/encoder"
"""What `[training] encoder` is to say, to use what was tuned here."""


@dataclass(frozen=True, slots=True)
class TuningResult:
    """What was tuned on how many labels, and how well its upper halves alone tell categories.

    That is measured against the labels; each half reads conversations it has not learned from.
    """

    source: str
    labels: int
    held_out: Evaluation
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The result as one JSON object; it is what the run keeps."""
        macro = self.held_out.macro_f1
        return {
            "encoder": TUNED,
            "source": self.source,
            "labels": self.labels,
            "held_out": {
                "macro_f1": macro.value,
                "low": macro.low,
                "high": macro.high,
                "n": macro.n,
            },
            "seconds": round(self.seconds, 1),
        }


def tune_encoder(project: Project, source: str = "", report: Report = ignore) -> TuningResult:
    """Let the upper half of an encoder learn the labels that `train` would learn from.

    `source` is a folder or a name as under `[training] encoder`, which it is where none is given;
    of an encoder that was tuned, what it was before. The result lies in `TUNED` when all is
    done: stopped before, everything is as it was.

    Raises:
        ConfigError: no encoder is named, or it cannot be loaded.
        TrainingError: there are too few labels.
    """
    # Late: it loads torch.
    from catreview.training.tuning import tune

    began = time.perf_counter()
    source = tuned_from(project, source or project.settings.training.encoder)
    if not source:
        raise ConfigError(
            "No encoder is named.",
            "Name one: catreview tune --encoder sentence-transformers/all-mpnet-base-v2",
        )
    settle_if_learned(project)
    data = training_set(project)
    runs, n = project.store.runs, len(data.examples)
    seed = project.settings.training.seed
    holder = new_holder()
    run = runs.start("tune", {"encoder": source, "examples": n, "holder": holder}, seed)

    def learning(done: int, of: int) -> None:
        left = (time.perf_counter() - began) * (of - done) / done
        note = f"learning {n:,} labels"
        report(Progress("tune", done, of, "steps", note, seconds_left=left))

    def reading(done: int, of: int) -> None:
        report(Progress("tune", done, of, "messages", "reading what was not learned"))

    try:
        tune(
            located(project, source), data.examples, data.codes, project.schema.names,
            project.folder / TUNED, name=source, seed=seed, report=learning,
        )  # fmt: skip
        vectors = Reader(project, TUNED).vectors(data.examples, data.numbers, reading)
        said = vectors[:, -len(project.schema.names) :].argmax(axis=1).astype(np.int16)
        held_out = against_labels(project, data, said)
        result = TuningResult(source, n, held_out, time.perf_counter() - began)
    except BaseException as error:
        runs.finish(run, "failed", {"error": str(error) or "stopped: all is as it was"})
        raise
    finally:
        retire(holder)
    runs.finish(run, "done", result.as_json())
    return result
