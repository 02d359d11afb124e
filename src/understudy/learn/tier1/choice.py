"""Which blend of the network's score and a prior is served."""

from dataclasses import dataclass
from enum import Enum

from understudy.learn.tier1.tensors import Array


class Prior(Enum):
    RELEVANCE = "relevance"
    COSINE = "cosine"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Choice:
    prior: Prior
    share: float

    def blend(self, network: Array, prior: Array) -> Array:
        """share * network + (1 - share) * prior."""
        blended = network - prior
        blended *= self.share
        blended += prior
        return blended
