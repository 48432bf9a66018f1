"""What one types to find messages: `label:request conf:<0.6 llm:question is:flagged milk`."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from catreview.errors import InputError
from catreview.jobs.project import Project
from catreview.records import Basis, SourceKind
from catreview.store import Condition, Decides, Holds, Labelled, Mark, Not, Sure, Voted

NONE: Final = "none"
"""The value that asks for what has no label, or no vote."""
OPEN: Final = "open"
HELP: Final = "words of the text, and  label:  conf:  by:  is:  llm:  model:  …   tab completes"
BLIND_HELP: Final = "words of the text, and  is:   labels and votes are hidden in blind mode"
_TOKEN = re.compile(
    r"""(?P<minus>-?)(?:(?P<field>"[^"]*"|[^\s"]+):(?P<value>"[^"]*"|[^\s"]*)"""
    r"""|(?P<words>"[^"]*"|\S+))"""
)
_BETWEEN = re.compile(r"([\d.]+)-([\d.]+)")
_BEYOND = re.compile(r"(<|>)(=?)([\d.]+)")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The fields of a query and the values each takes; `sources` are those a field stands for.

    `hidden` are fields that cannot be asked for while votes and labels are hidden.
    """

    fields: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, tuple[int, ...]]
    hidden: Collection[str] = ()


def vocabulary(project: Project, *, blind: bool = False) -> Vocabulary:
    """What can be asked for in a project: the fixed fields, then each kind of source, then each.

    A `blind` reviewer cannot ask for what is hidden: an answer would show it.
    """
    says = (*project.schema.names, NONE)
    sources: dict[str, tuple[int, ...]] = {kind.value: () for kind in SourceKind}
    for source in project.store.votes.sources():
        sources[source.kind] += (source.id,)
        name = source.name.casefold()
        if name not in set(SourceKind):
            sources[name] = (*sources.get(name, ()), source.id)
    # Older models have left their votes behind: a kind of source means its newest for them alone.
    sources[SourceKind.MODEL] = sources[SourceKind.MODEL][-1:]
    fields = {
        "label": says,
        "conf": ("<0.6", ">0.9", "0.4-0.6"),
        "by": tuple(basis.value for basis in Basis),
        "is": (OPEN, *(mark.value for mark in Mark)),
    }
    # Whoever is called `is` or `label` can be asked for by kind alone.
    fields |= {source: says for source in sources if source not in fields}
    if blind:
        return Vocabulary({"is": fields.pop("is")}, {}, frozenset(fields))
    return Vocabulary(fields, sources)


def parse(known: Vocabulary, query: str) -> list[Condition]:
    """The conditions of a query; all of them must hold.

    `field:value` asks for a field's value, `-` before it for all others; other words stand in the
    text, quoted ones one after the other. The last word may go on. Fields, values and words in any
    case.

    Raises:
        InputError: it names the word that is not understood, and what there is.
    """
    conditions: list[Condition] = []
    words: list[str] = []
    tokens = list(_TOKEN.finditer(query))
    for token in tokens:
        if token["field"] is not None:
            condition = _field(known, token)
        elif token["minus"]:
            condition = Holds((token["words"].strip('"'),))
        else:
            words.append(token["words"].strip('"'))
            continue
        conditions.append(Not(condition) if token["minus"] else condition)
    if any(words):
        prefix = tokens[-1].group() == words[-1]
        conditions.insert(0, Holds(tuple(filter(None, words)), prefix=prefix))
    return conditions


def _field(known: Vocabulary, token: re.Match[str]) -> Condition:
    name, value = (token[part].strip('"').casefold() for part in ("field", "value"))
    if name in known.hidden:
        raise InputError(
            f"{name}: is hidden in blind mode.", "Words and is: can be asked for meanwhile."
        )
    if name not in known.fields:
        raise InputError(
            f"There is no field or source called “{name}”.{_guess(name, known.fields)}",
            f'Fields: label, conf, by, is, llm, …  Text with a colon goes in quotes: "{token[0]}"',
        )
    if name == "conf":
        return _confidence(value)
    values = {v.casefold(): v for v in known.fields[name]}
    if value not in values:
        raise InputError(
            f"{name}: has no “{value}”.{_guess(value, values)}",
            f"There are: {', '.join(known.fields[name])}",
        )
    return _condition(known, name, values[value])


def _condition(known: Vocabulary, name: str, value: str) -> Condition:
    match name:
        case "label":
            return Labelled(None if value == NONE else value)
        case "by":
            return Decides(Basis(value))
        case "is":
            return Not(Mark.DECIDED) if value == OPEN else Mark(value)
        case _:
            return Voted(known.sources[name], None if value == NONE else value)


def _confidence(value: str) -> Condition:
    try:
        if between := _BETWEEN.fullmatch(value):
            low, high = float(between[1]), float(between[2])
            if low <= high <= 1:
                return Sure(low, high)
        elif beyond := _BEYOND.fullmatch(value):
            edge, below = float(beyond[3]), beyond[1] == "<"
            if edge <= 1:
                edge = edge if beyond[2] else math.nextafter(edge, -1.0 if below else 2.0)
                return Sure(0.0, edge) if below else Sure(edge, 1.0)
    except ValueError:
        pass
    raise InputError(
        f"conf: has no “{value}”.",
        "Confidences go from 0 to 1: conf:<0.6, conf:>0.9 or conf:0.4-0.6",
    )


def _guess(word: str, words: Sequence[str] | Mapping[str, object]) -> str:
    near = get_close_matches(word, list(words), n=1)
    return f" Did you mean “{near[0]}”?" if near else ""


@dataclass(frozen=True, slots=True)
class Help:
    """What to show under a query while it is typed; `completed` is what tab makes of it."""

    words: str
    completed: str
    problem: bool = False


def helped(known: Vocabulary, query: str) -> Help:
    """What can stand where one types, or what is not understood of what stands there."""
    tokens = list(_TOKEN.finditer(query))
    typing = tokens[-1] if tokens and tokens[-1].end() == len(query) else None
    if typing is None:
        found, completed = [], ""
    elif typing["field"] is not None:
        values = known.fields.get(typing["field"].strip('"').casefold(), ())
        value = typing["value"].strip('"').casefold()
        found = [v for v in values if v.casefold().startswith(value)]
        completed = f"{typing['field']}:{found[0]} " if found and typing["value"] else ""
    else:
        word = typing["words"].strip('"').casefold()
        found = [f"{_written(field)}:" for field in known.fields if field.startswith(word)]
        completed = found[0] if found else ""
    if typing is not None and completed:
        completed = query[: typing.start()] + typing["minus"] + completed
    if found and completed.strip() != query:
        return Help("  ".join(found), completed or query)
    try:
        parse(known, query)
    except InputError as error:
        return Help(error.message, query, problem=True)
    return Help("" if query.strip() else BLIND_HELP if known.hidden else HELP, query)


def _written(field: str) -> str:
    return f'"{field}"' if " " in field else field
