"""What the review screen looks like, as text."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.review.reviewing import Pace
from catreview.records import Example, Source, SourceKind
from catreview.tui.app import ReviewApp
from catreview.tui.widgets.categories import CategoryBar
from catreview.tui.widgets.header import Header
from catreview.tui.widgets.votes import VotesPane

HOSTILE = (
    "[bold red]markup[/] [@click=app.quit]x[/]",
    "escape \x1b[31mred\x1b[0m \x1b]0;title\x07 bell",
    "line one\nline two\r\nline three\u2028line four",
    "right\u202eto left\u2066 zero\u200bwidth \ufeff tag\U000e0041",
    "null \x00 delete \x7f c1 \x9b31m",
    "$accent {x} %s \\[ unclosed [/] [",
    "y" * 5_000,
    "👩‍👩‍👧‍👦 漢字 " * 40,
)
BAR = ["1 closing", "2 acknowledge", "5 emotion", "6 statement"]


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36), (200, 50)])
async def test_the_screen_fits_every_size_and_keeps_message_votes_and_categories(
    project: Project, review: Any, size: tuple[int, int]
) -> None:
    async with review(project, size=size) as opened:
        text = opened.text
        assert len(opened.lines) == size[1]
        assert all(len(line) <= size[0] for line in opened.lines)
        for words in ("Votes", "together", "1 closing", "6 statement", "accept", "≠"):
            assert words in text
        assert ("Queue" in text) == (size[0] >= 100)
        assert opened.desk.card.example.text.split()[0] in text


async def test_a_window_too_small_says_so_and_comes_back(project: Project, review: Any) -> None:
    async with review(project, size=(50, 12)) as opened:
        assert "too small" in opened.text
        await opened.pilot.resize_terminal(100, 30)
        await opened.pilot.pause(0.2)
        assert "too small" not in opened.text
        assert "together" in opened.text


async def test_nothing_jumps_between_one_example_and_the_next(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        places = set()
        for _ in range(12):
            lines = opened.lines
            first = opened.desk.card.example.text[:9]
            message = next(i for i, x in enumerate(lines) if "▌" in x[25:] and first in x[25:])
            marks = [
                next(i for i, line in enumerate(lines) if all(word in line for word in words))
                for words in (["Votes"], ["language models"], ["▸ together"], BAR, ["⏎ accept"])
            ]
            columns = tuple(lines[marks[3]].index(word) for word in BAR)
            places.add((message, *marks, *columns))
            await opened.press("j")
        assert len(places) == 1


@pytest.mark.parametrize(("columns", "least"), [(80, 29), (120, 39), (160, 60), (200, 80)])
async def test_the_message_gets_the_most_room_and_its_speaker_no_more_than_the_name_takes(
    project: Project, review: Any, columns: int, least: int
) -> None:
    words = "word " * 200
    talk = [("Declan", "hi"), ("Muriel", words)]
    project.store.examples.add(
        [Example(f"new{i}", text, "", "new", i, who) for i, (who, text) in enumerate(talk)]
    )
    async with review(project, size=(columns, 36)) as opened:
        opened.desk.find(project.store.examples.numbers(["new1"])["new1"])
        opened.app.review._show()
        await opened.pilot.pause()
        line = next(line for line in opened.lines if "▌ Muriel  word" in line)
        said = re.findall(r"Muriel  ((?:word ?)+)", line)[0]
        assert len(said.rstrip()) + len("word") >= least


async def test_votes_that_disagree_are_marked_and_the_sum_is_explained(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        together = opened.desk.proposal
        for vote in opened.desk.card.votes:
            line = next(
                x[75:] for x in opened.lines if vote.source[:10] in x[75:] and vote.category in x
            )
            assert ("≠" in line) == (vote.category != together)
        assert "abstain" in opened.text
        assert "LLM, outranks the heuristic" in opened.text


async def test_the_proposal_and_the_own_decision_are_marked_by_shape(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        proposed = opened.desk.proposal
        bar = opened.app.screen.query_one(CategoryBar)
        assert f"▸{project.schema.index[proposed] + 1} {proposed}" in bar.render().plain
        await opened.press("1", "k")
        bar.flash(None)
        assert "✓1 closing" in bar.render().plain


async def test_votes_of_another_process_appear_without_moving_anything(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        number = opened.desk.card.number
        before = [i for i, line in enumerate(opened.lines) if "together" in line]
        with open_project(project.folder) as other:
            source = other.store.votes.source(Source(SourceKind.LLM, "latecomer"))
            other.store.votes.put(source.id, [(number, "closing", 0.5)])
        await opened.until(lambda: "latecomer" in opened.text)
        assert [i for i, line in enumerate(opened.lines) if "together" in line] == before
        assert opened.desk.card.number == number


async def test_the_header_shows_the_agreement_with_the_llm_once_there_is_enough(
    project: Project, review: Any
) -> None:
    async with review(project, size=(120, 36)) as opened:
        for _ in range(19):
            await opened.press("1")
        assert "κ" not in opened.lines[0]
        await opened.press("2")
        await opened.until(lambda: "LLM κ" in opened.lines[0])


async def test_a_replay_says_that_it_is_one(project: Project, review: Any) -> None:
    async with review(project) as opened:
        assert "replay of recorded votes" in opened.text


async def test_a_new_project_teaches_the_next_steps(tmp_path: Path, review: Any) -> None:
    init_project(tmp_path / "new")
    with open_project(tmp_path / "new") as project:
        async with review(project) as opened:
            await opened.until(lambda: "Nothing imported yet." in opened.text)
            assert "catreview import FILE" in opened.text
            await opened.press("3", "enter", "space", "u", "f", "n", "j", "k", "g")
            assert project.store.reviews.decided() == {}


async def test_a_project_without_votes_teaches_to_get_some(tmp_path: Path, review: Any) -> None:
    init_project(tmp_path / "new")
    with open_project(tmp_path / "new") as project:
        project.store.examples.add([Example("1", "hello")])
        async with review(project) as opened:
            await opened.until(lambda: "No source has voted yet." in opened.text)
            assert "catreview lf run" in opened.text


async def test_a_finished_queue_names_the_next_and_one_can_go_back(
    project: Project, review: Any
) -> None:
    async with review(project) as opened:
        while opened.desk.card is not None:
            opened.desk.decide(opened.desk.card, "statement")
        last = len(opened.desk.session) - 1
        opened.app.review._show()
        await opened.pilot.pause()
        assert "No disagreements left." in opened.text
        assert "open the ambiguous queue" in opened.text
        await opened.press("k")
        assert opened.desk.place == last


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_hostile_messages_are_shown_inert(
    tmp_path: Path, review: Any, size: tuple[int, int]
) -> None:
    init_project(tmp_path / "hostile")
    with open_project(tmp_path / "hostile") as project:
        project.store.examples.add(
            [
                Example(f"[id]{i}\x1b", text, conversation=f"c[/]{i // 4}\x1b[2J", turn=i % 4,
                        speaker="[red]\x1b[31m")
                for i, text in enumerate(HOSTILE)
            ]
        )  # fmt: skip
        for name in ("[b]one", "two\x1b[5m"):
            source = project.store.votes.source(Source(SourceKind.LLM, name))
            votes = [(n, "closing" if name == "[b]one" else "request", 0.5) for n in range(1, 9)]
            project.store.votes.put(source.id, votes)
        async with review(project, size=size) as opened:
            assert len(opened.desk.session) == len(HOSTILE)
            shown = ""
            for _ in HOSTILE:
                shown += opened.text + "\n"
                opened.desk.note(opened.desk.card, "[/] \x1b[2J")
                await opened.press("f", "j")
            bad = {c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"}
            assert bad == set()
            assert not set("\u202e\u2066\u200b\ufeff\u2028") & set(shown)
            assert "[bold" in shown
            assert "␛" in shown
            votes = opened.app.screen.query_one(VotesPane)
            assert votes.region.right <= size[0]


async def test_without_colour_every_state_is_still_written(
    project: Project, review: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with review(project) as opened:
        assert opened.app.no_color
        await opened.press("3", "space")
        for sign in ("✓", "·", "▸", "≠", "▌", "▸ together"):
            assert sign in opened.text


async def test_a_theme_put_on_while_lines_are_painted_leaves_none_in_the_old_one(
    project: Project,
) -> None:
    app = ReviewApp(project, reviewer="rita")
    async with app.run_test(size=(200, 50)) as pilot:
        app.theme = "catreview-light"
        await pilot.pause(0.5)
        strips = app.screen._compositor.render_strips()
        behind = {s.style.bgcolor for strip in strips for s in strip if s.style}
        dark = {colour for colour in behind if colour and sum(colour.triplet) < 150}
        assert not dark


@pytest.mark.parametrize("size", [(80, 24), (80, 40), (120, 24), (120, 36), (200, 50)])
async def test_the_categories_stand_over_the_words_below_them(
    project: Project, review: Any, size: tuple[int, int]
) -> None:
    async with review(project, size=size) as opened:
        for keys, words in (("", "Press the key of"), ("g", "best looked at")):
            await opened.press(*keys)
            await opened.until(lambda words=words: words in opened.text)
            (bar,) = [line for line in opened.lines if "1 closing" in line and "2 ack" in line]
            below = opened.lines[opened.lines.index(bar) + 1]
            indents = [len(line) - len(line.lstrip()) for line in (bar, below)]
            assert indents[0] == indents[1]


async def test_the_header_of_a_narrow_screen_leaves_out_what_does_not_fit(
    project: Project, review: Any
) -> None:
    async with review(project, size=(80, 24)) as opened:
        header = opened.app.screen.query_one(Header)
        header.show("disagreement", Pace(151, 290, 270, 7.0, 0.76))
        await opened.pilot.pause()
        assert opened.lines[0].rstrip().endswith("270 today  κ 0.76")
        assert "disagreement" in opened.lines[0]
        header.show("find: label:request conf:<0.6 coffee and cake", Pace(3, 3, 3, 7.0, None))
        await opened.pilot.pause()
        assert opened.lines[0].rstrip().endswith("… 3 of 3    7 s each    3 today")
        header.show("disagreement", Pace(151, 290, 270, 7.0, 0.76))
        await opened.pilot.resize_terminal(70, 24)
        await opened.until(lambda: opened.lines[0].rstrip().endswith("270 today"))


async def test_every_theme_can_be_worn(project: Project, review: Any) -> None:
    async with review(project) as opened:
        for theme in ("catreview-light", "nord", "textual-light", "catreview-dark"):
            opened.app.theme = theme
            await opened.press("3")
            assert "saved: request" in opened.text


async def test_more_than_ten_categories_wrap_and_those_without_a_key_are_shown(
    tmp_path: Path, review: Any
) -> None:
    init_project(tmp_path / "many")
    config = "".join(f'[[category]]\nname = "category-{i}"\ndefinition = "x"\n' for i in range(14))
    (tmp_path / "many" / "catreview.toml").write_text(config)
    with open_project(tmp_path / "many") as project:
        project.store.examples.add([Example("1", "hello")])
        async with review(project, size=(80, 24)) as opened:
            assert "0 category-9" in opened.text
            assert "c category-13" in opened.text
