"""What stands for a category where its name has no room."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from catreview.schema import DEFAULT_SCHEMA, Category, Schema
from catreview.tui.signs import CELLS, signs


def schema(*names: str) -> Schema:
    """Ten categories with keys, then these without any."""
    firsts = [f"first{i}" for i in range(10)]
    return Schema(categories=tuple(Category(name=n, definition="x") for n in (*firsts, *names)))


def of(*names: str) -> list[str]:
    return [signs(schema(*names))[name] for name in names]


def test_a_category_with_a_key_is_known_by_it() -> None:
    assert list(signs(DEFAULT_SCHEMA).values()) == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["mole", "newt"], ["mol", "new"]),
        (["kind-mole", "kind-newt"], ["mol", "new"]),
        (["refund_late", "refund_lost", "thanks"], ["lat", "los", "tha"]),
        (["type_a_good", "type_a_bad", "type_b_good"], ["tag", "bad", "tbg"]),
        (["complaint", "compliment"], ["cla", "cli"]),
        (["1st", "x"], ["1st", "x"]),
    ],
    ids=["first letters", "last word", "both", "words", "some letters", "short"],
)
def test_one_without_a_key_by_letters_that_tell_it_from_the_others(
    names: list[str], expected: list[str]
) -> None:
    assert of(*names) == expected


def test_no_sign_stands_for_two_and_none_is_wider_than_three_cells() -> None:
    ends = ("__", "__1", "-1", "1_1", "\u79cd\u7c7b\u591a", "\u79cd\u7c7b")
    names = [f"{a}{b}{c}" for a in ("x", "y", "\u79cd") for b in ("aa", "ab") for c in ends]
    found = signs(schema(*names))
    assert len(set(found.values())) == len(found) == 46
    assert all(1 <= cell_len(sign) <= CELLS for sign in found.values())
