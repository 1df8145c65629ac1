"""What is counted in plain numbers is what Prometheus's own counters would have counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bayesian_verifier.serving._tally import Tally

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

BOUNDS = (0.001, 0.01, 0.1)
REASONS = ("queue-full", "not-ready")
SEEN = st.lists(
    st.tuples(
        st.sampled_from(["/v1/posterior", "/health", "other"]),
        st.sampled_from([200, 429, 500]),
        st.sampled_from(BOUNDS) | st.floats(0.0, 1.0),
        st.sampled_from([None, *REASONS, "internal"]),
    ),
    max_size=30,
)


def samples(*collectors: Collector) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """All that is exposed, but for when a counter was made."""
    registry = CollectorRegistry()
    for one in collectors:
        registry.register(one)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    found = [one for family in families for one in family.samples]
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for one in found
        if not one.name.endswith("_created")
    }


@given(seen=SEEN)
def test_counts_and_durations_are_those_of_prometheus(
    seen: list[tuple[str, int, float, str | None]],
) -> None:
    """To the last sample: names, labels, bounds that a duration hits, reasons that never came up."""
    prefix = "bayesian_verifier_http_"
    requests = Counter(f"{prefix}requests", "-", ("route", "status"), registry=None)
    refusals = Counter(f"{prefix}refusals", "-", ("reason",), registry=None)
    durations = Histogram(f"{prefix}request_duration_seconds", "-", ("route",), buckets=BOUNDS, registry=None)
    for reason in REASONS:
        refusals.labels(reason)
    tally = Tally(BOUNDS, REASONS)
    for route, status, seconds, kind in seen:
        requests.labels(route, str(status)).inc()
        durations.labels(route).observe(seconds)
        tally.request(route, status, seconds)
        if kind is not None:
            refusals.labels(kind).inc()
            tally.refusal(kind)
    assert samples(tally) == samples(requests, refusals, durations)
