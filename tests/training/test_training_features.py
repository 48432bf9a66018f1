"""Reading text, markers and the feature matrix."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catreview.errors import TrainingError
from catreview.records import Example
from catreview.training import features, lexicon
from catreview.training.features import BLOCKS, FEATURES_VERSION, Vectoriser
from catreview.training.lexicon import cues
from catreview.training.markers import message_markers, mood, openings
from catreview.training.reading import read

ROOT = Path(__file__).parents[2]
HOSTILE = [
    "",
    " \n\t",
    "\x1b[31mred\x1b[0m",
    "[bold]markup[/bold]",
    "\ud83d",
    "a , " * 5_000,
    "?" * 50_000,
    "no" + "o" * 100_000,
    "\x00\x00",
    "Message 7: request",
    "=cmd|' /C calc'!A0",
    "مرحبا كيف حالك",
    "你好吗?",
    "👍🏽👩‍👩‍👧",
]


def _examples(texts, previous=""):
    return [Example(id=str(i), text=text, previous=previous) for i, text in enumerate(texts)]


def _mood(text):
    return mood(read(text).sentences[0])


def test_informal_spellings_are_read_as_the_words_they_stand_for():
    assert read("pls call me when u r done").tokens == [
        "please",
        "call",
        "me",
        "when",
        "you",
        "are",
        "done",
    ]
    assert read("Don\u2019t wanna go").tokens == ["don't", "want", "to", "go"]


def test_numbers_and_removed_numbers_are_one_token():
    assert read("at 730 or <#>").tokens == ["at", "0", "or", "0"]


def test_stretched_letters_are_shortened():
    assert read("Noooooooo").tokens == read("nooo").tokens


@given(st.text("ado:=;-)'?. ", max_size=30) | st.text(max_size=20))
def test_a_stretched_text_is_read_as_if_it_had_been_shortened_first(text):
    shorter = re.sub(r"([^\W\d_])\1{2,}", r"\1\1\1", text.lower())
    assert read(text) == read(shorter)


def test_sentences_end_where_the_space_after_a_full_stop_is_missing():
    ends = [(s.words[0], s.end) for s in read("Yes, of course.When?").sentences]
    assert ends == [("yes", "."), ("when", "?")]


def test_repeated_marks_end_one_sentence_and_a_question_mark_wins():
    assert [s.end for s in read("really ?! . . wow").sentences] == ["?", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Open the door.", "verb"),
        ("John, please open the door.", "verb"),
        ("Oh no, wait.", "verb"),
        ("Let's go.", "lets"),
        ("Could you pass the salt?", "can-you"),
        ("Can you tell me the time?", "tell-me"),
        ("May I come in?", "can-i"),
        ("How about lunch?", "how-about"),
        ("Where do you live?", "wh"),
        ("Are you coming?", "aux"),
        ("You should rest.", "you-modal"),
        ("I'm fine.", "i'm"),
        ("Thanks a lot.", "receipt"),
        ("Wow.", "interjection"),
        ("Trains leave hourly.", "other"),
    ],
)
def test_the_mood_of_a_sentence_is_told_by_its_opening(text, expected):
    assert _mood(text) == expected


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("See you tomorrow!", "leave"),
        ("How can I help you?", "offer"),
        ("Do you feel like coming along?", "invite"),
        ("Maybe we could take a taxi.", "suggest"),
        ("I would like a single room.", "order"),
        ("Could you close the window?", "ask action"),
        ("Do you know the way?", "ask answer"),
        ("Take it easy.", "asks nothing"),
        ("I am so happy for her.", "feel"),
    ],
)
def test_phrases_are_found_by_family(text, family):
    assert family in message_markers(text, read(text), read(""))


SPOKEN = [
    "i",
    "can't",
    "help",
    "you",
    "would",
    "like",
    "to",
    "go",
    "please",
    "let",
    "me",
    "see",
    "know",
    "what",
    "is",
    "it's",
    "right",
    "don't",
    "you",
    "could",
    "we",
    "maybe",
    "should",
    "have",
    "a",
    "nice",
    "day",
    ",",
    "é",
    "and",
    "so",
    "sorry",
    "for",
    "tell",
    "wonder",
    "why",
    "ok",
]


@given(st.lists(st.sampled_from(SPOKEN), max_size=8).map(" ".join))
def test_phrases_looked_for_together_are_those_found_one_by_one(sentence):
    with pytest.MonkeyPatch.context() as patch:
        together = cues(sentence)
        patch.setattr(lexicon, "_together", lambda: None)
        assert together == cues(sentence)


@given(st.text("abAB !é", max_size=14))
def test_capitals_are_counted_the_same_whether_all_is_ascii_or_not(text):
    plain, other = (message_markers(t, read(t), read("")) for t in (text, text + "\u2026"))
    assert ("shouting" in plain) == ("shouting" in other)


def test_an_imperative_in_the_last_of_several_sentences_is_marked_there():
    text = "The bus is gone. Call me a taxi."
    assert "last verb" in message_markers(text, read(text), read(""))


def test_what_the_previous_message_does_is_marked():
    marks = message_markers("Fine.", read("Fine."), read("How are you?"))
    assert "after wh?" in marks
    assert "opens" in message_markers("Fine.", read("Fine."), read(""))


def test_openings_keep_the_start_with_and_without_fillers():
    grams = openings(read("Well, can you wait?"))
    assert "^well can" in grams
    assert "~can you" in grams
    assert "~can _ wait" in grams


def test_hostile_texts_become_finite_rows():
    examples = _examples(HOSTILE * 3) + _examples(["hello"] * 3, previous=HOSTILE[5])
    rows = Vectoriser().fit_transform(examples)
    assert rows.shape[0] == len(examples)
    assert rows.dtype == np.float32
    assert np.isfinite(rows.data).all()


@settings(max_examples=100, deadline=None)
@given(st.text(), st.text())
def test_any_text_can_be_read_and_marked(text, previous):
    reading = read(text)
    assert all(s.words for s in reading.sentences)
    assert message_markers(text, reading, read(previous))


def test_texts_without_any_term_are_refused():
    with pytest.raises(TrainingError, match="no example has any text"):
        Vectoriser([b for b in BLOCKS if b.name == "words"]).fit_transform(_examples(["", " "]))


def test_transform_gives_the_rows_of_the_fit_also_after_pickling():
    examples = _examples(["Could you come?", "I am here.", "bye"] * 4, previous="hi")
    vectoriser = Vectoriser()
    fitted = vectoriser.fit_transform(examples)
    again = pickle.loads(pickle.dumps(vectoriser)).transform(examples)
    assert (fitted != again).nnz == 0


def test_what_a_text_gives_changes_only_with_the_features_version():
    own, previous = "Well, can u open it?Thanks!! I'm so happy 4 u", "Shall I help you?"
    reading, before = read(own), read(previous)
    grams = [*reading.tokens, *openings(reading), *message_markers(own, reading, before)]
    digest = hashlib.sha256("\n".join(grams).encode()).hexdigest()[:8]
    assert (FEATURES_VERSION, digest) == (2, "5b15b5f5")


def test_rows_do_not_depend_on_string_hashing():
    script = (
        "from catreview.training.features import Vectoriser; from catreview.records import Example;"
        "import hashlib; x = Vectoriser().fit_transform([Example(str(i), t, 'Why?') for i, t in"
        " enumerate(['Come on! We go. Do you?', 'I am here.', 'bye, love'])]);"
        "print(hashlib.sha256(x.data.tobytes() + x.indices.tobytes()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_the_package_and_evaluation_load_no_scikit_learn():
    script = (
        "import sys, catreview.training, catreview.training.evaluation;"
        "sys.exit(any(m.split('.')[0] in {'sklearn', 'scipy', 'joblib'} for m in sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)


def test_rows_stay_the_same_when_words_are_forgotten(monkeypatch):
    examples = _examples([f"message number {i % 9} and more" for i in range(30)])
    vectoriser = Vectoriser()
    rows = vectoriser.fit_transform(examples)
    monkeypatch.setattr(features, "_WORDS", 3)
    assert (vectoriser.transform(examples) != rows).nnz == 0
