"""Tables of a configuration: what fits, and what is said of the first thing that does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from catreview.toml_tables import LONE, Fault, TableError, above, counting, like, read, within


@dataclass(frozen=True, kw_only=True)
class Point:
    x: Annotated[float, above(0, 1)]
    y: float = 0.0

    def __post_init__(self) -> None:
        if self.x == self.y:
            raise ValueError("lies on the diagonal")


@dataclass(frozen=True, kw_only=True)
class Drawing:
    name: Annotated[str, counting(1, 5), like("^[a-z]*$", "must be in small letters")] = "some"
    kind: Literal["plain", "fancy"] = "plain"
    width: Annotated[int, within(1, 9_000)] | None = None
    file: Path | None = None
    points: Annotated[tuple[Point, ...], counting(1, unit="points")] = (Point(x=1),)
    range: tuple[float, float] = (0.0, 1.0)
    keys: Annotated[tuple[str, ...], LONE] = ()
    inks: Mapping[str, Point] = field(default_factory=dict)


def test_every_kind_of_value_is_read() -> None:
    table = {
        "name": "a", "kind": "fancy", "width": 3, "file": "f", "points": [{"x": 1, "y": 2}],
        "range": [1, 2.5], "keys": ["a", "b"], "inks": {"red": {"x": 0.5}},
    }  # fmt: skip
    drawing = read(Drawing, table)
    assert drawing == Drawing(
        name="a", kind="fancy", width=3, file=Path("f"), points=(Point(x=1.0, y=2.0),),
        range=(1.0, 2.5), keys=("a", "b"), inks={"red": Point(x=0.5)},
    )  # fmt: skip
    assert isinstance(drawing.range[0], float)
    assert read(Drawing, {}) == Drawing()


def test_numbers_may_stand_as_text_and_one_key_without_a_list() -> None:
    drawing = read(Drawing, {"width": "12", "inks": {"red": {"x": "1e-1"}}, "keys": "a"})
    assert (drawing.width, drawing.inks["red"].x, drawing.keys) == (12, 0.1, ("a",))


@pytest.mark.parametrize(
    ("table", "path", "says"),
    [
        ({"width": 0}, ("width",), "must be at least 1 and at most 9,000"),
        ({"width": 9_001}, ("width",), "must be at least 1 and at most 9,000"),
        ({"width": "many"}, ("width",), "must be a whole number"),
        ({"width": 2.5}, ("width",), "must be a whole number"),
        ({"width": float("inf")}, ("width",), "must be a whole number"),
        ({"width": True}, ("width",), "must be a whole number"),
        ({"width": [1]}, ("width",), "must be a whole number"),
        ({"name": 5}, ("name",), "must be text"),
        ({"name": ""}, ("name",), "must have at least 1 and at most 5 characters"),
        ({"name": "A"}, ("name",), "must be in small letters"),
        ({"kind": "odd"}, ("kind",), "must be one of plain, fancy"),
        ({"file": 5}, ("file",), "must be a path"),
        ({"points": []}, ("points",), "must have at least 1 points"),
        ({"points": 5}, ("points",), "must be a list"),
        ({"points": [{"x": 1}, {"x": 0}]}, ("points", "1", "x"), "above 0 and at most 1"),
        ({"points": [{"x": float("nan")}]}, ("points", "0", "x"), "must be a number"),
        ({"points": [{"x": 1, "y": 1}]}, ("points", "0"), "lies on the diagonal"),
        ({"points": [5]}, ("points", "0"), "must be a table"),
        ({"range": [1]}, ("range",), "must be a list of 2"),
        ({"keys": 1}, ("keys",), "must be a list"),
        ({"keys": [1]}, ("keys", "0"), "must be text"),
        ({"inks": []}, ("inks",), "must be a table"),
        ({"inks": {"red": {"x": "no"}}}, ("inks", "red", "x"), "must be a number"),
        ([], (), "must be a table"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(
    table: Any, path: tuple[str, ...], says: str
) -> None:
    with pytest.raises(TableError, match=says) as error:
        read(Drawing, table)
    assert (error.value.fault, error.value.path) == (Fault.VALUE, path)


def test_unknown_and_missing_keys_are_told_apart() -> None:
    for table, fault, path in (
        ({"colour": 1}, Fault.UNKNOWN, ("colour",)),
        ({"inks": {"red": {"x": 1, "z": 1}}}, Fault.UNKNOWN, ("inks", "red", "z")),
        ({"inks": {"red": {}}}, Fault.MISSING, ("inks", "red", "x")),
    ):
        with pytest.raises(TableError) as error:
            read(Drawing, table)
        assert (error.value.fault, error.value.path) == (fault, path)
