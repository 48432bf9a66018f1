"""What a pretrained encoder beside the words brings, and what it costs.

Run by hand from the repository, where the extra `encoder` is installed:
`python tests/bench/bench_encoder.py FOLDER ...`; `--gold` also measures on gold, `--reviews` puts
the decisions of `reviews.csv` in the place of votes. Reads `../shared`. A folder may be one that
`catreview tune` left.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np
from bench_training import NAMES, SEED, Bench, calibration_error, function_votes, show
from sklearn.metrics import f1_score

from catreview.training.encoder import Encoder
from catreview.training.evaluation import paired_difference
from catreview.training.model import Training, train_classifier
from catreview.training.tuned import MANIFEST, TunedEncoder, read_manifest
from catreview.training.vectors import Encoded, EncoderName


class Compared:
    """The same classifier, with and without an encoder."""

    def __init__(self, bench: Bench, *, gold: bool) -> None:
        self._bench, self._gold = bench, gold
        self._plain = self._trained(None)
        self._report("words and functions", self._plain, None)

    def encoder(self, source: str) -> None:
        """Print what it brings on held-out votes (and gold), and its speed."""
        started = time.perf_counter()
        folder = Path(source)
        tuned = (folder / MANIFEST).is_file()
        encoder = TunedEncoder(folder, read_manifest(folder).source) if tuned else Encoder(source)
        loaded = time.perf_counter() - started
        started, busy = time.perf_counter(), time.process_time()
        vectors = encoder.encode(self._bench.voted)
        n = len(vectors)
        wall, busy = time.perf_counter() - started, time.process_time() - busy
        print(
            f"{source}: loads in {loaded:.1f} s; {n / wall:.0f} messages/s, {n / busy:.0f} a core"
        )
        started = time.process_time()
        training = self._trained(Encoded(EncoderName(source, ""), vectors, encoder.parts))
        print(f"  trained in {time.process_time() - started:.1f} s of processor, from vectors on")
        self._report("with it", training, encoder)

    def _trained(self, encoded: Encoded | None) -> Training:
        bench = self._bench
        votes = function_votes(bench.voted)
        return train_classifier(
            bench.voted, bench.labels, NAMES, seed=SEED, votes=votes, encoded=encoded
        )

    def _report(
        self, name: str, training: Training, encoder: Encoder | TunedEncoder | None
    ) -> None:
        bench = self._bench
        said, truth = training.out_of_fold.codes, bench.labels
        f1 = f1_score(truth, said, average="macro")
        drawn = bench.pools == "random"
        random = f1_score(truth[drawn], said[drawn], average="macro")
        gain = paired_difference(
            truth,
            self._plain.out_of_fold.codes,
            said,
            seed=SEED,
            groups=[e.conversation for e in bench.voted],
        )
        each = " ".join(f"{v:.2f}" for v in f1_score(truth, said, average=None))
        error = calibration_error(training.out_of_fold.confidence, said == truth)
        print(f"{name}: held-out votes {f1:.3f} ({each}), of those drawn at random {random:.3f};")
        print(f"  {gain.value:+.4f} ({gain.low:+.4f}..{gain.high:+.4f}); calibration {error:.3f}")
        if self._gold:
            vectors = None if encoder is None else encoder.encode(bench.gold)
            predicted = training.model.predict(bench.gold, bench.gold_votes.codes, vectors).codes
            show(f"{name}, gold", bench.score(np.asarray(predicted)))


def review(bench: Bench) -> None:
    """Let the labels be what a reviewer decided, where one did."""
    with (Path(__file__).parent / "reviews.csv").open(encoding="utf-8") as file:
        decided = {row["id"]: NAMES.index(row["category"]) for row in csv.DictReader(file)}
    for at, example in enumerate(bench.voted):
        bench.labels[at] = decided.get(example.id, bench.labels[at])


def main() -> None:
    """Measure each encoder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("encoders", nargs="*")
    parser.add_argument("--gold", action="store_true")
    parser.add_argument("--reviews", action="store_true")
    asked = parser.parse_args()
    bench = Bench()
    if asked.reviews:
        review(bench)
    compared = Compared(bench, gold=asked.gold)
    for source in asked.encoders:
        compared.encoder(source)


if __name__ == "__main__":
    main()
