"""Messages as an encoder reads them: once, then kept in the project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
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

    `source` is `[training] encoder`: a folder, also below the project's, also one that was tuned,
    or a name at the Hugging Face hub. Loading takes seconds. Raises ConfigError where it cannot
    be loaded.
    """

    def __init__(self, project: Project, source: str) -> None:
        # Late: with the transformer come seconds of imports.
        from catreview.training.encoder import Encoder
        from catreview.training.tuned import TunedEncoder
        from catreview.training.vectors import EncoderName

        place, came_from = located(project, source), located(project, tuned_from(project, source))
        self._encoder: Encoder | TunedEncoder = (
            Encoder(place) if came_from == place else TunedEncoder(Path(place), came_from)
        )
        self._store = project.store
        self.name: EncoderName = EncoderName(source, self._encoder.fingerprint)

    def encoded(
        self, examples: Sequence[Example], numbers: Numbers, heard: Heard = lambda *_: None
    ) -> Encoded:
        """What the encoder says of examples of the project, by their numbers (n,)."""
        from catreview.training.vectors import Encoded

        return Encoded(self.name, self.vectors(examples, numbers, heard), self._encoder.parts)

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
        vectors, there = self._store.vectors.get(known, numbers, sum(self._encoder.parts))
        missing = np.flatnonzero(~there)
        for start in range(0, len(missing), PART):
            heard(start, len(missing))
            part = missing[start : start + PART]
            vectors[part] = self._encoder.encode([examples[i] for i in part.tolist()])
            self._store.vectors.put(known, numbers[part], vectors[part])
        return vectors


def can_encode() -> bool:
    """Whether the packages of the extra `encoder` are installed."""
    return all(map(find_spec, ("torch", "transformers")))


def located(project: Project, source: str) -> str:
    """Where an encoder is: a folder below the project's, or what `source` says."""
    folder = project.folder / source
    return str(folder) if folder.is_dir() else source


def tuned_from(project: Project, source: str) -> str:
    """What the encoder in a folder was before it was tuned; of any other, the same."""
    from catreview.training.tuned import MANIFEST, read_manifest

    folder = Path(located(project, source))
    return read_manifest(folder).source if source and (folder / MANIFEST).is_file() else source


def open_reader(project: Project) -> Reader | None:
    """The encoder of `[training]`, where one is set; raises ConfigError as `Reader`."""
    source = project.settings.training.encoder
    return Reader(project, source) if source else None
