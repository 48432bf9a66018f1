"""Examples in an order, with the reason why each is there: arrays in, arrays out."""

from catreview.queues.checks import (
    audit_queue,
    coverage_queue,
    gold_queue,
    label_error_queue,
    uncertain_queue,
)
from catreview.queues.duplicates import near_duplicates
from catreview.queues.effort import review_seconds
from catreview.queues.evidence import Aggregated, Evidence
from catreview.queues.pilot import pilot_sample
from catreview.queues.pools import Pools, pools
from catreview.queues.reasons import Reason
from catreview.queues.review import Queue, ambiguous_queue, disagreement_queue, pilot_queue
from catreview.queues.similar import likeness
from catreview.queues.value import value_queue

__all__ = [
    "Aggregated",
    "Evidence",
    "Pools",
    "Queue",
    "Reason",
    "ambiguous_queue",
    "audit_queue",
    "coverage_queue",
    "disagreement_queue",
    "gold_queue",
    "label_error_queue",
    "likeness",
    "near_duplicates",
    "pilot_queue",
    "pilot_sample",
    "pools",
    "review_seconds",
    "uncertain_queue",
    "value_queue",
]
