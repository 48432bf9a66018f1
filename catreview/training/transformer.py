"""A pretrained transformer reading messages after their previous ones: the extra `encoder`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from catreview.errors import ConfigError
from catreview.records import Example

_PREVIOUS: Final = 200
"""Characters of the previous message that are read, from its end."""
_TEXT: Final = 400
_TOKENS: Final = 128
_AT_ONCE: Final = 32
_SORTED: Final = 512
"""Messages sorted by length together, so that short ones are not padded to long ones."""


class Transformer:
    """Reads messages in batches; a message's vector is the mean of its own tokens' states.

    With `halved` the upper half of its layers is left out.

    Raises ConfigError where torch or transformers is missing, or `source` is no transformer that
    can read a message (a folder, or a name at the Hugging Face hub, which is downloaded once).
    """

    def __init__(self, source: str, *, halved: bool) -> None:
        self._source = source
        try:
            # By name: an extra, absent where types are checked, and seconds to load.
            self.torch: Any = import_module("torch")
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
            self.half: Final = max(config.num_hidden_layers // 2, 1)
            """How many layers the lower half has."""
            layers = self.half if halved else config.num_hidden_layers
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(source, use_fast=True)
            self.model: Any = transformers.AutoModel.from_pretrained(
                source, num_hidden_layers=layers
            )
            self.model.eval()
            self._tokens = min(_TOKENS, self._tokenizer.model_max_length)
            self._roughly = _multiplies_faster_roughly(self.torch)
            self.means([Example("", "a message", "the one before")], [-1])
        except Exception as error:  # whatever a folder that is no encoder may bring about
            raise ConfigError(
                f"The encoder {source} cannot be used: {' '.join(str(error).split())[:300]}",
                "Name a folder or a Hugging Face model with a tokenizer under [training] encoder.",
            ) from error

    @property
    def upper(self) -> Any:
        """The upper half of the layers, as a ModuleList; raises ConfigError where there is none."""
        nn, of = self.torch.nn, self.model.config.num_hidden_layers
        lists = (part for part in self.model.modules() if isinstance(part, nn.ModuleList))
        layers = next((some for some in lists if len(some) == of), None)
        if layers is None or of < 2:
            raise ConfigError(
                f"The encoder {self._source} has no upper half that could be tuned.",
                "Take one with several layers of their own, such as all-mpnet-base-v2.",
            )
        return layers[self.half :]

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        return int(self.model.config.hidden_size)

    def means(self, examples: Sequence[Example], layers: Iterable[int]) -> list[Any]:
        """A tensor (n_examples, size) for each layer: the means after it, -1 being the last.

        Layer 0 are the embeddings. A message without text has zeros.
        """
        tokens = self._tokenizer(
            [example.previous[-_PREVIOUS:] for example in examples],
            [example.text[:_TEXT] for example in examples],
            truncation=True,
            max_length=self._tokens,
            padding=True,
            return_tensors="pt",
        )
        own = self.torch.tensor(
            [[float(part == 1) for part in tokens.sequence_ids(i)] for i in range(len(examples))]
        )
        share = own / own.sum(dim=1, keepdim=True).clamp(min=1)
        with self.torch.autocast("cpu", self.torch.bfloat16, enabled=self._roughly):
            states = self.model(**tokens, output_hidden_states=True).hidden_states
        return [self.torch.einsum("nts,nt->ns", states[at].float(), share) for at in layers]

    def fingerprint(self, version: int) -> str:
        """Of the weights and the tokenizer, and of what is made with them."""
        digest = hashlib.sha256(f"{version} {self._tokenizer.backend_tokenizer.to_str()}".encode())
        for name, weights in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(weights.float().numpy()).data)
        return digest.hexdigest()[:16]


def _multiplies_faster_roughly(torch: Any) -> bool:
    """Whether this processor knows bfloat16: some multiply four times as fast in it."""
    some = torch.ones(512, 768)
    took = {}
    for kind in (torch.float32, torch.bfloat16):
        one, other = some.to(kind), some.T.to(kind).contiguous()
        one @ other  # the first time it is set up
        times = []
        for _ in range(7):
            began = time.perf_counter()
            one @ other
            times.append(time.perf_counter() - began)
        took[kind] = min(times)  # what else runs makes some longer, and must not decide
    return took[torch.bfloat16] < took[torch.float32]


def by_length(examples: Sequence[Example]) -> Iterator[NDArray[np.intp]]:
    """The places of `examples` in parts of alike length."""
    lengths = np.array([length(example) for example in examples])
    for start in range(0, len(lengths), _SORTED):
        order = start + np.argsort(lengths[start : start + _SORTED], kind="stable")
        for at in range(0, len(order), _AT_ONCE):
            yield order[at : at + _AT_ONCE]


def length(example: Example) -> int:
    """Characters that are read."""
    return len(example.previous[-_PREVIOUS:]) + len(example.text[:_TEXT])
