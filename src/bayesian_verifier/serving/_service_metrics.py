"""What is true of the service at the moment Prometheus asks?"""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from bayesian_verifier.serving._service import Service

PREFIX = "bayesian_verifier_"


class ServiceCollector(Collector):
    """Metrics whose values are read when they are asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._build = {
            "version": version("bayesian-verifier"),
            "jax": version("jax"),
            "python": platform.python_version(),
        }

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        yield InfoMetricFamily(f"{PREFIX}build", "The program that answers.", self._build)
        yield from self._state()
        yield from self._models()
        yield from self._compilations()

    def _state(self) -> Iterator[Metric]:
        service = self._service
        ready = float(service.status == "ready")
        yield _gauge("ready", "1 when posteriors are served at full speed.", ready)
        yield _gauge(
            "queue_depth", "Requests waiting for or in the inference thread.", service.worker.pending
        )
        yield _gauge("queue_limit", "Requests that may wait.", service.worker.limit)
        yield _gauge("uptime_seconds", "Time since the service started.", service.clock() - service.started)

    def _models(self) -> Iterator[Metric]:
        service = self._service
        if service.is_loaded:
            engine = service.engine
            model = {"name": engine.name, "version": engine.version}
            yield InfoMetricFamily(f"{PREFIX}model", "The model that answers.", model)
        reloads = CounterMetricFamily(
            f"{PREFIX}model_reloads", "Attempts to load a model after the first.", labels=("outcome",)
        )
        for outcome, count in service.reloads.items():
            reloads.add_metric((outcome,), count)
        yield reloads
        failed = service.last_load is not None and service.last_load.outcome == "failed"
        yield _gauge(
            "model_last_load_successful", "0 when the last attempt to load one failed.", float(not failed)
        )
        yield _gauge(
            "model_last_load_success_timestamp_seconds",
            "When the model that answers was loaded, since the epoch; 0 before.",
            service.last_loaded_at or 0.0,
        )

    def _compilations(self) -> Iterator[Metric]:
        known = self._service.compilations
        yield _counter("recompilations", "Functions compiled under a request; stays 0.", known.count)
        yield _counter("compilations", "Functions compiled to load models.", known.expected_count)
        yield _counter(
            "compilation_seconds", "Time spent on compiling to load models.", known.expected_seconds
        )


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, documentation, value)


def _counter(name: str, documentation: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, documentation, value)
