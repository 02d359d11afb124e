"""Who answers a request: a copy of the traffic table that is as fresh as the store's. No I/O
on the path but after a change."""

from collections.abc import Collection

from understudy.records import Traffic
from understudy.store import Store


class TrafficTable:
    """The traffic of each function, read again only when the store says that it changed."""

    def __init__(self, store: Store, functions: Collection[str]) -> None:
        self._store = store
        self._functions = tuple(functions)
        self._version = -1
        self._table: dict[str, Traffic] = {}

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
            found = [self._store.find_traffic(name) for name in self._functions]
            self._table = {traffic.function: traffic for traffic in found if traffic is not None}
            self._version = version
        return self._table
