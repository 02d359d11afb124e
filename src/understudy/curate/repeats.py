"""Which trace nearly repeats another: near as a whole, and asked the same or answered alike.

Many may ask about one long document, which makes their prompts alike: those that are answered
differently teach different things, and stay.
"""

from collections import defaultdict

from understudy.curate.near import NOTHING, NearIndex, Shingles, sign

# From here on two replies say the same in other words: answers to different questions share less.
_ALIKE = 0.5


class Repeats:
    """Owns the signatures of what was kept; a threshold of 1 finds nothing near."""

    def __init__(self, threshold: float, constant: Shingles = NOTHING) -> None:
        """`constant` is what the prompts always say."""
        self._off = threshold >= 1.0
        self._constant = constant
        self._wholes, self._replies = NearIndex(threshold), NearIndex(_ALIKE)
        # Signed once a whole is near, which few are.
        self._unsigned: list[str] = []
        self._same: dict[str, set[int]] = defaultdict(set)
        self._count = 0

    def admit(self, asked: str, reply: str) -> bool:
        """Keep it unless it repeats one that was kept; whether it was kept."""
        if self._off:
            return True
        whole = sign(f"{asked}\n{reply}", self._constant)
        near = frozenset(self._wholes.find(whole).tolist())
        if near and not (near.isdisjoint(self._same[asked]) and self._is_new(reply, near)):
            return False
        self._wholes.insert(whole)
        self._unsigned.append(reply)
        self._same[asked].add(self._count)
        self._count += 1
        return True

    def _is_new(self, reply: str, near: frozenset[int]) -> bool:
        for held in self._unsigned:
            self._replies.insert(sign(held))
        self._unsigned.clear()
        return near.isdisjoint(self._replies.find(sign(reply)).tolist())
