"""The reward that memory expects of an item: the judge's, as far as the item was shown; else that of
its text, with the benefit of the doubt. Its logit is linear in three inputs."""

from collections.abc import Sequence

import numpy as np

from understudy.learn.tier1.calibrate import Weights
from understudy.learn.tier1.tensors import Array


def expectation(bias: Array, trust: Array, warm: Weights, cold: Weights, bonus: float) -> Weights:
    """Half of each item's logit: its start, then what times cosine, its gap and what the item's judge
    says. One column an item."""

    def logit(cosine: float, gap: float, part: float) -> Weights:
        inputs = calibration_inputs(cosine, gap, part, bias)
        judged = _weigh(warm, inputs)
        by_text = _weigh(cold, inputs[: len(cold)]) + bonus
        return np.asarray(0.5 * (by_text + trust * (judged - by_text)), dtype=np.float64)

    start = logit(0, 0, 0)
    slopes = [logit(*one) - start for one in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    return np.stack([start, *slopes])


def calibration_inputs(
    cosine: Array | float, gap: Array | float, part: Array | float, bias: Array
) -> Sequence[Array | float]:
    """Of the judged score of an item; the first three are what is known of one never shown."""
    return (1.0, 4 * (cosine - 0.5), 8 * gap, part, bias)


def _weigh(weights: Weights, inputs: Sequence[Array | float]) -> Weights:
    terms = [weight * one for weight, one in zip(weights, inputs, strict=True)]
    return np.asarray(sum(terms), dtype=np.float64)
