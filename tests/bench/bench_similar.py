"""Messages like one: seconds to find them, and how many of them an LLM calls the same.

Run by hand from the repository: `PYTHONPATH=.:tests python tests/bench/bench_similar.py`; two
minutes. Makes a project of the real messages of `../shared/data` in a temporary folder.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

import numpy as np

from catreview.importers import Columns
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages, import_votes
from catreview.jobs.project import Project, init_project, open_project
from catreview.jobs.review.similar import ALIKE, CANDIDATES, MOST, RAREST, candidates, find_alike
from catreview.records import SourceKind

DATA = Path(__file__).parents[3] / "shared" / "data"
DRAWN = 300


def make(folder: Path) -> Project:
    """The real messages with the functions' and the LLM's votes, gold locked."""
    init_project(folder)
    project = open_project(folder)
    import_messages(project, DATA / "messages.jsonl.gz", Columns())
    import_messages(project, DATA / "gold_dev.jsonl", Columns(), gold=True)
    run_functions(project)
    import_votes(project, DATA / "llm_votes.jsonl")
    return project


def speed(project: Project, drawn: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of each search, and of the full-text query for the same words alone."""
    seconds = np.zeros((2, len(drawn)))
    for i, number in enumerate(drawn):
        words = project.store.examples.get([number])[0].text.lower().split()
        start = time.perf_counter()
        project.store.finding.sharing_words(words, RAREST, CANDIDATES)
        middle = time.perf_counter()
        find_alike(project, number)
        seconds[:, i] = time.perf_counter() - middle, middle - start
    return seconds[0], seconds[1]


def same_votes(project: Project, drawn: list[int]) -> tuple[float, float, list[int]]:
    """Of messages alike and of all looked at, the share with the LLM's vote of the one drawn.

    The third value is how many alike each drawn message has.
    """
    votes = project.store.votes
    source = votes.sources(SourceKind.LLM)[-1]
    said = {i: category for i, (category, _) in votes.by_id(source.id)}
    numbers = project.store.examples.numbers(list(said))
    by_number = {number: said[i] for i, number in numbers.items()}
    alike: list[bool] = []
    all_: list[bool] = []
    found: list[int] = []
    for number in drawn:
        if number in by_number:
            rows = [row.number for row in find_alike(project, number)]
            found.append(len(rows))
            for among, result in ((rows, alike), (candidates(project, number), all_)):
                result += [by_number[n] == by_number[number] for n in among if n in by_number]
    return float(np.mean(alike or [np.nan])), float(np.mean(all_ or [np.nan])), found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, make(Path(folder) / "real") as project:
        chance = random.Random(0)
        everything = project.store.examples.all_numbers().tolist()
        ours, floor = speed(project, chance.sample(everything, DRAWN))
        print(
            f"{len(everything):,} messages; {DRAWN} searches: median {np.median(ours):.3f} s,",
            end=" ",
        )
        print(f"p95 {np.quantile(ours, 0.95):.3f} s, longest {ours.max():.3f} s;", end=" ")
        print(
            f"full-text query alone: {np.median(floor):.4f} s ({np.median(ours / floor):.0f} times)"
        )
        source = project.store.votes.sources(SourceKind.LLM)[-1]
        drawn = chance.sample(project.store.votes.voted(source.id).tolist(), DRAWN)
        alike, all_, found = same_votes(project, drawn)
        count = np.array(found)
        print(f"at {ALIKE}: {alike:.1%} of those alike have the same LLM vote,", end=" ")
        print(f"{all_:.1%} of all looked at; {np.median(count):.0f} alike in the median,", end=" ")
        print(f"none for {np.mean(count == 0):.0%}, {MOST} for {np.mean(count == MOST):.0%}")


if __name__ == "__main__":
    main()
