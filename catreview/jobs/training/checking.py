"""The user's own cases through the whole pipeline: functions, heuristic, model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catreview.errors import InputError
from catreview.functions import apply_functions
from catreview.importers import Columns, Incoming, lines_as_ranges, read_messages
from catreview.jobs.functions.weak import function_source, switched_on
from catreview.jobs.labels.heuristic import heuristic_of
from catreview.jobs.project import Project
from catreview.jobs.training.classifying import latest_model
from catreview.records import ABSTAIN


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what it should be, and what each stage says (None: nothing)."""

    line: int
    text: str
    expected: str
    functions: tuple[str, ...]
    """The functions that voted, as `name: category`."""
    heuristic: str | None
    model: str | None

    @property
    def answer(self) -> str | None:
        """What the pipeline says: the model, or the heuristic where there is no model."""
        return self.model if self.model is not None else self.heuristic

    @property
    def right(self) -> bool:
        """Whether the pipeline's answer is the expected one."""
        return self.answer == self.expected

    def as_json(self) -> dict[str, Any]:
        """The case as JSON."""
        return {
            "line": self.line,
            "text": self.text,
            "expected": self.expected,
            "functions": list(self.functions),
            "heuristic": self.heuristic,
            "model": self.model,
            "right": self.right,
        }


def check_cases(project: Project, path: Path) -> list[Case]:
    """Run the cases of a JSONL, CSV or TSV file of `text` and `label` (also `previous`).

    Without a trained model the heuristic has the last word, made as for the project's messages.

    Raises:
        InputError: a line cannot be used; a check that leaves cases out would pass by accident.
    """
    cases = _read(project, path)
    names = project.schema.names
    functions = switched_on(project)
    examples = [case.example for case, _ in cases]
    codes = apply_functions(functions, examples, project.schema).votes
    heuristic = heuristic_of(project, [function_source(f) for f in functions], codes)
    model = np.full(len(cases), ABSTAIN, dtype=np.int16)
    if project.store.runs.finished("train"):
        model, _ = latest_model(project).predict(examples)
    said = [None if code == ABSTAIN else names[code] for code in heuristic.tolist()]
    predicted = [None if code == ABSTAIN else names[code] for code in model.tolist()]
    return [
        Case(
            line=row.line,
            text=row.example.text,
            expected=expected,
            functions=tuple(
                f"{function.name}: {names[code]}"
                for function, code in zip(functions, codes[i].tolist(), strict=True)
                if code != ABSTAIN
            ),
            heuristic=said[i],
            model=predicted[i],
        )
        for i, (row, expected) in enumerate(cases)
    ]


def _read(project: Project, path: Path) -> list[tuple[Incoming, str]]:
    cases = []
    wrong = []
    for row in read_messages(path, Columns()):
        category = (
            project.schema.resolve(row.label) if isinstance(row, Incoming) and row.label else None
        )
        if isinstance(row, Incoming) and category is not None:
            cases.append((row, category))
        else:
            wrong.append(row.line)
    if wrong or not cases:
        many = f"lines {lines_as_ranges(wrong)} have"
        one = f"line {wrong[0]} has" if wrong else "it has"
        lines = many if len(wrong) > 1 else one
        raise InputError(
            f"{path}: {lines} no text with a label that is a category.",
            f"Each case needs text and label, one of: {', '.join(project.schema.names)}.",
        )
    return cases
