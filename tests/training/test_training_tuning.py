"""Tuning: the upper half of an encoder learns categories, and reads what it has not learned."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers.tiny_transformer import make_tiny

from catreview.errors import ConfigError, TrainingError
from catreview.records import Example
from catreview.training import tuning
from catreview.training.encoder import Encoder
from catreview.training.tuned import MANIFEST, TunedEncoder, half_of, read_manifest
from catreview.training.tuning import tune

TEXTS = ("open the door please", "no thanks")
EXAMPLES = [Example(f"m{i}", TEXTS[i % 2], "the door", f"c{i // 2}") for i in range(240)]
LABELS = np.array([i % 2 for i in range(240)], dtype=np.int16)
HALVES = np.array([half_of(example) for example in EXAMPLES])
NEW = [Example(f"n{i}", TEXTS[i % 2], "the door", f"d{i}") for i in range(20)]

Tune = Callable[..., Path]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """On a busy machine several threads don't always add up in the same order."""
    torch = pytest.importorskip("torch", reason="the extra `encoder` is not installed")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def tuned(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tune:
    # So few steps of so small a transformer want large ones.
    monkeypatch.setattr(tuning, "_RATE", 5e-3)

    def tune_with(labels: np.ndarray = LABELS, folder: str = "tuned", **more: object) -> Path:
        place = tmp_path / folder
        tune(str(tiny), EXAMPLES, labels, ("a", "b"), place, name="tiny", seed=0, **more)
        return place

    return tune_with


def test_a_conversation_stays_in_its_half() -> None:
    assert (HALVES[::2] == HALVES[1::2]).all()
    assert 0.3 < HALVES.mean() < 0.7
    assert {half_of(Example(str(i), "x")) for i in range(20)} == {0, 1}


def test_the_upper_half_learns_and_the_lower_one_stays(tiny: Path, tuned: Tune) -> None:
    encoder = TunedEncoder(tuned(), str(tiny))
    assert encoder.parts == (8, 2)
    vectors = encoder.encode(NEW)
    np.testing.assert_allclose(vectors[:, :8], Encoder(str(tiny)).encode(NEW), atol=2e-3)
    assert vectors[:, 8:].argmax(axis=1).tolist() == [0, 1] * 10
    np.testing.assert_allclose(np.exp(vectors[:, 8:].astype(float)).sum(axis=1), 1, atol=5e-3)


def test_what_a_message_says_never_depends_on_labels_of_its_own_half(
    tiny: Path, tuned: Tune
) -> None:
    turned = np.where(HALVES == 0, 1 - LABELS, LABELS)
    one = TunedEncoder(tuned(), str(tiny)).encode(EXAMPLES)
    other = TunedEncoder(tuned(turned, "other"), str(tiny)).encode(EXAMPLES)
    assert np.array_equal(one[HALVES == 0], other[HALVES == 0])
    assert (one[HALVES == 1, 8:].argmax(axis=1) != other[HALVES == 1, 8:].argmax(axis=1)).all()


def test_what_was_tuned_on_other_labels_has_another_fingerprint(tiny: Path, tuned: Tune) -> None:
    first = TunedEncoder(tuned(), str(tiny)).fingerprint
    assert TunedEncoder(tuned(), str(tiny)).fingerprint == first
    assert TunedEncoder(tuned(1 - LABELS), str(tiny)).fingerprint != first


def test_stopped_midway_what_was_tuned_before_stays(tiny: Path, tuned: Tune) -> None:
    folder = tuned()
    before = TunedEncoder(folder, str(tiny)).fingerprint

    def stop(done: int, of: int) -> None:
        assert of == 3 * sum(-(-int((half == HALVES).sum()) // 32) for half in (0, 1))
        if done > of // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned(1 - LABELS, report=stop)
    assert TunedEncoder(folder, str(tiny)).fingerprint == before
    assert [path.name for path in folder.parent.iterdir()] == ["tuned"]


def test_labels_of_one_category_are_too_few(tuned: Tune, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="too few labels"):
        tuned(np.zeros_like(LABELS))
    assert not list(tmp_path.iterdir())


def test_one_layer_has_no_upper_half(tmp_path: Path) -> None:
    flat = make_tiny(tmp_path / "flat", layers=1)
    with pytest.raises(ConfigError, match="no upper half"):
        tune(str(flat), EXAMPLES, LABELS, ("a", "b"), tmp_path / "t", name="flat", seed=0)
    assert [path.name for path in tmp_path.iterdir()] == ["flat"]


@pytest.mark.parametrize("damaged", [MANIFEST, "half-0.safetensors", "half-1.safetensors"])
def test_a_damaged_folder_is_to_be_tuned_again(tiny: Path, tuned: Tune, damaged: str) -> None:
    folder = tuned()
    (folder / damaged).write_bytes(b"nothing of the kind")
    with pytest.raises(ConfigError, match="cannot be read") as error:
        TunedEncoder(folder, str(tiny))
    assert "catreview tune" in error.value.hint


def test_other_weights_below_are_noticed(tiny: Path, tuned: Tune, tmp_path: Path) -> None:
    import torch
    import transformers

    folder = tuned()
    changed = shutil.copytree(tiny, tmp_path / "changed")
    model = transformers.AutoModel.from_pretrained(changed)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[4, 0] += 1
    model.save_pretrained(changed)
    with pytest.raises(ConfigError, match="has changed since"):
        TunedEncoder(folder, str(changed))


def test_a_folder_of_another_version_is_refused(tuned: Tune) -> None:
    folder = tuned()
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, "version": 0}), encoding="utf-8")
    with pytest.raises(ConfigError, match="another version"):
        read_manifest(folder)
