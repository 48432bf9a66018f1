"""The mathematics of votes: arrays in, arrays out."""

from catreview.voting.aggregate import Aggregate, majority_vote
from catreview.voting.agreement import cohen_kappa, wilson_interval
from catreview.voting.certainty import lower_bound, more_to_certify
from catreview.voting.dawid_skene import DawidSkene, dawid_skene
from catreview.voting.priority import BASES, Settled, is_confident, settle_labels
from catreview.voting.statistics import SourceStatistics, source_statistics

__all__ = [
    "BASES",
    "Aggregate",
    "DawidSkene",
    "Settled",
    "SourceStatistics",
    "cohen_kappa",
    "dawid_skene",
    "is_confident",
    "lower_bound",
    "majority_vote",
    "more_to_certify",
    "settle_labels",
    "source_statistics",
    "wilson_interval",
]
