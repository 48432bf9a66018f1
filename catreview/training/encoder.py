"""Vectors of messages from a pretrained transformer as it came: the extra `encoder`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from catreview.records import Example
from catreview.training.transformer import Transformer, by_length
from catreview.training.vectors import Vectors

_VERSION: Final = 1
"""Changes with what a vector is made of, so that stored ones are made anew."""
_LARGEST: Final = float(np.finfo(np.float16).max)


class Encoder:
    """Reads a message after its previous one and gives the mean of its tokens' vectors.

    They are taken halfway up: the lower layers of an encoder know what a message does (Tenney,
    Das, Pavlick 2019, "BERT rediscovers the classical NLP pipeline"), the upper ones what it is
    about, which helps here less than half as much and costs twice the time. Nothing is trained.

    Raises ConfigError as `Transformer` does.
    """

    def __init__(self, source: str) -> None:
        self._transformer = Transformer(source, halved=True)
        self.fingerprint: Final = self._transformer.fingerprint(_VERSION)
        """Of the weights and the tokenizer: stored vectors are of the same encoder, or not."""
        self.parts: Final = (self._transformer.size,)
        """How many numbers of a vector belong together."""

    def encode(self, examples: Sequence[Example]) -> Vectors:
        """A vector for each example; zeros where it has no text."""
        found: NDArray[np.float16] = np.zeros((len(examples), sum(self.parts)), dtype=np.float16)
        for places in by_length(examples):
            some = [examples[place] for place in places.tolist()]
            with self._transformer.torch.inference_mode():
                found[places] = bounded(*self._transformer.means(some, [-1]))
        return found


def bounded(*parts: Any) -> Vectors:
    """Tensors (n, …) side by side, in half precision."""
    values = np.concatenate([part.numpy() for part in parts], axis=1)
    return np.asarray(np.clip(values, -_LARGEST, _LARGEST), dtype=np.float16)
