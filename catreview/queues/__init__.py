"""Examples in an order, with the reason why each is there: arrays in, arrays out."""

from catreview.queues.evidence import Aggregated, Evidence
from catreview.queues.pilot import pilot_sample
from catreview.queues.pools import Pools, pools
from catreview.queues.reasons import Reason
from catreview.queues.review import Queue, ambiguous_queue, disagreement_queue, pilot_queue

__all__ = [
    "Aggregated",
    "Evidence",
    "Pools",
    "Queue",
    "Reason",
    "ambiguous_queue",
    "disagreement_queue",
    "pilot_queue",
    "pilot_sample",
    "pools",
]
