"""Settings: who wins, and what a wrong one says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from catreview.errors import ConfigError, ProjectError
from catreview.jobs.project import find_project, init_project
from catreview.schema import Category, Schema
from catreview.settings import Settings, environment, load_settings


def write(folder: Path, text: str) -> Path:
    (folder / "catreview.toml").write_text(text)
    return folder


def test_the_commented_file_that_init_writes_means_the_defaults(folder: Path) -> None:
    assert load_settings(folder, {}) == Settings()


def test_every_commented_default_is_the_real_default(folder: Path) -> None:
    text = (folder / "catreview.toml").read_text()
    settings, own = text.split("# Your own categories")
    settings = re.sub(r"# \[prices\..*?\n\n", "", settings, flags=re.DOTALL)
    lines = [
        line.removeprefix("# ") if " = " in line.partition("#")[2].split("#")[0] else line
        for line in settings.splitlines()
    ]
    loaded = load_settings(write(folder, "\n".join(lines)), {})
    # Two defaults stand in the file as what they amount to.
    llm = replace(loaded.llm, model="", tpm=None)
    review = replace(loaded.review, theme="")
    assert replace(loaded, llm=llm, review=review) == Settings()
    assert loaded.llm.model == "gpt-oss-120b"
    assert own.count("[[category]]") == 1


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    folder = write(tmp_path, "[llm]\nmodel = 'file'\nrpm = 5\nrpd = 50\n")
    environ = {"CATREVIEW_LLM__MODEL": "variable", "CATREVIEW_LLM__RPM": "6"}
    settings = load_settings(folder, environ, {"llm": {"model": "flag", "rpm": None}})
    assert (settings.llm.model, settings.llm.rpm, settings.llm.rpd) == ("flag", 6, 50)


def test_the_process_wins_over_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CATREVIEW_LLM__MODEL=stored\nCATREVIEW_LLM__API_KEY=secret\n")
    environ = environment(tmp_path, {"CATREVIEW_LLM__MODEL": "exported"})
    settings = load_settings(tmp_path, environ)
    assert (settings.llm.model, settings.llm.api_key) == ("exported", "secret")
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[llm]\nrpm = 0\n", r"catreview\.toml:2: llm\.rpm"),
        ("[heuristic]\n[llm]\nmodle = 'x'\n", r"catreview\.toml:3: unknown setting llm\.modle"),
        ("[lmm]\n", r"catreview\.toml:1: unknown setting lmm"),
        ("[llm]\n[[categories]]\nname = 'a'\n", r"\.toml:2: unknown setting categories"),
        ("[llm\n", r"catreview\.toml: not valid TOML.*line 1"),
        ("[llm]\napi_key = 'x'\n", r"catreview\.toml:2: API keys"),
        ("[[category]]\nname = 'a'\ndefinition = 'x'\n", "at least 2"),
        (
            "[[category]]\nname = 'a'\ndefinition = 'x'\n"
            "[[category]]\nname = 'A'\ndefinition = 'y'\n",
            "share the name 'a'",
        ),
        (
            "[llm]\n[[category]]\nname = 'a'\ndefinition = 'x'\n[[category]]\nname = 'b'\n",
            r"catreview\.toml:5: category 2: definition is missing",
        ),
        (
            "[[category]]\nname = 'a'\ndefinition = 'x'\n[[category]]\nname = 5\n",
            r"catreview\.toml:5: category 2: name: ",
        ),
        ("llm = 5\n", r"catreview\.toml:1: llm: "),
        ("llm = 'x'\n", r"catreview\.toml:1: llm: "),
        ("[[llm]]\nrpm = 3\n", r"catreview\.toml:1: llm: "),
        ("[llm]\nreplay = 5\n", r"catreview\.toml:2: llm\.replay: "),
        ("[heuristic]\ndisputed = [0.7, 0.2]\n", r"toml:2: heuristic\.disputed: .*the smaller"),
        ("[heuristic]\ndisputed = [0.4, 1.2]\n", r"toml:2: heuristic\.disputed: .*in 0\.\.1"),
    ],
)
def test_a_wrong_setting_names_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load_settings(write(tmp_path, text), {})


def test_a_variable_for_what_is_no_table_in_the_file_leaves_the_error_to_the_file(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigError, match=r"catreview\.toml:1: llm: "):
        load_settings(write(tmp_path, "llm = 5\n"), {"CATREVIEW_LLM__RPM": "6"})


def test_the_mark_that_some_editors_put_at_the_start_of_a_file_is_passed_over(
    tmp_path: Path,
) -> None:
    mark = b"\xef\xbb\xbf"
    (tmp_path / "catreview.toml").write_bytes(mark + b"[llm]\nrpm = 7\n")
    (tmp_path / ".env").write_bytes(mark + b"CATREVIEW_LLM__MODEL=stored\n")
    settings = load_settings(tmp_path, environment(tmp_path, {}))
    assert (settings.llm.rpm, settings.llm.model) == (7, "stored")


def test_an_env_file_that_is_no_text_is_named_without_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"CEREBRAS_API_KEY=csk-secret\xff\n")
    with pytest.raises(ConfigError, match=r"\.env cannot be read") as error:
        environment(tmp_path, {})
    assert "secret" not in error.value.message + error.value.hint


def test_a_recording_stands_in_the_project_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, "[llm]\nreplay = 'votes.jsonl'\n")
    assert load_settings(folder, {}).llm.replay == tmp_path / "votes.jsonl"


def test_a_mistyped_key_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_settings(write(tmp_path, "[llm]\nmodle = 'x'\n"), {})
    assert error.value.hint == "Did you mean model?"


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"CATREVIEW_LLM__RPM: llm\.rpm"):
        load_settings(tmp_path, {"CATREVIEW_LLM__RPM": "many"})


def test_own_categories_come_in_their_order_with_their_keys(tmp_path: Path) -> None:
    text = (
        "[[category]]\nname = 'refund'\nkey = 'r'\ndefinition = 'money back'\n"
        "[[category]]\nname = 'other'\ndefinition = 'the rest'\n[synonyms]\n'money' = 'refund'\n"
    )
    schema = load_settings(write(tmp_path, text), {}).categories
    assert [(c.name, c.key) for c in schema.categories] == [("refund", "r"), ("other", "1")]
    assert schema.resolve("MONEY") == "refund"


def test_a_project_is_found_from_a_folder_inside_it(folder: Path) -> None:
    inside = folder / "a" / "b"
    inside.mkdir(parents=True)
    assert find_project(None, {}, inside) == folder
    assert find_project(None, {"CATREVIEW_PROJECT": str(folder)}, Path("/")) == folder


def test_no_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as error:
        find_project(tmp_path, {}, tmp_path)
    assert f"catreview init {tmp_path}" in error.value.hint


def test_init_changes_nothing_in_a_project(folder: Path) -> None:
    (folder / "catreview.toml").write_text("# mine\n")
    with pytest.raises(ProjectError, match="is a project already"):
        init_project(folder)
    assert (folder / "catreview.toml").read_text() == "# mine\n"


def test_words_name_a_category_whatever_parts_them_unless_two_are_spelled_so() -> None:
    how_to, hyphen = (
        Category(name="how_to", definition="d"),
        Category(name="how-to", definition="d"),
    )
    other = Category(name="other", definition="d")
    one = Schema(categories=(how_to, other), synonyms={"any thing": "other"})
    words = ("How-To", " how  to ", "howto", "how_to", "Any_thing")
    assert [one.resolve(word) for word in words] == ["how_to", "how_to", None, "how_to", "other"]
    two = Schema(categories=(how_to, hyphen))
    assert [two.resolve(word) for word in ("HOW-TO", "how_to", "how to")] == [
        "how-to",
        "how_to",
        None,
    ]
