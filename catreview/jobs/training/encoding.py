"""Messages as an encoder reads them: once, then kept in the project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from catreview.jobs.project import Project
from catreview.records import Example
from catreview.store import Numbers

if TYPE_CHECKING:
    from catreview.training.vectors import Encoded, EncoderName, Vectors

PART = 512
"""Messages read before they are stored: a job that is killed loses no more."""

Heard = Callable[[int, int], None]
"""Called with how many of how many messages were read."""


class Reader:
    """A pretrained encoder with a memory for the project's messages.

    `source` is `[training] encoder`: a folder, also below the project's, or a name at the Hugging
    Face hub. Loading takes seconds. Raises ConfigError where it cannot be loaded.
    """

    def __init__(self, project: Project, source: str) -> None:
        # Late: with the transformer come seconds of imports.
        from catreview.training.encoder import Encoder
        from catreview.training.vectors import EncoderName

        folder = project.folder / source
        self._encoder = Encoder(str(folder) if folder.is_dir() else source)
        self._store = project.store
        self.name: EncoderName = EncoderName(source, self._encoder.fingerprint)

    def encoded(
        self, examples: Sequence[Example], numbers: Numbers, heard: Heard = lambda *_: None
    ) -> Encoded:
        """What the encoder says of examples of the project, by their numbers (n,)."""
        from catreview.training.vectors import Encoded

        return Encoded(self.name, self.vectors(examples, numbers, heard))

    def vectors(
        self,
        examples: Sequence[Example],
        numbers: Numbers | None = None,
        heard: Heard = lambda *_: None,
    ) -> Vectors:
        """The vectors (n, size) alone; those of messages without a number are not kept."""
        if numbers is None:
            return self._encoder.encode(examples)
        known = self.name.fingerprint
        vectors, there = self._store.vectors.get(known, numbers, self._encoder.size)
        missing = np.flatnonzero(~there)
        for start in range(0, len(missing), PART):
            heard(start, len(missing))
            part = missing[start : start + PART]
            vectors[part] = self._encoder.encode([examples[i] for i in part.tolist()])
            self._store.vectors.put(known, numbers[part], vectors[part])
        return vectors


def open_reader(project: Project) -> Reader | None:
    """The encoder of `[training]`, where one is set; raises ConfigError as `Reader`."""
    source = project.settings.training.encoder
    return Reader(project, source) if source else None
