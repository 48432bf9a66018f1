"""`catreview keys`: the map as a table and as JSON, and a conflict as an exit code."""

from __future__ import annotations

from pathlib import Path

from helpers.projects import Command

from catreview.settings import CONFIG


def configure(folder: Path, text: str) -> None:
    (folder / CONFIG).write_text(text, encoding="utf-8")


def test_it_lists_commands_and_categories_with_the_keys_in_force(
    catreview: Command, folder: Path
) -> None:
    configure(folder, '[keys]\naccept = ["enter", "x"]\nflag = []\ndashboard_sort = "S"\n')
    ran = catreview("keys", "--project", folder)
    assert ran.code == 0
    words = " ".join(ran.out.split())
    assert " accept enter x accept the proposed category " in words
    assert " flag none flag it for a second look, or take the flag away " in words
    assert " dashboard_sort S sort the functions by the next column " in words
    assert " request 3 " in words
    listed = catreview("keys", "--json", "--project", folder).json()
    keys = {command["name"]: command["keys"] for command in listed["commands"]}
    assert (keys["accept"], keys["flag"], keys["skip"]) == (["enter", "x"], [], ["space"])


def test_a_key_with_two_meanings_ends_it_naming_both(catreview: Command, folder: Path) -> None:
    configure(folder, '[keys]\naccept = "u"\n')
    ran = catreview("keys", "--project", folder)
    assert ran.code == 2
    assert "'accept'" in ran.err
    assert "'undo'" in ran.err
    assert "[keys] in catreview.toml" in ran.err


def test_keys_that_are_no_text_are_refused_with_their_line(
    catreview: Command, folder: Path
) -> None:
    configure(folder, "[keys]\nundo = 3\n")
    ran = catreview("keys", "--project", folder)
    assert ran.code == 2
    assert f"{CONFIG}:2" in ran.err
