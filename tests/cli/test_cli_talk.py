"""What a command says besides its data: counts, faults, and commands that work as written."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.llm_server import LLMServer
from helpers.projects import Command, write_jsonl

import catreview as package
from catreview.cli.output import table
from catreview.jobs.llm.voters import configured_voter
from catreview.jobs.project import Project, open_project
from catreview.wording import counted

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def one(folder: Path, tmp_path: Path, catreview: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a single message, in which the commands are typed."""
    monkeypatch.chdir(folder)
    assert catreview("import", write_jsonl(tmp_path / "m.jsonl", [{"text": "zq xk"}])).code == 0
    return folder


@pytest.fixture
def custom(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server at which nobody listens."""
    monkeypatch.setenv("CATREVIEW_LLM__PROVIDER", "custom")
    monkeypatch.setenv("CATREVIEW_LLM__BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("CATREVIEW_LLM__MODEL", "m")
    monkeypatch.setenv("CATREVIEW_LLM__RPM", "100000")
    monkeypatch.setenv("CATREVIEW_LLM__MAX_ATTEMPTS", "1")


def test_the_version_is_told_without_an_installation(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "catreview", "--version"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == f"catreview, version {package.__version__}\n"


def test_one_of_a_kind_is_singular() -> None:
    assert [counted(n, "LLM request") for n in (0, 1, 2, 1000)] == [
        "0 LLM requests", "1 LLM request", "2 LLM requests", "1,000 LLM requests"
    ]  # fmt: skip


EVERYTHING = [
    "lf run", "status", "label --dry-run", "label --max-requests 1", "prepare", "status",
    "lf stats", "lf race", "agree", "forecast", "doctor", "export -o x",
]  # fmt: skip


def test_a_single_message_is_no_plural_anywhere(
    one: Path, catreview: Command, custom: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    with LLMServer() as server:
        monkeypatch.setenv("CATREVIEW_LLM__BASE_URL", server.base_url)
        for command in EVERYTHING:
            ran = catreview(*command.split())
            told += [*ran.out.splitlines(), *ran.err.splitlines()]
    wrong = [line for line in told if " 1 " in f" {line}" and _plural(line)]
    assert wrong == []
    assert any("1 example in 1 request" in line or "in 1 request of 1" in line for line in told)


def _plural(line: str) -> bool:
    words = f" {line}".replace(",", " ").replace(".", " ").split()
    nouns = ("requests", "messages", "examples", "votes", "labels", "functions")
    return any(n == "1" and noun in nouns for n, noun in pairwise(words))


@pytest.mark.parametrize(
    ("option", "fault"),
    [
        (("label", "--batch-size", "0"), "--batch-size: llm.batch_size"),
        (("label", "--provider", "nobody"), "--provider: llm.provider"),
        (("pilot", "--rpm", "0"), "--rpm: llm.rpm"),
    ],
)
def test_an_option_out_of_range_is_named_and_not_the_file(
    folder: Path, catreview: Command, option: tuple[str, ...], fault: str
) -> None:
    ran = catreview(*option, "--project", folder)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {fault}: ")


def test_a_bad_variable_is_named_where_an_option_is_good(
    folder: Path, catreview: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATREVIEW_LLM__RPM", "0")
    ran = catreview("label", "--batch-size", "5", "--project", folder)
    assert ran.err.startswith("error: CATREVIEW_LLM__RPM: llm.rpm: ")


def test_the_next_step_works_as_written_from_where_one_stands(
    one: Path, catreview: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = catreview("lf", "run").err
    monkeypatch.chdir(tmp_path)
    there = catreview("lf", "run", "--project", one).err
    assert "Next: catreview review --queue gold   (" in here
    assert f"Next: catreview review --project {one} --queue gold   (" in there
    steps = catreview("status", "--project", one).out.partition("Next:\n")[2].splitlines()
    assert f"  catreview review --project {one} --queue gold" in steps
    typed = there.partition("Next: catreview ")[2].partition("   (")[0]
    assert "needs a terminal" in catreview(*shlex.split(typed)).err
    monkeypatch.setenv("CATREVIEW_PROJECT", str(one))
    assert catreview("lf", "run").err == here


def test_what_a_function_command_tells_to_do_next_works_as_written(
    one: Path, catreview: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    at = ("--project", str(one))
    assert catreview("lf", "run", *at).code == 0
    told = [
        catreview("lf", "try", "zq", "request", "--save", *at).err,
        catreview("lf", "new", "knows_rain", "request", *at).err,
        catreview("lf", "switch", "wants", *at).err,
    ]
    commands = [
        shlex.split(line.partition("catreview ")[2])
        for line in "\n".join(told).splitlines()
        if "catreview " in line.replace(str(one), "")
    ]
    assert len(commands) == 4
    # Last to first: what takes the function back comes before what lets it vote.
    for command in reversed(commands):
        assert catreview(*command).code == 0, command


def test_a_job_that_ends_early_says_why_and_last_how_to_go_on(
    one: Path, catreview: Command, custom: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    catreview("lf", "run")
    monkeypatch.setattr("sys.argv", ["catreview", "label", "--max-examples", "5"])
    ran = catreview("label", "--max-examples", "5")
    assert ran.code == 3
    *_, error, hint, stored, again = ran.err.splitlines()
    assert error.startswith("error: Cannot reach http://127.0.0.1:9/v1")
    assert hint.startswith("hint: ")
    assert stored == "0 labelled so far; all of it is stored."
    assert again == "Go on with: catreview label --max-examples 5"


def test_what_label_announces_fits_a_terminal_of_eighty_columns(
    one: Path, catreview: Command, custom: None
) -> None:
    catreview("lf", "run")
    lines = catreview("label", "--model", "gpt-oss-120b").err.splitlines()
    assert any(line.startswith("warning: gpt-oss-120b has not been tried") for line in lines)
    assert any(line.startswith("Sending 1 in 1 request of 1:") for line in lines)
    told = [line for line in lines if not line.startswith(("hint:", "error:", "Go on with:"))]
    assert max(map(len, told)) <= 80


def test_a_plan_needs_no_key_and_asking_does(one: Path, catreview: Command) -> None:
    catreview("lf", "run")
    plan = catreview("label", "--dry-run", "--json")
    assert plan.code == 0
    assert (plan.json()["model"], plan.json()["examples"]) == ("gpt-oss-120b", 1)
    for command in ("label", "pilot"):
        ran = catreview(command)
        assert ran.code == 2
        assert "CEREBRAS_API_KEY is not set" in ran.err


def test_a_batch_under_way_is_told_to_who_labels_without_it(
    one: Path, catreview: Command, custom: None
) -> None:
    catreview("lf", "run")
    none = catreview("label", "--cancel-batch")
    assert none.code == 2
    assert "No batch of m is under way" in none.err
    with open_project(one) as project:
        source = configured_voter(project).source.id
        with project.store.transaction():
            project.store.leases.claim(source, [1], "batch:0:t", most=1, seconds=60)
            project.store.batches.create(source, "t", "gone", [[1]])
    ran = catreview("label")
    assert ran.code == 0
    assert "warning: a batch is under way" in ran.err
    assert "hint: catreview label --batch-api fetches them" in ran.err
    assert "1 were left to another job or batch that has them." in ran.err


def test_where_there_is_nothing_no_empty_table_is_shown(
    folder: Path, catreview: Command, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert catreview("agree").out == "No source has voted yet: catreview lf run\n"
    ran = catreview("queue", "value")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("Nothing to review in the queue value.\nNext: catreview import FILE")


def test_categories_of_ones_own_without_a_function_lead_to_writing_one(
    one: Path, catreview: Command
) -> None:
    config = one / "catreview.toml"
    own = "".join(f'[[category]]\nname = "{n}"\ndefinition = "x"\n' for n in ("rain", "sun"))
    config.write_text(config.read_text("utf-8") + own, "utf-8")
    assert "catreview lf try WORDS CATEGORY" in catreview("lf", "list").err
    ran = catreview("lf", "run")
    assert "Next: catreview lf try WORDS CATEGORY --save   (no labelling function" in ran.err
    ran = catreview("train")
    assert "hint: What to do first: catreview status" in ran.err
    steps = catreview("status").out.partition("Next:")[2]
    assert steps.lstrip().startswith("catreview lf try WORDS CATEGORY --save")
    assert "catreview train" not in steps


def test_built_in_functions_without_their_category_are_listed_as_such(
    one: Path, catreview: Command
) -> None:
    config = one / "catreview.toml"
    own = "".join(f'[[category]]\nname = "{n}"\ndefinition = "x"\n' for n in ("question", "rest"))
    config.write_text(config.read_text("utf-8") + own, "utf-8")
    voting, _, idle = catreview("lf", "list").out.partition("\n\n")
    assert "asks_wh" in voting
    assert "says_goodbye" not in voting
    assert idle.startswith("24 built-in functions do not vote: the project has no such category\n")
    assert "\nclosing      says_goodbye, ends_on_goodbye, has_to_leave, wishes_well\n" in idle
    listed = catreview("lf", "list", "--json").json()
    assert len(listed["functions"]) == 5
    assert {f["category"] for f in listed["left_out"]} == {
        "closing", "acknowledge", "request", "emotion", "statement",
    }  # fmt: skip
    assert catreview("lf", "run").code == 0


def test_what_an_error_tells_to_do_works_as_written(
    one: Path, catreview: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = ("--project", one)
    assert "hint: Name them all: catreview lf list\n" in catreview("lf", "switch", "zq").err
    monkeypatch.chdir(one.parent)
    told = catreview("lf", "switch", "zq", *at).err
    assert f"hint: Name them all: catreview lf list --project {one}\n" in told
    assert f"catreview train --project {one}\n" in catreview("predict", "-", *at).err


def test_no_table_is_wider_than_eighty_columns_however_many_cells_it_has() -> None:
    names = [f"category_number_{i}" for i in range(9)]
    shown = table(["source", *names, "why"], [["svm", *range(9), "some words " * 12]])
    assert max(map(len, shown.splitlines())) <= 80
    assert " ".join(shown.split()).count("some words") == 12
    blocks = shown.split("\n\n")
    assert all(block.startswith("source") and "\nsvm" in block for block in blocks)
    assert [name for name in names if name in shown] == names


def test_the_demonstration_without_a_terminal_names_the_way_without_the_app(
    catreview: Command, tmp_path: Path
) -> None:
    ran = catreview("demo", tmp_path / "demo")
    assert ran.code == 2
    assert "catreview demo --headless" in ran.err
    assert not (tmp_path / "demo").exists()


def test_an_export_that_cannot_be_written_says_so_in_plain_words(
    one: Path, catreview: Command, tmp_path: Path
) -> None:
    target = tmp_path / "nowhere" / "x.csv"
    ran = catreview("export", "-o", target)
    assert (ran.code, ran.out) == (2, "")
    assert f"error: {target} cannot be written: No such file or directory.\n" in ran.err


def test_lines_that_cannot_be_read_are_named_with_a_remedy_and_an_exit_code(
    one: Path, catreview: Command, tmp_path: Path
) -> None:
    latin = tmp_path / "latin.csv"
    latin.write_bytes("text\nCafé?\nok\n".encode("latin-1"))
    ran = catreview("import", latin)
    assert ran.code == 1
    assert "1 new, 0 known" in ran.err
    assert "left out: 1 not UTF-8: line 2 (convert it: iconv -f CP1252 -t UTF-8 " in ran.err
    # To convert the whole of this one would spoil the good lines.
    mixed = tmp_path / "mixed.csv"
    mixed.write_bytes("text\nThé\n".encode() + "Café!\n".encode("latin-1"))
    ran = catreview("import", mixed)
    assert "line 3 (the rest is UTF-8: convert these lines alone, and import again)" in ran.err
    broken = tmp_path / "m.jsonl"
    broken.write_text('{"text": "fine"}\n{"text": \n')
    assert catreview("import", broken).code == 1
    usual = [{"text": "one"}, {"text": "one"}, {"text": ""}, {"text": "x", "label": "misc"}]
    ran = catreview("import", write_jsonl(tmp_path / "usual.jsonl", usual))
    assert ran.code == 0
    assert "left out: 1 the same message again: line 2 (first: it has no id" in ran.err


def test_a_check_names_the_one_line_that_is_no_case(
    one: Path, catreview: Command, tmp_path: Path
) -> None:
    rows = [{"text": "what is it?", "label": "question"}, {"text": "hm", "label": "nonsense"}]
    ran = catreview("check", write_jsonl(tmp_path / "cases.jsonl", rows))
    assert ran.code == 2
    assert "line 2 has no text with a label that is a category." in ran.err


def test_statistics_without_any_function_name_the_command_that_writes_one(
    folder: Path, catreview: Command
) -> None:
    stats = ("lf", "stats", "--project", folder)
    assert "No function has voted yet: catreview lf run" in catreview(*stats).err
    names = "".join(f'[[category]]\nname = "{n}"\ndefinition = "d"\n' for n in ("praise", "chat"))
    (folder / "catreview.toml").write_text(names)
    assert "No function knows a category: catreview lf try" in catreview(*stats).err
