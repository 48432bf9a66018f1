"""The benchmark of the labelling job runs, with tiny numbers and no claim about speed."""

from __future__ import annotations

import bench_labelling as bench
import pytest


def test_job_and_bare_loop_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.speed(requests=4, concurrency=2, batch=2, runs=1, latency=0.001) > 0
    assert "requests/s" in capsys.readouterr().out
