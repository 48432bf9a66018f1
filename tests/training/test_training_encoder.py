"""Vectors of messages: from a transformer, and as features."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.tiny_transformer import make_tiny

from catreview.errors import ConfigError, TrainingError
from catreview.records import Example
from catreview.schema import Category, Schema
from catreview.training.encoder import Encoder
from catreview.training.model import train_classifier
from catreview.training.refits import Refits
from catreview.training.saved import load_model, save_model
from catreview.training.vectors import Encoded, EncoderName, VectorFeatures

PAIR = Schema(categories=(Category(name="a", definition="a"), Category(name="b", definition="b")))
NAME = EncoderName("tiny", "f1")


def _alike(n: int = 40) -> tuple[list[Example], np.ndarray, np.ndarray]:
    """Messages with the same words, whose vectors tell them apart."""
    labels = np.arange(n, dtype=np.int16) % 2
    vectors = np.random.default_rng(0).normal(0, 0.1, (n, 3)).astype(np.float16)
    vectors[:, 1] += labels * 5
    return [Example(str(i), "hm hm", conversation=str(i)) for i in range(n)], labels, vectors


def test_what_the_words_do_not_say_the_vectors_do() -> None:
    examples, labels, vectors = _alike()
    trained = train_classifier(examples, labels, PAIR.names, seed=0, encoded=Encoded(NAME, vectors))
    assert (trained.out_of_fold.codes == labels).all()
    codes, _ = trained.model.predict(examples[:4], vectors=vectors[:4])
    assert codes.tolist() == [0, 1, 0, 1]
    refits = Refits(examples, labels[:, None][:, :0], PAIR.names, seed=0,
                    encoded=Encoded(NAME, vectors))  # fmt: skip
    asked = refits.rows(examples[:2], np.empty((2, 0), np.int16), vectors[:2])
    assert refits.decide(labels, asked).tolist() == [0, 1]


@pytest.mark.parametrize(
    "given", [None, np.zeros((2, 4), np.float16), np.zeros((1, 3), np.float16)]
)
def test_a_model_with_an_encoder_wants_its_vectors(given: Any) -> None:
    examples, labels, vectors = _alike()
    model = train_classifier(
        examples, labels, PAIR.names, seed=0, encoded=Encoded(NAME, vectors)
    ).model
    with pytest.raises(TrainingError, match="those of tiny"):
        model.predict(examples[:2], vectors=given)


def test_a_saved_model_says_which_encoder_it_looks_at(tmp_path: Path) -> None:
    examples, labels, vectors = _alike()
    encoded = Encoded(NAME, vectors)
    model = train_classifier(examples, labels, PAIR.names, seed=0, encoded=encoded).model
    save_model(model, tmp_path / "m", schema=PAIR, created="2026-01-01T00:00:00+00:00")
    header = (tmp_path / "m").read_bytes().partition(b"\n")[0]
    assert json.loads(header)["encoder"] == "tiny"
    again = load_model(tmp_path / "m", schema=PAIR)
    assert again.vector_features is not None
    assert again.vector_features.encoder == NAME
    assert np.array_equal(
        again.predict_proba(examples, vectors=vectors), model.predict_proba(examples, None, vectors)
    )


def test_a_number_that_never_varies_does_no_harm() -> None:
    examples, labels, vectors = _alike()
    vectors[:, 0] = 7
    trained = train_classifier(examples, labels, PAIR.names, seed=0, encoded=Encoded(NAME, vectors))
    assert (trained.out_of_fold.codes == labels).all()


def test_each_part_of_a_vector_weighs_alike_however_many_numbers_it_has() -> None:
    vectors = np.random.default_rng(0).normal(0, 1, (500, 102)).astype(np.float16)
    rows = VectorFeatures.fit(Encoded(NAME, vectors, (100, 2))).rows(vectors, 500).toarray()
    lengths = [
        float((rows[:, part] ** 2).sum(axis=1).mean()) for part in (slice(100), slice(100, None))
    ]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-3)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny"))


def test_a_vector_is_the_mean_of_the_messages_tokens_halfway_up(tiny: Path) -> None:
    import torch
    import transformers

    vector = Encoder(str(tiny)).encode([Example("1", "open the door", "please")])
    model = transformers.AutoModel.from_pretrained(tiny).eval()
    ids = torch.tensor([[2, 7, 3, 4, 5, 6, 3]])  # [CLS] please [SEP] open the door [SEP]
    kinds = torch.tensor([[0, 0, 0, 1, 1, 1, 1]])
    with torch.inference_mode():
        states = model(input_ids=ids, token_type_ids=kinds, output_hidden_states=True)
    halfway = states.hidden_states[2][0, 3:6].mean(dim=0).numpy()
    assert vector.dtype == np.float16
    np.testing.assert_allclose(vector[0], halfway, atol=2e-3)


def test_a_vector_depends_on_its_message_and_the_one_before_not_on_its_company(tiny: Path) -> None:
    encoder = Encoder(str(tiny))
    texts = ["open the door", "no", "", "thanks " * 300, "please open the door please"]
    examples = [Example(str(i), text, "no thanks") for i, text in enumerate(texts)] * 9
    together = encoder.encode(examples)
    for example, vector in zip(examples[:5], together[:5], strict=True):
        np.testing.assert_allclose(encoder.encode([example])[0], vector, atol=2e-3)
    assert not together[2].any()
    other = encoder.encode([Example("x", "open the door", "please")])[0]
    assert np.abs(other - together[0]).max() > 1e-2


def test_other_weights_have_another_fingerprint(tiny: Path, tmp_path: Path) -> None:
    import torch
    import transformers

    first = Encoder(str(tiny)).fingerprint
    assert Encoder(str(tiny)).fingerprint == first
    model = transformers.AutoModel.from_pretrained(tiny)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[4, 0] += 1
    model.save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(tiny).save_pretrained(tmp_path)
    assert Encoder(str(tmp_path)).fingerprint != first


@pytest.mark.parametrize("damaged", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_folder_that_is_no_encoder_is_named(tiny: Path, tmp_path: Path, damaged: str) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(tiny, folder)
    (folder / damaged).write_bytes(b"{nothing of the kind")
    with pytest.raises(ConfigError, match="broken cannot be used") as error:
        Encoder(str(folder))
    assert "[training] encoder" in error.value.hint


def test_numbers_too_large_to_keep_are_bounded(tiny: Path, tmp_path: Path) -> None:
    import torch
    import transformers

    model = transformers.AutoModel.from_pretrained(tiny)
    with torch.no_grad():
        model.encoder.layer[1].output.LayerNorm.bias += 1e6
    model.save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(tiny).save_pretrained(tmp_path)
    assert np.isfinite(Encoder(str(tmp_path)).encode([Example("1", "open the door")])).all()
