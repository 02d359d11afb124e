"""How likely it was that somebody judged what was shown: by place, over the answers of one log.

Takes it that who judges a part of an answer chooses by place and length of the list, and not by how
good an entry is: what is judged because it is bad makes every estimate too low.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from understudy.learn.tier1.tensors import Array, Bools

# Lists of one length, and places, that fewer answers have share what is known of all such.
ENOUGH = 100
_RARE = 0


def judged_chances(answers: Sequence[Bools]) -> list[Array]:
    """Of each answer's places in the order shown, from whether it was judged there. An answer that
    was judged whole, as by a thumb, tells nothing of how others choose; its chances are one."""
    part = [one for one in answers if not one.all()]
    lengths = Counter(len(one) for one in part)
    rare = {length: _RARE for length, count in lengths.items() if count < ENOUGH}
    groups: dict[int, list[Bools]] = defaultdict(list)
    for one in part:
        groups[rare.get(len(one), len(one))].append(one)
    rates = {length: _rates(some) for length, some in groups.items()}
    return [
        np.ones(len(one)) if one.all() else rates[rare.get(len(one), len(one))][: len(one)]
        for one in answers
    ]


def _rates(answers: Sequence[Bools]) -> Array:
    reached = np.bincount(np.concatenate([np.arange(len(one)) for one in answers]))
    places = np.concatenate([np.flatnonzero(one) for one in answers])
    told = np.bincount(places, minlength=len(reached))
    few = reached < ENOUGH
    reached[few], told[few] = reached[few].sum(), told[few].sum()
    return told / reached
