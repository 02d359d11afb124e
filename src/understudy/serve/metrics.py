"""What Prometheus reads: requests, latency, overhead, capture. Its registry is its own."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

_OVERHEAD_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1)
_SERIES = 256
_ANSWER_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


# A name, its meaning and what reads it.
Readings = Mapping[str, tuple[str, Callable[[], float]]]


class Metrics:
    """Counters of one server."""

    def __init__(self, gauges: Readings, counters: Readings) -> None:
        """What others keep and these only read: `counters` never fall while the server runs."""
        self.registry = CollectorRegistry()
        requests = Counter(
            "understudy_requests",
            "Requests by who answered and with which status",
            ["function", "variant", "status"],
            registry=self.registry,
        )
        responses = Counter(
            "understudy_http_responses",
            "Responses by route and HTTP status, refusals too",
            ["route", "status"],
            registry=self.registry,
        )
        self.fallbacks = Counter(
            "understudy_fallbacks",
            "Requests that the teacher answered because the student failed",
            ["function"],
            registry=self.registry,
        )
        self.watch_dropped = Counter(
            "understudy_watch_dropped",
            "Shadow answers and comparisons left out because too many were in flight",
            registry=self.registry,
        )
        self.overhead = Histogram(
            "understudy_overhead_seconds",
            "Time from a request's last byte until it went on to the teacher",
            buckets=_OVERHEAD_S,
            registry=self.registry,
        )
        answer = Histogram(
            "understudy_answer_seconds",
            "Time until an answer was complete",
            ["variant"],
            buckets=_ANSWER_S,
            registry=self.registry,
        )
        self.ranking = Histogram(
            "understudy_ranking_seconds",
            "Time that tier 1 took to order an answer",
            buckets=_OVERHEAD_S,
            registry=self.registry,
        )
        self.not_ranked = Counter(
            "understudy_not_ranked",
            "Lists that tier 1 could not put in order: late, no_vectors, failed",
            ["function", "reason"],
            registry=self.registry,
        )
        first_byte = Histogram(
            "understudy_first_byte_seconds",
            "Time until the first byte of an answer's body was there",
            ["variant"],
            buckets=_ANSWER_S,
            registry=self.registry,
        )
        # To find a series by its labels costs more than to count in it.
        self._request = lru_cache(_SERIES)(requests.labels)
        self._response = lru_cache(_SERIES)(responses.labels)
        self._answer = lru_cache(_SERIES)(answer.labels)
        self._first_byte = lru_cache(_SERIES)(first_byte.labels)
        for name, (meaning, read) in gauges.items():
            Gauge(f"understudy_{name}", meaning, registry=self.registry).set_function(read)

        self.registry.register(_Kept(counters))

    def count_response(self, route: str, status: int) -> None:
        self._response(route, str(status)).inc()

    def count_answer(self, function: str, variant: str, status: str, latency_s: float) -> None:
        self._request(function, variant, status).inc()
        self._answer(variant).observe(latency_s)

    def time_first_byte(self, variant: str, waited_s: float) -> None:
        self._first_byte(variant).observe(waited_s)

    def render(self) -> bytes:
        return generate_latest(self.registry)

    def total(self, name: str) -> int:
        """The sum of a counter over its labels."""
        samples = (s for metric in self.registry.collect() for s in metric.samples)
        return int(sum(s.value for s in samples if s.name == f"understudy_{name}_total"))


class _Kept(Collector):
    def __init__(self, counters: Readings) -> None:
        self._counters = counters

    def collect(self) -> Iterator[CounterMetricFamily]:
        for name, (meaning, read) in self._counters.items():
            yield CounterMetricFamily(f"understudy_{name}", meaning, value=read())
