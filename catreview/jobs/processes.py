"""Our own modules in processes of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import catreview


def own_module(module: str) -> list[str]:
    """The command that runs a module of ours, and takes no module from the folder one stands in.

    Somebody else may have left one there. A checkout that is not installed is that folder itself.
    """
    checkout = Path(catreview.__file__).resolve().parents[1] == Path.cwd()
    return [sys.executable, *([] if checkout else ["-P"]), "-m", module]
