"""Plots drawn in characters."""

from __future__ import annotations

from catreview.tui.widgets.canvas import BAND, Canvas


def inks(canvas: Canvas) -> dict[str, set[str]]:
    """The styles that each character of a plot is drawn in."""
    found: dict[str, set[str]] = {}
    for line in canvas.lines("reviews"):
        for span in line.spans:
            for character in line.plain[span.start : span.end]:
                found.setdefault(character, set()).add(str(span.style))
    return found


def test_a_band_goes_on_under_the_line_the_level_and_the_marks_in_it() -> None:
    canvas = Canvas(60, 14, (0, 100), (0.0, 1.0))
    canvas.band([(50, 0.3, 0.7), (70, 0.3, 0.7), (100, 0.3, 0.7)], "$faint")
    canvas.level(0.6, "target", "$focus")
    canvas.line([(0, 0.5), (100, 0.5)], "$bright")
    canvas.mark(75, 0.5, "●", "bold $bright")
    drawn = inks(canvas)
    assert drawn[BAND] == {"$faint"}
    assert drawn["┄"] == {"$focus", "$focus on $faint 25%"}
    assert drawn["●"] == {"bold $bright on $faint 25%"}
    dots = [styles for sign, styles in drawn.items() if "\u2800" <= sign <= "\u28ff"]
    assert set().union(*dots) == {"$bright", "$bright on $faint 25%"}
