"""A transformer of a few small layers with made-up weights, where torch is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "open", "the", "door", "please", "no", "thanks"]


def make_tiny(folder: Path, layers: int = 4) -> Path:
    """Write it into a folder; skips the test where torch or transformers is missing."""
    torch = pytest.importorskip("torch", reason="the extra `encoder` is not installed")
    transformers = pytest.importorskip("transformers", reason="the extra `encoder` is missing")
    folder.mkdir(exist_ok=True)
    torch.manual_seed(0)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=layers, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=200,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder)
    return folder
