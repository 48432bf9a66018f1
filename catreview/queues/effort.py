"""How long a review takes."""

from __future__ import annotations

from typing import Final

import numpy as np

from catreview.queues.evidence import Floats

_SECONDS: Final = 2.0
_SECONDS_A_CHARACTER: Final = 0.04
"""Without a log: two seconds to decide and 25 characters read in a second."""
_ENOUGH: Final = 30
"""Timed reviews from which on the log is believed."""
_BREAK: Final = 5.0
"""Times the median from which on a review was a break, not work."""


def review_seconds(lengths: Floats, logged_lengths: Floats, logged_seconds: Floats) -> Floats:
    """Estimate the seconds that a review of each text takes, from those in the log.

    `lengths` (n,) and `logged_lengths` (m,) are in characters. A least-squares line through the
    log where it has enough rows, breaks cut short; a longer text never counts as quicker, and no
    review as quicker than half a second.
    """
    base, slope = _SECONDS, _SECONDS_A_CHARACTER
    if len(logged_seconds) >= _ENOUGH:
        seconds = np.minimum(logged_seconds, _BREAK * np.median(logged_seconds))
        centred = logged_lengths - logged_lengths.mean()
        slope = max(float(centred @ seconds / max(centred @ centred, 1e-9)), 0.0)
        base = float(seconds.mean() - slope * logged_lengths.mean())
    return np.maximum(base + slope * lengths, 0.5)
