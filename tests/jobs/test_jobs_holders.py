"""Who still works on what."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catreview.jobs.holders import alive, new_holder, retire


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
