"""The whole pipeline on the real messages, through the public jobs, in a temporary project.

Run by hand from the repository: `python tests/measure_real_data.py` (a minute or two). Reads
`../shared/data`: imports the messages and the gold, lets the functions vote, trains on their
labels, brings in the LLM's recorded votes and trains on those. Prints macro and per-class F1 on
gold with 95 % intervals, and how long each step took. Nothing is left behind.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.labels.settling import settle
from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.training.modelling import TrainingResult, train

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print what is going on, and how long it took."""
    started = time.perf_counter()
    yield
    print(f"{name:44} {time.perf_counter() - started:7.1f} s", flush=True)


def show(name: str, result: TrainingResult) -> None:
    """Print one model's scores."""
    macro = result.evaluation.macro_f1
    trained = len(result.trained_on.numbers)
    print(f"\n{name}, {trained:,} examples, against {result.against} (n {macro.n})")
    print(f"  macro F1    {macro.value:.3f}  ({macro.low:.3f}-{macro.high:.3f})")
    for score in result.evaluation.per_class:
        f1 = "   -" if score.f1 is None else f"{score.f1:.2f}"
        print(f"  {score.category:12}{f1:>5}  n {score.n}")
    print(f"  until the scores {result.seconds:.1f} s\n", flush=True)


def prepare(project: Project) -> None:
    """Bring in what there is."""
    with step("import messages"):
        import_messages(project, DATA / "messages.jsonl.gz", Columns())
    with step("import gold"):
        import_messages(project, DATA / "gold_dev.jsonl", Columns(), gold=True)
    with step("the functions vote"):
        run_functions(project)


def main() -> int:
    """Measure both ways of training; 2 where there is no data."""
    if not DATA.is_dir():
        print(f"no {DATA}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "real"
        init_project(folder)
        with open_project(folder, {"training": {"labels": "weak"}}) as project:
            prepare(project)
            with step("train on the functions' labels, and vote"):
                weak = train(project)
            show("labels of the functions", weak)
        with open_project(folder) as project:
            with step("bring in the LLM's votes"):
                import_votes(project, DATA / "llm_votes.jsonl")
                settle(project)
            with step("train on the LLM's labels, and vote"):
                trusted = train(project)
            show("labels of the LLM", trusted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
