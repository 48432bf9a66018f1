"""What a key does waits for another process's transaction, and the screen goes on meanwhile."""

from __future__ import annotations

import asyncio
import time

from catreview.store import Store
from catreview.tui.widgets.notice import Notice

POLL_SECONDS = 0.002
QUIET_SECONDS = 0.6
"""From then on it is said that something is waited for."""
LONGEST_SECONDS = 30.0


async def others_wrote_all(store: Store, notice: Notice) -> bool:
    """Wait until nobody else writes; False, which is said, where that takes too long."""
    began = time.monotonic()
    while store.busy():
        waited = time.monotonic() - began
        if waited > LONGEST_SECONDS:
            notice.problem("Another program is writing.", "Nothing was changed. Try again.")
            return False
        if waited > QUIET_SECONDS:
            notice.plain("A job is saving; what you pressed is done as soon as it has.")
        await asyncio.sleep(POLL_SECONDS)
    return True
