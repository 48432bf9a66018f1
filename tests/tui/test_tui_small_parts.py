"""The small parts of the screen: text, numbers, colours, keys."""

from __future__ import annotations

from textwrap import TextWrapper

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from catreview.jobs.overview import Pilot, PilotScore
from catreview.jobs.review.lookups import MOST
from catreview.jobs.status import ModelScore, Status
from catreview.schema import DEFAULT_SCHEMA
from catreview.settings import Settings
from catreview.tui.inert import LONGEST, fit, inert, one_line, one_name
from catreview.tui.jobs import Ended, JobName
from catreview.tui.keymap import Keymap
from catreview.tui.keys import COMMANDS, key_name, keyboard
from catreview.tui.news import news_of
from catreview.tui.review.empty import how_many_found
from catreview.tui.review.held import HeldKeys, Press
from catreview.tui.theme import ON_DARK, ON_LIGHT, THEMES, variables
from catreview.tui.widgets import conversation
from catreview.tui.widgets.pilot import advice, named_as
from catreview.tui.widgets.strip import StatusStrip, duration, idle, model, sparkline
from catreview.tui.widgets.votes import bar, number


@given(st.text())
def test_no_text_keeps_a_character_that_steers_a_terminal(text: str) -> None:
    shown = inert(text)
    assert not any(ord(c) < 0x20 and c != "\n" for c in shown)
    assert not any(0x7F <= ord(c) <= 0x9F for c in shown)


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_one_line_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    assert cell_len(one_line(text, width)) == width
    assert "\n" not in one_line(text, width)


@given(st.text(), st.text(), st.integers(min_value=4, max_value=60))
def test_a_name_is_exactly_as_wide_as_asked(name: str, mark: str, width: int) -> None:
    shown = one_name(f"{name} ({mark})", width)
    assert cell_len(shown) == width
    assert "\n" not in shown


def test_what_a_new_function_did_is_told_in_singular_and_plural() -> None:
    changes = [{"from": None, "to": "emotion", "n": 1}]
    result = {"only": "glad", "votes": 2, "labels_changed": 1, "changes": changes}
    told = news_of(Ended(JobName.VOTE, 0, stopped=False, result=result), Keymap(DEFAULT_SCHEMA, {}))
    assert told.text == "glad gave 2 votes; 1 label changed: none \u2192 emotion 1."


def test_where_more_is_found_than_opens_it_is_said() -> None:
    keys = Keymap(DEFAULT_SCHEMA, {})
    assert how_many_found(4_999, keys) == "4,999 found; esc goes back."
    assert how_many_found(MOST, keys) == "The first 5,000 found; esc goes back."


def test_what_tells_a_name_from_its_namesakes_is_cut_last() -> None:
    assert one_name("gpt-oss-120b", 8) == "gpt-oss…"
    assert one_name("gpt-oss-120b (mine)", 20) == "gpt-oss-120b (mine) "
    assert one_name("gpt-oss-120b (mine)", 14) == "gpt-os… (mine)"
    assert one_name("gpt-oss-120b (classify-v1 3fa2)", 14) == "gpt… …v1 3fa2)"


@given(st.text("ab.- ", max_size=60), st.integers(min_value=8, max_value=20))
def test_a_message_is_wrapped_as_the_standard_library_wraps(line: str, width: int) -> None:
    wrapped = TextWrapper(width, break_on_hyphens=False).wrap(line)
    assert conversation._rows(line, width) == (wrapped or [""])


def test_line_breaks_stay_in_a_message_and_show_in_a_list() -> None:
    assert inert("a\r\nb\rc") == "a\nb\nc"
    assert one_line("a\nb", 8) == "a ⏎ b   "


def test_emoji_whose_width_terminals_disagree_about_are_taken_apart() -> None:
    assert inert("\U0001f468\u200d\U0001f467 \u2764\ufe0f \U0001f44d\U0001f3fd") == (
        "\U0001f468\U0001f467 \u2764 \U0001f44d"
    )
    assert inert("\u0915\u094d\u200d\u0937") == "\u0915\u094d\u200d\u0937"


def test_long_text_ends_in_an_ellipsis_or_in_a_count() -> None:
    assert fit("abcdef", 4) == "abc…"
    assert inert("x" * (LONGEST + 5)).endswith("… (5 more characters)")


@pytest.mark.parametrize(
    ("confidence", "shown"),
    [(0.934, ".93"), (1.0, "1.0"), (0.999, "1.0"), (0.0, ".00"), (None, "   ")],
)
def test_a_confidence_takes_three_cells(confidence: float | None, shown: str) -> None:
    assert number(confidence) == shown


@pytest.mark.parametrize("share", [None, 0.0, 0.1, 0.5, 0.93, 1.0, 1.4])
def test_a_bar_is_always_as_wide(share: float | None) -> None:
    assert sum(len(text) for text, _ in bar(share, 5, "$plain")) == 5


def test_a_sparkline_spans_from_the_lowest_to_the_highest() -> None:
    assert sparkline([0.5, 0.6, 0.7]) == "▁▅█"
    assert sparkline([0.5]) == ""
    assert sparkline([0.7, 0.7]) == "▄▄"


def test_only_scores_against_the_same_measure_are_drawn_in_a_line() -> None:
    def score(f1: float, against: str) -> ModelScore:
        return ModelScore("svm #1", f1, f1 - 0.1, f1 + 0.1, against, 771, 1_000, 0)

    pieces = model([score(0.7, "gold"), score(0.9, "labels"), score(0.6, "gold")], None)
    assert [piece.plain for _, piece in pieces] == ["svm #1", "F1 .700", "on 771 gold", "▁█"]


def test_without_gold_no_score_is_shown_beside_the_model() -> None:
    copies = ModelScore("svm #1", 0.93, 0.92, 0.94, "labels of held-out conversations", 9_000, 9, 0)
    assert [piece.plain for _, piece in model([copies], None)] == [
        "svm #1",
        "not measured on gold",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(40.0, "40 s"), (840.0, "14 min"), (10_800.0, "3 h")]
)
def test_a_duration_has_one_unit(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
                 for c in Color.parse(colour).normalized]  # fmt: skip
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_ink_that_carries_words_is_readable_on_the_ground(theme: Theme) -> None:
    ground = theme.background
    assert ground is not None
    inks = variables(theme)
    for name in ("bright", "plain", "muted", "focus", *(f"cat-{i}" for i in range(8))):
        assert contrast(ground, inks[name]) >= 4.5, name
    assert contrast(inks["band"], inks["focus"]) >= 4.5
    assert contrast(ground, inks["faint"]) >= 3
    for i in range(8):
        assert contrast(inks[f"cat-{i}"], inks["chip-ink"]) >= 4.5, i


@pytest.mark.parametrize(
    "theme",
    [t for t in BUILTIN_THEMES.values() if not t.name.startswith("ansi")],
    ids=lambda theme: theme.name,
)
def test_lines_and_bands_stand_out_in_every_theme_of_textual(theme: Theme) -> None:
    ground = theme.to_color_system().generate()["background"]
    inks = variables(theme)
    assert contrast(ground, inks["line"]) >= 1.3
    assert contrast(ground, inks["band"]) >= 1.08
    assert contrast(inks["band"], inks["bright"]) >= 7


def test_eight_categories_have_eight_colours() -> None:
    assert len(set(ON_DARK)) == len(set(ON_LIGHT)) == 8


def test_no_two_commands_share_a_key_and_every_category_has_its_own() -> None:
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(keys) == len(set(keys))
    table = keyboard(DEFAULT_SCHEMA)
    assert [table[str(i + 1)] for i in range(6)] == list(DEFAULT_SCHEMA.categories)


def test_nothing_is_bound_to_backspace_or_delete() -> None:
    table = keyboard(DEFAULT_SCHEMA)
    assert not {"backspace", "delete", "ctrl+h"} & set(table)


@pytest.mark.parametrize(
    ("key", "character", "name"),
    [
        ("slash", "/", "/"),
        ("space", " ", "space"),
        ("enter", "\r", "enter"),
        ("up", None, "up"),
        ("A", "A", "A"),
        ("backspace", "\x7f", "backspace"),
    ],
)
def test_a_key_is_called_by_its_character_where_it_shows_one(
    key: str, character: str | None, name: str
) -> None:
    assert key_name(key, character) == name


def test_a_repeat_is_told_from_a_press_and_reveals_the_one_before() -> None:
    times = iter([0.0, 0.5, 0.53, 0.56, 1.5, 1.52, 1.53])
    held = HeldKeys(lambda: next(times))
    presses = [held.press(key) for key in "1111113"]
    assert presses == [
        Press.FRESH, Press.FRESH, Press.REVEALED, Press.REPEAT, Press.FRESH, Press.REPEAT,
        Press.FRESH,
    ]  # fmt: skip


def test_nothing_is_said_of_models_before_the_project_was_counted() -> None:
    assert StatusStrip(Settings(), Keymap(DEFAULT_SCHEMA)).render().plain.strip() == ""


def test_where_all_but_gold_is_labelled_nothing_is_left_to_label() -> None:
    status = Status(
        examples=9, gold=4, reviewed=4, votes={}, labels={"llm": 5}, models=(), since_training=0
    )
    words = " ".join(piece.plain for _, piece in idle(status, replay=False))
    assert words.startswith("━━━━━━━━━━━━ 5 of 5 labelled")


def test_candidates_of_one_model_are_told_apart_by_what_differs() -> None:
    combinations = (("mine", 20), ("classify-v1", 5))
    rows = [PilotScore("big", p, size, 0.9, 0.8, 0.95, 200, True) for p, size in combinations]
    names = [named_as(row, Pilot(tuple(rows), "people", 200, 200, 0.8)) for row in rows]
    assert names == ["big mine by 20", "big classify-v1 by 5"]
    assert named_as(rows[0], Pilot((rows[0],), "people", 200, 200, 0.8)) == "big"


@pytest.mark.parametrize(
    ("chosen", "size", "words"),
    [
        ("", 20, "l lets big label"),
        ("small", 20, "l asks small, which did not pass. Set in the jobs' options: big."),
        ("", 5, "l asks big as it was not tried yet: catreview pilot tries it."),
    ],
    ids=["passed", "failed", "another batch size"],
)
def test_the_advice_after_a_pilot_is_about_the_model_that_labelling_would_ask(
    chosen: str, size: int, words: str
) -> None:
    rows = tuple(
        PilotScore(name, "classify-v1", 20, right, right, right, 200, right > 0.8)
        for name, right in (("big", 0.9), ("small", 0.7))
    )
    pilot = Pilot(rows, "people", 200, 200, 0.8, ("big", "classify-v1", size))
    assert words in advice(pilot, chosen, Keymap(DEFAULT_SCHEMA))


def test_after_a_pilot_that_passed_what_is_missing_to_go_on_is_found_by_doctor() -> None:
    rows = (PilotScore("big", "classify-v1", 20, 0.9, 0.9, 0.9, 200, True),)
    told = advice(Pilot(rows, "people", 200, 200, 0.8), "", Keymap(DEFAULT_SCHEMA))
    assert "catreview doctor" in told
