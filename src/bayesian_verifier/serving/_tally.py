"""How often was what answered, and how long did it take?

Kept in plain numbers by the event loop, and written down when Prometheus asks. A refusal costs some microseconds: the
counters of Prometheus's library, which any thread may use, would be a quarter of that.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from bayesian_verifier.serving._service_metrics import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric


class Tally(Collector):
    """Requests and refusals of one service. For one thread.

    bounds: of durations, in seconds, increasing.   reasons: of refusals that are told from the start, at 0.
    """

    def __init__(self, bounds: tuple[float, ...], reasons: Iterable[str]) -> None:
        self._bounds = bounds
        self._requests: Counter[tuple[str, int]] = Counter()
        self._refusals: Counter[str] = Counter(dict.fromkeys(reasons, 0))
        #: by route: how many between two bounds, and the sum of all
        self._counts: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(bounds) + 1))
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def request(self, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests[route, status] += 1
        self._counts[route][bisect_left(self._bounds, seconds)] += 1
        self._seconds[route] += seconds

    def refusal(self, reason: str) -> None:
        """One was refused. reason: the kind of its problem."""
        self._refusals[reason] += 1

    def collect(self) -> Iterator[Metric]:
        """All of it, for Prometheus."""
        requests = CounterMetricFamily(
            f"{PREFIX}http_requests", "Requests answered.", labels=("route", "status")
        )
        for (route, status), times in self._requests.items():
            requests.add_metric((route, str(status)), times)
        yield requests
        refusals = CounterMetricFamily(
            f"{PREFIX}http_refusals", "Requests answered with a problem.", labels=("reason",)
        )
        for reason, times in self._refusals.items():
            refusals.add_metric((reason,), times)
        yield refusals
        yield self._durations()

    def _durations(self) -> Metric:
        told = HistogramMetricFamily(
            f"{PREFIX}http_request_duration_seconds",
            "From a request's headers to its answer.",
            labels=("route",),
        )
        bounds = [*map(floatToGoString, self._bounds), "+Inf"]
        for route, counts in self._counts.items():
            up_to = zip(bounds, itertools.accumulate(counts), strict=True)
            told.add_metric((route,), list(up_to), self._seconds[route])
        return told
