"""What does the service tell Prometheus?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from bayesian_verifier.serving._answer import Answer
    from bayesian_verifier.serving._service import Service

PREFIX = "bayesian_verifier_"
SECONDS = (0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)
JUDGMENTS = (0, 1, 3, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    """Numbers of one service, in a registry of its own."""

    def __init__(self, service: Service) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(ServiceCollector(service))

        def histogram(name: str, documentation: str, buckets: tuple[float, ...] = SECONDS) -> Histogram:
            return Histogram(PREFIX + name, documentation, buckets=buckets, registry=registry)

        self._requests = Counter(
            f"{PREFIX}http_requests", "Requests answered.", ("route", "status"), registry=registry
        )
        self._durations = histogram(
            "http_request_duration_seconds", "From a request's headers to its answer."
        )
        self._waits = histogram("queue_wait_seconds", "Time a posterior waited for the inference thread.")
        self._inferences = histogram("inference_duration_seconds", "Time a posterior spent in the network.")
        self._judgments = histogram("evidence_judgments", "Judgments behind a posterior.", JUDGMENTS)
        self._untrusted = Counter(
            f"{PREFIX}untrusted_posteriors", "Posteriors not to be trusted.", ("reason",), registry=registry
        )

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests.labels(route, str(status)).inc()
        self._durations.observe(seconds)

    def observe_answer(self, said: Answer, queue_seconds: float) -> None:
        """One posterior was inferred."""
        self._waits.observe(queue_seconds)
        self._inferences.observe(said.seconds)
        self._judgments.observe(said.counts.judgments)
        for reason in said.checks.reasons:
            self._untrusted.labels(reason).inc()

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self.registry)


class ServiceCollector(Collector):
    """What is true of a service at the moment of asking."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """The metrics; their values are read now."""
        service = self._service
        ready = service.status == "ready"
        yield GaugeMetricFamily(f"{PREFIX}ready", "1 when posteriors are served at full speed.", float(ready))
        yield GaugeMetricFamily(
            f"{PREFIX}queue_depth", "Requests waiting for or in the inference thread.", service.worker.pending
        )
        yield GaugeMetricFamily(f"{PREFIX}queue_limit", "Requests that may wait.", service.worker.limit)
        yield GaugeMetricFamily(
            f"{PREFIX}uptime_seconds", "Time since the service started.", service.clock() - service.started
        )
        yield CounterMetricFamily(
            f"{PREFIX}recompilations",
            "Functions compiled since the service was ready; stays 0.",
            service.compilations.count,
        )
        if ready:
            engine = service.engine
            yield InfoMetricFamily(
                f"{PREFIX}model", "The model that answers.", {"name": engine.name, "version": engine.version}
            )
