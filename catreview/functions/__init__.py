"""Labelling functions: the decorator, the built-in 29, and applying them."""

from catreview.functions.apply import FunctionVotes, apply_functions, vote_blocks
from catreview.functions.function import (
    BUILT_IN,
    Faults,
    Function,
    PythonFunction,
    Rule,
    labelling_function,
)
from catreview.functions.message import Message
from catreview.functions.registry import (
    Registry,
    builtin_functions,
    load_user_functions,
    project_functions,
)

__all__ = [
    "BUILT_IN",
    "Faults",
    "Function",
    "FunctionVotes",
    "Message",
    "PythonFunction",
    "Registry",
    "Rule",
    "apply_functions",
    "builtin_functions",
    "labelling_function",
    "load_user_functions",
    "project_functions",
    "vote_blocks",
]
