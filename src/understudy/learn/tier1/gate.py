"""Which blend of network and prior may be served: decided on events that were never trained on.

The fallback (the LLM's own relevance, or cosine where there is none) stays until something else is
better by more than chance plausibly gives; what is served stays until the next version is no worse.
"""

from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.choice import Choice, Prior
from understudy.learn.tier1.scoring import Scored
from understudy.learn.tier1.tensors import Array

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a blend against another on the same events: mean difference and its standard error."""

    gain: float
    error: float


def choose(
    scored: Scored, told: "Told", weights: Array, relevance_known: bool, margin: float
) -> tuple[Choice, Standing]:
    """The blend with the best order of the judged items, or the fallback."""
    fallback = Choice(Prior.RELEVANCE if relevance_known else Prior.COSINE, 0.0)
    priors = list(Prior) if relevance_known else [Prior.COSINE, Prior.MEMORY]
    base = told.ordered_share(scored.blend(fallback))
    best, standing = fallback, Standing(0.0, 0.0)
    # In this order, so that of equals the one with less of the network stays.
    for share in SHARES:
        for prior in priors if share < 1 else priors[:1]:
            option = Choice(prior, share)
            against = compare(told.ordered_share(scored.blend(option)), base, weights)
            # What is right on each of several events has no error, and with one event there is no gain.
            safe = against.gain > margin * against.error
            if safe and against.gain > standing.gain:
                best, standing = option, against
    return best, standing


def may_replace(served: Array, candidate: Array, weights: Array, margin: float) -> bool:
    """Whether the candidate's shares are not lower by more than `margin` standard errors."""
    against = compare(candidate, served, weights)
    return against.gain >= -margin * against.error


class Told:
    """What rewards (one row an event, NaN where an item has none) say: every pair of a better and a
    worse item of an event, by their places in the table."""

    def __init__(self, rewards: Array) -> None:
        size = rewards.shape[1]
        self._events, better, worse = np.nonzero(rewards[:, :, None] > rewards[:, None, :])
        self._better, self._worse = self._events * size + better, self._events * size + worse
        pairs = np.bincount(self._events, minlength=len(rewards))
        self._pairs = np.where(pairs > 0, pairs, np.nan)

    def ordered_share(self, scores: Array) -> Array:
        """For each event the share of its pairs that the scores order so; a tie is half of one; NaN
        where all judged items were judged alike."""
        flat = scores.reshape(-1)
        better, worse = flat[self._better], flat[self._worse]
        right = (better > worse) * 0.5
        right += (better >= worse) * 0.5
        return np.bincount(self._events, right, minlength=len(self._pairs)) / self._pairs


def compare(ours: Array, theirs: Array, weights: Array) -> Standing:
    """Weighted mean difference over the events that both can tell apart."""
    both = ~(np.isnan(ours) | np.isnan(theirs))
    weight = weights[both]
    if len(weight) < 2 or weight.sum() <= 0:
        return Standing(0.0, 0.0)
    difference = (ours - theirs)[both]
    weight = weight / weight.sum()
    mean = float(weight @ difference)
    spread = float(weight**2 @ (difference - mean) ** 2)
    return Standing(mean, spread**0.5)


def fading_weights(count: int, half_life: float) -> Array:
    """One for the newest (the last), half as much a half-life earlier."""
    ages = np.arange(count - 1, -1, -1, dtype=np.float64)
    return (0.5 ** (ages / half_life)).astype(np.float32)
