"""A trained model votes on every example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from catreview.jobs.casting import cast, let_count
from catreview.jobs.progress import Progress, Report
from catreview.jobs.project import Project
from catreview.jobs.training.classifying import Classifier
from catreview.records import ABSTAIN, Source, SourceKind
from catreview.store import Codes, Numbers

if TYPE_CHECKING:
    from catreview.training.model import Predictions

BLOCK: Final = 10_000
"""Examples read and predicted at once."""


@dataclass(frozen=True)
class ModelVotes:
    """What a model says of n examples, by number: category or ABSTAIN, and confidence (0..1)."""

    numbers: Numbers
    codes: Codes
    confidence: NDArray[np.float64]


def model_votes(
    project: Project,
    model: Classifier,
    trained_on: Numbers,
    held_out: Predictions,
    report: Report,
) -> ModelVotes:
    """What the model says of every example, `held_out` of those it was trained on."""
    done = 0

    def reading(read: int, _: int) -> None:
        note = f"voting; the encoder has read {done + read:,} of {len(numbers):,}"
        report(Progress("train", 1, 2, "steps", note))

    # Of what it learned from some may be gone: then `train` says so, and nothing is stored.
    numbers = np.union1d(project.store.examples.all_numbers(), trained_on)
    votes = ModelVotes(
        numbers, np.full(len(numbers), ABSTAIN, dtype=np.int16), np.zeros(len(numbers))
    )

    def say(some: Numbers, predicted: Predictions) -> None:
        at = np.searchsorted(numbers, some)
        votes.codes[at], votes.confidence[at] = predicted.codes, predicted.confidence

    say(trained_on, held_out)
    for block, examples in project.store.examples.blocks(BLOCK):
        # What is imported meanwhile the next model votes on.
        new = np.flatnonzero(np.isin(block, numbers) & ~np.isin(block, trained_on))
        some = [examples[i] for i in new.tolist()]
        say(block[new], model.predict(some, block[new], reading))
        done += len(block)
    return votes


def let_model_vote(project: Project, run: int, name: str, votes: ModelVotes) -> None:
    """Store the votes of a model in place of the last one's; to be done `alone`.

    Unless a training that began after `run` is done already: the newer model goes on voting.
    What was taken back with its import since the votes were given gets none.
    """
    if any(newer.id > run for newer in project.store.runs.finished("train")):
        return
    source = Source(SourceKind.MODEL, name, name)
    there = project.store.examples.still_there(votes.numbers)
    codes, sure = votes.codes[there, None], votes.confidence[there, None]
    cast(project, [source], votes.numbers[there], codes, sure)
    let_count(project, SourceKind.MODEL, [source])
