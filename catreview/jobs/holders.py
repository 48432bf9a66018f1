"""Who holds a lease or a batch: a name for this process, and whether one behind a name lives."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from catreview.store import Batch

LOOKED_AFTER: Final = timedelta(hours=1)
"""Longer without a look no job waits for a batch: what seems to be its process is another one."""
_OWN: set[str] = set()


def new_holder() -> str:
    """A name for a job of this process; no other job ever has it."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    _OWN.add(holder)
    return holder


def retire(holder: str) -> None:
    """The job of this name is over."""
    _OWN.discard(holder)


def alive(holder: str) -> bool:
    """Whether the holder may still be at work; one on another machine always may."""
    host, pid, _ = holder.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    if int(pid) == os.getpid():
        # In a container each process gets the number that the killed one had.
        return holder in _OWN
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _zombie(int(pid))


def looked_after(batch: Batch) -> bool:
    """Whether a job waits for a batch: it may still be at work, and looked of late."""
    ago = datetime.now(UTC) - datetime.fromisoformat(batch.at)
    # Of a look in the future nobody knows when it was: the clock was set back since.
    return alive(batch.holder) and abs(ago) < LOOKED_AFTER


def _zombie(pid: int) -> bool:
    """Whether a process is dead and only waits to be reaped, as under an idle container's init."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # The state follows the name, which stands in parentheses and may hold any character.
    return stat.rpartition(")")[2].split()[:1] == ["Z"]
