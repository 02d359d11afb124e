"""A small logistic regression that follows its stream: one damped Newton step a batch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]


class Calibration:
    """P(liked) from few inputs. Fitted on predictions made before their feedback was learned, so
    an input that only remembers noise loses its weight."""

    def __init__(self, start: Sequence[float], stiffness: Sequence[float], decay: float) -> None:
        self.weights: Weights = np.array(start, dtype=np.float64)
        # Pseudo-evidence for where it starts, as strong as so many seen pairs; a tenth stays.
        self.curvature: Weights = np.diag(np.array(stiffness, dtype=np.float64))
        self._floor = self.curvature * 0.1
        self._decay = decay

    def fit(self, inputs_NF: Weights, liked_N: Weights) -> None:
        chance_N = sigmoid(inputs_NF @ self.weights)
        spread_N1 = (chance_N * (1 - chance_N))[:, None]
        self.curvature = self.curvature * self._decay ** len(liked_N)
        self.curvature += (inputs_NF * spread_N1).T @ inputs_NF
        gradient_F = inputs_NF.T @ (chance_N - liked_N)
        self.weights = self.weights - np.linalg.solve(self.curvature + self._floor, gradient_F)


def sigmoid(values: Weights) -> Weights:
    return 0.5 + 0.5 * np.tanh(0.5 * values)
