"""Limits kept in the project's database: one for all processes, and across restarts."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from catreview.errors import BudgetReached
from catreview.jobs.llm.voters import EndpointBook
from catreview.jobs.project import Project, open_project
from catreview.llm.limits import Slots
from catreview.llm.providers import Endpoint

ENDPOINT = Endpoint("custom", "http://127.0.0.1:1/v1", "m")
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp()


def slots(project: Project, **limits: float) -> Slots:
    return Slots(EndpointBook(project, ENDPOINT), **{"rpm": 600, **limits})


def test_two_processes_together_keep_one_limit_and_use_it(project: Project) -> None:
    rng = random.Random(5)
    with open_project(project.folder) as other:
        sharing = [slots(project), slots(other)]
        wakes, times = [NOON, NOON], []
        while min(wakes) < NOON + 30:
            one = wakes.index(min(wakes))
            now = wakes[one]
            wait = sharing[one].reserve(now, 0)
            if wait <= 0:
                times.append(now)
            wakes[one] = now + wait + rng.uniform(0, 0.01)
    assert 0.98 * 300 <= len(times) <= 300


def test_the_days_count_outlives_the_process_and_ends_with_the_day(project: Project) -> None:
    for second in range(2):
        assert slots(project, rpd=2).reserve(NOON + second, 0) == 0
    with open_project(project.folder) as again:
        with pytest.raises(BudgetReached):
            slots(again, rpd=2).reserve(NOON + 2, 0)
        assert slots(again, rpd=2).reserve(NOON + 86_400, 0) == 0


def test_a_throttle_that_one_process_met_holds_the_others_too(project: Project) -> None:
    with open_project(project.folder) as other:
        slots(project).hold(NOON + 20)
        assert slots(other).reserve(NOON, 0) == pytest.approx(20)


def test_tokens_that_one_process_used_slow_the_others(project: Project) -> None:
    with open_project(project.folder) as other:
        assert slots(project, tpm=6000).reserve(NOON, 1000) == 0
        assert slots(other, tpm=6000).reserve(NOON, 1000) == pytest.approx(10, rel=0.02)
        slots(project, tpm=6000).settle(-500)
        assert slots(other, tpm=6000).reserve(NOON, 1000) == pytest.approx(5, rel=0.02)


def test_another_model_has_limits_of_its_own(project: Project) -> None:
    slots(project).hold(NOON + 20)
    second = EndpointBook(project, Endpoint("custom", ENDPOINT.base_url, "other"))
    assert Slots(second, rpm=600).reserve(NOON, 0) == 0


def test_when_a_request_was_let_through_is_known_to_all_also_after_the_clock_is_set_back(
    project: Project,
) -> None:
    assert slots(project).reserve(NOON, 0) == 0
    slots(project).hold(NOON + 20)
    with open_project(project.folder) as other:
        assert slots(other).reserve(NOON - 86_400, 0) == pytest.approx(20)
