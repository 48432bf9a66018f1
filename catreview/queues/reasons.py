"""Why an example is in a queue, in one line of plain English."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from catreview.queues.evidence import Evidence, count_votes
from catreview.records import ABSTAIN


class Reason(IntEnum):
    """Why an example is in a queue; in the disagreement queue the lower comes first."""

    LLMS = 0
    """LLMs against each other."""
    LLM_HEURISTIC = 1
    """The LLMs against the confident heuristic."""
    MODEL_LLM = 2
    """The trained model against the LLMs."""
    FUNCTIONS = 3
    """Functions against each other."""
    UNCOVERED = 4
    SINGLE = 5
    UNSURE = 6
    PILOT = 7


def explain(reason: Reason, evidence: Evidence, row: int) -> str:
    """Say why row `row` is in a queue; read from the arrays only when asked."""
    match reason:
        case Reason.LLMS:
            line = _llms_say(evidence, row)
        case Reason.LLM_HEURISTIC:
            confidence = evidence.heuristic.confidence[row]
            functions = f"the functions say {_heuristic(evidence, row)} ({confidence:.2f})"
            line = f"{_llms_say(evidence, row)}, {functions}"
        case Reason.MODEL_LLM:
            model = evidence.categories[evidence.model[row]]
            line = f"model says {model}, {_llms_say(evidence, row)}"
        case Reason.FUNCTIONS:
            line = f"functions split {_split(evidence, row)}"
        case Reason.UNCOVERED:
            line = "no function voted"
        case Reason.SINGLE:
            column = int((evidence.functions[row] != ABSTAIN).argmax())
            line = f"only one function voted ({evidence.function_names[column]})"
        case Reason.UNSURE:
            confidence = evidence.heuristic.confidence[row]
            line = f"functions are unsure ({confidence:.2f}): {_split(evidence, row)}"
        case Reason.PILOT:
            label = _heuristic(evidence, row)
            line = f"pilot sample: {f'the functions say {label}' if label else 'no function voted'}"
    return line


def _heuristic(evidence: Evidence, row: int) -> str:
    label = evidence.heuristic.label[row]
    return "" if label == ABSTAIN else evidence.categories[label]


def _llms_say(evidence: Evidence, row: int) -> str:
    """Join the LLMs of one opinion: `a and b say request, c says statement`."""
    camps: dict[int, list[str]] = {}
    for name, vote in zip(evidence.llm_names, evidence.llm[row].tolist(), strict=True):
        if vote != ABSTAIN:
            camps.setdefault(vote, []).append(name)
    return ", ".join(
        f"{' and '.join(names)} {'say' if len(names) > 1 else 'says'} {evidence.categories[vote]}"
        for vote, names in camps.items()
    )


def _split(evidence: Evidence, row: int) -> str:
    """Count the functions of each opinion, most first: `2 request, 1 statement`."""
    counts = count_votes(evidence.functions[row : row + 1], len(evidence.categories))[0]
    order = np.argsort(-counts, kind="stable")
    return ", ".join(f"{counts[k]} {evidence.categories[k]}" for k in order if counts[k])
