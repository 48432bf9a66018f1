"""The mathematics of votes: arrays in, arrays out."""

from catreview.voting.aggregate import Aggregate, majority_vote
from catreview.voting.agreement import (
    cohen_kappa,
    krippendorff_alpha,
    newcombe_interval,
    wilson_interval,
)
from catreview.voting.certainty import CONFIDENCE, lower_bound, more_to_certify
from catreview.voting.comparison import McNemar, holm, homogeneity, mcnemar
from catreview.voting.dawid_skene import DawidSkene, dawid_skene
from catreview.voting.dependence import (
    LeftOut,
    expected_accuracy,
    harmful,
    leave_one_out,
    shared_errors,
)
from catreview.voting.methods import METHODS, combine, cross_validated
from catreview.voting.posterior import ErrorRates, believed_rates, learn_rates, opinions, weigh
from catreview.voting.priority import BASES, Settled, is_confident, settle_labels
from catreview.voting.reliability import (
    ENOUGH,
    LearnedFrom,
    Reliability,
    learn_reliability,
    like_the_measured,
)
from catreview.voting.statistics import SourceStatistics, source_statistics
from catreview.voting.weighted import source_weights, weighted_majority

__all__ = [
    "BASES",
    "CONFIDENCE",
    "ENOUGH",
    "METHODS",
    "Aggregate",
    "DawidSkene",
    "ErrorRates",
    "LearnedFrom",
    "LeftOut",
    "McNemar",
    "Reliability",
    "Settled",
    "SourceStatistics",
    "believed_rates",
    "cohen_kappa",
    "combine",
    "cross_validated",
    "dawid_skene",
    "expected_accuracy",
    "harmful",
    "holm",
    "homogeneity",
    "is_confident",
    "krippendorff_alpha",
    "learn_rates",
    "learn_reliability",
    "leave_one_out",
    "like_the_measured",
    "lower_bound",
    "majority_vote",
    "mcnemar",
    "more_to_certify",
    "newcombe_interval",
    "opinions",
    "settle_labels",
    "shared_errors",
    "source_statistics",
    "source_weights",
    "weigh",
    "weighted_majority",
    "wilson_interval",
]
