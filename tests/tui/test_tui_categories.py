"""Schemas unlike the one that comes with it: two, fifteen, or categories with wide names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project, init_project, open_project
from catreview.records import Example, Source, SourceKind
from catreview.tui.widgets.categories import CategoryBar
from catreview.tui.widgets.conversation import Talk
from catreview.tui.widgets.matrix import Matrix
from catreview.tui.widgets.scores import ScoreBars

FIFTEEN = [f"kind-{i:02}" for i in range(15)]
ANIMALS = [
    "ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay", "koala", "lion", "mole",
    "newt", "owl", "pike", "quail", "rat", "seal", "toad", "urial", "vole", "wasp", "yak", "zebu",
]  # fmt: skip
WIDE = ["\u79cd\u7c7b" + "\u591a" * (i % 4) + str(i) for i in range(8)]


@pytest.fixture
def with_categories(tmp_path: Path) -> Callable[[Sequence[str]], Project]:
    """Make a project with these categories, an LLM's votes and a measured model."""

    def made(names: Sequence[str]) -> Project:
        folder = tmp_path / "own"
        init_project(folder)
        config = "".join(f'[[category]]\nname = "{n}"\ndefinition = "about {n}"\n' for n in names)
        (folder / "catreview.toml").write_text(config)
        project = open_project(folder)
        store = project.store
        store.examples.add([Example(str(i), f"hello {i}") for i in range(30)])
        llm = store.votes.source(Source(SourceKind.LLM, "big"))
        numbers = store.examples.all_numbers().tolist()
        store.votes.put(llm.id, [(n, names[n % len(names)], 0.9) for n in numbers])
        rows = [[9 if i == j else 0 for j in range(len(names))] for i in range(len(names))]
        rows[0][1] = 7
        f1 = {"value": 0.7, "low": 0.65, "high": 0.75, "n": 300}
        run = store.runs.start("train", {})
        store.runs.finish(run, "done", {
            "model": "svm #1", "against": "gold", "macro_f1": f1,
            "trained_on": {"examples": 30, "by": {}},
            "confusion": {"categories": list(names), "rows": rows},
            "per_class": [
                {"category": name, "precision": 0.7, "recall": 0.7, "f1": 0.7, "low": 0.6,
                 "high": 0.8, "n": 9}
                for name in names
            ],
        })  # fmt: skip
        settle(project)
        return project

    return made


async def measured(opened: Any) -> Any:
    await opened.press("d")
    await opened.until(lambda: opened.app.screen.query(Matrix).first().report is not None)
    return opened.app.screen


async def test_fifteen_categories_and_their_mean_are_seen_at_once(
    with_categories: Any, review: Any
) -> None:
    with with_categories(FIFTEEN) as project:
        async with review(project) as opened:
            await measured(opened)
            bars = "\n".join(line[:60] for line in opened.lines)
            assert all(name in bars for name in FIFTEEN)
            assert "mean" in bars


async def test_the_matrix_follows_the_cursor_to_columns_that_do_not_fit(
    with_categories: Any, review: Any
) -> None:
    with with_categories(FIFTEEN) as project:
        async with review(project) as opened:
            screen = await measured(opened)
            assert "7 of 16 kind-00 called kind-01" in opened.text
            assert "[7]" in opened.text
            await opened.press(*["right"] * 20, *["down"] * 20)
            assert "9 of 9 kind-14 called kind-14" in opened.text
            assert "[9]" in opened.text
            await opened.press(*["left"] * 20, "up")
            row = next(i for i, line in enumerate(opened.lines) if "kind-13" in line[60:])
            assert "[·]" in opened.lines[row]
            await opened.pilot.click(Matrix, offset=(2 + 8 + 4 * 3, 2))
            assert screen.query_one(Matrix).cell[1] == 3


async def test_the_bars_of_a_small_window_are_reached_by_key(
    with_categories: Any, review: Any
) -> None:
    with with_categories(FIFTEEN) as project:
        async with review(project, size=(80, 24)) as opened:
            screen = await measured(opened)
            assert "mean" not in opened.text
            await opened.press("tab", "tab", "end")
            assert isinstance(screen.focused, ScoreBars)
            assert "mean" in opened.text


async def test_names_of_wide_letters_are_shown_whole_and_clicked_where_they_stand(
    with_categories: Any, review: Any
) -> None:
    with with_categories(WIDE) as project:
        async with review(project, queue="audit") as opened:
            bar = next(line for line in opened.lines if all(name in line for name in WIDE))
            assert bar.rstrip().endswith(WIDE[-1])
            await measured(opened)
            lines = [line for line in opened.lines if ".700" in line]
            assert all(name in "\n".join(lines) for name in WIDE)
            await opened.press("escape")
            await opened.pilot.click("#categories", offset=(4, 1))
            await opened.until(lambda: f"saved: {WIDE[0]}" in opened.text)


async def test_two_categories_are_enough(with_categories: Any, review: Any) -> None:
    with with_categories(["spam", "ham"]) as project:
        async with review(project, queue="audit") as opened:
            await opened.press("2")
            await opened.until(lambda: "saved: ham" in opened.text)
            await measured(opened)
            assert "7 of 16 spam called ham" in opened.text


async def test_functions_that_do_not_load_are_told_whole(with_categories: Any, review: Any) -> None:
    with with_categories(FIFTEEN) as project:
        project.functions_file.write_text(
            "from catreview.functions import labelling_function\n\n\n"
            '@labelling_function("request")\ndef asks(message):\n    return True\n'
        )
        async with review(project) as opened:
            await opened.press("d", "3")
            await opened.until(lambda: "is no category. Give it another one" in opened.text)
            assert "kind-14." in opened.text


async def test_many_categories_leave_room_for_the_message_and_the_one_given_shows(
    with_categories: Callable[[Sequence[str]], Project], review: Any
) -> None:
    names = [f"a-rather-long-category-name-{i}" for i in range(25)]
    with with_categories(names) as project:
        async with review(project, size=(80, 24), queue="audit") as opened:
            bar, talk = opened.app.review.query_one(CategoryBar), opened.app.review.query_one(Talk)
            assert bar.content_size.height == 6
            assert talk.content_size.height >= 6
            before = [line for line in opened.lines if names[0] in line or names[8] in line]
            assert "… 15 more: c finds them by name" in opened.text
            number = opened.desk.card.number
            await opened.press("c", *"17", "enter")
            assert project.store.reviews.decided()[number].category == names[17]
            opened.desk.find(number)
            opened.app.review._show()
            await opened.pilot.pause(1.0)  # the mark of what was saved is gone
            assert f"… 15 more: c finds them by name  ✓c {names[17]}" in opened.text
            assert set(before) <= set(opened.lines)


@pytest.mark.parametrize("count", [12, 25])
async def test_the_queue_tells_which_label_a_row_has_also_without_a_key(
    with_categories: Callable[[Sequence[str]], Project], review: Any, count: int
) -> None:
    with with_categories(ANIMALS[:count]) as project:
        keys = {category.name: category.key for category in project.schema.categories}
        async with review(project, queue="audit") as opened:
            for row in opened.desk.session.rows(0, 20):
                sign = keys[row.category] or row.category[:3]
                assert any(f"{sign:<3} {row.text} " in line[:24] for line in opened.lines)


async def test_the_matrix_names_columns_without_a_key_and_keeps_them_over_their_numbers(
    with_categories: Callable[[Sequence[str]], Project], review: Any
) -> None:
    with with_categories(ANIMALS) as project:
        async with review(project, size=(160, 45)) as opened:
            await measured(opened)
            await opened.press(*["right"] * 9, *["down"] * 10)
            matrix = opened.app.screen.query_one(Matrix)
            assert matrix.names == ("koala", "koala")
            head = next(line for line in opened.lines if "is" in line and "call" in line)
            row = next(line for line in opened.lines if "koa koala" in line)
            at = head.index("koa") + 2
            assert "[9]" in row[at - 2 : at + 2]
            lion = next(y for y, line in enumerate(opened.lines) if "lio lion" in line)
            await opened.pilot.click(matrix, offset=(at - matrix.region.x, lion - matrix.region.y))
            assert matrix.names == ("lion", "koala")
