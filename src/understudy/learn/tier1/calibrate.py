"""A small logistic regression that follows its stream: a few damped Newton steps a batch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]
_STEPS, _HALVINGS, _SETTLED = 8, 8, 0.01


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
        before = self.weights
        self.curvature = self.curvature * self._decay ** len(liked_N)
        kept = self.curvature + self._floor
        for _ in range(_STEPS):
            last, self.weights = self.weights, self._step(inputs_NF, liked_N, before, kept)
            if np.abs(self.weights - last).max() < _SETTLED:
                break
        chance_N = sigmoid(inputs_NF @ self.weights)
        self.curvature += (inputs_NF * _spread(chance_N)).T @ inputs_NF

    def _step(
        self, inputs_NF: Weights, liked_N: Weights, before: Weights, kept: Weights
    ) -> Weights:
        """Newton's, shortened until it is one downhill: where all was predicted surely and wrongly, a whole
        one goes far beyond."""
        chance_N = sigmoid(inputs_NF @ self.weights)
        gradient_F = inputs_NF.T @ (chance_N - liked_N) + kept @ (self.weights - before)
        slope_FF = (inputs_NF * _spread(chance_N)).T @ inputs_NF + kept
        step = np.linalg.solve(slope_FF, gradient_F)
        now = _loss(inputs_NF, liked_N, self.weights, before, kept)
        for halvings in range(_HALVINGS):
            shorter = self.weights - step / 2**halvings
            if _loss(inputs_NF, liked_N, shorter, before, kept) <= now:
                return np.asarray(shorter)
        return self.weights


def _loss(
    inputs_NF: Weights, liked_N: Weights, weights: Weights, before: Weights, kept: Weights
) -> float:
    """Negative log-likelihood, and what the evidence of the past says against the change."""
    logits_N, moved = inputs_NF @ weights, weights - before
    likely = np.logaddexp(0, logits_N).sum() - liked_N @ logits_N
    return float(likely + moved @ kept @ moved / 2)


def _spread(chance_N: Weights) -> Weights:
    """[N, 1]: of each outcome."""
    return (chance_N * (1 - chance_N))[:, None]


def sigmoid(values: Weights) -> Weights:
    return 0.5 + 0.5 * np.tanh(0.5 * values)
