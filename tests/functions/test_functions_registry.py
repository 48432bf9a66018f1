"""The decorator, the registry and the loader of a project's functions.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catreview.errors import FunctionsError
from catreview.functions import (
    Message,
    Registry,
    apply_functions,
    builtin_functions,
    labelling_function,
    load_functions,
    load_user_functions,
)
from catreview.records import Example
from catreview.schema import DEFAULT_SCHEMA

HEAD = "from catreview.functions import labelling_function\n\n"
ASKS = '''@labelling_function("request")
def asks_nicely(message):
    """'Please' or 'could you' anywhere.

    More about it.
    """
    return "please" in message.text.lower()
'''


def _write(folder: Path, source: str) -> Path:
    path = folder / "functions.py"
    path.write_text(source)
    return path


def _error(folder: Path, source: str) -> FunctionsError:
    with pytest.raises(FunctionsError) as caught:
        load_user_functions(_write(folder, source), DEFAULT_SCHEMA)
    return caught.value


def test_a_function_in_the_file_becomes_a_labelling_function(tmp_path: Path) -> None:
    [function] = load_user_functions(_write(tmp_path, HEAD + ASKS), DEFAULT_SCHEMA)
    assert (function.name, function.category) == ("asks_nicely", "request")
    assert function.doc == "'Please' or 'could you' anywhere."
    assert function.origin == "functions.py line 3"


def test_what_the_file_prints_does_not_mix_with_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (
        HEAD + 'print("loaded")\n' + ASKS.replace("    return", '    print("asked")\n    return')
    )
    [function] = load_user_functions(_write(tmp_path, source), DEFAULT_SCHEMA)
    apply_functions([function], [Example("x", "please")], DEFAULT_SCHEMA)
    assert capsys.readouterr() == ("", "loaded\nasked\n")


def test_a_marked_function_can_still_be_called() -> None:
    @labelling_function("request")
    def shouts(message: Message) -> bool:
        return message.text.isupper()

    assert shouts(Message(Example("x", "NOW"))) is True


def test_the_decorator_works_bare_and_with_empty_brackets() -> None:
    @labelling_function
    def first(message: Message) -> str:
        return "question"

    @labelling_function()
    def second(message: Message) -> str:
        return "question"

    assert (first.name, first.category) == ("first", None)
    assert (second.name, second.category) == ("second", None)


def test_only_a_plain_function_can_be_marked() -> None:
    with pytest.raises(FunctionsError, match="cannot be a labelling function"):
        labelling_function("request")(len)


def test_a_message_offers_the_fields_of_the_example_and_its_words() -> None:
    message = Message(Example("x", "Can U come?", "hi", "c1", 4, "Dana"))
    assert (message.text, message.previous, message.speaker) == ("Can U come?", "hi", "Dana")
    assert (message.conversation, message.turn) == ("c1", 4)
    assert message.words == ["can", "you", "come"]
    assert message.lower == "can u come?"


def test_loading_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(sys.modules)
    path = _write(tmp_path, HEAD + ASKS)
    load_user_functions(path, DEFAULT_SCHEMA)
    assert [f.name for f in load_user_functions(path, DEFAULT_SCHEMA)] == ["asks_nicely"]
    assert set(sys.modules) == before
    assert len(builtin_functions(DEFAULT_SCHEMA)) == 29


def test_functions_keep_the_order_of_the_file_after_the_built_in_ones(tmp_path: Path) -> None:
    source = HEAD + "".join(
        f"@labelling_function\ndef {name}(message):\n    return None\n\n" for name in ("zz", "aa")
    )
    registry = load_functions(_write(tmp_path, source), DEFAULT_SCHEMA)
    assert registry.names[29:] == ("zz", "aa")
    assert "zz" in registry
    assert registry["zz"].name == "zz"


def test_a_project_without_the_file_has_the_built_in_functions(tmp_path: Path) -> None:
    assert len(load_functions(tmp_path / "functions.py", DEFAULT_SCHEMA)) == 29


def test_a_name_of_a_built_in_function_is_refused_naming_both(tmp_path: Path) -> None:
    source = HEAD + "@labelling_function\ndef says_please(message):\n    return None\n"
    with pytest.raises(FunctionsError, match="says_please") as caught:
        load_functions(_write(tmp_path, source), DEFAULT_SCHEMA)
    assert "built in and functions.py line 3" in caught.value.message


def test_two_functions_of_one_name_are_refused_naming_both_lines(tmp_path: Path) -> None:
    error = _error(tmp_path, HEAD + ASKS + "\n\n" + ASKS)
    assert "'asks_nicely' twice: line 4 and line 13" in error.message


def test_two_functions_made_with_one_name_are_refused() -> None:
    def make() -> object:
        @labelling_function("request")
        def same(message: Message) -> bool:
            return True

        return same

    with pytest.raises(FunctionsError, match="two labelling functions are called 'same'"):
        Registry([make(), make()])  # type: ignore[list-item]  # both are functions


def test_a_second_name_for_the_same_function_is_no_second_function(tmp_path: Path) -> None:
    path = _write(tmp_path, HEAD + ASKS + "\nalso = asks_nicely\n")
    assert len(load_user_functions(path, DEFAULT_SCHEMA)) == 1


def test_an_unknown_category_is_refused_with_the_valid_ones(tmp_path: Path) -> None:
    error = _error(tmp_path, HEAD + ASKS.replace('"request"', '"reqest"'))
    assert "functions.py line 3" in error.message
    assert "'reqest'" in error.message
    assert "closing, acknowledge, request, question, emotion, statement" in error.hint


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    error = _error(tmp_path, HEAD + "def broken(:\n    pass\n")
    assert f"{tmp_path / 'functions.py'} line 3" in error.message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("import no_such_module_here", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("int('x')", "ValueError: invalid literal"),
        ("compile('(', 'other', 'exec')", "SyntaxError"),
        ("open('/no/such/file')", "FileNotFoundError"),
        ("labelling_function('request')(len)", "cannot be a labelling function"),
    ],
)
def test_an_error_while_the_file_runs_names_file_and_line(
    tmp_path: Path, line: str, says: str
) -> None:
    error = _error(tmp_path, HEAD + line + "\n")
    assert f"{tmp_path / 'functions.py'} line 3: " in error.message
    assert says in error.message


def test_a_file_that_is_no_text_or_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "functions.py").write_bytes(b"a = 1\x00\n")
    with pytest.raises(FunctionsError, match=r"functions\.py"):
        load_user_functions(tmp_path / "functions.py", DEFAULT_SCHEMA)
    with pytest.raises(FunctionsError, match="cannot read"):
        load_user_functions(tmp_path, DEFAULT_SCHEMA)


def test_dataclasses_may_be_defined_in_the_file(tmp_path: Path) -> None:
    source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        + HEAD
        + "@dataclass\nclass Cue:\n    word: str\n\n"
        + ASKS
    )
    assert len(load_user_functions(_write(tmp_path, source), DEFAULT_SCHEMA)) == 1


def _fingerprints(folder: Path, source: str) -> dict[str, str]:
    functions = load_user_functions(_write(folder, source), DEFAULT_SCHEMA)
    return {function.name: function.fingerprint for function in functions}


OTHER = "\n\n@labelling_function\ndef other(message):\n    return None\n"


def test_a_fingerprint_changes_with_the_code_of_its_function_alone(tmp_path: Path) -> None:
    before = _fingerprints(tmp_path, HEAD + ASKS + OTHER)
    after = _fingerprints(tmp_path, HEAD + ASKS.replace("please", "pls") + OTHER)
    assert before["asks_nicely"] != after["asks_nicely"]
    assert before["other"] == after["other"]


def test_a_fingerprint_changes_with_what_functions_share(tmp_path: Path) -> None:
    before = _fingerprints(tmp_path, HEAD + "WORDS = ['a']\n" + ASKS + OTHER)
    after = _fingerprints(tmp_path, HEAD + "WORDS = ['b']\n" + ASKS + OTHER)
    assert before["asks_nicely"] != after["asks_nicely"]
    assert before["other"] != after["other"]


def test_a_fingerprint_does_not_change_with_comments_or_place(tmp_path: Path) -> None:
    before = _fingerprints(tmp_path, HEAD + ASKS + OTHER)
    assert _fingerprints(tmp_path, HEAD + "# moved\n" + OTHER + "\n" + ASKS) == before


def test_a_fingerprint_changes_with_the_category(tmp_path: Path) -> None:
    before = _fingerprints(tmp_path, HEAD + ASKS)
    assert _fingerprints(tmp_path, HEAD + ASKS.replace('"request"', '"question"')) != before


def test_built_in_fingerprints_differ() -> None:
    assert len({f.fingerprint for f in builtin_functions(DEFAULT_SCHEMA)}) == 29
