"""How long whoever writes waits for jobs at work on a million examples, beside nobody at work.

    PYTHONPATH=.:tests python tests/bench/bench_writers.py [--folder DIR] [--examples N] [JOB …]

The project is that of `bench_review_app.py`. While each job runs as a command, another connection
writes a row every 50 ms and waits as SQLite lets it.

idle:      nobody works, for five seconds.
prepare:   all labels are derived anew; none differs.
learned:   the same after ten made-up reviews changed what is known of the LLM.
functions: the functions vote where none of them has.
again:     they vote again, and nothing differs.
one:       one function that is new votes alone (`lf run --only`).
queue:     a queue is put in order and stored.
train:     a model is trained and votes on all.
votes:     an LLM's votes on all examples are imported, and the labels settled.
messages:  as many messages again are imported.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bench.bench_review_app import ROOT, catreview, percentile
from bench.million import make

from catreview.jobs.project import DATABASE, open_project
from catreview.records import SourceKind
from catreview.store import Action, Review

EVERY = 0.05
VOTES, MESSAGES = "votes.jsonl", "messages.jsonl"
JOBS = (
    "idle", "prepare", "learned", "functions", "again", "one", "queue", "train", "votes",
    "messages",
)  # fmt: skip
FUNCTION = """from catreview.functions import labelling_function


@labelling_function("question")
def asks_what(message):
    return "what" in message.text
"""


def waits(folder: Path, command: list[str]) -> tuple[list[float], float]:
    """Milliseconds of each write while a command runs, and its seconds."""
    found: list[float] = []
    # Closed before the next job looks: a table of its own that no job reads.
    with closing(sqlite3.connect(folder / DATABASE, timeout=600.0, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("CREATE TABLE IF NOT EXISTS probe (x)")
        began = time.perf_counter()
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as job:
            while job.poll() is None:
                start = time.perf_counter()
                db.execute("INSERT INTO probe VALUES (1)")
                found.append((time.perf_counter() - start) * 1000)
                time.sleep(EVERY)
            assert job.stderr is not None
            talk = job.stderr.read()
        if job.returncode:
            raise SystemExit(f"{' '.join(command)}: {talk}")
        return found, time.perf_counter() - began


def command(folder: Path, job: str) -> list[str]:
    """What runs a job; what it is to find is made first."""
    arguments: dict[str, list[str]] = {
        "prepare": ["prepare"],
        "learned": ["prepare"],
        "functions": ["lf", "run"],
        "again": ["lf", "run"],
        "one": ["lf", "run", "--only", "asks_what"],
        "queue": ["queue", "disagreement"],
        "train": ["train"],
        "votes": ["prepare", "--llm-labels", str(folder / VOTES)],
        "messages": ["import", str(folder / MESSAGES)],
    }
    if job in PREPARED:
        PREPARED[job](folder)
    if job == "idle":
        return ["sleep", "5"]
    return catreview(*arguments[job], "--project", str(folder))


def _decide(folder: Path) -> None:
    with open_project(folder) as project:
        source = project.store.votes.sources(SourceKind.REVIEWER)[0]
        voted = project.store.votes.voted_by(SourceKind.LLM)
        for number in voted[:: len(voted) // 10].tolist():
            review = Review(number, source.name, Action.FIX, category="closing")
            with project.store.transaction():
                project.store.reviews.append(review)
                project.store.votes.put(source.id, [(number, "closing", 1.0)])


def _function(folder: Path) -> None:
    (folder / "functions.py").write_text(FUNCTION, encoding="utf-8")


def _votes(folder: Path) -> None:
    path = folder / VOTES
    with open_project(folder) as project, path.open("w", encoding="utf-8") as file:
        names, last = project.schema.names, project.store.examples.last()
        for i in range(last):
            file.write(json.dumps({"id": f"m{i}", "label": names[i % len(names)]}) + "\n")


def _messages(folder: Path) -> None:
    path = folder / MESSAGES
    with open_project(folder) as project, path.open("w", encoding="utf-8") as file:
        for i in range(project.store.examples.last()):
            row = {"id": f"n{i}", "text": f"what is message {i}?", "conversation": f"n{i // 20}"}
            file.write(json.dumps(row) + "\n")


PREPARED: dict[str, Callable[[Path], None]] = {
    "learned": _decide, "one": _function, "votes": _votes, "messages": _messages,
}  # fmt: skip
"""What is done before a job."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("jobs", nargs="*", default=JOBS)
    parser.add_argument("--examples", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args(arguments)
    temporary = Path(tempfile.gettempdir()) / f"catreview-bench-{given.examples}"
    folder: Path = given.folder or temporary
    if not folder.exists():
        make(folder, given.examples)
    os.environ["PYTHONPATH"] = str(ROOT)
    print(f"load {os.getloadavg()[0]:.1f}")
    for job in given.jobs:
        if job not in JOBS:
            parser.error(f"there is no job {job!r}")
        found, seconds = waits(folder, command(folder, job))
        print(
            f"{job}: {len(found)} writes in {seconds:.0f} s,"
            f" median {percentile(found, 0.5):.1f} ms, p95 {percentile(found, 0.95):.1f} ms,"
            f" most {max(found):.0f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
