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
    GIVEN_ERROR = 8
    """The label that came with the example against the model."""
    LABEL_ERROR = 9
    """The current label against the model."""
    UNCERTAIN = 10
    SILENT = 11
    """No source but the model."""
    AUDIT = 12
    VALUE = 13
    """The gain in macro F1 that a review promises."""
    GOLD = 15
    """To be decided unaided: it is measured against and never trained on."""
    DUPLICATE = 14
    """Worth a review, had not its near-duplicate one."""


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
        case Reason.SINGLE if evidence.given[row] != ABSTAIN:
            line = f"no function voted; it came as {evidence.categories[evidence.given[row]]}"
        case Reason.SINGLE:
            column = int((evidence.functions[row] != ABSTAIN).argmax())
            line = f"only one function voted ({evidence.function_names[column]})"
        case Reason.UNSURE:
            confidence = evidence.heuristic.confidence[row]
            line = f"functions are unsure ({confidence:.2f}): {_split(evidence, row)}"
        case Reason.PILOT:
            label = _heuristic(evidence, row)
            line = f"pilot sample: {f'the functions say {label}' if label else 'no function voted'}"
        case _:
            line = _explain_by_model(reason, evidence, row)
    return line


def _explain_by_model(reason: Reason, evidence: Evidence, row: int) -> str:
    model = _model_says(evidence, row)
    match reason:
        case Reason.GIVEN_ERROR:
            line = f"it came as {evidence.categories[evidence.given[row]]}, {model}"
        case Reason.LABEL_ERROR:
            line = f"labelled {evidence.categories[evidence.label[row]]}, {model}"
        case Reason.SILENT:
            line = f"nobody voted{f'; {model}' if model else ''}"
        case Reason.DUPLICATE:
            line = "says the same as one before"
        case Reason.GOLD:
            line = "gold: say yourself what it is; it measures and never trains"
        case Reason.AUDIT:
            line = f"random sample, labelled {evidence.categories[evidence.label[row]]}"
        case _:
            line = f"uncertain: {model}"
    return line


def _model_says(evidence: Evidence, row: int) -> str:
    vote = evidence.model[row]
    if vote == ABSTAIN:
        return ""
    return f"model says {evidence.categories[vote]} ({evidence.model_confidence[row]:.2f})"


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
