"""The network of SPEC 3.2 in numpy: A (no bias), B, ReLU, one output, tanh; and its Adam step.

A hand-written step: at this size a step in torch is mostly overhead (docs/experiments.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.tensors import Array, Ints

_BETAS = (0.9, 0.999)
_EPSILON = 1e-8
NAMES = ("a", "b", "b_bias", "c", "c_bias")


@dataclass(slots=True)
class Network:
    """a: input x rank, b: rank x hidden, c: hidden x 1."""

    a: Array
    b: Array
    b_bias: Array
    c: Array
    c_bias: Array

    @property
    def parameters(self) -> Sequence[Array]:
        return [self.a, self.b, self.b_bias, self.c, self.c_bias]

    @property
    def size(self) -> int:
        return sum(values.size for values in self.parameters)

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.a.shape[0], self.a.shape[1], self.b.shape[1]


@dataclass(frozen=True, slots=True)
class Folded:
    """A and B as one matrix, split by whose inputs it reads; the input scales are in it too."""

    query: Array
    item: Array
    structured: Array
    bias: Array
    c: Array
    c_bias: float


def build_network(width: int, rank: int, hidden: int, seed: int) -> Network:
    draw = np.random.default_rng(seed)

    def uniform(rows: int, columns: int) -> Array:
        bound = rows**-0.5
        return draw.uniform(-bound, bound, (rows, columns)).astype(np.float32)

    # The last layer starts at nothing: an adjustment that nobody learned is none.
    return Network(
        uniform(width, rank),
        uniform(rank, hidden),
        np.zeros(hidden, dtype=np.float32),
        np.zeros((hidden, 1), dtype=np.float32),
        np.zeros(1, dtype=np.float32),
    )


def forward(network: Network, inputs_NI: Array) -> Array:
    hidden_NH = np.maximum(inputs_NI @ network.a @ network.b + network.b_bias, 0)
    return np.tanh((hidden_NH @ network.c)[:, 0] + network.c_bias[0])


def fold(network: Network, dimension: int, scale: float, structured_scale: float) -> Folded:
    matrix = network.a @ network.b
    return Folded(
        matrix[:dimension] * np.float32(scale),
        matrix[dimension : 2 * dimension] * np.float32(scale),
        matrix[2 * dimension :] * np.float32(structured_scale),
        network.b_bias.copy(),
        network.c[:, 0].copy(),
        float(network.c_bias[0]),
    )


class Trainer:
    """Adam (Kingma and Ba 2015) on the squared error of single rewards and a margin on pairs."""

    def __init__(self, network: Network, learning_rate: float, margin: float) -> None:
        self.network = network
        self.learning_rate = learning_rate
        self.steps = 0
        self.means = [np.zeros_like(values) for values in network.parameters]
        self.squares = [np.zeros_like(values) for values in network.parameters]
        self.margin = margin

    def step(self, inputs_NI: Array, rewards_N: Array, events_N: Ints) -> None:
        """Rows of one event stand together in `events_N`; those pairs are ordered as well."""
        network = self.network
        low_NR = inputs_NI @ network.a
        hidden_NH = np.maximum(low_NR @ network.b + network.b_bias, 0)
        score_N = np.tanh((hidden_NH @ network.c)[:, 0] + network.c_bias[0])
        slope_N = loss_gradient(score_N, rewards_N, events_N, self.margin) * (1 - score_N**2)
        slope_N1 = slope_N[:, None]
        hidden_slope_NH = (slope_N1 @ network.c.T) * (hidden_NH > 0)
        gradients = [
            inputs_NI.T @ (hidden_slope_NH @ network.b.T),
            low_NR.T @ hidden_slope_NH,
            hidden_slope_NH.sum(axis=0),
            hidden_NH.T @ slope_N1,
            slope_N1.sum(axis=0),
        ]
        self._adam(gradients)

    def _adam(self, gradients: Sequence[Array]) -> None:
        self.steps += 1
        first, second = _BETAS
        rate = self.learning_rate * (1 - second**self.steps) ** 0.5 / (1 - first**self.steps)
        for values, mean, square, gradient in zip(
            self.network.parameters, self.means, self.squares, gradients, strict=True
        ):
            mean *= np.float32(first)
            mean += np.float32(1 - first) * gradient
            square *= np.float32(second)
            square += np.float32(1 - second) * gradient * gradient
            values -= np.float32(rate) * mean / (np.sqrt(square) + np.float32(_EPSILON))


def loss_gradient(score_N: Array, rewards_N: Array, events_N: Ints, margin: float) -> Array:
    """Of (score - reward)^2 + max(0, margin - (better - worse)), each a mean; by the scores."""
    gradient_N = 2 * (score_N - rewards_N) / len(score_N)
    together_NN = events_N[:, None] == events_N[None, :]
    better_NN = together_NN & (rewards_N[:, None] > rewards_N[None, :])
    pairs = max(1, int(better_NN.sum()))
    close_NN = better_NN & (score_N[:, None] - score_N[None, :] < margin)
    gradient_N -= close_NN.sum(axis=1) / np.float32(pairs)
    gradient_N += close_NN.sum(axis=0) / np.float32(pairs)
    return gradient_N.astype(np.float32)
