"""Writing labelling functions into the user's `functions.py`: at its end, and nothing else in it.

Bytes in, bytes out; only `replace_file` touches the disk.
"""

from __future__ import annotations

import ast
import builtins
import io
import os
import shutil
import tempfile
import tokenize
from collections.abc import Collection, Iterator, Sequence
from itertools import count
from keyword import iskeyword
from pathlib import Path

from catreview.errors import FunctionsError

OURS = "catreview.functions"


def addition(source: bytes, code: str, uses: Sequence[str]) -> bytes:
    """What to append to a file for it to have a function: `code`, and the imports it lacks.

    `uses` are the names that the code takes from `catreview.functions`. FunctionsError where the
    file is no Python, gives one of these names another meaning, or cannot hold the code.
    """
    tree, encoding = _parsed(source)
    known = _imported(tree)
    for name in uses:
        if name not in known and name in _bound(tree.body):
            raise FunctionsError(
                f"functions.py uses the name {name!r} for something of its own.",
                f"Rename that, or import {name} from {OURS} at the top.",
            )
    missing = [name for name in uses if name not in known]
    imports = f"from {OURS} import {', '.join(missing)}\n\n\n" if missing else ""
    gap = "" if not source.strip() else "\n\n" if source.endswith(b"\n") else "\n\n\n"
    newline = "\r\n" if b"\r\n" in source else "\n"
    try:
        added = (gap + imports + code).replace("\n", newline).encode(encoding)
    except UnicodeEncodeError as error:
        raise FunctionsError(
            f"functions.py is written in {encoding}, which lacks a character of this function.",
            "Save the file as UTF-8.",
        ) from error
    whole, _ = _parsed(source + added)
    if ast.dump(tree) != ast.dump(ast.Module(whole.body[: len(tree.body)], [])):
        raise FunctionsError(
            "Nothing can be appended to functions.py without changing what it says.",
            "Look at its last lines.",
        )
    return added


def without(source: bytes, added: bytes) -> bytes | None:
    """The file without what `addition` gave; None where that is no longer in it as it was."""
    if source.endswith(added):
        return source[: -len(added)]
    # Something stands behind it by now, which may use the imports: only the function goes.
    code = added[added.find(b"@labelling_function") :]
    if source.count(code) != 1:
        return None
    rest = source.replace(code, b"")
    try:
        ast.parse(rest)
    except SyntaxError:  # it had been built upon, with a decorator for one
        return None
    return rest


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name wanted, or with a number behind it where it is taken or means something."""
    names: Iterator[str] = (wanted if i == 1 else f"{wanted}_{i}" for i in count(1))
    return next(
        n for n in names if n not in taken and not iskeyword(n) and not hasattr(builtins, n)
    )


def taken_names(source: bytes) -> set[str]:
    """Names that a new function of this file must not have; FunctionsError if it is no Python."""
    return _bound(_parsed(source)[0].body)


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in the file's place, wholly or not at all; its mode stays.

    FunctionsError where the folder cannot be written.
    """
    path = path.resolve()  # of a link, the file it leads to
    try:
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                shutil.copymode(path, scratch)
            else:
                Path(scratch).chmod(0o644)
            Path(scratch).replace(path)
        finally:
            Path(scratch).unlink(missing_ok=True)
    except OSError as error:
        raise FunctionsError(
            f"{path} cannot be written: {error.strerror or error}.", "Nothing was changed."
        ) from error


def _parsed(source: bytes) -> tuple[ast.Module, str]:
    try:
        tree = ast.parse(source, filename="functions.py")
    except SyntaxError as error:
        raise FunctionsError(
            f"functions.py line {error.lineno}: {error.msg}", "Mend the line first."
        ) from error
    except ValueError as error:  # null bytes
        raise FunctionsError(f"functions.py is no Python file: {error}") from error
    encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
    return tree, encoding.removesuffix("-sig")  # the mark stands at the start already


def _imported(tree: ast.Module) -> set[str]:
    """Names that the file has from `catreview.functions`, if they mean nothing else besides."""
    ours = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == OURS]
    others = _bound([node for node in tree.body if node not in ours])
    return {a.name for n in ours for a in n.names if a.asname in (None, a.name)} - others


def _bound(nodes: Sequence[ast.stmt]) -> set[str]:
    """Names that statements give a meaning to in the module."""
    names = set[str]()
    for statement in nodes:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)  # what is inside is its own affair
            continue
        for node in ast.walk(statement):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
                case ast.alias(name=name, asname=alias):
                    names.add(alias or name.split(".")[0])
                case _:
                    pass
    return names
