"""The labelling functions of a project: the built-in ones and those of its `functions.py`."""

from __future__ import annotations

import ast
import hashlib
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from catreview.errors import FunctionsError
from catreview.functions.builtin import RULES
from catreview.functions.function import Function, PythonFunction, Rule
from catreview.schema import Schema

_MODULE = "catreview_user_functions"


class Registry:
    """Labelling functions in order, each name once."""

    def __init__(self, functions: Iterable[Function] = ()) -> None:
        self._functions: dict[str, Function] = {}
        for function in functions:
            self.add(function)

    def add(self, function: Function) -> None:
        """Append a function; FunctionsError if its name is taken."""
        other = self._functions.get(function.name)
        if other is not None:
            raise FunctionsError(
                f"two labelling functions are called {function.name!r}:"
                f" {other.origin} and {function.origin}",
                "Rename one of them.",
            )
        self._functions[function.name] = function

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order: the columns of a vote matrix."""
        return tuple(self._functions)

    def __getitem__(self, name: str) -> Function:
        return self._functions[name]

    def __contains__(self, name: object) -> bool:
        return name in self._functions

    def __iter__(self) -> Iterator[Function]:
        return iter(self._functions.values())

    def __len__(self) -> int:
        return len(self._functions)


def builtin_functions(schema: Schema) -> list[Rule]:
    """List the built-in functions whose category the schema has."""
    return [rule for rule in RULES if rule.category in schema.index]


def left_out(schema: Schema) -> list[Rule]:
    """List the built-in functions that cannot vote: the schema lacks their category."""
    return [rule for rule in RULES if rule.category not in schema.index]


def load_functions(path: Path, schema: Schema) -> Registry:
    """Collect the built-in functions and those in the file at `path`, if there is one.

    FunctionsError as in `load_user_functions`, and when two functions share a name.
    """
    user = load_user_functions(path, schema) if path.exists() else []
    return Registry([*builtin_functions(schema), *user])


def load_user_functions(path: Path, schema: Schema) -> list[PythonFunction | Rule]:
    """Load the labelling functions in the Python file at `path`, in the order they stand there.

    Runs the file. FunctionsError, naming file and line, when it cannot be read or run, when it
    defines a function twice, or when a function is for a category that the schema lacks.
    """
    try:
        source = path.read_bytes()
        tree = ast.parse(source, filename=str(path))
        _refuse_doubles(tree, path)
        module = _run(compile(source, str(path), "exec"), path)
    except OSError as error:
        raise FunctionsError(f"cannot read {path}: {error.strerror or error}") from error
    except SyntaxError as error:
        raise FunctionsError(
            f"{path} line {error.lineno}: {error.msg}", "Mend the line and run again."
        ) from error
    except ValueError as error:  # null bytes
        raise FunctionsError(f"{path} is no Python file: {error}") from error
    found = {id(v): v for v in vars(module).values() if isinstance(v, PythonFunction | Rule)}
    functions = [_checked(f, schema) for f in found.values()]
    shared = _shared_source(tree, {f.name for f in functions})
    return [
        # The conditions of a rule say all of what it looks for, whatever else is in the file.
        f if isinstance(f, Rule) else replace(f, fingerprint=_fingerprint(f, tree, shared))
        for f in functions
    ]


def _refuse_doubles(tree: ast.Module, path: Path) -> None:
    """Raise where a second definition would replace the first without a word."""
    first: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            if node.name in first:
                raise FunctionsError(
                    f"{path} defines {node.name!r} twice: line {first[node.name]}"
                    f" and line {node.lineno}",
                    "Rename one of them.",
                )
            first[node.name] = node.lineno


def _run(code: CodeType, path: Path) -> ModuleType:
    module = ModuleType(_MODULE)
    module.__file__ = str(path)
    vars(module)["print"] = _print_aside
    # Dataclasses look their module up by name while the file runs; afterwards nothing may stay.
    sys.modules[_MODULE] = module
    try:
        exec(code, vars(module))  # noqa: S102 - the user's own file, run at the user's request
    except FunctionsError as error:
        raise FunctionsError(f"{path} line {_line(error, path)}: {error}", error.hint) from error
    except (Exception, SystemExit) as error:
        raise FunctionsError(
            f"{path} line {_line(error, path)}: {type(error).__name__}: {error}",
            "The file must run by itself: `python functions.py` shows the whole error.",
        ) from error
    finally:
        sys.modules.pop(_MODULE, None)  # another thread that loads may have been first
    return module


def _print_aside(*values: object, **how: Any) -> None:
    """`print` for the user's file: standard output may be read by a program."""
    print(*values, **{"file": sys.stderr, **how})  # noqa: T201 - the user's words, not ours


def _line(error: BaseException, path: Path) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 0 for f in reversed(frames) if f.filename == str(path)), 0)


def _checked(function: PythonFunction | Rule, schema: Schema) -> PythonFunction | Rule:
    if function.category is not None and function.category not in schema.index:
        raise FunctionsError(
            f"{function.origin}: {function.name!r} is for"
            f" {function.category!r}, which is no category",
            f"Give it another one, or delete it. The categories are: {', '.join(schema.names)}.",
        )
    return function


def _shared_source(tree: ast.Module, names: set[str]) -> str:
    """Return the file without its labelling functions: what all of them may use.

    What it imports from catreview.functions is ours: another name there changes no function.
    """
    rest = [
        n
        for n in tree.body
        if not (isinstance(n, ast.FunctionDef) and n.name in names)
        and not (isinstance(n, ast.ImportFrom) and n.module == "catreview.functions")
    ]
    return ast.unparse(ast.Module(body=rest, type_ignores=[]))


def _fingerprint(function: PythonFunction, tree: ast.Module, shared: str) -> str:
    own = [
        ast.unparse(n)
        for n in tree.body
        if isinstance(n, ast.FunctionDef) and n.name == function.name
    ]
    content = repr((function.category, own or function.fingerprint, shared))
    return hashlib.sha256(content.encode()).hexdigest()[:12]
