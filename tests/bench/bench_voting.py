"""Dawid-Skene beside crowd-kit on the same votes: seconds, and the largest difference.

Run by hand from the repository: `python tests/bench/bench_voting.py`, where crowd-kit is installed.
Reads the vote matrices of `../shared/bench`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from catreview.records import ABSTAIN
from catreview.voting import dawid_skene, majority_vote

BENCH = Path(__file__).parents[3] / "shared" / "bench"
REPEATS = 5
ITERATIONS = 100


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Median seconds of a few runs, and the last result."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def crowd_kit(votes: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Seconds to fit and posteriors (NaN without a vote); None where it is not installed."""
    try:
        import pandas as pd
        from crowdkit.aggregation import DawidSkene
    except ImportError:
        return None
    row, column = np.nonzero(votes != ABSTAIN)
    frame = pd.DataFrame({"task": row, "worker": column, "label": votes[row, column].astype(int)})
    seconds, fitted = timed(lambda: DawidSkene(n_iter=ITERATIONS).fit(frame))
    probs = np.full((len(votes), 6), np.nan)
    found = fitted.probas_
    probs[np.ix_(found.index.to_numpy(), found.columns.to_numpy())] = found.to_numpy()
    return seconds, probs


def main() -> None:
    for name in ("lf29", "grouped6"):
        with np.load(BENCH / f"crowdkit_ds_{name}.npz") as file:
            votes = file["votes"].astype(np.int16)
        ours, result = timed(
            lambda v=votes: dawid_skene(v, 6, max_iter=ITERATIONS, abstain="missing")
        )
        outcome, _ = timed(lambda v=votes: dawid_skene(v, 6))
        majority, _ = timed(lambda v=votes: majority_vote(v, 6))
        print(f"{name}: {votes.shape[0]:,} x {votes.shape[1]}; Dawid-Skene {ours:.4f} s,", end=" ")
        print(f"abstaining as an outcome {outcome:.4f} s, majority {majority:.4f} s", end="")
        peer = crowd_kit(votes)
        if peer is None:
            print("; crowd-kit is not installed")
            continue
        difference = np.nanmax(np.abs(result.aggregate.probs - peer[1]))
        print(f"; crowd-kit {peer[0]:.3f} s, {peer[0] / ours:.1f} times;", end=" ")
        print(f"largest difference {difference:.1e}")


if __name__ == "__main__":
    main()
