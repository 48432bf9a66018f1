"""The rules of the house that hold for every module."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "catreview").rglob("*.py"))
LONGEST_MODULE = 300
LONGEST_FUNCTION = 50


def test_imports_run_downwards_and_each_library_stays_in_its_layer() -> None:
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_fits_in_one_reading(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_function_is_one_thought(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = [
        f"{node.name} ({_length(node)})"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _length(node) > LONGEST_FUNCTION
    ]
    assert not long


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, without the docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (function.end_lineno or 0) - ((first.end_lineno or 0) if documented else first.lineno)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "catreview" / "store").glob("*.py")), ids=lambda p: p.name
)
def test_no_statement_numbers_its_parameters(path: Path) -> None:
    """Python 3.14 refuses `?1` with a sequence, 3.12 warns of it, and 3.11 says nothing."""
    assert not re.search(r"\?\d", path.read_text(encoding="utf-8"))


def test_reading_labels_and_reports_loads_no_screen(tmp_path: Path) -> None:
    """The static contracts don't see late imports: a run of the commands does."""
    code = (
        "import sys\nfrom catreview.cli import main\n"
        "for arguments in (['init', 'p'], ['lf', 'run', '--project', 'p'], ['status', '--project',"
        " 'p'], ['export', '--project', 'p'], ['lf', 'try', 'bye', 'closing', '--project', 'p']):\n"
        "    try:\n        main(arguments)\n    except SystemExit as end:\n"
        "        assert not end.code, arguments\n"
        "heavy = {'textual', 'sklearn', 'openai', 'pydantic'}\n"
        "assert not heavy & set(sys.modules), 'loaded too much'\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
