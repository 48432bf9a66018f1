"""Labelling functions: the decorator, the built-in 29, and applying them."""

from catreview.functions.apply import FunctionVotes, apply_functions, vote_blocks
from catreview.functions.conditions import Block, Length, after, opens, says
from catreview.functions.draft import Draft
from catreview.functions.function import (
    BUILT_IN,
    Faults,
    Function,
    PythonFunction,
    Rule,
    labelling_function,
)
from catreview.functions.message import Message
from catreview.functions.phrases import pattern, phrase
from catreview.functions.registry import (
    Registry,
    builtin_functions,
    left_out,
    load_functions,
    load_user_functions,
)

__all__ = [
    "BUILT_IN",
    "Block",
    "Draft",
    "Faults",
    "Function",
    "FunctionVotes",
    "Length",
    "Message",
    "PythonFunction",
    "Registry",
    "Rule",
    "after",
    "apply_functions",
    "builtin_functions",
    "labelling_function",
    "left_out",
    "load_functions",
    "load_user_functions",
    "opens",
    "pattern",
    "phrase",
    "says",
    "vote_blocks",
]
