"""What does the service tell Prometheus?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from bayesian_verifier.serving._problems import NotReadyError, OutOfBudgetError, QueueFullError
from bayesian_verifier.serving._service_metrics import PREFIX, ServiceCollector

if TYPE_CHECKING:
    from bayesian_verifier.serving._answer import Answer
    from bayesian_verifier.serving._service import Service

# From a posterior on an idle machine, a millisecond, to the patience of any caller.
SECONDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005),
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)
JUDGMENTS = (0, 1, 3, 8, 16, 32, 64, 128, 256, 512)
#: refusals that say the service is short of something: there from the start, at 0
BUSY = (QueueFullError.kind, OutOfBudgetError.kind, NotReadyError.kind)
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Exposition(NamedTuple):
    """All metrics, written down."""

    content: bytes
    content_type: str


class Metrics:
    """Numbers of one service, in a registry of its own."""

    def __init__(self, service: Service) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(ServiceCollector(service))

        def histogram(name: str, documentation: str, buckets: tuple[float, ...] = SECONDS) -> Histogram:
            return Histogram(PREFIX + name, documentation, buckets=buckets, registry=registry)

        def counter(name: str, documentation: str, *labels: str) -> Counter:
            return Counter(PREFIX + name, documentation, labels, registry=registry)

        self._requests = counter("http_requests", "Requests answered.", "route", "status")
        self._refusals = counter("http_refusals", "Requests answered with a problem.", "reason")
        for reason in BUSY:
            self._refusals.labels(reason)
        self.in_flight = Gauge(
            f"{PREFIX}http_requests_in_flight", "Requests not answered yet.", registry=registry
        )
        self._durations = Histogram(
            f"{PREFIX}http_request_duration_seconds",
            "From a request's headers to its answer.",
            ("route",),
            buckets=SECONDS,
            registry=registry,
        )
        self._waits = histogram("queue_wait_seconds", "Time a posterior waited for the inference thread.")
        self._inferences = histogram(
            "inference_duration_seconds", "Time a posterior spent in compiled functions."
        )
        self._judgments = histogram("evidence_judgments", "Judgments behind a posterior.", JUDGMENTS)
        self._untrusted = counter("untrusted_posteriors", "Posteriors not to be trusted.", "reason")

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests.labels(route, str(status)).inc()
        self._durations.labels(route).observe(seconds)

    def observe_refusal(self, reason: str) -> None:
        """One was refused. reason: the kind of its problem."""
        self._refusals.labels(reason).inc()

    def observe_answer(self, said: Answer, queue_seconds: float) -> None:
        """One posterior was inferred."""
        self._waits.observe(queue_seconds)
        self._inferences.observe(said.seconds)
        self._judgments.observe(said.counts.judgments)
        for reason in said.checks.reasons:
            self._untrusted.labels(reason).inc()

    def exposition(self, accept: str = "") -> Exposition:
        """All of it in the format that an Accept header asks for: OpenMetrics, else Prometheus's text."""
        wanted = OPENMETRICS if OPENMETRICS.partition(";")[0] in accept else ""
        encode, content_type = choose_encoder(wanted)
        return Exposition(encode(self.registry), content_type)
