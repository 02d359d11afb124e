"""One log line a minute for a condition that may last: the first at once, then how it stands."""

import logging
import threading
from collections.abc import Callable

INTERVAL_S = 60.0


class Throttle:
    def __init__(self, logger: logging.Logger, clock: Callable[[], float]) -> None:
        self._logger = logger
        self._clock = clock
        self._guard = threading.Lock()
        self._next = float("-inf")

    def warning(self, message: str, **fields: object) -> None:
        with self._guard:
            now = self._clock()
            if now < self._next:
                return
            self._next = now + INTERVAL_S
        self._logger.warning(message, extra=fields)
