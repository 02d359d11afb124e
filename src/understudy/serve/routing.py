"""Who answers a request: a copy of the traffic table that is as fresh as the store's.

No I/O on the path but after a change. A store in trouble leaves the last copy in force.
"""

import logging
from collections.abc import Collection

from understudy.errors import StoreError
from understudy.records import Traffic
from understudy.store import Store

logger = logging.getLogger(__name__)


class TrafficTable:
    """The traffic of each function, read again only when the store says that it changed."""

    def __init__(self, store: Store, functions: Collection[str]) -> None:
        self._store = store
        self._functions = tuple(functions)
        self._version = -1
        self._table: dict[str, Traffic] = {}

    @property
    def is_empty(self) -> bool:
        """Whether the teacher has served every function alone from the beginning."""
        return not self._fresh()

    def find(self, function: str) -> Traffic | None:
        """None where the teacher has served alone from the beginning."""
        return self._fresh().get(function)

    def releases(self) -> set[int]:
        """The releases that serve or shadow some function now."""
        variants = [v for t in self._fresh().values() for v in (t.champion, t.candidate)]
        return {v.release for v in variants if v is not None and v.release is not None}

    def _fresh(self) -> dict[str, Traffic]:
        version = self._store.traffic_version
        if version != self._version:
            try:
                found = [self._store.find_traffic(name) for name in self._functions]
            except StoreError as error:
                logger.warning("traffic not read again", extra={"reason": str(error)})
                return self._table
            self._table = {traffic.function: traffic for traffic in found if traffic is not None}
            self._version = version
        return self._table
