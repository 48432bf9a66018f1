"""Vectors of messages from the lower half of a pretrained transformer: the extra `encoder`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from catreview.errors import ConfigError
from catreview.records import Example
from catreview.training.vectors import Vectors

_VERSION: Final = 1
"""Changes with what a vector is made of, so that stored ones are made anew."""
_PREVIOUS: Final = 200
"""Characters of the previous message that are read, from its end."""
_TEXT: Final = 400
_TOKENS: Final = 128
_AT_ONCE: Final = 32
_SORTED: Final = 512
"""Messages sorted by length together, so that short ones are not padded to long ones."""
_LARGEST: Final = float(np.finfo(np.float16).max)


class Encoder:
    """Reads a message after its previous one and gives the mean of its tokens' vectors.

    They are taken halfway up: the lower layers of an encoder know what a message does (Tenney,
    Das, Pavlick 2019, "BERT rediscovers the classical NLP pipeline"), the upper ones what it is
    about, which helps here less than half as much and costs twice the time. Nothing is trained.

    Raises ConfigError where torch or transformers is missing, or `source` is no transformer that
    can read a message (a folder, or a name at the Hugging Face hub, which is downloaded once).
    """

    def __init__(self, source: str) -> None:
        try:
            # By name: an extra, absent where types are checked, and seconds to load.
            self._torch: Any = import_module("torch")
            transformers: Any = import_module("transformers")
        except ImportError as error:
            raise ConfigError(
                f"The encoder {source} needs packages that are missing: {error}",
                "Install them: pip install 'catreview[encoder]'",
            ) from error
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        try:
            config = transformers.AutoConfig.from_pretrained(source)
            layers = max(config.num_hidden_layers // 2, 1)
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(source, use_fast=True)
            self._model = transformers.AutoModel.from_pretrained(source, num_hidden_layers=layers)
            self._model.eval()
            self._tokens = min(_TOKENS, self._tokenizer.model_max_length)
            self._encode([Example("", "a message", "the one before")])
            self.fingerprint: Final = self._digest()
            """Of the weights and the tokenizer: stored vectors are of the same encoder, or not."""
        except Exception as error:  # whatever a folder that is no encoder may bring about
            raise ConfigError(
                f"The encoder {source} cannot be used: {' '.join(str(error).split())[:300]}",
                "Name a folder or a Hugging Face model with a tokenizer under [training] encoder.",
            ) from error

    def encode(self, examples: Sequence[Example]) -> Vectors:
        """A vector for each example; zeros where it has no text."""
        found: NDArray[np.float16] = np.zeros((len(examples), self.size), dtype=np.float16)
        for places in _by_length(examples):
            found[places] = self._encode([examples[place] for place in places.tolist()])
        return found

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        return int(self._model.config.hidden_size)

    def _encode(self, examples: Sequence[Example]) -> Vectors:
        tokens = self._tokenizer(
            [example.previous[-_PREVIOUS:] for example in examples],
            [example.text[:_TEXT] for example in examples],
            truncation=True,
            max_length=self._tokens,
            padding=True,
            return_tensors="pt",
        )
        own = np.array(
            [[part == 1 for part in tokens.sequence_ids(i)] for i in range(len(examples))],
            dtype=np.float32,
        )
        with self._torch.inference_mode():
            states = self._model(**tokens).last_hidden_state.float().numpy()
        sums = np.einsum("nts,nt->ns", states, own)
        means = sums / np.maximum(own.sum(axis=1), 1)[:, None]
        return np.asarray(np.clip(means, -_LARGEST, _LARGEST), dtype=np.float16)

    def _digest(self) -> str:
        digest = hashlib.sha256(f"{_VERSION} {self._tokenizer.backend_tokenizer.to_str()}".encode())
        for name, weights in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(weights.float().numpy()).data)
        return digest.hexdigest()[:16]


def _by_length(examples: Sequence[Example]) -> Iterator[NDArray[np.intp]]:
    """The places of `examples` in parts of alike length."""
    lengths = np.array([len(e.previous[-_PREVIOUS:]) + len(e.text[:_TEXT]) for e in examples])
    for start in range(0, len(lengths), _SORTED):
        order = start + np.argsort(lengths[start : start + _SORTED], kind="stable")
        for at in range(0, len(order), _AT_ONCE):
            yield order[at : at + _AT_ONCE]
