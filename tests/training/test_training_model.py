"""Training, held-out predictions, calibration and saved models."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import pickle
import stat
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catreview.errors import TrainingError
from catreview.records import ABSTAIN, Example, Source, SourceKind
from catreview.schema import DEFAULT_SCHEMA, Category, Schema
from catreview.training import saved
from catreview.training.evaluation import conversation_folds, evaluate
from catreview.training.model import Votes, train_classifier
from catreview.training.saved import load_model, save_model

DATA = Path(__file__).parents[3] / "shared" / "data"
PAIR = Schema(
    categories=(
        Category(name="question", definition="asks"),
        Category(name="farewell", definition="leaves"),
    )
)
TIME = "2026-01-01T00:00:00+00:00"


def _toy(n=60):
    """Examples of two categories, two in each conversation."""
    texts = ["where is the {} now?", "bye, see you at the {}."]
    things = ["bus", "train", "market", "house", "river", "school", "office"]
    examples = [
        Example(str(i), texts[i % 2].format(things[i // 2 % 7]), conversation=f"c{i // 2}")
        for i in range(n)
    ]
    return examples, np.array([i % 2 for i in range(n)], dtype=np.int16)


@pytest.fixture(scope="module")
def training():
    return train_classifier(*_toy(), PAIR.names, seed=0)


def test_two_categories_are_learned(training):
    codes, confidence = training.model.predict(
        [Example("x", "where is my hat?"), Example("y", "see you, bye.")]
    )
    assert codes.tolist() == [0, 1]
    assert codes.dtype == np.int16
    assert confidence.dtype == np.float64
    assert (confidence > 0.5).all()


def test_probabilities_sum_to_one_and_their_largest_is_the_confidence(training):
    examples = _toy()[0]
    probabilities = training.model.predict_proba(examples)
    assert probabilities.shape == (60, 2)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert training.model.predict(examples).confidence.tolist() == probabilities.max(1).tolist()


def _voted(labels):
    """Two functions: one that is always right about farewells, one that never votes."""
    sources = tuple(Source(SourceKind.FUNCTION, name, f"{name}#1") for name in ("leaves", "silent"))
    codes = np.full((len(labels), 2), ABSTAIN, dtype=np.int16)
    codes[labels == 1, 0] = 1
    return Votes(sources, codes)


def test_a_function_that_knows_better_than_the_words_is_believed():
    labels = np.array([i % 2 for i in range(60)], dtype=np.int16)
    alike = [Example(str(i), "the same words", conversation=f"c{i}") for i in range(60)]
    votes = _voted(labels)
    training = train_classifier(alike, labels, PAIR.names, seed=0, votes=votes)
    assert training.model.predict(alike, votes.codes).codes.tolist() == labels.tolist()
    assert training.out_of_fold.codes.tolist() == labels.tolist()
    silent = np.full((1, 2), ABSTAIN, dtype=np.int16)
    assert training.model.predict(alike[:1], silent).codes.tolist() == [0]


def test_votes_that_do_not_fit_are_refused(training):
    examples, labels = _toy()
    votes = _voted(labels)
    with pytest.raises(TrainingError, match=r"votes of shape \(59, 2\)"):
        train_classifier(
            examples, labels, PAIR.names, seed=0, votes=Votes(votes.sources, votes.codes[1:])
        )
    with pytest.raises(TrainingError, match="the 0 functions of the model"):
        training.model.predict(examples, votes.codes)


def test_nothing_to_predict_gives_nothing(training):
    assert training.model.predict([]).codes.shape == (0,)


def test_training_repeats_with_its_seed(training):
    again = train_classifier(*_toy(), PAIR.names, seed=0)
    assert (again.model.weights == training.model.weights).all()
    assert again.model.temperature == training.model.temperature
    assert again.out_of_fold.confidence.tolist() == training.out_of_fold.confidence.tolist()


def test_folds_never_split_a_conversation_and_are_of_like_size():
    conversations = [f"c{i % 211}" for i in range(1_000)] + [""] * 100
    folds = conversation_folds(conversations, 5, seed=0)
    for name in set(conversations) - {""}:
        assert len({f for f, c in zip(folds, conversations, strict=True) if c == name}) == 1
    assert len(set(folds[1_000:])) == 5
    assert np.bincount(folds).min() > 180
    assert (conversation_folds(conversations, 5, seed=1) != folds).any()


def test_a_held_out_prediction_comes_from_a_model_that_never_saw_its_conversation():
    examples, labels = _toy()
    secret = [Example(f"s{i}", "xyzzy plugh", conversation="secret") for i in range(10)]
    labels = np.concatenate([labels, np.ones(10, dtype=np.int16)])
    training = train_classifier([*examples, *secret], labels, PAIR.names, seed=0)
    inside = training.model.predict(secret).confidence
    outside = training.out_of_fold
    assert (training.model.predict(secret).codes == 1).all()
    held_out_confidence = np.where(outside.codes == 1, outside.confidence, 0)[-10:]
    assert (held_out_confidence < inside).all()


def test_without_cross_fit_one_fold_is_held_out_and_the_model_is_the_same(training):
    quick = train_classifier(*_toy(), PAIR.names, seed=0, cross_fit=False)
    decided = quick.out_of_fold.codes != ABSTAIN
    assert decided.sum() == 20
    assert (quick.out_of_fold.confidence[~decided] == 0).all()
    assert (quick.model.weights == training.model.weights).all()


def test_a_single_conversation_trains_without_held_out_predictions():
    examples, labels = _toy()
    together = [Example(e.id, e.text, conversation="one") for e in examples]
    training = train_classifier(together, labels, PAIR.names, seed=0)
    assert (training.out_of_fold.codes == ABSTAIN).all()
    assert training.model.temperature == 1.0
    assert (training.model.predict(together).codes == labels).all()


def test_a_category_that_lives_in_one_conversation_still_trains():
    examples, labels = _toy()
    odd = [Example(f"o{i}", "whatever, fine", conversation="odd") for i in range(4)]
    labels = np.concatenate([labels, np.full(4, 2, dtype=np.int16)])
    training = train_classifier([*examples, *odd], labels, ("q", "f", "other"), seed=0)
    assert np.isfinite(training.model.temperature)
    assert (training.out_of_fold.codes[-4:] != 2).all()
    assert (training.model.predict(odd).codes == 2).all()


def test_a_category_without_examples_is_never_predicted_whatever_the_others_lack():
    names, rng = ("absent", "aaa", "bbb", "ccc", "ddd", "eee"), np.random.default_rng(0)
    labels = np.repeat(np.arange(1, 6, dtype=np.int16), 40)
    words = [f"{names[code]}{'xyz'[n]}" for code in labels for n in rng.integers(0, 3, 4)]
    examples = [Example(str(i), " ".join(words[4 * i : 4 * i + 4])) for i in range(len(labels))]
    model = train_classifier(examples, labels, names, seed=0).model
    # Words of all five, and none known: no category says yes.
    mixed = [Example(end, " ".join(f"{name}{end}" for name in names[1:])) for end in "xyz"]
    assert (model.predict([*mixed, Example("n", "never read")]).codes != 0).all()


def test_a_rare_category_counts_as_much_as_a_frequent_one():
    examples, labels = _toy(300)
    labels = np.where(labels == 1, 0, labels)
    # "fine" was said of the rare category in 12 of 42 cases, which is all there is of it.
    fine = [Example(f"f{i}", "fine", conversation=f"d{i}") for i in range(42)]
    said = np.array([1] * 12 + [0] * 30, dtype=np.int16)
    trained = train_classifier(
        [*examples, *fine], np.concatenate([labels, said]), PAIR.names, seed=0
    )
    assert trained.model.predict([Example("x", "fine")]).codes.tolist() == [1]


def test_progress_counts_up_to_all_steps():
    seen = []
    train_classifier(*_toy(), PAIR.names, seed=0, progress=lambda *step: seen.append(step))
    done = [step[1] for step in seen]
    assert done == sorted(done)
    assert seen[-1][1] == seen[-1][2]
    assert seen[0] == ("reading messages", 0, 5)


def test_a_third_category_with_hardly_any_example_does_not_stop_the_others():
    examples, labels = _toy()
    trained = train_classifier(examples, labels, ["question", "farewell", "rare"], seed=0)
    assert set(trained.model.predict(examples).codes.tolist()) <= {0, 1}


def test_with_one_learnable_category_the_others_are_named_with_their_number_and_what_to_do():
    examples, labels = _toy()
    labels[labels == 1] = 0
    labels[0] = 1
    with pytest.raises(TrainingError, match=r"farewell \(1\)") as caught:
        train_classifier(examples, labels, PAIR.names, seed=0)
    assert "review more" in caught.value.hint


@pytest.mark.parametrize(
    "labels", [np.zeros(60), np.full(60, 7), np.zeros(59), np.full(60, ABSTAIN)]
)
def test_labels_that_cannot_train_are_refused(labels):
    with pytest.raises(TrainingError):
        train_classifier(_toy()[0], labels.astype(np.int16), PAIR.names, seed=0)


def test_no_examples_are_refused():
    with pytest.raises(TrainingError, match="there are none"):
        train_classifier([], np.array([], dtype=np.int16), PAIR.names, seed=0)


def test_a_saved_model_predicts_as_before(training, tmp_path):
    path = tmp_path / "models" / "model-1.bin"
    save_model(training.model, path, schema=PAIR, created=TIME)
    header = _header(path)
    assert [header[name] for name in ("trained_on", "seed", "created")] == [60, 0, TIME]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    examples = _toy()[0]
    loaded = load_model(path, schema=PAIR).predict(examples)
    assert loaded.confidence.tolist() == training.model.predict(examples).confidence.tolist()


def test_a_saved_model_says_which_functions_it_looks_at(tmp_path):
    examples, labels = _toy()
    model = train_classifier(examples, labels, PAIR.names, seed=0, votes=_voted(labels)).model
    path = tmp_path / "model.bin"
    save_model(model, path, schema=PAIR, created=TIME)
    assert _header(path)["functions"] == [["leaves", "leaves#1"], ["silent", "silent#1"]]
    assert load_model(path, schema=PAIR).sources == model.sources


def test_a_write_that_fails_leaves_the_old_model_and_no_litter(training, tmp_path, monkeypatch):
    path = tmp_path / "model.bin"
    save_model(training.model, path, schema=PAIR, created=TIME)
    before = path.read_bytes()

    def full_disk(descriptor):
        raise OSError("no space left")

    monkeypatch.setattr(saved.os, "fsync", full_disk)
    with pytest.raises(TrainingError, match="cannot be written: no space"):
        save_model(training.model, path, schema=PAIR, created="later")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def _header(path):
    """What the file says it is, as `head -1` shows it."""
    return json.loads(path.read_bytes().split(b"\n", 1)[0])


def _altered(path, **changes):
    first, body = path.read_bytes().split(b"\n", 1)
    path.write_bytes(json.dumps({**json.loads(first), **changes}).encode() + b"\n" + body)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 99}, "format 99"),
        ({"categories": ["a", "b"]}, "for other categories: a, b"),
        ({"features_version": 0}, "other features"),
        ({"scikit_learn": "0.1.2"}, "scikit-learn 0.1.2"),
        ({"sha256": "0"}, "damaged"),
        ({"format": "zip"}, "not a catreview model"),
        ({"surprise": 1}, "damaged header"),
        ({"functions": ["alone"]}, "damaged header"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_before_unpickling(
    training, tmp_path, monkeypatch, changes, message
):
    path = tmp_path / "model.bin"
    save_model(training.model, path, schema=PAIR, created=TIME)
    _altered(path, **changes)
    monkeypatch.setattr(saved, "_Reader", lambda _: pytest.fail("unpickled"))
    with pytest.raises(TrainingError, match=message) as caught:
        load_model(path, schema=PAIR)
    assert "catreview train" in caught.value.hint


def test_a_model_outlives_other_words_in_a_definition(training, tmp_path):
    path = tmp_path / "model.bin"
    save_model(training.model, path, schema=PAIR, created=TIME)
    reworded = [replace(category, definition="other words") for category in PAIR.categories]
    other = replace(PAIR, categories=tuple(reworded))
    assert other.fingerprint != PAIR.fingerprint
    assert load_model(path, schema=other).categories == PAIR.names


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"[1]\n", b'{"format": "x"'])
def test_a_file_of_something_else_is_no_model(tmp_path, content):
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match="not a catreview model"):
        load_model(path, schema=PAIR)


class _Trap:
    """Pickled, it is a call of anything at all."""

    def __reduce__(self):
        return os.mkdir, ("trapped",)


@pytest.mark.parametrize("inside", [_Trap(), {"model": _Trap()}, "a text", os.getcwd])
def test_a_file_from_elsewhere_runs_no_code(training, tmp_path, inside):
    path = tmp_path / "model.bin"
    save_model(training.model, path, schema=PAIR, created=TIME)
    first, _ = path.read_bytes().split(b"\n", 1)
    body = zlib.compress(pickle.dumps(inside))
    digest = hashlib.sha256(body).hexdigest()
    path.write_bytes(json.dumps({**json.loads(first), "sha256": digest}).encode() + b"\n" + body)
    with pytest.raises(TrainingError, match="holds no model"):
        load_model(path, schema=PAIR)
    assert not Path("trapped").exists()


def test_a_missing_model_is_an_error_with_a_hint(tmp_path):
    with pytest.raises(TrainingError, match="cannot read"):
        load_model(tmp_path / "none.bin", schema=PAIR)


def _lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data beside the checkout")
def test_on_real_messages_a_third_of_the_votes_reaches_three_quarters_macro_f1():
    rows = _lines(DATA / "gold_dev.jsonl")
    votes = _lines(DATA / "llm_votes.jsonl")[:5_500]
    wanted = {row["id"] for row in (*rows, *votes)}
    messages = {}
    with gzip.open(DATA / "messages.jsonl.gz", "rt", encoding="utf-8") as lines:
        for message in map(json.loads, lines):
            if message["id"] in wanted:
                messages[message["id"]] = Example(
                    message["id"], message["text"], message["previous"], message["conversation"]
                )
    index = DEFAULT_SCHEMA.index
    labels = np.array([index[v["label"]] for v in votes], dtype=np.int16)
    examples = [messages[v["id"]] for v in votes]
    training = train_classifier(examples, labels, DEFAULT_SCHEMA.names, seed=0)
    gold = [messages[row["id"]] for row in rows]
    truth = [index[row["label"]] for row in rows]
    codes, confidence = training.model.predict(gold)
    groups = [e.conversation for e in gold]
    result = evaluate(truth, codes, DEFAULT_SCHEMA.names, seed=0, groups=groups)
    assert result.macro_f1.value > 0.75
    assert abs(confidence.mean() - result.accuracy) < 0.06
