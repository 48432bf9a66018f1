"""Time the forecast against training each of its models anew, on the real messages.

Run by hand from the repository: `python tests/bench/bench_forecast.py` (some minutes). Reads
`../shared`; the reviewer is made up (the LLM's votes are right), and no gold is imported.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.training import forecasting
from catreview.jobs.training.classifying import fit_classifier
from catreview.jobs.training.modelling import training_set

DATA = Path(__file__).parents[3] / "shared" / "data"
REVIEWS = 300


def reviewed(project: Project, labels: dict[str, str], most: int) -> None:
    """Let a made-up reviewer decide so many messages of the audit."""
    session = ReviewSession(project, "audit", "oracle")
    made = 0
    with project.store.transaction():
        for place in range(len(session)):
            card = session.card(session.number(place))
            if card.example.id in labels:
                session.decide(card, labels[card.example.id])
                made += 1
            if made == most:
                return


def compare(project: Project) -> tuple[float, float, int]:
    """Processor seconds of the forecast, of one of its models from the texts on, and how many."""
    started = time.process_time()
    found = forecasting.forecast(project)
    whole = time.process_time() - started
    data = training_set(project)
    started = time.process_time()
    fit_classifier(project, data.examples, data.numbers, data.codes, cross_fit=False)
    return whole, time.process_time() - started, len(found.points)


def main() -> None:
    """Print both, for the LLM's labels and for all labels there are."""
    rows = map(json.loads, (DATA / "llm_votes.jsonl").read_text(encoding="utf-8").splitlines())
    labels = {row["id"]: row["label"] for row in rows}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "real"
        init_project(folder)
        with open_project(folder) as project:
            import_messages(project, DATA / "messages.jsonl.gz", Columns())
            run_functions(project)
            import_votes(project, DATA / "llm_votes.jsonl")
            settle(project)
            reviewed(project, labels, REVIEWS)
        for wanted in ("trusted", "all"):
            with open_project(folder, {"training": {"labels": wanted}}) as project:
                n = len(training_set(project).numbers)
                whole, one, models = compare(project)
            print(
                f"{n:,} labels: forecast {whole:.1f} s, one of its {models} models from the texts"
                f" {one:.1f} s, all of them {whole / (one * models):.2f} of that"
            )


if __name__ == "__main__":
    main()
