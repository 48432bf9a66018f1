"""How sure a decision is: margins as calibrated probabilities."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax

_TEMPERATURES: Final = (1e-2, 1e1)


def fit_temperature(margins: NDArray[np.float64], labels: NDArray[np.int16]) -> float:
    """The temperature with the smallest log loss; 1 where no held-out decision exists."""
    if not len(labels):
        return 1.0
    right = np.arange(len(labels)), labels

    def loss(log_temperature: float) -> float:
        scaled = margins / np.exp(log_temperature)
        return float(np.mean(logsumexp(scaled, axis=1) - scaled[right]))

    bounds = tuple(np.log(_TEMPERATURES))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def probabilities(margins: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Rows that sum to 1, of margins (n, n_categories)."""
    return np.asarray(softmax(margins / temperature, axis=1))
