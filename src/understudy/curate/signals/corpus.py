"""Signals of a whole corpus: streamed, in its order, by one process or several.

Holds a few chunks at a time, never the corpus.
"""

import itertools
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor

from understudy.curate.signals.extract import Signals, extract_all
from understudy.curate.signals.findings import Observation

CHUNK = 64
_AHEAD = 2


def extract_corpus(
    observations: Iterable[Observation], *, workers: int = 1, chunk: int = CHUNK
) -> Iterator[Signals]:
    """One for each observation. With several workers the caller's main module must be importable."""
    if workers <= 1:
        yield from map(extract_all, observations)
        return
    # spawn: a fork would copy the locks of threads that are not copied.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[list[Signals]]] = deque()
        for some in _chunked(observations, chunk):
            waiting.append(pool.submit(_extract_some, some))
            if len(waiting) >= workers * _AHEAD:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _chunked(observations: Iterable[Observation], size: int) -> Iterator[tuple[Observation, ...]]:
    stream = iter(observations)
    while some := tuple(itertools.islice(stream, size)):
        yield some


def _extract_some(observations: tuple[Observation, ...]) -> list[Signals]:
    return [extract_all(observation) for observation in observations]
