"""TF-IDF counted all at once."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from catreview.records import Example
from catreview.training.features import BLOCKS, Vectoriser, vote_rows
from catreview.training.terms import Documents, TfIdf

DOCUMENTS = [["a", "b", "a", "c"], [], ["b", "b", "d"], ["zz"], ["a", "d", "d", "d"]]


def _documents(number, documents):
    found = Documents()
    for document in documents:
        found.add(number(document))
    return found


def _learned(min_df, *, idf=True):
    terms = TfIdf(min_df, idf=idf)
    terms.learn(_documents(terms.numbered, DOCUMENTS[:2]))
    terms.learn(_documents(terms.numbered, DOCUMENTS[2:]))
    return terms, terms.fitted()


@pytest.mark.parametrize("min_df", [1, 2])
@pytest.mark.parametrize("idf", [True, False])
def test_weights_are_those_of_scikit_learn(min_df, idf):
    peer = TfidfVectorizer(analyzer=list, min_df=min_df, sublinear_tf=True, use_idf=idf)
    expected = peer.fit_transform(DOCUMENTS).toarray()
    _, rows = _learned(min_df, idf=idf)
    order = [t for t in ("a", "b", "c", "d", "zz") if t in peer.vocabulary_]
    wanted = expected[:, [peer.vocabulary_[t] for t in order]]
    assert rows.dtype == np.float32
    assert rows.toarray() == pytest.approx(wanted, abs=1e-6)


def test_a_fitted_row_and_a_transformed_one_are_the_same():
    terms, rows = _learned(1)
    assert (terms.transform(_documents(terms.known, DOCUMENTS)) != rows).nnz == 0


def test_terms_never_met_are_ignored():
    terms, rows = _learned(2)
    new = terms.transform(_documents(terms.known, [["a", "new", "b", "a"], ["new"]]))
    assert new.shape == (2, rows.shape[1])
    assert new[0].toarray() == pytest.approx(rows[0].toarray())
    assert new[1].nnz == 0


def test_character_n_grams_are_those_of_scikit_learn():
    texts = ["Can u come?", "a an the", "  ", "noooo way", "\u00dc go", "x"]
    (block,) = (b for b in BLOCKS if b.name == "characters")
    peer = TfidfVectorizer(analyzer="char_wb", ngram_range=block.characters, sublinear_tf=True)
    expected = peer.fit_transform(texts).toarray() * block.weight
    rows = Vectoriser([block]).fit_transform([Example(t, t) for t in texts]).toarray()
    assert rows @ rows.T == pytest.approx(expected @ expected.T, abs=1e-6)
    assert rows.shape == expected.shape


def test_rows_do_not_depend_on_what_they_are_read_with():
    texts = [f"message {i % 7} of {i % 11}, ok?" for i in range(9_000)]
    examples = [Example(str(i), t, previous=texts[i - 1]) for i, t in enumerate(texts)]
    vectoriser = Vectoriser()
    together = vectoriser.fit_transform(examples)
    assert (vectoriser.transform(examples[3990:4010]) != together[3990:4010]).nnz == 0


def test_a_vote_is_a_column_of_its_function_and_category():
    rows = vote_rows(np.array([[2, -1], [-1, 0], [-1, -1]], dtype=np.int16), 3).toarray()
    assert rows.shape == (3, 6)
    assert np.argwhere(rows).tolist() == [[0, 2], [1, 3]]
