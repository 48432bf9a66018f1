"""How fast a job works now."""

from __future__ import annotations

import pytest

from catreview.jobs.llm.tempo import WINDOW, Tempo


def test_before_anything_is_finished_no_rate_is_known() -> None:
    assert Tempo().per_minute(30.0) is None


def test_at_first_the_rate_is_that_since_the_start() -> None:
    tempo = Tempo()
    for at in (10.0, 20.0, 30.0):
        tempo.finish(at)
    assert tempo.per_minute(30.0) == pytest.approx(6.0)


def test_later_only_what_was_finished_lately_counts() -> None:
    tempo = Tempo()
    for at in range(1, 61):
        tempo.finish(float(at))
    assert tempo.per_minute(60.0) == pytest.approx(60.0)
    tempo.finish(1000.0)
    assert tempo.per_minute(1000.0) == pytest.approx(60 / WINDOW)
    assert tempo.per_minute(2000.0) == 0.0
