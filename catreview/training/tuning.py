"""Tuning: the upper half of a pretrained transformer learns a project's categories."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from catreview.errors import TrainingError
from catreview.records import Example
from catreview.training.transformer import Transformer, length
from catreview.training.tuned import HALVES, VERSION, Manifest, half_of, save, write_manifest

EPOCHS: Final = 3
_RATE: Final = 5e-5
"""Of learning, at its highest, of the layers; the new last one learns 20 times as fast."""
_BATCH: Final = 32
_WARM_UP: Final = 0.1
_SMOOTHING: Final = 0.05
"""Of the labels: some are wrong."""

Codes = NDArray[np.int16]
Report = Callable[[int, int], None]
"""Called with how many of how many steps are done."""


def tune(  # noqa: PLR0913 -- what is learned from, then named choices
    source: str,
    examples: Sequence[Example],
    labels: Codes,
    categories: Sequence[str],
    folder: Path,
    *,
    name: str,
    seed: int,
    report: Report = lambda *_: None,
) -> None:
    """Tune the transformer at `source` twice, each time on one half of the conversations.

    `labels` (n_examples,) are codes in `categories`. The lower half of the layers stays as it
    is. What `TunedEncoder` reads takes the place of `folder` when all is done, under `name`.

    Raises TrainingError where a half has labels of fewer than two categories, ConfigError as
    `Transformer` does.
    """
    halves = np.array([half_of(example) for example in examples])
    lessons = [np.flatnonzero(halves != half) for half in HALVES]
    for lesson in lessons:
        if len(np.unique(labels[lesson])) < 2:
            raise TrainingError(
                "There are too few labels to tune an encoder.", "Label some more: catreview label"
            )
    steps = [EPOCHS * -(-len(lesson) // _BATCH) for lesson in lessons]
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    fingerprint = ""
    try:
        for half, lesson in zip(HALVES, lessons, strict=True):
            transformer = Transformer(source, halved=False)
            if half == 0:
                fingerprint = transformer.fingerprint(VERSION)
            done = sum(steps[:half])
            learn = _Learning(transformer, len(categories), steps[half], seed)
            chosen = [examples[at] for at in lesson.tolist()]
            for step in learn.all(chosen, labels[lesson]):
                report(done + step, sum(steps))
            save(fresh, half, transformer.upper, learn.head)
        write_manifest(fresh, Manifest(name, fingerprint, tuple(categories), len(examples)))
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


class _Learning:
    """One half of the work."""

    def __init__(self, transformer: Transformer, n_categories: int, steps: int, seed: int) -> None:
        torch = transformer.torch
        self._transformer = transformer
        self._torch = torch
        self._rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        self.head = torch.nn.Linear(transformer.size, n_categories)
        for weights in transformer.model.parameters():
            weights.requires_grad = False
        upper = list(transformer.upper.parameters())
        for weights in upper:
            weights.requires_grad = True
        rates = [_RATE, 20 * _RATE]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": group, "lr": rate}
                for group, rate in zip((upper, self.head.parameters()), rates, strict=True)
            ],
            weight_decay=0.01,
        )
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, rates, total_steps=steps, pct_start=_WARM_UP
        )

    def all(self, examples: Sequence[Example], labels: Codes) -> Iterator[int]:
        """Learn it all; yields how many steps are done."""
        torch, classes = self._torch, self.head.out_features
        counts = np.maximum(np.bincount(labels, minlength=classes), 1)
        rarity = torch.tensor(np.sqrt(len(labels) / (classes * counts)), dtype=torch.float32)
        loss_of = torch.nn.CrossEntropyLoss(rarity, label_smoothing=_SMOOTHING)
        wanted = torch.tensor(labels.astype(np.int64))
        self._transformer.model.train()
        step = 0
        for _ in range(EPOCHS):
            for places in self._batches(examples):
                some = [examples[at] for at in places.tolist()]
                (last,) = self._transformer.means(some, [-1])
                loss = loss_of(self.head(last), wanted[torch.tensor(places)])
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self._transformer.upper.parameters(), 1.0)
                self._optimizer.step()
                self._schedule.step()
                self._optimizer.zero_grad()
                step += 1
                yield step

    def _batches(self, examples: Sequence[Example]) -> list[NDArray[np.intp]]:
        """All examples in batches of about the same length, in random order."""
        lengths = np.array([length(example) for example in examples])
        order = np.argsort(lengths + self._rng.uniform(0, 24, len(lengths)))
        batches = [order[at : at + _BATCH] for at in range(0, len(order), _BATCH)]
        self._rng.shuffle(batches)
        return batches
