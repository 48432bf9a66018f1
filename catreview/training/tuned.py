"""A transformer whose upper half has learned a project's categories, twice: extra `encoder`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catreview.errors import ConfigError
from catreview.records import Example
from catreview.training.encoder import bounded
from catreview.training.transformer import Transformer, by_length
from catreview.training.vectors import Vectors

MANIFEST: Final = "tuned.json"
HALVES: Final = (0, 1)
VERSION: Final = 1
"""Changes with what a vector is made of, so that encoders are tuned anew."""
_TUNE = "Tune it again: catreview tune"


def half_of(example: Example) -> int:
    """Which half of the conversations an example belongs to, 0 or 1; always the same one."""
    alone = example.conversation or example.id or example.text
    return hashlib.blake2b(alone.encode(), digest_size=1).digest()[0] & 1


class Manifest(NamedTuple):
    """What a folder holds: the transformer that was tuned, for which categories, on how much."""

    source: str
    """A Hugging Face name or a folder, as it was given."""
    fingerprint: str
    """Of the transformer as it came."""
    categories: tuple[str, ...]
    labels: int
    version: int = VERSION


class UpperHalf(NamedTuple):
    """What has learned from one half of the conversations."""

    layers: Mapping[str, Any]
    """The weights of the upper layers."""
    head: Any
    """From a message's mean after them to a number for each category."""


class TunedEncoder:
    """Reads a message like `Encoder`, and on with the upper half that has not learned from it.

    A vector holds the mean of the message's tokens halfway up, where nothing was tuned, and the
    log-probability of each category. Of the two upper halves in the folder each has learned from
    the conversations of one half and reads those of the other, whatever becomes of their labels:
    so what it says of a message is as honest of one it could have learned from as of a new one.

    `source` is where the transformer of the folder's manifest lies. Raises ConfigError as
    `Transformer` does, and where the folder is not what `tune` left.
    """

    def __init__(self, folder: Path, source: str) -> None:
        manifest = read_manifest(folder)
        self._transformer = Transformer(source, halved=False)
        self.parts: Final = (self._transformer.size, len(manifest.categories))
        """How many numbers of a vector belong together."""
        if self._transformer.fingerprint(VERSION) != manifest.fingerprint:
            raise ConfigError(f"{manifest.source} has changed since {folder} was tuned.", _TUNE)
        digest = hashlib.sha256(manifest.fingerprint.encode())
        try:
            self._halves = [_load(folder, half, self._transformer, self.parts) for half in HALVES]
            for half in HALVES:
                digest.update(_file(folder, half).read_bytes())
        except Exception as error:  # whatever damaged files may bring about
            raise ConfigError(
                f"{folder} cannot be read: {' '.join(str(error).split())[:300]}", _TUNE
            ) from error
        self.fingerprint: Final = digest.hexdigest()[:16]
        """Of all weights and the tokenizer: stored vectors are of the same encoder, or not."""

    def encode(self, examples: Sequence[Example]) -> Vectors:
        """A vector for each example."""
        found: NDArray[np.float16] = np.zeros((len(examples), sum(self.parts)), dtype=np.float16)
        halves = np.array([half_of(example) for example in examples], dtype=np.int8)
        transformer = self._transformer
        for half in HALVES:
            own = np.flatnonzero(halves == half)
            transformer.upper.load_state_dict(self._halves[half].layers)
            for places in by_length([examples[at] for at in own.tolist()]):
                some = [examples[at] for at in own[places].tolist()]
                with transformer.torch.inference_mode():
                    halfway, last = transformer.means(some, [transformer.half, -1])
                    said = self._halves[half].head(last).log_softmax(dim=1)
                found[own[places]] = bounded(halfway, said)
        return found


def save(folder: Path, half: int, layers: Any, head: Any) -> None:
    """Write what reads `half`, in half precision."""
    weights = {f"layers.{name}": part for name, part in layers.state_dict().items()}
    weights |= {f"head.{name}": part for name, part in head.state_dict().items()}
    import_module("safetensors.torch").save_file(
        {name: part.half().contiguous() for name, part in weights.items()}, _file(folder, half)
    )


def _load(folder: Path, half: int, transformer: Transformer, parts: Sequence[int]) -> UpperHalf:
    stored = import_module("safetensors.torch").load_file(_file(folder, half))
    weights = {name: part.float() for name, part in stored.items()}
    head = transformer.torch.nn.Linear(*parts)
    for name, part in head.named_parameters():
        part.data.copy_(weights.pop(f"head.{name}"))
    layers = {name.removeprefix("layers."): part for name, part in weights.items()}
    transformer.upper.load_state_dict(layers)
    return UpperHalf(layers, head)


def _file(folder: Path, half: int) -> Path:
    return folder / f"half-{half}.safetensors"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Say what the folder holds."""
    text = json.dumps(manifest._asdict(), indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """What the folder holds; raises ConfigError where that cannot be told."""
    try:
        read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**{**read, "categories": tuple(read["categories"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder / MANIFEST} cannot be read: {error}", _TUNE) from error
    if manifest.version != VERSION:
        raise ConfigError(f"{folder} is of another version of catreview.", _TUNE)
    return manifest
