"""The mathematics of votes: arrays in, arrays out."""

from catreview.voting.aggregate import Aggregate, majority_vote
from catreview.voting.agreement import cohen_kappa, wilson_interval
from catreview.voting.comparison import McNemar, holm, homogeneity, mcnemar
from catreview.voting.dawid_skene import DawidSkene, dawid_skene
from catreview.voting.priority import BASES, Settled, is_confident, settle_labels
from catreview.voting.reliability import ENOUGH, Reliability, learn_reliability
from catreview.voting.statistics import SourceStatistics, source_statistics

__all__ = [
    "BASES",
    "ENOUGH",
    "Aggregate",
    "DawidSkene",
    "McNemar",
    "Reliability",
    "Settled",
    "SourceStatistics",
    "cohen_kappa",
    "dawid_skene",
    "holm",
    "homogeneity",
    "is_confident",
    "learn_reliability",
    "majority_vote",
    "mcnemar",
    "settle_labels",
    "source_statistics",
    "wilson_interval",
]
