"""Who still works on what."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catreview.jobs.holders import alive, looked_after, new_holder, retire
from catreview.store import Batch


def test_a_job_lives_until_it_is_retired() -> None:
    holder = new_holder()
    assert alive(holder)
    retire(holder)
    assert not alive(holder)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_a_killed_process_that_nobody_reaped_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    holder = f"{socket.gethostname()}:{child.pid}:0"
    assert alive(holder)
    child.kill()
    stat = Path(f"/proc/{child.pid}/stat")
    for _ in range(500):
        if ") Z" in stat.read_text():
            break
        time.sleep(0.01)
    assert not alive(holder)
    child.wait()
    assert not alive(holder)


@pytest.mark.parametrize(("ago", "looked"), [(0.5, True), (2, False), (-24, False)])
def test_a_batch_last_looked_at_long_ago_or_in_the_future_waits_for_a_job(
    ago: float, looked: bool
) -> None:
    at = datetime.now(UTC) - timedelta(hours=ago)
    assert looked_after(Batch(1, "t", "elsewhere:1:a", "b", at.isoformat())) is looked
